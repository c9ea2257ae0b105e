// expect: predcg: prepared data of this map refer to the configurations, and this range of them is a
// temporary
#include <predcg/learning/by_reference.hpp>
#include <predcg/learning/prepared_data.hpp>
#include <predcg/models/ising/spin.hpp>

#include <vector>

using namespace predcg;

using Spins = std::vector<ising::Spin>;
struct Copy {
    using fine_type = Spins;
    using coarse_type = Spins;
    Index parameter_count() const { return 0; }
    struct Likelihood {
        const Spins* x;
        double log_density(const Spins& X) const { return X == *x ? 0.0 : -1.0; }
    };
    Likelihood likelihood(const Spins& x, const Vector&) const { return {&x}; }
    Spins sample(const Spins& X, const Vector&, auto&) const { return X; }
};

int main() {
    const auto map = by_reference(Copy{});
#ifdef PREDCG_TWIN
    const std::vector<Spins> data(3, Spins(4, 1));
    (void)prepare_data(map, data, 1.0);
#else
    (void)prepare_data(map, std::vector<Spins>(3, Spins(4, 1)), 1.0);
#endif
}
