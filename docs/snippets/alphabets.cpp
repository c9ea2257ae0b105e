// The programs of docs/alphabets.md.
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/potts/chain.hpp>
#include <predcg/models/potts/copy_map.hpp>
#include <predcg/models/potts/majority_map.hpp>
#include <predcg/models/potts/observables.hpp>
#include <predcg/models/vectors/chain.hpp>
#include <predcg/models/vectors/maps.hpp>
#include <predcg/predcg.hpp>

#include <cmath>
#include <cstdio>

using namespace predcg;

namespace {

void spin_one() {
    const auto chain =
        ising::spin_one_chain({.sites = 8, .linear = true, .pair_range = 1, .square = true, .quad_range = 1});
    const auto map = ising::logistic_map(
        {.level = 2, .intercept = false, .tied = true, .coarse_letters = {-1.0, 0.0, 1.0}});
    std::printf("%d parameters of the map\n", static_cast<int>(map.parameter_count()));
    for (const std::string& name : chain.parameter_names()) std::printf("%s\n", name.c_str());
}

void potts_fit() {
    const auto fine = potts::chain<3>({.sites = 24}, Vector{{1.2}});  // theta_equal_1 = 1.2
    const auto data = generate(fine, {.beta = 1.0, .samples = 200, .seed = 1});
    const EMCoarseGrainer grainer{fine, potts::coarse_chain<3>({.sites = 12}),
                                  potts::copy_map<3>({.level = 2}), TransferMatrix{}};
    const auto fit = grainer.fit(data);
    std::printf("%s: equal_1 %.2f, log_odds_copy %.2f\n", to_string(fit.status).data(), fit["equal_1"],
                fit["log_odds_copy"]);
    const auto agreeing = truth(fine, 1.0, potts::Agreement{.most_lag = 4});
    const auto predicted = predict(fit, potts::Agreement{.most_lag = 4});
    std::printf("neighbours agree with probability %.3f, predicted %.3f%s\n", agreeing.mean[1],
                predicted.mean[1], predicted.exact ? "" : " or so");
}

void plane_vectors() {
    const auto chain = vectors::circle_chain<12>({.sites = 4, .fields = true});
    const auto target = boltzmann(chain, Vector{{0.3, 0.0, 0.8}}, 1.0);
    std::printf("log Z of plane vectors %.4f\n",
                TransferMatrix{}.log_partition(target) - 4.0 * std::log(12.0));
}

void plane_vectors_and_spins() {
    const auto fine = ising::chain({.sites = 16});
    const auto data = generate(fine, {.beta = 0.5, .samples = 100, .seed = 1});
    const auto coarse = vectors::circle_chain<8>({.sites = 8});
    const EMCoarseGrainer grainer{fine, coarse, vectors::spin_map(coarse.tables(), {.level = 2}),
                                  TransferMatrix{}};
    const auto fit = grainer.fit(data, {.starts = 1});
    std::printf("%s: pair_1 %.2f, along %.2f\n", to_string(fit.status).data(), fit["pair_1"], fit["along"]);
}

}  // namespace

int main() {
    spin_one();
    potts_fit();
    plane_vectors();
    plane_vectors_and_spins();
    return 0;
}
