// expect: predcg: a mean over data needs the configurations
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <vector>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

int main() {
    const std::vector<Spins> x{{1, 1, -1, -1}};
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, ising::coarse_chain({.sites = 2, .pair_range = 1}),
                                  ising::bernoulli_map({.level = 2}), TransferMatrix{}};
#ifdef PREDCG_TWIN
    return data_mean(x, ising::Magnetization{})[0] > 0.5;
#else
    return data_mean(grainer.prepare(x, 1.0), ising::Magnetization{})[0] > 0.5;
#endif
}
