#pragma once
#include <predcg/core/checkpoint_place.hpp>
#include <predcg/core/parallel.hpp>
#include <predcg/learning/sampling_remarks.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/predict/sampling_noise.hpp>
#include <predcg/statistics/ranks.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
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
    std::stop_token stop{};        ///< ends by Stopped, after the E[o | theta] in work
    CheckpointPlace checkpoint{};  ///< of the E[o | theta] that are known (core/checkpoint.hpp)
};

/// What a posterior says of an observable with c components. Where E[o | theta] is sampled, what the sampling
/// adds to its spread has been taken out.
struct CredibleInterval {
    double credibility = 0.95;
    Vector mean;          ///< posterior mean of E[o | theta]
    Vector sd;            ///< its posterior standard deviation
    Vector lower, upper;  ///< central credible interval of the expectation E[o | theta]
    /// Monte Carlo standard errors of the four; NaN: not known, and remarks say why.
    Vector mean_error, sd_error, lower_error, upper_error;
    Vector predictive_lower, predictive_upper;  ///< central interval of o of a single configuration
    Matrix expectations;                        ///< E[o | theta] of every draw: component x draw
    /// Standard deviation of what sampling added to one E[o | theta], before it was taken out; 0: exact. Of
    /// chains it is measured between independent ones, whatever their own standard errors say.
    Vector sampling_sd;
    bool reliable = true;  ///< sampling leaves no more than a fifth of sd uncertain
    /// Components where sampling_sd exceeds a fifth of sd, or errors are not known, all of a kind in one
    /// remark; slow kernels.
    std::vector<std::string> remarks;

    /// True where every E[o | theta] is exact.
    bool exact() const {
        bool without_noise = true;
        for (const double noise : sampling_sd) without_noise = without_noise && noise == 0.0;
        return without_noise;
    }
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
        DrawingEngineParts<coarse_engine_t<Engine>, T>::asked &&
        (SamplingEngine<coarse_engine_t<Engine>, T> || ChainSamplingEngine<coarse_engine_t<Engine>, T>);
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

/// The same, `count` times, or fewer after `stop`: one chain of X where the engine has no exact draws.
template <class Models, RandomBits R>
auto draw_data(const Models& models, const Parameters& at, double beta, std::size_t count, R& rng,
               const std::stop_token& stop = {}) {
    const auto target = boltzmann(models.coarse, at.theta, beta);
    auto sampler = coarse_sampler(models.engine, target);
    std::vector<decltype(models.map.sample(sampler.draw(rng), at.eta, rng))> data;
    data.reserve(count);
    for (std::size_t k = 0; k < count && !stop.stop_requested(); ++k)
        data.push_back(models.map.sample(sampler.draw(rng), at.eta, rng));
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

/// Errors of a quantile or a mean need chains that move; without (values that are equal, up to rounding) they
/// are 0.
inline double error_of(double error, double sd, double mean) {
    const bool is_rounding = !std::isfinite(error) && sd <= 1e-12 * std::max(1.0, std::abs(mean));
    return sd == 0.0 || is_rounding ? 0.0 : error;
}

/// f(k, at_once) for k < count on all threads, each with its share of the engine's limit of memory; one after
/// the other, where a share is too little.
template <class F>
void within_memory(Index count, F&& f) {
    const Index at_once = std::min<Index>(threads(), count);
    if (at_once > 1) {
        try {
            return parallel_for(count, [&](Index k) { f(k, at_once); });
        } catch (const CostError&) {  // known before any work
        }
    }
    for (Index k = 0; k < count; ++k) f(k, Index{1});
}

/// Draws of theta with a second, independent chain, which tells how far apart chains are.
inline constexpr Index most_repeated = 512;

/// Variance of the sampling in E[o | theta], a mean over the draws: from their standard errors where samples
/// are independent, else from the differences of two chains at every `stride`-th draw.
[[gnu::cold]] inline Vector sampling_variance(const std::vector<Prediction>& first,
                                              const std::vector<Prediction>& again, Index stride) {
    Vector sum = Vector::Zero(first.front().mean.size());
    if (again.empty()) {
        for (const Prediction& e : first)
            for (Index j = 0; j < sum.size(); ++j) sum[j] += e.standard_error[j] * e.standard_error[j];
        linalg::divide(sum, static_cast<double>(first.size()));
        return sum;
    }
    for (std::size_t k = 0; k < again.size(); ++k)
        for (Index j = 0; j < sum.size(); ++j) {
            const double d = again[k].mean[j] - first[k * static_cast<std::size_t>(stride)].mean[j];
            sum[j] += 0.5 * d * d;
        }
    linalg::divide(sum, static_cast<double>(again.size()));
    return sum;
}

/// Takes the noise out of the expectations of one component, and says what is left of it: standard errors of
/// mean, sd and both ends.
struct NoiseLeft {
    double mean = 0.0, sd = 0.0, lower = 0.0, upper = 0.0;
};
[[gnu::cold]] inline NoiseLeft take_out_noise(const SmoothOverDraws& smooth, Vector& values, double noise,
                                              double freedom, double low) {
    Denoised denoised = smooth(values, noise, freedom);
    values = std::move(denoised.values);
    const std::vector<Index> order = ascending_order(values);
    // The error of a value near the quantile: a mean over 2 % of the draws.
    const auto error_at = [&](double p) {
        const auto last = std::ssize(order) - 1;
        const auto at = static_cast<Index>(p * static_cast<double>(last)), half = last / 100;
        const Index from = std::max<Index>(0, at - half), to = std::min<Index>(last, at + half);
        double sum = 0.0;
        for (Index k = from; k <= to; ++k) sum += denoised.errors[order[static_cast<std::size_t>(k)]];
        return sum / static_cast<double>(to - from + 1);
    };
    return {std::sqrt(noise / static_cast<double>(values.size())), denoised.sd_error, error_at(low),
            error_at(1.0 - low)};
}

/// Remarks on components, each kind once: a band may have thousands.
class ComponentRemarks {
public:
    /// The words of a kind are those of its component with the largest weight, the first of these.
    [[gnu::cold]] void add(const std::string& kind, Index component, const std::string& words,
                           double weight = 0.0) {
        for (Kind& known : kinds_) {
            if (known.name != kind) continue;
            ++known.count;
            if (weight > known.weight) known = {kind, component, words, weight, known.count};
            return;
        }
        kinds_.push_back({kind, component, words, weight, 1});
    }
    [[gnu::cold]] std::vector<std::string> lines() const {
        std::vector<std::string> all;
        for (const Kind& kind : kinds_) {
            std::string line = "component " + to_text(kind.component);
            if (kind.count > 1)
                line += (kind.weight > 0.0 ? " and, less so, " : " and ") + to_text(kind.count - 1) + " more";
            all.push_back(line + ": " + kind.words);
        }
        return all;
    }

private:
    struct Kind {
        std::string name;
        Index component;
        std::string words;
        double weight;
        Index count;
    };
    std::vector<Kind> kinds_{};
};

/// Which errors of component j are not known, and why; empty where all are.
[[gnu::cold]] inline std::string unknown_errors(const CredibleInterval& result, Index j,
                                                const Matrix& chains) {
    if (!all_finite(chains)) return {};  // said already
    std::string unknown;
    for (const auto& [name, error] : {std::pair{"mean", result.mean_error[j]},
                                      {"sd", result.sd_error[j]},
                                      {"lower", result.lower_error[j]},
                                      {"upper", result.upper_error[j]}})
        if (!std::isfinite(error)) unknown += (unknown.empty() ? "" : ", ") + std::string(name);
    if (unknown.empty()) return {};
    return "no Monte Carlo error of " + unknown + ", as " +
           (chains.rows() < 4 ? "chains have less than 4 draws"
                              : "the draws there are equal or too few to tell") +
           ": more draws";
}

/// Intervals from the expectations of all draws (result.expectations) and single values of o (component x
/// draw; empty: not wanted). `noise` is the variance of the sampling; empty: exact.
[[gnu::cold]] inline void summarise(CredibleInterval& result, const PosteriorResult& posterior,
                                    const Matrix& singles, const Vector& noise, double freedom) {
    const Index c = result.expectations.rows(), draws = result.expectations.cols();
    for (Vector* v : {&result.mean, &result.sd, &result.lower, &result.upper, &result.mean_error,
                      &result.sd_error, &result.lower_error, &result.upper_error})
        v->resize(c);
    result.sampling_sd = Vector::Zero(c);
    for (Vector* v : {&result.predictive_lower, &result.predictive_upper}) v->resize(singles.rows());
    const double low = 0.5 * (1.0 - result.credibility), high = 1.0 - low;
    std::optional<SmoothOverDraws> smooth;
    if (linalg::largest(noise) > 0.0) smooth.emplace(posterior.draws);
    ComponentRemarks remarks;
    for (Index j = 0; j < c; ++j) {
        Vector values = linalg::row_of(result.expectations, j);
        NoiseLeft left;
        if (!linalg::all_finite(values)) {
            result.reliable = false;
            result.sampling_sd[j] = undefined;
            remarks.add("infinite", j, "E[o | theta] is not finite for some draws");
        } else if (smooth && noise[j] > 0.0) {
            result.sampling_sd[j] = std::sqrt(noise[j]);
            left = take_out_noise(*smooth, values, noise[j], freedom, low);
            for (Index k = 0; k < draws; ++k) result.expectations(j, k) = values[k];
        }
        const Matrix chains = posterior.by_chain(values);
        result.mean[j] = statistics::mean(chains);
        result.sd[j] = draws > 1 ? std::sqrt(statistics::variance(chains)) : 0.0;
        result.lower[j] = statistics::quantile(chains, low);
        result.upper[j] = statistics::quantile(chains, high);
        const auto with_noise = [&](double error, double of_noise) {
            return chains.rows() >= 4 ? std::hypot(error_of(error, result.sd[j], result.mean[j]), of_noise)
                                      : undefined;
        };
        const bool long_enough = chains.rows() >= 4;
        result.mean_error[j] = with_noise(long_enough ? statistics::mcse_mean(chains) : 0.0, left.mean);
        result.sd_error[j] = with_noise(long_enough ? statistics::mcse_sd(chains) : 0.0, left.sd);
        result.lower_error[j] =
            with_noise(long_enough ? statistics::mcse_quantile(chains, low) : 0.0, left.lower);
        result.upper_error[j] =
            with_noise(long_enough ? statistics::mcse_quantile(chains, high) : 0.0, left.upper);
        if (singles.rows() > 0) {
            result.predictive_lower[j] = statistics::quantile(linalg::row_of(singles, j), low);
            result.predictive_upper[j] = statistics::quantile(linalg::row_of(singles, j), high);
        }
        if (const std::string what = unknown_errors(result, j, chains); !what.empty())
            remarks.add(what, j, what);
        const double noise_sd = result.sampling_sd[j], sd = result.sd[j];
        if (!(noise_sd > 0.2 * sd)) continue;
        const bool known = left.sd <= 0.2 * sd;
        result.reliable = result.reliable && known;
        remarks.add(known ? "noisy" : "too noisy", j,
                    "sampling alone gives E[o | theta] a standard deviation of " + to_text(noise_sd) +
                        ", beside " + to_text(sd) +
                        " of the posterior; it was taken out, and leaves an error of " + to_text(left.sd) +
                        (known ? "" : ", which is too much: more samples"),
                    noise_sd / sd);
    }
    result.remarks = remarks.lines();
}

/// Predictions from all draws of a posterior: E[o | theta] of a draw, with a stream of its own and so many
/// threads that ask at a time; and o of a single configuration. No template, so that all observables share
/// it. `exact` becomes false where the E[o | theta] are not. What the checkpoint has is not computed again.
[[gnu::cold]] inline CredibleInterval predict_draws(
    const PosteriorResult& posterior, const CredibleSettings& settings,
    const std::function<Prediction(Index draw, std::uint64_t stream, Index at_once)>& expectation_at,
    const std::function<Vector(Index draw, Philox4x32& rng)>& single_at, bool& exact) {
    const Index draws = posterior.draw_count(), stride = (draws + most_repeated - 1) / most_repeated;
    // By a second, independent chain for each `stride`-th draw.
    std::vector<Prediction> expectations(static_cast<std::size_t>(draws)),
        again(static_cast<std::size_t>((draws + stride - 1) / stride));
    std::vector<Vector> singles(settings.predictive ? expectations.size() : 0);
    const CheckpointPlace& place = settings.checkpoint;
    const std::size_t sizes[] = {expectations.size(), again.size(), singles.size()};
    if (place.restore(expectations, again, singles) &&
        (expectations.size() != sizes[0] || again.size() != sizes[1] || singles.size() != sizes[2]))
        argument_error("Checkpoint", "number of predictions", to_text(expectations.size()),
                       "that of the same posterior and settings, " + to_text(sizes[0]));
    const auto require_alike = [&](Index components) {  // what was restored may be of another observable
        if (components != expectations.front().mean.size())
            argument_error("Checkpoint", "number of components of a prediction", to_text(components),
                           "that of the same observable, " + to_text(expectations.front().mean.size()));
    };
    const auto is_known = [&](const Prediction& expectation) {
        if (expectation.mean.size() > 0) return true;
        if (settings.stop.stop_requested()) throw Stopped("predict");
        return false;
    };
    std::mutex one_save;
    const auto take = [&](Index k, Index at_once) {
        const auto slot = static_cast<std::size_t>(k);
        if (is_known(expectations[slot])) return;
        Prediction expectation = expectation_at(k, static_cast<std::uint64_t>(k), at_once);
        Vector single;
        if (settings.predictive) {
            Philox4x32 rng = make_stream(settings.seed, Purpose::predictive, static_cast<std::uint64_t>(k));
            single = single_at(k, rng);
        }
        const std::scoped_lock lock(one_save);
        expectations[slot] = std::move(expectation);
        if (settings.predictive) singles[slot] = std::move(single);
        place.offer(expectations, again, singles);
    };
    const auto repeat = [&](Index k) {
        const auto slot = static_cast<std::size_t>(k);
        if (is_known(again[slot])) return;
        constexpr auto others = std::uint64_t{1} << 43;
        Prediction expectation = expectation_at(k * stride, others + static_cast<std::uint64_t>(k), 1);
        const std::scoped_lock lock(one_save);
        again[slot] = std::move(expectation);
        place.offer(expectations, again, singles);
    };
    try {
        within_memory(draws, take);
        if (!expectations.front().independent) parallel_for(std::ssize(again), repeat);
    } catch (...) {
        place.keep(expectations, again, singles);
        throw;
    }
    place.keep(expectations, again, singles);
    if (expectations.front().independent) again.clear();
    for (const Prediction& expectation : expectations) require_alike(expectation.mean.size());
    for (const Prediction& expectation : again) require_alike(expectation.mean.size());
    for (const Vector& single : singles) require_alike(single.size());

    CredibleInterval result;
    result.credibility = settings.credibility;
    result.expectations.resize(expectations.front().mean.size(), draws);
    Matrix single(settings.predictive ? result.expectations.rows() : 0, draws);
    for (Index k = 0; k < draws; ++k) {
        linalg::set_column(result.expectations, k, expectations[static_cast<std::size_t>(k)].mean);
        if (settings.predictive) linalg::set_column(single, k, singles[static_cast<std::size_t>(k)]);
    }
    exact = expectations.front().exact;
    Vector noise;
    double freedom = std::numeric_limits<double>::infinity();
    if (!exact) {
        if (!again.empty()) freedom = static_cast<double>(again.size());
        noise = sampling_variance(expectations, again, stride);
    }
    summarise(result, posterior, single, noise, freedom);
    return result;
}

}  // namespace detail

/// Credible interval of the expectation of an observable, and predictive interval of a single configuration.
///
/// For each draw theta of the posterior, E[o | theta] is one value, exact where the engine can and an average
/// over `samples` configurations else; quantiles over the draws are the credible interval (a band for vector
/// observables, component by component); quantiles of o(x), one x ~ p(x | theta) for each draw, the
/// predictive interval. Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 2.4.
///
/// What sampling adds to the spread of sampled E[o | theta] is measured, and taken out: a polynomial in theta
/// pools the samples of all draws, and what it does not explain keeps only the variance that sampling does
/// not (predict/sampling_noise.hpp). Chains that have not forgotten where they started shift all values
/// alike; that is not seen here. Cost: `samples` configurations for each draw, and once more for up to 512
/// draws where the engine has no independent draws. Throws ArgumentError for credibility outside (0, 1) or a
/// posterior without draws.
template <class Coarse, class Map, class Engine, class O>
    requires detail::PredictableWith<O, Posterior<Coarse, Map, Engine>>
CredibleInterval predict(const Posterior<Coarse, Map, Engine>& posterior, const O& observable,
                         const CredibleSettings& settings = {}) {
    detail::require_credibility(settings.credibility);
    detail::require_draws_of(posterior, "predict");
    const auto bound = [&](Index draw) -> decltype(auto) {
        return detail::bound_observable(observable, posterior, posterior.parameters(draw),
                                        posterior.fit.beta);
    };
    const auto expectation_at = [&](Index draw, std::uint64_t stream, Index at_once) {
        return detail::fine_expectation(posterior, posterior.parameters(draw), posterior.fit.beta,
                                        bound(draw),
                                        {.draws = settings.samples,
                                         .seed = settings.seed,
                                         .stream = stream,
                                         .always_sample = settings.always_sample,
                                         .stop = settings.stop},
                                        at_once);
    };
    const auto single_at = [&](Index draw, Philox4x32& rng) {
        return detail::as_vector(
            bound(draw)(detail::draw_fine(posterior, posterior.parameters(draw), posterior.fit.beta, rng)));
    };
    bool exact = true;
    CredibleInterval result = detail::predict_draws(posterior, settings, expectation_at, single_at, exact);
    if (!exact || settings.predictive)
        detail::add_coarse_sampling_remarks<decltype(boltzmann(posterior.coarse, Vector(), 1.0)), Engine>(
            result.remarks);
    return result;
}

/// Credible interval of a function of the parameters, f(models, parameters, beta), a number or a vector: of
/// what follows from them without sampling, and need not be the expectation of an observable (a ratio of two,
/// a density, a length at another temperature). `models` is the posterior. There is no predictive interval.
/// f is called for several draws at a time. Throws ArgumentError as predict().
template <class Coarse, class Map, class Engine, class F>
CredibleInterval credible_interval(const Posterior<Coarse, Map, Engine>& posterior, const F& f,
                                   double credibility = 0.95) {
    detail::require_credibility(credibility);
    detail::require_draws_of(posterior, "credible_interval");
    const Index draws = posterior.draw_count();
    std::vector<Vector> values(static_cast<std::size_t>(draws));
    parallel_for(draws, [&](Index k) {
        values[static_cast<std::size_t>(k)] =
            detail::as_vector(f(posterior, posterior.parameters(k), posterior.fit.beta));
    });
    CredibleInterval result;
    result.credibility = credibility;
    result.expectations.resize(values.front().size(), draws);
    for (Index k = 0; k < draws; ++k)
        linalg::set_column(result.expectations, k, values[static_cast<std::size_t>(k)]);
    detail::summarise(result, posterior, Matrix(0, draws), Vector(), HUGE_VAL);
    return result;
}

/// n configurations x ~ p(x | data): theta from the posterior's draws, evenly spread, then X, then x.
/// Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 2.4, steps 1 to 3. After `stop`
/// the first ones alone, as many as there are.
template <class Coarse, class Map, class Engine>
std::vector<typename Map::fine_type> draw_predictive(const Posterior<Coarse, Map, Engine>& posterior,
                                                     Index samples, std::uint64_t seed = 1,
                                                     const std::stop_token& stop = {}) {
    require_range(samples, 1, std::numeric_limits<Index>::max(), "draw_predictive", "samples");
    detail::require_draws_of(posterior, "draw_predictive");
    const auto draw = [&](Index k) {
        Philox4x32 rng = make_stream(seed, Purpose::draw_posterior, static_cast<std::uint64_t>(k));
        const Index at = samples <= posterior.draw_count() ? k * posterior.draw_count() / samples
                                                           : k % posterior.draw_count();
        return detail::draw_fine(posterior, posterior.parameters(at), posterior.fit.beta, rng);
    };
    using Drawn = std::optional<typename Map::fine_type>;
    std::vector<Drawn> drawn(static_cast<std::size_t>(samples));
    constexpr Index chunk = 8;  // a sampler each
    parallel_for((samples + chunk - 1) / chunk, [&](Index c) {
        for (Index k = c * chunk; k < std::min(samples, (c + 1) * chunk) && !stop.stop_requested(); ++k)
            drawn[static_cast<std::size_t>(k)].emplace(draw(k));
    });
    std::vector<typename Map::fine_type> first;
    for (Drawn& x : drawn) {
        if (!x) break;
        first.push_back(std::move(*x));
    }
    return first;
}

/// n configurations at the parameters of a fit; after `stop` the first ones alone.
template <class Coarse, class Map, class Engine, class Result>
std::vector<typename Map::fine_type> draw_predictive(const Fit<Coarse, Map, Engine, Result>& fit,
                                                     Index samples, std::uint64_t seed = 1,
                                                     const std::stop_token& stop = {}) {
    require_range(samples, 1, std::numeric_limits<Index>::max(), "draw_predictive", "samples");
    Philox4x32 rng = make_stream(seed, Purpose::draw_fit);
    return detail::draw_data(fit, fit.parameters, fit.beta, static_cast<std::size_t>(samples), rng, stop);
}

}  // namespace predcg
