#pragma once
// What the options describe: the fine model, and the model that is learnt.
#include <predcg/ising/chain.hpp>
#include <predcg/ising/terms.hpp>

#include <vector>

namespace cli {

using predcg::Index;

/// The fine model at an inverse temperature.
struct FineModel {
    predcg::ising::ChainSettings chain{};
    double beta = 0.3;  ///< 1/energy
};

enum class PriorChoice { weak, flat };

/// What a direction is called about which the data say less than the weak prior does.
constexpr const char* direction_kind(PriorChoice prior) {
    return prior == PriorChoice::flat ? "not identified" : "prior-dominated";
}

/// What is to be learnt. The number of coarse sites follows from data and level.
struct FitModel {
    Index fine_sites = 32;
    Index level = 2;  ///< l_c
    bool linear = false;
    Index pair_range = 1;  ///< L_c
    std::vector<predcg::ising::Triplet> triplets{};
    double field = 0.0;  ///< mu, known, energy
    double beta = 0.3;   ///< 1/energy
    predcg::Boundary boundary = predcg::Boundary::periodic;
    PriorChoice prior = PriorChoice::weak;
};

}  // namespace cli
