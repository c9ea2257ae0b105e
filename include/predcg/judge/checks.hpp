#pragma once
// What the data contradict: posterior predictive checks, and the parts of a prediction's error.
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/engines/batch.hpp>
#include <predcg/engines/observed.hpp>
#include <predcg/learning/prepared_data.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/statistics/running_moments.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <stop_token>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace predcg {

/// A statistic of one configuration to be checked: an observable, or a type with bind(models, parameters,
/// beta) that returns one, for statistics that depend on the parameters; that may have mean(data), too. Of a
/// vector, the components listed, or all; component k is called name_k.
template <class O>
struct CheckedStatistic {
    std::string name;
    O observable;
    std::vector<Index> components{};  ///< Components of the observable that are checked; none named: all.
};

/// A CheckedStatistic of these.
template <class O>
CheckedStatistic<O> checked(std::string name, O observable, std::vector<Index> components = {}) {
    return {std::move(name), std::move(observable), std::move(components)};
}

namespace detail {
template <class Models, class T>
class BoundLogDensity {
    using Map = std::remove_cvref_t<decltype(std::declval<const Models&>().map)>;

public:
    BoundLogDensity(const Models& models, T coarse, Vector eta)
        : models_(&models), form_of_(models.map, models.coarse, "NegativeLogDensity"),
          coarse_(std::move(coarse)), eta_(std::move(eta)),
          log_z_(coarse_engine(models.engine).log_partition(coarse_)) {}

    template <class X>
    double operator()(const X& x) const {
        return mean(std::span(&x, 1))[0];
    }

    /// Average over data, as one batch.
    template <class Data>
    Vector mean(const Data& data) const {
        return mean_of(prepared(data));
    }

    /// What of data is the same for all parameters.
    template <class Data>
    PreparedData<prepared_t<Map>> prepared(const Data& data) const {
        return prepare_by<prepared_t<Map>>(form_of_, data, 1.0, {});
    }
    Vector mean_of(const PreparedData<prepared_t<Map>>& prepared) const {
        const auto factor = [&](Index k) {
            return models_->map.likelihood(prepared.forms[static_cast<std::size_t>(k)], eta_);
        };
        const Batch batch(
            coarse_, EmptyStatistic{}, factor, [](Index) { return EmptyStatistic{}; }, prepared.all,
            prepared.weights);
        std::vector<NoState> none(prepared.forms.size());
        const double sum = *expect<Want::log_partitions>(
                                latent_engine_for<typename decltype(batch)::Factor>(models_->engine), batch,
                                none, StreamKey{})
                                .log_partition;
        return Vector::Constant(1, log_z_ - sum / prepared.count);
    }

private:
    const Models* models_;
    DataSizes<Map, std::remove_cvref_t<decltype(std::declval<const Models&>().coarse)>> form_of_;
    T coarse_;
    Vector eta_;
    double log_z_;
};
}  // namespace detail

/// -log p(x | theta) of one configuration: log Z(p_c) - log Z(q(. | x)). Needs exact engines.
struct NegativeLogDensity {
    /// The statistic at these parameters.
    template <class Models>
    auto bind(const Models& models, const Parameters& at, double beta) const {
        return detail::BoundLogDensity(models, boltzmann(models.coarse, at.theta, beta), at.eta);
    }
};

/// Standard deviation of an observable, component by component, over a data set (divisor n): the statistic
/// that tells whether a model's distribution is as wide as that of the data.
template <class O>
struct StandardDeviation {
    O observable;

    /// Throws ArgumentError for no data.
    template <class Data>
    Vector mean(const Data& data) const {
        statistics::RunningMoments<Vector> moments;
        for (const auto& x : data) moments.add(detail::as_vector(observable(x)));
        require(moments.count() > 0, "StandardDeviation", "number of data", moments.count(), "at least one");
        Vector deviations = moments.scatter();
        for (double& v : deviations) v = std::sqrt(v / static_cast<double>(moments.count()));
        return deviations;
    }
};
/// Of an observable.
template <class O>
StandardDeviation(O) -> StandardDeviation<O>;

/// Settings of predictive_checks.
struct CheckSettings {
    Index replicates = 1000;  ///< Data sets drawn from the model: 2 / level at least.
    double level = 0.01;      ///< of the two-sided p-value below which a statistic is contradicted
    std::uint64_t seed = 1;
    std::stop_token stop{};  ///< ends by Stopped, after the replicates in work
};

/// One statistic T, the mean over a data set, of the data and of data sets that the model makes.
struct PredictiveCheck {
    std::string name;
    double observed = 0.0;                              ///< mean over theta where it depends on it
    double replicated_mean = 0.0, replicated_sd = 0.0;  ///< Of T over the model's data sets.
    double z = 0.0;             ///< mean of T(data) - T(replica) over its standard deviation
    double p_value = 1.0;       ///< two-sided: 2 min(P(T(replica) >= T(data)), P(<=)), equal ones count half
    bool contradicted = false;  ///< Whether the p-value is below the level.
};

namespace detail {

/// Name of the c-th of `count` components asked for.
template <class O>
std::string component_name(const CheckedStatistic<O>& statistic, Index c, Index count) {
    if (statistic.components.empty()) return count > 1 ? statistic.name + "_" + to_text(c) : statistic.name;
    return statistic.name + "_" + to_text(statistic.components[static_cast<std::size_t>(c)]);
}

/// Those asked for, or all.
inline Vector chosen_components(const Vector& all, const std::vector<Index>& components) {
    for (const Index k : components)
        require_range(k, 0, all.size() - 1, "CheckedStatistic", "component", "of the statistic");
    return components.empty() ? all : linalg::selected(all, components);
}

/// T of a data set: the components asked for.
template <class O, class Data>
Vector selected_mean(const O& observable, const std::vector<Index>& components, const Data& data) {
    const Vector all = [&]() -> Vector {
        static_assert(
            !requires { observable.mean(data); } || HasMean<O, Data>,
            "predcg: mean(data) of an observable would be passed over: it returns a column vector of "
            "doubles of Eigen's");
        if constexpr (HasMean<O, Data>)
            return observable.mean(data);
        else
            return data_mean(data, observable);
    }();
    return chosen_components(all, components);
}

/// T(data) as a function of the observable bound to parameters: what does not depend on them is done once.
template <class O, class Models, class Data>
auto mean_over(const CheckedStatistic<O>& statistic, const Models& models, const Data& data,
               const Parameters& at, double beta) {
    const auto& bound = bound_observable(statistic.observable, models, at, beta);
    if constexpr (HasMeanOfPrepared<std::remove_cvref_t<decltype(bound)>, Data>)
        return [&statistic, prepared = bound.prepared(data)](const auto& there) {
            return chosen_components(there.mean_of(prepared), statistic.components);
        };
    else if constexpr (HasBind<O, Models, Parameters>)
        return [&](const auto& there) { return selected_mean(there, statistic.components, data); };
    else
        return [mean = selected_mean(bound, statistic.components, data)](const auto&) { return mean; };
}

inline PredictiveCheck summarise_check(std::string name, const Vector& observed, const Vector& replicated,
                                       double level) {
    PredictiveCheck check;
    check.name = std::move(name);
    const double n = static_cast<double>(observed.size());
    // plain sums: the numbers are printed, and mean() rounds otherwise
    const auto moments = [n](const Vector& v) {
        const double mean = linalg::sum(v) / n;
        double sum = 0.0;
        for (const double x : v) sum += (x - mean) * (x - mean);
        return std::pair(mean, std::sqrt(sum / std::max(1.0, n - 1.0)));
    };
    check.observed = linalg::sum(observed) / n;
    std::tie(check.replicated_mean, check.replicated_sd) = moments(replicated);
    Vector apart = observed;
    linalg::add(apart, replicated, -1.0);
    const auto [difference, spread] = moments(apart);
    check.z = spread > 0.0        ? difference / spread
              : difference == 0.0 ? 0.0
                                  : std::copysign(HUGE_VAL, difference);
    double above = 0.0;
    for (Index k = 0; k < observed.size(); ++k) {
        const double rounding = 1e-12 * std::max(1.0, std::abs(observed[k]));
        const double d = replicated[k] - observed[k];
        above += d > rounding ? 1.0 : d < -rounding ? 0.0 : 0.5;
    }
    check.p_value = std::min(1.0, 2.0 * (std::min(above, n - above) + 0.5) / (n + 1.0));
    check.contradicted = check.p_value < level;
    return check;
}

}  // namespace detail

/// Posterior predictive checks: for draws theta of the posterior, replicated data sets x ~ p(x | theta) of
/// the data's size (their sum of weights in the fit, where data are correlated), and each statistic's mean
/// over them beside its mean over the data. Gelman, Meng, Stern, Stat. Sinica 6 (1996) 733.
///
///     predictive_checks(posterior, data, {}, checked("m", Magnetization{}),
///                       checked("R", Correlation{boundary}, {1, 2}), checked("-log p",
///                       NegativeLogDensity{}))
///
/// Cost: replicates x data draws of (X, x). Throws ArgumentError for no draws, no data, a level
/// outside (0, 1), replicates < 2 / level. Every datum counts the same in T: not for data of unequal weights.
template <class Coarse, class Map, class Engine, class Data, class... O>
std::vector<PredictiveCheck> predictive_checks(const Posterior<Coarse, Map, Engine>& posterior,
                                               const Data& data, const CheckSettings& settings,
                                               const CheckedStatistic<O>&... statistics) {
    require(settings.level > 0.0 && settings.level < 1.0, "predictive_checks", "level", settings.level,
            "a number between 0 and 1");
    require_range(settings.replicates, static_cast<Index>(std::ceil(2.0 / settings.level)),
                  std::numeric_limits<Index>::max(), "predictive_checks", "replicates",
                  "2 / level, so that something can be contradicted");
    detail::require_draws_of(posterior, "predictive_checks");
    const double beta = posterior.fit.beta;
    const auto size = static_cast<std::size_t>(std::max(1.0, std::round(posterior.fit.data_count)));
    const auto R = static_cast<std::size_t>(settings.replicates);
    constexpr std::size_t kinds = sizeof...(O);
    std::vector<std::array<std::pair<Vector, Vector>, kinds>> values(R);  // of data, of replica
    const std::tuple known(detail::mean_over(statistics, posterior, data, posterior.parameters(0), beta)...);
    parallel_for(settings.replicates, [&](Index r) {
        if (settings.stop.stop_requested()) throw Stopped("predictive_checks");
        Philox4x32 rng = make_stream(settings.seed, Purpose::replicate, static_cast<std::uint64_t>(r));
        const Index draw = settings.replicates <= posterior.draw_count()
                               ? r * posterior.draw_count() / settings.replicates
                               : r % posterior.draw_count();
        const Parameters at = posterior.parameters(draw);
        const std::vector<typename Map::fine_type> replica =
            detail::draw_data(posterior, at, beta, size, rng);
        std::size_t k = 0;
        const auto take = [&](const auto& statistic, const auto& of_data) {
            const auto& bound = detail::bound_observable(statistic.observable, posterior, at, beta);
            values[static_cast<std::size_t>(r)][k++] = {
                of_data(bound), detail::selected_mean(bound, statistic.components, replica)};
        };
        std::apply([&](const auto&... of_data) { (take(statistics, of_data), ...); }, known);
    });
    std::vector<PredictiveCheck> checks;
    std::size_t kind = 0;
    const auto add = [&](const auto& statistic) {
        const Index c = values.front()[kind].first.size();
        for (Index j = 0; j < c; ++j) {
            Vector observed(settings.replicates), replicated(settings.replicates);
            for (std::size_t r = 0; r < R; ++r) {
                observed[static_cast<Index>(r)] = values[r][kind].first[j];
                replicated[static_cast<Index>(r)] = values[r][kind].second[j];
            }
            checks.push_back(detail::summarise_check(detail::component_name(statistic, j, c), observed,
                                                     replicated, settings.level));
        }
        ++kind;
    };
    (add(statistics), ...);
    return checks;
}

/// What the model cannot reproduce, in words.
inline std::string summary(const std::vector<PredictiveCheck>& checks) {
    const auto rounded = [](double x) { return detail::rounded(x, 3); };
    std::string bad, good;
    for (const PredictiveCheck& c : checks) {
        if (!c.contradicted) {
            good += (good.empty() ? "" : ", ") + c.name;
            continue;
        }
        bad += (bad.empty() ? "" : "; ") + c.name + " (data " + rounded(c.observed) + ", model " +
               rounded(c.replicated_mean) + " +- " + rounded(c.replicated_sd) + ", z = " + rounded(c.z) +
               ", p = " + rounded(c.p_value) + ")";
    }
    if (bad.empty()) return "The data contradict none of the statistics checked: " + good + ".";
    return "The model cannot reproduce " + bad + "." +
           (good.empty() ? "" : " Not contradicted: " + good + ".");
}

/// The parts of the error of a predicted expectation, component by component.
struct ErrorBudget {
    Vector predicted;    ///< posterior mean of E[o | theta]
    Vector monte_carlo;  ///< its Monte Carlo standard error: more draws mend it
    Vector posterior;    ///< posterior standard deviation: more data mend it
    Vector misfit;       ///< predicted - mean over the data: a richer model mends it
    Vector data_error;   ///< standard error of the mean over the data: what of the misfit may be chance
};

/// Prediction and data side by side. The data's standard error counts their sum of weights in the fit; not
/// for data of unequal weights.
template <class Coarse, class Map, class Engine, class Data, class O>
ErrorBudget error_budget(const Posterior<Coarse, Map, Engine>& posterior, const Data& data,
                         const O& observable, CredibleSettings settings = {}) {
    settings.predictive = false;
    const CredibleInterval interval = predict(posterior, observable, settings);
    statistics::RunningMoments<Vector> of_data;
    for (const auto& x : data) of_data.add(detail::as_vector(observable(x)));
    const double n = std::max(1.0, static_cast<double>(of_data.count()) - 1.0);
    Vector errors = of_data.scatter() / (n * posterior.fit.data_count);
    for (double& error : errors) error = std::sqrt(error);  // Eigen's of AVX-512 is not rounded correctly
    return {interval.mean, interval.mean_error, interval.sd, interval.mean - data_mean(data, observable),
            errors};
}

}  // namespace predcg
