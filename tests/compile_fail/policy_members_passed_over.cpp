// expect: predcg: indefinite_step(gradient, information, complete) of the optimizer would be passed over
// expect: predcg: is_quadratic or complete_information of the optimizer would be passed over
// expect: predcg: lower_bound() of a prior would be passed over
// expect: predcg: selected(places) of a prior would be passed over
// expect: predcg: memory_limit of an engine would be passed over
// expect: predcg: normalises_batches of an engine would be passed over
// expect: predcg: chunk(batch) of the engine would be passed over
// expect: predcg: beta of the data would be passed over
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

struct Climber {
    struct State {};
    double tolerance() const { return 1e-9; }
    std::optional<Vector> step(State&, const Vector&, const Vector&, const Matrix&) const { return {}; }
#ifdef PREDCG_TWIN
    static constexpr bool is_quadratic = false;
    Vector indefinite_step(const Vector& gradient, const Matrix&, const Matrix&) const { return gradient; }
#else
    bool is_quadratic = false;
    Vector indefinite_step(const Vector& gradient, const Matrix&) const { return gradient; }
#endif
};
struct Block : Flat {
#ifdef PREDCG_TWIN
    double lower_bound() const { return 0.0; }
    Block selected(const std::vector<Index>&) const { return {}; }
#else
    std::optional<double> lower_bound() const { return {}; }
    Flat selected(const std::vector<Index>&) const { return {}; }
#endif
};
struct Sums : Enumeration {
#ifdef PREDCG_TWIN
    double memory_limit = 1e9;
    static constexpr bool normalises_batches = true;
    Index chunk(const auto&) const { return 1; }
#else
    Index memory_limit = 1000000000;
    bool normalises_batches = true;
    std::optional<Index> chunk(const auto&) const { return 1; }
#endif
};
struct Data : std::vector<Spins> {
#ifdef PREDCG_TWIN
    double beta = 1.0;
#else
    std::optional<double> beta = 1.0;
#endif
};

int main() {
    EMCoarseGrainer grainer{SamplesOnly<Spins>{},
                            ising::coarse_chain({.sites = 2}),
                            ising::bernoulli_map(),
                            Sums{},
                            Climber{},
                            BlockPriors{Block{}, Block{}}};
    (void)grainer.fit(Data{});
}
