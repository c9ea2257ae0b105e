// expect: predcg: the data must be a range of configurations
#include <predcg/predcg.hpp>
#include <predcg/relative_entropy.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

int main() {
    const RelativeEntropy minimiser{ising::coarse_chain({.sites = 2}), ising::majority_map({.level = 2}),
                                    TransferMatrix{}};
#ifdef PREDCG_TWIN
    const std::vector<Spins> data(3, Spins(4, 1));
#else
    const struct {
        Spins first, second;
    } data;
#endif
    minimiser.fit(data, {.beta = 1.0});
}
