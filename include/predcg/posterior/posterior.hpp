#pragma once
// What every way of finding a posterior returns: draws of the parameters, and how far they can be trusted.
#include <predcg/core/linalg.hpp>
#include <predcg/core/processes.hpp>
#include <predcg/learning/estimate.hpp>
#include <predcg/learning/labels.hpp>
#include <predcg/statistics/diagnostics.hpp>
#include <predcg/statistics/moments.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
/// Parameters that were drawn: draw_count() of them. A posterior, not a fit.
template <class P>
concept HasDraws = requires(const P posterior) {
    { posterior.draw_count() } -> std::convertible_to<Index>;
};
}  // namespace detail

/// How a posterior was computed.
enum class PosteriorMethod {
    full,            ///< Markov chains of the exact posterior
    exchange,        ///< Markov chains with latent X; log Z_c is never needed
    laplace_joint,   ///< normal in z = (beta theta_c / s_c, eta / s_m) by the observed information
    laplace_slides,  ///< normal in theta_cf alone, complete-data curvature, theta_c fixed
};

/// In words.
constexpr std::string_view to_string(PosteriorMethod method) {
    switch (method) {
    case PosteriorMethod::full:
        return "full";
    case PosteriorMethod::exchange:
        return "exchange";
    case PosteriorMethod::laplace_joint:
        return "laplace-joint";
    case PosteriorMethod::laplace_slides:
        return "laplace-slides";
    }
    return "";
}

/// How far a chain of a posterior is.
struct ChainProgress {
    Index chain = 0;  ///< its number
    Index draws = 0;  ///< kept so far, after warm-up
    Index of = 0;     ///< that it is to keep
};

/// Draws of a chain, as they come.
struct DrawsOfChain {
    Index chain = 0;                   ///< its number
    Index first = 0;                   ///< the number of the first of them in the chain, from 0
    Index parameters = 0;              ///< of a draw
    std::span<const double> values{};  ///< (theta_c, eta) of one draw after the other
};

/// What chains of a posterior have in common.
struct ChainSettings {
    Index draws = 4000;  ///< kept, of all chains together; rounded up to equal chains
    Index chains = 4;
    /// Moves of each chain before the first draw that is kept; absent: the method's own, 300 of
    /// full_posterior, 1000 of exchange_posterior, 50 of exchange_by_features.
    std::optional<Index> warm_up{};
    std::optional<Index> thinning{};  ///< moves from draw to draw; absent: 1, 10 and 1
    /// Of the starts, in standard deviations at the mode; absent: 2, 1.5 of exchange_by_features.
    std::optional<double> dispersion{};
    double largest_r_hat = 1.01;  ///< beyond it, or with fewer effective draws a chain than
    double smallest_ess = 100.0;  ///< this, the result is flagged as not reliable
    std::uint64_t seed = 1;
    std::function<void(const ChainProgress&)> observer{};  ///< after every draw, one call at a time
    /// Is given every draw when it is kept, one call at a time. The first call of a chain has no draws, or
    /// those that a checkpoint had.
    std::function<void(const DrawsOfChain&)> on_draws{};
    std::stop_token stop{};        ///< ends with the draws that there are, at least four of a chain
    CheckpointPlace checkpoint{};  ///< where chains keep what they need to go on (core/checkpoint.hpp)
    /// Chains are shared out to these processes, each of which holds all data and gets all draws; absent: all
    /// are run here. Collective where it is set.
    std::optional<Processes> processes{};
};

/// Draws of (theta_c, eta) given the data, without the models. Where models know flips of their letters'
/// signs (learning/labels.hpp), all draws have the label of the fit: the posterior's two modes count as one.
struct PosteriorResult {
    PosteriorMethod method = PosteriorMethod::full;
    Estimate fit;      ///< the mode: names, beta, number of data, prior-dominated directions
    Matrix draws;      ///< a column is one draw of (theta_c, eta); the chains one after the other
    Index chains = 1;  ///< of equal length; 1 for independent draws
    Vector mean, sd;
    Matrix covariance;
    std::vector<statistics::Diagnostics> diagnostics;  ///< of each parameter, where there are chains
    double acceptance = 1.0;                           ///< mean probability of acceptance
    std::optional<double> pareto_k;  ///< of a Laplace approximation against the exact posterior
    bool stopped = false;            ///< a stop was requested: fewer draws than asked for
    bool reliable = true;
    std::vector<std::string>
        remarks;  ///< what is wrong, if it is not, and what to do; what to know, if it is
    std::uint64_t seed = 0;

    Index draw_count() const { return draws.cols(); }
    Index parameter_count() const { return draws.rows(); }

    std::vector<std::string> names() const {
        std::vector<std::string> all = fit.coarse_names;
        all.insert(all.end(), fit.map_names.begin(), fit.map_names.end());
        return all;
    }

    Parameters parameters(Index draw) const {
        const Index p = fit.parameters.theta.size(), m = fit.parameters.eta.size();
        const Vector both = linalg::column_of(draws, draw);
        return {linalg::part(both, 0, p), linalg::part(both, both.size() - m, m)};
    }

    /// One value for each draw, as rows of iterations and columns of chains: for diagnostics.
    Matrix by_chain(const Vector& values) const {
        Matrix by_chain(values.size() / chains, chains);
        std::copy(values.begin(), values.begin() + by_chain.size(), by_chain.data());
        return by_chain;
    }
};

/// A posterior with the models it belongs to: all that predictions need.
template <class Coarse, class Map, class Engine>
struct Posterior : PosteriorResult {
    Coarse coarse;
    Map map;
    Engine engine;

    /// Throws ArgumentError where the draws are not those of such models.
    [[gnu::cold]] Posterior(PosteriorResult result, Coarse coarse_potential, Map probabilistic_map,
                            Engine expectation_engine)
        : PosteriorResult(std::move(result)), coarse(std::move(coarse_potential)),
          map(std::move(probabilistic_map)), engine(std::move(expectation_engine)) {
        detail::require_same_model(fit, coarse, map, "Posterior");
        require_equal(draws.rows(), fit.parameters.theta.size() + fit.parameters.eta.size(), "Posterior",
                      "parameters of a draw", "those of the fit");
        require(chains >= 1 && draws.cols() % chains == 0, "Posterior", "chains", chains,
                "a divisor of the number of draws");
    }

    /// The same posterior with models of another size: parameters are carried over by name.
    template <class OtherCoarse, class OtherMap>
    Posterior<OtherCoarse, OtherMap, Engine> with_models(OtherCoarse other_coarse, OtherMap other_map) const {
        return {static_cast<const PosteriorResult&>(*this), std::move(other_coarse), std::move(other_map),
                engine};
    }
};

namespace detail {
/// Throws ArgumentError for an improper prior.
inline void require_proper(bool proper, const char* function) {
    if (!proper)
        throw ArgumentError(function, "prior", "improper (flat)",
                            "a proper prior, for example weak_prior(): where the map forgets X the "
                            "likelihood does not fall, and the posterior has no integral");
}

/// Throws ArgumentError for settings without sense.
inline void require_chains(const ChainSettings& settings, const char* function) {
    constexpr Index many = std::numeric_limits<Index>::max();
    require_range(settings.chains, 1, many, function, "chains");
    require_range(settings.draws, 4 * settings.chains, many, function, "draws", "at least 4 a chain");
    require_range(settings.warm_up.value_or(0), 0, many, function, "warm_up");
    require_range(settings.thinning.value_or(1), 1, many, function, "thinning");
    require_positive(settings.dispersion.value_or(2.0), function, "dispersion");
}

/// Mean, standard deviation and covariance of the draws.
[[gnu::cold]] inline void summarise(PosteriorResult& posterior) {
    statistics::MeanAndCovariance moments = statistics::moments_of_columns(posterior.draws);
    posterior.mean = std::move(moments.mean);
    posterior.covariance = std::move(moments.covariance);
    posterior.sd.resize(posterior.mean.size());
    for (Index k = 0; k < posterior.sd.size(); ++k) posterior.sd[k] = std::sqrt(posterior.covariance(k, k));
}
}  // namespace detail

}  // namespace predcg
