// expect: predcg: a level of a hierarchy is told to the next by independent draws
#include <predcg/engines/enumeration.hpp>
#include <predcg/hierarchy/hierarchy.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

/// Exact, and draws nothing.
struct Sums {
    Enumeration over{};
    template <class T>
    using State = NoState;
    template <class T, class S>
    Moments expect(const T& target, const S& statistic, NoState& state, const StreamKey& key) const {
        return over.expect(target, statistic, state, key);
    }
    double log_partition(const auto& target) const { return over.log_partition(target); }
#ifdef PREDCG_TWIN
    auto sampler(const auto& target) const { return over.sampler(target); }
#endif
};

int main() {
    const auto level = [](Index sites) {
        return EMCoarseGrainer{SamplesOnly<Spins>{}, ising::coarse_chain({.sites = sites, .pair_range = 1}),
                               ising::logistic_map({.level = 2}), Sums{}};
    };
    const auto data = level(8).prepare(std::vector<Spins>(2, Spins(16)), 1.0);
    const auto below = first_level(level(8), data, {});
    (void)next_level(level(8), below, level(4), {.next = NextLevel::distilled}, 0);
}
