// expect: predcg: indefinite_step(gradient, information, complete) of the optimizer would be passed over
// expect: predcg: is_quadratic or complete_information of the optimizer would be passed over
// expect: predcg: lower_bound() of a prior would be passed over
// expect: predcg: selected(places) of a prior would be passed over
// expect: predcg: memory_limit of an engine would be passed over
// expect: predcg: normalises_batches of an engine would be passed over
// expect: predcg: chunk(batch) of the engine would be passed over
// expect: predcg: beta of the data would be passed over
#include <passed_over_form.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <tiny_models.hpp>

using namespace predcg;
using tiny::Spins;

struct Climber {
    struct State {};
    double tolerance() const { return 1e-9; }
    std::optional<Vector> step(State&, const Vector&, const Vector&, const Matrix&) const { return {}; }
};
struct Indefinite : Climber {
    Vector indefinite_step(const Vector& g, const Matrix&, Form<const Matrix&, Index>) const { return g; }
};
struct Quadratic : Climber {
#ifdef PREDCG_TWIN
    static constexpr bool is_quadratic = true;
#else
    bool is_quadratic = true;
#endif
};
struct Bounded : Flat {
    Form<double, std::optional<double>> lower_bound() const { return {}; }
};
struct Selected : Flat {
    Form<Selected, Flat> selected(const std::vector<Index>&) const { return {}; }
};
struct Limited : Enumeration {
    Form<double, Index> memory_limit{};
};
struct Batches : Enumeration {
#ifdef PREDCG_TWIN
    static constexpr bool normalises_batches = true;
#else
    bool normalises_batches = true;
#endif
};
struct Chunks : Enumeration {
    Form<Index, std::optional<Index>> chunk(const auto&) const { return {}; }
};
struct Data : std::vector<Spins> {
    Form<double, std::optional<double>> beta{};
};

template <class Engine, class Optimizer>
auto grainer(Engine engine, Optimizer optimizer) {
    return EMCoarseGrainer{SamplesOnly<Spins>{}, tiny::Field{}, tiny::Noise{}, engine, optimizer};
}

int main() {
    (void)grainer(Enumeration{}, Indefinite{});
    (void)sizeof(detail::OptimizerRequirements<Quadratic>);
    (void)sizeof(detail::PriorRequirements<BlockPriors<Bounded, Flat>>);
    (void)sizeof(detail::PriorRequirements<BlockPriors<Flat, Selected>>);
    (void)grainer(Limited{}, Newton{});
    (void)detail::EngineParts<Batches>::asked;
    (void)grainer(Chunks{}, Newton{}).fit(std::vector<Spins>{}, {.beta = 1.0});
    (void)detail::beta_of(Data{}, {}, "fit");
}
