// expect: predcg: this map cannot draw x, so there is nothing to predict with
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/relative_entropy.hpp>

using namespace predcg;

double predicted(const std::vector<std::vector<ising::Spin>>& data) {
    const RelativeEntropy minimiser{ising::coarse_chain({.sites = 2}), ising::majority_map(),
                                    TransferMatrix{}};
    const auto fit = minimiser.fit(data, {.beta = 1.0});
#ifdef PREDCG_TWIN
    return predict(fit.reconstructed(ising::uniform_reconstruction()), ising::Magnetization{}).value();
#else
    return predict(fit, ising::Magnetization{}).value();
#endif
}

int main() {}
