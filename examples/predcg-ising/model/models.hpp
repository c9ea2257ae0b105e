#pragma once
// What the options describe: the fine model, and the model that is learnt.
#include "basics/choices.hpp"

#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/terms.hpp>

#include <string>
#include <vector>

namespace cli {

using predcg::Index;

/// The fine model at an inverse temperature.
struct FineModel {
    predcg::ising::FineChainSettings chain{};
    double beta = 0.3;  ///< 1/energy
};

enum class PriorChoice { weak, flat };

/// What a direction is called about which the data say less than the weak prior does.
constexpr const char* direction_kind(PriorChoice prior) {
    return prior == PriorChoice::flat ? "not identified" : "prior-dominated";
}

enum class MapChoice { bernoulli, logistic, autoregressive, link2, link4, decimation };
inline const Choices<MapChoice> maps{{"bernoulli", MapChoice::bernoulli},
                                     {"logistic", MapChoice::logistic},
                                     {"autoregressive", MapChoice::autoregressive},
                                     {"link2", MapChoice::link2},
                                     {"link4", MapChoice::link4},
                                     {"decimation", MapChoice::decimation}};

/// Whether its spins follow from exponents by a function that can be chosen, logit or probit.
constexpr bool is_logistic(MapChoice map) {
    return map == MapChoice::logistic || map == MapChoice::autoregressive;
}

/// How many letters a coarse site has: -1 and +1, or 0, too.
inline const Choices<Index> letter_counts{{"2", 2}, {"3", 3}};

/// Of correlations that are predicted, unless more are asked for.
inline constexpr Index most_lags = 4096;

/// What is to be learnt. The number of coarse sites follows from data and level.
struct FitModel {
    Index fine_sites = 32;
    Index level = 2;  ///< l_c
    bool linear = false;
    Index pair_range = 1;  ///< L_c
    std::vector<predcg::ising::Triplet> triplets{};
    Index letters = 2;     ///< of a coarse site: -1, +1, or -1, 0, +1
    bool square = false;   ///< term in X_i^2, of three letters
    Index quad_range = 0;  ///< terms in X_i^2 X_(i+k)^2, k = 1..quad_range, of three letters
    double field = 0.0;    ///< mu, known, energy
    double beta = 0.3;     ///< 1/energy
    predcg::Boundary boundary = predcg::Boundary::periodic;
    PriorChoice prior = PriorChoice::weak;
    MapChoice map = MapChoice::bernoulli;
    bool probit = false;     ///< in the place of logit, of logistic maps
    bool reflected = false;  ///< of MapChoice::logistic: a site and its mirror image have one coefficient
    Index lags = 0;          ///< of the correlation that is predicted; 0: n/2, at most most_lags. Not saved

    /// Whether its map is Bernoulli's of two letters, which has a theta_cf.
    bool has_theta_cf() const { return map == MapChoice::bernoulli && letters == 2; }
};

enum class Engine { exact, monte_carlo };
enum class Optimizer { newton, robbins_monro };
enum class Kernel { heat_bath, metropolis };

inline const Choices<Engine> engines{{"exact", Engine::exact}, {"monte-carlo", Engine::monte_carlo}};
inline const Choices<Optimizer> optimizers{{"newton", Optimizer::newton},
                                           {"robbins-monro", Optimizer::robbins_monro}};
inline const Choices<Kernel> kernels{{"heat-bath", Kernel::heat_bath}, {"metropolis", Kernel::metropolis}};

/// How it is learnt. Kernel and numbers of samples belong to Engine::monte_carlo.
struct FitMethod {
    Engine engine = Engine::exact;
    Optimizer optimizer = Optimizer::newton;
    Kernel kernel = Kernel::heat_bath;
    Index latent_samples = 50;   ///< S_q, of q(X|x) for each datum and iteration
    Index coarse_samples = 200;  ///< S_c, of p_c(X) for each iteration
};

}  // namespace cli
