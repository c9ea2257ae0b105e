#pragma once
// Several methods on the same data: how far off their predictions are, and how long they take.
#include <predcg/core/parallel.hpp>
#include <predcg/core/random.hpp>
#include <predcg/judge/checks.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/statistics/moments.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace predcg {

/// A method with a name. `run(training_data, seed)` returns what predictions are made of: a Fit, a Posterior
/// (posterior means), anything else with predict(result, observable, PredictSettings) -> Prediction, or a
/// Vector of the predictions themselves, all observables one after the other.
template <class F>
struct Method {
    std::string name;
    F run;  ///< f(training data, seed) -> result.
};

/// A Method of this name: run(training data, seed) gives the result.
template <class F>
Method<F> method(std::string name, F run) {
    return {std::move(name), std::move(run)};
}

/// The observables that methods are compared by.
template <class... O>
class Observables {
public:
    /// Of any number of statistics: checked(name, observable).
    explicit Observables(CheckedStatistic<O>... statistics) : statistics_(std::move(statistics)...) {}

    /// Number of statistics.
    static constexpr std::size_t count() { return sizeof...(O); }

    /// f(name, observable, components) -> Vector of every observable, in order.
    template <class F>
    std::vector<std::pair<std::string, Vector>> each(F&& f) const {
        return std::apply(
            [&](const auto&... s) {
                return std::vector<std::pair<std::string, Vector>>{
                    {s.name, detail::chosen_components(f(s.observable), s.components)}...};
            },
            statistics_);
    }

    /// Averages over data, one observable after the other: a prediction without a model.
    template <class Data>
    Vector mean(const Data& data) const {
        return joined(each([&](const auto& o) { return data_mean(data, o); }));
    }

    /// Expectations under a fine model, exact where an engine can: `truth` of CompareSettings.
    template <FinePotential U>
    Vector truth(const U& potential, double beta, const PredictSettings& settings = {}) const {
        using Engine = exact_engine_t<Boltzmann<U>>;
        return joined(
            each([&](const auto& o) { return predcg::truth(potential, beta, o, Engine{}, settings).mean; }));
    }

    /// All vectors, one after the other.
    static Vector joined(const std::vector<std::pair<std::string, Vector>>& parts) {
        Index size = 0;
        for (const auto& part : parts) size += part.second.size();
        Vector all(size);
        Index at = 0;
        for (const auto& part : parts)
            for (const double x : part.second) all[at++] = x;
        return all;
    }

private:
    std::tuple<CheckedStatistic<O>...> statistics_;
};

/// The observables to compare by: observables(checked("m", Magnetization{}), checked("R", Correlation{},
/// {1, 2})).
template <class... O>
Observables<O...> observables(CheckedStatistic<O>... statistics) {
    return Observables<O...>(std::move(statistics)...);
}

/// Settings of compare.
struct CompareSettings {
    std::optional<Vector> truth{};  ///< of all observables; absent: cross-validation
    Index folds = 5;                ///< of the cross-validation
    bool shuffle = true;            ///< data into folds by chance; false: in order, for correlated data
    std::uint64_t seed = 1;         ///< of the folds, and handed to every method
};

/// One method and one observable, with prediction p and t the truth or the mean over the data held out.
struct ComparisonRow {
    std::string method, observable;  ///< Names of the method and of the observable's component.
    double error = 0.0;              ///< |p - t|, Euclidean norm over the components; mean over folds
    double relative_error = 0.0;     ///< |p - t| / |t|, infinite where t = 0 and p is not; mean over folds
    double standard_error = 0.0;     ///< of error, from its spread over folds; NaN against a truth
    double relative_standard_error = 0.0;  ///< of relative_error
    double seconds = 0.0;                  ///< wall clock, learning and prediction; mean over folds
    std::string failure{};                 ///< why there are no errors (they are NaN then); else empty
};

namespace detail {

/// Data with these indices, and with the inverse temperature if the whole has one.
template <class Data>
auto subset(const Data& data, const std::vector<Index>& which) {
    using Configuration = std::remove_cvref_t<decltype(*std::begin(data))>;
    std::vector<Configuration> all(std::begin(data), std::end(data)), part;
    part.reserve(which.size());
    for (const Index k : which) part.push_back(all[static_cast<std::size_t>(k)]);
    if constexpr (CarriesBeta<Data>)
        return Samples<Configuration>{std::move(part), data.beta};
    else
        return part;
}

/// Which data each fold holds out; sizes differ by one at most.
inline std::vector<std::vector<Index>> make_folds(Index count, const CompareSettings& settings) {
    std::vector<Index> order(static_cast<std::size_t>(count));
    for (Index k = 0; k < count; ++k) order[static_cast<std::size_t>(k)] = k;
    if (settings.shuffle) {
        Philox4x32 rng = make_stream(settings.seed, Purpose::folds);
        for (Index k = count - 1; k > 0; --k)
            std::swap(order[static_cast<std::size_t>(k)],
                      order[static_cast<std::size_t>(uniform_index(rng, k + 1))]);
    }
    std::vector<std::vector<Index>> folds(static_cast<std::size_t>(settings.folds));
    for (Index k = 0; k < count; ++k)
        folds[static_cast<std::size_t>(k * settings.folds / count)].push_back(
            order[static_cast<std::size_t>(k)]);
    return folds;
}

/// The predictions of what a method returned.
template <class Result, class... O>
Vector predictions_of(const Result& result, const Observables<O...>& observables, std::uint64_t seed) {
    if constexpr (VectorLike<Result> || RealValue<Result>)
        return as_vector(result);
    else if constexpr (HasDraws<Result>)
        return observables.joined(observables.each([&](const auto& o) {
            return predict(result, o, CredibleSettings{.predictive = false, .seed = seed}).mean;
        }));
    else
        return observables.joined(observables.each(
            [&](const auto& o) -> Vector { return predict(result, o, PredictSettings{.seed = seed}).mean; }));
}

/// One run of a method, and what it is measured by.
struct ComparedRun {
    Vector prediction, target;
    double seconds = 0.0;
    std::string failure{};
};

}  // namespace detail

/// All methods on the same data with the same seed:
///
///     const auto quantities = observables(checked("m", Magnetization{}), checked("R", Correlation{}));
///     compare(data, quantities, {.truth = quantities.truth(fine, beta)},
///             method("predCG", [&](const auto& d, std::uint64_t seed) { return grainer.fit(d, {.seed =
///             seed}); }), method("data", [&](const auto& d, std::uint64_t) { return quantities.mean(d); }));
///
/// One row for each method and observable, in that order. With a truth the methods learn from all data.
/// Without, from all folds but one, and are measured by the mean over that one, each fold in turn: this ranks
/// methods, but holds the noise of the held-out mean, too, and folds share data, so that standard errors are
/// somewhat small (Bengio, Grandvalet, J. Mach. Learn. Res. 5 (2004) 1089). Training data are Samples where
/// the data have a beta, else a std::vector of configurations; a method must be callable from several threads
/// if threads > 1.
///
/// A method that throws NumericalError, FitError or CostError, or predicts what is not finite, has rows that
/// say so. Throws ArgumentError for folds outside 2..number of data, for a truth or predictions of another
/// length than the observables, and for a truth that is not finite.
template <class Data, class... O, class... F>
std::vector<ComparisonRow> compare(const Data& data, const Observables<O...>& observables,
                                   const CompareSettings& settings, const Method<F>&... methods) {
    const auto count = static_cast<Index>(std::distance(std::begin(data), std::end(data)));
    require(count >= 1, "compare", "number of data", count, "at least one");
    const Vector all_means = observables.mean(data);
    std::vector<std::vector<Index>> folds(1);
    if (settings.truth) {
        require_equal(settings.truth->size(), all_means.size(), "compare", "length of the truth",
                      "the components of all observables");
        for (const double t : *settings.truth) require_finite(t, "compare", "truth");
    } else {
        require_range(settings.folds, 2, count, "compare", "folds", "the number of data");
        folds = detail::make_folds(count, settings);
    }
    using Training = decltype(detail::subset(data, folds[0]));
    std::vector<Training> training, held_out;
    for (const std::vector<Index>& fold : folds) {
        std::vector<bool> out(static_cast<std::size_t>(count), false);
        for (const Index k : fold) out[static_cast<std::size_t>(k)] = true;
        std::vector<Index> rest;
        for (Index k = 0; k < count; ++k)
            if (!out[static_cast<std::size_t>(k)]) rest.push_back(k);
        training.push_back(detail::subset(data, rest));
        held_out.push_back(detail::subset(data, fold));
    }

    const std::vector<std::string> names{methods.name...};
    const std::vector<std::function<Vector(const Training&)>> runs{[&](const Training& d) {
        return detail::predictions_of(methods.run(d, settings.seed), observables, settings.seed);
    }...};
    const auto K = static_cast<Index>(folds.size());
    std::vector<detail::ComparedRun> results(runs.size() * folds.size());
    parallel_for(static_cast<Index>(results.size()), [&](Index job) {
        const auto m = static_cast<std::size_t>(job / K), fold = static_cast<std::size_t>(job % K);
        detail::ComparedRun& run = results[static_cast<std::size_t>(job)];
        run.target = settings.truth ? *settings.truth : observables.mean(held_out[fold]);
        const auto begin = std::chrono::steady_clock::now();
        try {
            run.prediction = runs[m](training[fold]);
        } catch (const NumericalError& error) {
            run.failure = error.what();
        } catch (const CostError& error) {
            run.failure = error.what();
        }
        run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        if (!run.failure.empty()) return;
        require_equal(run.prediction.size(), run.target.size(), "compare",
                      "length of the predictions of " + to_text(names[m]),
                      "the components of all observables");
        if (!linalg::all_finite(run.prediction.data(), run.prediction.size()))
            run.failure = "predictions are not finite";
    });

    const auto parts = observables.each([&](const auto& o) { return data_mean(data, o); });
    std::vector<ComparisonRow> rows;
    for (std::size_t m = 0; m < names.size(); ++m) {
        Index at = 0;
        for (const auto& [name, components] : parts) {
            ComparisonRow row{.method = names[m], .observable = name};
            Vector errors(K), relative(K);
            for (Index k = 0; k < K; ++k) {
                const auto& run = results[m * folds.size() + static_cast<std::size_t>(k)];
                row.seconds += run.seconds / static_cast<double>(K);
                if (!run.failure.empty()) {
                    if (row.failure.empty()) row.failure = run.failure;
                    errors[k] = relative[k] = std::numeric_limits<double>::quiet_NaN();
                    continue;
                }
                const Vector target = run.target.segment(at, components.size());
                errors[k] = linalg::norm(run.prediction.segment(at, components.size()) - target);
                relative[k] = errors[k] == 0.0 ? 0.0 : errors[k] / linalg::norm(target);
            }
            row.error = statistics::mean(errors);
            row.standard_error = statistics::standard_error(errors);
            row.relative_error = statistics::mean(relative);
            row.relative_standard_error = statistics::standard_error(relative);
            rows.push_back(std::move(row));
            at += components.size();
        }
    }
    return rows;
}

}  // namespace predcg
