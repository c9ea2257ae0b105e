#pragma once
#include <predcg/core/parallel.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/predict/predict.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace predcg {

/// Settings of predictions with intervals.
struct CredibleSettings {
    double credibility = 0.95;
    Index samples = 200;         ///< configurations for each draw of theta, where E[o | theta] is not exact
    bool predictive = true;      ///< the spread of single configurations, too
    bool always_sample = false;  ///< even where E[o | theta] is exact (which may keep n x n second moments)
    std::uint64_t seed = 1;
};

/// What a posterior says of an observable with c components.
struct CredibleInterval {
    double credibility = 0.95;
    Vector mean;          ///< posterior mean of E[o | theta]
    Vector sd;            ///< its posterior standard deviation
    Vector lower, upper;  ///< central credible interval of the expectation E[o | theta]
    Vector mean_error, lower_error, upper_error;  ///< Monte Carlo standard errors of the three
    Vector predictive_lower, predictive_upper;    ///< central interval of o of a single configuration
    Matrix expectations;                          ///< E[o | theta] of every draw: component x draw
    Vector sampling_sd;  ///< mean standard error of the E[o | theta]; 0: exact. It widens the interval.

    /// True where every E[o | theta] is exact.
    bool exact() const { return linalg::largest(sampling_sd) == 0.0; }
};

namespace detail {

/// The models of a learner, as those of a fit. A view.
template <class Learner>
struct LearnerModels {
    explicit LearnerModels(const Learner& learner)
        : coarse(learner.coarse()), map(learner.map()), engine(learner.engine()) {}
    const std::remove_cvref_t<decltype(std::declval<const Learner&>().coarse())>& coarse;
    const std::remove_cvref_t<decltype(std::declval<const Learner&>().map())>& map;
    const std::remove_cvref_t<decltype(std::declval<const Learner&>().engine())>& engine;
};

/// Draws of X from p_c: exact ones where the engine has them, else a chain of its kernel. A view of target.
template <class Engine, Target T>
auto coarse_sampler(const Engine& engine, const T& target) {
    constexpr bool draws =
        SamplingEngine<coarse_engine_t<Engine>, T> || ChainSamplingEngine<coarse_engine_t<Engine>, T>;
    static_assert(
        draws, "predcg: configurations cannot be drawn with this engine for p_c: it needs sampler(target) or "
               "chain_sampler(target), each with draw(rng)");
    if constexpr (SamplingEngine<coarse_engine_t<Engine>, T>)
        return coarse_engine(engine).sampler(target);
    else
        return coarse_engine(engine).chain_sampler(target);
}

/// One configuration x ~ p(x | theta): X from p_c, x from p_cf.
template <class Models, RandomBits R>
auto draw_fine(const Models& models, const Parameters& at, double beta, R& rng) {
    const auto target = boltzmann(models.coarse, at.theta, beta);
    auto sampler = coarse_sampler(models.engine, target);
    return models.map.sample(sampler.draw(rng), at.eta, rng);
}

/// The same, `count` times: one chain of X where the engine has no exact draws.
template <class Models, RandomBits R>
auto draw_data(const Models& models, const Parameters& at, double beta, std::size_t count, R& rng) {
    const auto target = boltzmann(models.coarse, at.theta, beta);
    auto sampler = coarse_sampler(models.engine, target);
    std::vector<decltype(models.map.sample(sampler.draw(rng), at.eta, rng))> data;
    data.reserve(count);
    for (std::size_t k = 0; k < count; ++k) data.push_back(models.map.sample(sampler.draw(rng), at.eta, rng));
    return data;
}

inline void require_credibility(double credibility) {
    require(credibility > 0.0 && credibility < 1.0, "predict", "credibility", credibility,
            "a number between 0 and 1, for example 0.95");
}

template <class Result>
void require_draws_of(const Result& posterior, const char* function) {
    if (posterior.draw_count() == 0)
        throw ArgumentError(function, "posterior", "without draws",
                            posterior.remarks.empty()
                                ? "a posterior with at least one draw: full_posterior makes one"
                                : "one that can be used; this one cannot: " + posterior.remarks.front());
}

/// Errors of a quantile or a mean need chains that move; without (equal values) they are 0.
inline double error_of(double error, double sd) { return sd == 0.0 ? 0.0 : error; }

}  // namespace detail

/// Credible interval of the expectation of an observable, and predictive interval of a single configuration.
///
/// For each draw theta of the posterior, E[o | theta] is one value, exact where the engine can and an average
/// over `samples` configurations else; quantiles over the draws are the credible interval (a band for vector
/// observables, component by component); quantiles of o(x), one x ~ p(x | theta) for each draw, the
/// predictive interval. Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 2.4.
/// Throws ArgumentError for credibility outside (0, 1) or a posterior without draws.
template <class Coarse, class Map, class Engine, class O>
    requires Observable<O, typename Map::fine_type>
CredibleInterval predict(const Posterior<Coarse, Map, Engine>& posterior, const O& observable,
                         const CredibleSettings& settings = {}) {
    detail::require_credibility(settings.credibility);
    detail::require_draws_of(posterior, "predict");
    const Index draws = posterior.draw_count();
    std::vector<Prediction> expectations(static_cast<std::size_t>(draws));
    std::vector<Vector> singles(settings.predictive ? expectations.size() : 0);
    parallel_for(draws, [&](Index k) {
        const Parameters at = posterior.parameters(k);
        const auto slot = static_cast<std::size_t>(k);
        expectations[slot] = detail::fine_expectation(posterior, at, posterior.fit.beta, observable,
                                                      {.draws = settings.samples,
                                                       .seed = settings.seed,
                                                       .stream = static_cast<std::uint64_t>(k),
                                                       .always_sample = settings.always_sample});
        if (!settings.predictive) return;
        Philox4x32 rng = make_stream(settings.seed, Purpose::predictive, static_cast<std::uint64_t>(k));
        singles[slot] =
            detail::as_vector(observable(detail::draw_fine(posterior, at, posterior.fit.beta, rng)));
    });

    const Index c = expectations.front().mean.size();
    CredibleInterval result;
    result.credibility = settings.credibility;
    result.expectations.resize(c, draws);
    Matrix predictive(settings.predictive ? c : 0, draws);
    result.sampling_sd = Vector::Zero(c);
    for (Index k = 0; k < draws; ++k) {
        const Prediction& e = expectations[static_cast<std::size_t>(k)];
        result.expectations.col(k) = e.mean;
        result.sampling_sd += e.standard_error / static_cast<double>(draws);
        if (settings.predictive) predictive.col(k) = singles[static_cast<std::size_t>(k)];
    }
    for (Vector* v : {&result.mean, &result.sd, &result.lower, &result.upper, &result.mean_error,
                      &result.lower_error, &result.upper_error})
        v->resize(c);
    result.predictive_lower.resize(predictive.rows());
    result.predictive_upper.resize(predictive.rows());
    const double low = 0.5 * (1.0 - settings.credibility), high = 1.0 - low;
    for (Index j = 0; j < c; ++j) {
        const Matrix chains = posterior.by_chain(result.expectations.row(j));
        result.mean[j] = mean(chains);
        result.sd[j] = draws > 1 ? std::sqrt(variance(chains)) : 0.0;
        result.lower[j] = quantile(chains, low);
        result.upper[j] = quantile(chains, high);
        const bool long_enough = chains.rows() >= 4;
        result.mean_error[j] =
            long_enough ? detail::error_of(mcse_mean(chains), result.sd[j]) : detail::undefined;
        result.lower_error[j] =
            long_enough ? detail::error_of(mcse_quantile(chains, low), result.sd[j]) : detail::undefined;
        result.upper_error[j] =
            long_enough ? detail::error_of(mcse_quantile(chains, high), result.sd[j]) : detail::undefined;
        if (settings.predictive) {
            result.predictive_lower[j] = quantile(predictive.row(j), low);
            result.predictive_upper[j] = quantile(predictive.row(j), high);
        }
    }
    return result;
}

/// n configurations x ~ p(x | data): theta from the posterior's draws, evenly spread, then X, then x.
/// Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 2.4, steps 1 to 3.
template <class Coarse, class Map, class Engine>
std::vector<typename Map::fine_type> draw_predictive(const Posterior<Coarse, Map, Engine>& posterior,
                                                     Index samples, std::uint64_t seed = 1) {
    require_range(samples, 1, std::numeric_limits<Index>::max(), "draw_predictive", "samples");
    detail::require_draws_of(posterior, "draw_predictive");
    const auto draw = [&](Index k) {
        Philox4x32 rng = make_stream(seed, Purpose::draw_posterior, static_cast<std::uint64_t>(k));
        const Index at = samples <= posterior.draw_count() ? k * posterior.draw_count() / samples
                                                           : k % posterior.draw_count();
        return detail::draw_fine(posterior, posterior.parameters(at), posterior.fit.beta, rng);
    };
    std::vector<typename Map::fine_type> drawn(static_cast<std::size_t>(samples), draw(0));
    constexpr Index chunk = 8;  // a sampler each
    parallel_for((samples + chunk - 1) / chunk, [&](Index c) {
        for (Index k = std::max<Index>(1, c * chunk); k < std::min(samples, (c + 1) * chunk); ++k)
            drawn[static_cast<std::size_t>(k)] = draw(k);
    });
    return drawn;
}

/// n configurations at the parameters of a fit.
template <class Coarse, class Map, class Engine, class Result>
std::vector<typename Map::fine_type> draw_predictive(const Fit<Coarse, Map, Engine, Result>& fit,
                                                     Index samples, std::uint64_t seed = 1) {
    require_range(samples, 1, std::numeric_limits<Index>::max(), "draw_predictive", "samples");
    Philox4x32 rng = make_stream(seed, Purpose::draw_fit);
    return detail::draw_data(fit, fit.parameters, fit.beta, static_cast<std::size_t>(samples), rng);
}

}  // namespace predcg
