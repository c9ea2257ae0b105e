#pragma once
// A level of a hierarchy, and the next one, fitted to what it says.
#include <predcg/engines/batch.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/hierarchy/image_statistic.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/structure/product.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// What the next level of a hierarchy learns from.
enum class NextLevel {
    anchored,   ///< the averaged posterior of this one, 1/N sum_i q(X|x_i): the data speak at every level
    distilled,  ///< p_c of this one: what was learnt is coarse-grained, and the data are not asked again
};

/// Settings of Hierarchy::fit.
struct HierarchySettings {
    FitSettings fit{};  ///< of each level, with a part of the checkpoint each; `start` is the first's
    NextLevel next = NextLevel::anchored;
    /// Configurations the next level gets: so many for each distinct datum (anchored), or so many times the
    /// number of data (distilled), weighted so that their sum is that of the data. 0: all that there are,
    /// with their exact probabilities.
    Index samples = 16;
    double most_states = 1 << 17;  ///< of a level's X, where all are taken
    std::uint64_t seed = 1;        ///< of the samples
    std::uint64_t stream = 0;      ///< keeps calls with one seed apart, below 2^24: draws of a posterior
};

/// A level's fit, and what it was fitted to.
template <class Grainer>
struct HierarchyLevel {
    using FitType =
        decltype(std::declval<const Grainer&>().fit_prepared(std::declval<const typename Grainer::Data&>()));
    FitType fit;
    typename Grainer::Data data;  ///< without forms where expected statistics stood in their place:
    std::optional<ExpectedStatistics> expected{};
};

namespace detail {

/// The number of a level in a call that is kept apart from others: 8 bits and 24.
[[gnu::cold]] inline std::uint32_t level_number(const HierarchySettings& settings, Index number) {
    require_range(number, 0, 255, "Hierarchy", "number of a level");
    require(settings.stream >> 24 == 0, "HierarchySettings", "stream", settings.stream,
            "an integer below 2^24");
    return static_cast<std::uint32_t>(settings.stream << 8 | static_cast<std::uint64_t>(number));
}

/// Configurations of a level, as data of the next.
template <class X>
struct WeightedConfigurations {
    std::vector<X> configurations{};
    std::vector<double> weights{};
};

/// Adds `weight` times the probabilities of all configurations, in the same order every time.
template <FiniteTarget T, class X>
[[gnu::cold]] void add_all_states(const T& target, double weight, double most,
                                  WeightedConfigurations<X>& sum) {
    const bool is_first = sum.configurations.empty();
    std::vector<double> log_density;
    Enumeration{.limit = most}.visit(target, [&](const X& configuration, double value) {
        if (is_first) sum.configurations.push_back(configuration);
        log_density.push_back(value);
    });
    const double largest = *std::max_element(log_density.begin(), log_density.end());
    double total = 0.0;
    for (double& value : log_density) total += value = std::exp(value - largest);
    sum.weights.resize(log_density.size(), 0.0);
    for (std::size_t s = 0; s < log_density.size(); ++s) sum.weights[s] += weight / total * log_density[s];
}

/// `count` draws of the target, which share the weight. Throws Stopped.
template <class Engine, class T, class X>
void add_draws(const Engine& engine, const T& target, Index count, double weight, Philox4x32& rng,
               const std::stop_token& stop, WeightedConfigurations<X>& sum) {
    static_assert(DrawingEngineParts<Engine, T>::asked && SamplingEngine<Engine, T>,
                  "predcg: a level of a hierarchy is told to the next by independent draws, unless its X are "
                  "observed and fits are exact: its engine needs sampler(target) (concept SamplingEngine; "
                  "MonteCarlo and MeanField have none)");
    if constexpr (SamplingEngine<Engine, T>) {
        constexpr Index unasked = 1000;
        auto&& sampler = engine.sampler(target);
        for (Index k = 0; k < count; ++k) {
            if (k % unasked == 0 && stop.stop_requested()) throw Stopped("next_level");
            sum.configurations.push_back(sampler.draw(rng));
            sum.weights.push_back(weight / static_cast<double>(count));
        }
    }
}

/// The averaged posterior of a level, times the number of data.
template <class Grainer>
auto averaged_posterior(const Grainer& grainer, const HierarchyLevel<Grainer>& level,
                        const HierarchySettings& settings, Index number) {
    using Problem = typename Grainer::Problem;
    WeightedConfigurations<configuration_t<space_t<typename Problem::CoarseTarget>>> sum;
    const Parameters& at = level.fit.parameters;
    const auto coarse = boltzmann(grainer.coarse(), at.theta, level.fit.beta);
    constexpr bool is_observed = ObservedFactor<typename Problem::LatentFactor>;
    for (std::size_t k = 0; k < level.data.forms.size(); ++k) {
        const auto target = Product(coarse, grainer.map().likelihood(level.data.forms[k], at.eta));
        const double weight = level.data.weights[k];
        if constexpr (is_observed) {
            sum.configurations.push_back(target.factor().observed());
            sum.weights.push_back(weight);
        } else {
            if (settings.samples == 0) {
                add_all_states(target, weight, settings.most_states, sum);
                continue;
            }
            auto rng = make_stream(settings.seed, Purpose::hierarchy, k, level_number(settings, number));
            add_draws(latent_engine(grainer.engine()), target, settings.samples, weight, rng,
                      settings.fit.stop, sum);
        }
    }
    return sum;
}

/// A fit to expected statistics, for levels that observe their X: the complete-data maximum is the fit.
template <class Grainer>
[[gnu::cold]] HierarchyLevel<Grainer> fit_expected(const Grainer& grainer, const Vector& means, double count,
                                                   double beta) {
    const Index p = grainer.coarse().parameter_count(), m = grainer.map().parameter_count();
    typename Grainer::Data data;
    data.beta = beta;
    data.count = count;
    const auto problem = grainer.problem(data);
    ExpectedStatistics s;
    s.count = count;
    s.coarse = linalg::part(means, 0, p);
    s.map = linalg::part(means, p, means.size() - p);
    linalg::multiply(s.coarse, count);
    linalg::multiply(s.map, count);
    s.covariance = Matrix::Zero(p + m, p + m);
    s.coarse_hessian = Matrix::Zero(p, p);
    s.noise = Vector::Zero(p + s.map.size());
    auto state = problem.state({start_of(grainer.coarse()), start_of(grainer.map())});
    problem.maximise(state, s);
    ExactEstimate estimate;
    estimate.status = Status::converged;
    estimate.iterations = 1;
    estimate.parameters = state.at;
    estimate.coarse_names = coarse_names_of(grainer.coarse());
    estimate.map_names = map_names_of(grainer.map());
    estimate.beta = beta;
    estimate.data_count = count;
    estimate.likelihood =
        expand_likelihood(grainer.map(), s, problem.expect_coarse(state), state.at.eta, beta);
    estimate.log_likelihood = estimate.log_posterior = std::numeric_limits<double>::quiet_NaN();
    return {{std::move(estimate), grainer.coarse(), grainer.map(), grainer.engine()},
            std::move(data),
            std::move(s)};
}

}  // namespace detail

namespace detail {

/// Of the fit of level `number`: a part of the checkpoint is its own, and so is the seed where it samples, as
/// the noise of one level is not that of another. The drawn starts of exact fits are those of all levels:
/// their ends do not depend on them.
template <class Grainer>
[[gnu::cold]] FitSettings of_level(const HierarchySettings& of, Index number) {
    FitSettings settings = of.fit;
    settings.checkpoint = settings.checkpoint.within("level " + to_text(number));
    if (number > 0) settings.start.reset();
    using Problem = typename Grainer::Problem;
    if constexpr (!Problem::is_exact && !Problem::is_variational)
        settings.seed += std::uint64_t{0x9e3779b97f4a7c15} * level_number(of, number);
    return settings;
}

}  // namespace detail

/// The finest level, fitted to prepared data.
template <class Grainer>
HierarchyLevel<Grainer> first_level(const Grainer& grainer, typename Grainer::Data data,
                                    const FitSettings& settings) {
    return {grainer.fit_prepared(data, detail::of_level<Grainer>({.fit = settings}, 0)), std::move(data), {}};
}

/// The next level, fitted to what this one says, distilled or anchored; `number` is that of this one, 0 the
/// finest. Throws as a level's own fit, CostError where all states of a level are asked for and are too
/// many, and Stopped where the fit of this one was stopped, or its draws were, which ask every 10^3.
template <class Grainer, class Next>
HierarchyLevel<Next> next_level(const Grainer& grainer, const HierarchyLevel<Grainer>& below,
                                const Next& next, const HierarchySettings& settings, Index number) {
    const double beta = below.fit.beta, weight = below.fit.data_count;
    if (below.fit.status == Status::stopped) throw Stopped("next_level");
    const auto fitted = [&](const auto& sum) -> HierarchyLevel<Next> {
        auto data = next.prepare(sum.configurations, beta, sum.weights);
        return {next.fit_prepared(data, detail::of_level<Next>(settings, number + 1)), std::move(data), {}};
    };
    if (settings.next == NextLevel::anchored)
        return fitted(detail::averaged_posterior(grainer, below, settings, number));
    const auto target = boltzmann(grainer.coarse(), below.fit.parameters.theta, beta);
    using Coarse = std::remove_cvref_t<decltype(next.coarse())>;
    using Map = std::remove_cvref_t<decltype(next.map())>;
    if constexpr (detail::ObservedLevel<Coarse, Map> && Next::Problem::is_exact) {
        const detail::ImageStatistic<Coarse, Map> statistic(next.coarse(), next.map());
        const auto& engine = detail::coarse_engine(grainer.engine());
        typename std::remove_cvref_t<decltype(engine)>::template State<std::remove_cvref_t<decltype(target)>>
            state{};
        const auto moments =
            predcg::expect<Want::means>(engine, SingleBatch(target, statistic), state,
                                        StreamKey{.seed = settings.seed,
                                                  .purpose = Purpose::hierarchy,
                                                  .iteration = detail::level_number(settings, number)});
        return detail::fit_expected<Next>(next, moments.mean, weight, beta);
    } else {
        detail::WeightedConfigurations<configuration_t<space_t<decltype(target)>>> sum;
        if (settings.samples == 0) {
            detail::add_all_states(target, weight, settings.most_states, sum);
        } else {
            auto rng =
                make_stream(settings.seed, Purpose::hierarchy, 0, detail::level_number(settings, number));
            const auto draws = static_cast<Index>(std::ceil(weight * static_cast<double>(settings.samples)));
            detail::add_draws(detail::coarse_engine(grainer.engine()), target, draws, weight, rng,
                              settings.fit.stop, sum);
        }
        return fitted(sum);
    }
}

namespace detail {

/// f(grainer, level) of every level, the finest first.
template <class... Grainers, class... Levels, class F>
void for_each_level(const std::tuple<Grainers...>& grainers, const std::tuple<Levels...>& levels, F&& f) {
    [&]<std::size_t... k>(std::index_sequence<k...>) {
        (f(std::get<k>(grainers), std::get<k>(levels)), ...);
    }(std::index_sequence_for<Grainers...>{});
}
template <class Grainer, class Level, class F>
void for_each_level(const std::vector<Grainer>& grainers, const std::vector<Level>& levels, F&& f) {
    for (std::size_t k = 0; k < levels.size(); ++k) f(grainers[k], levels[k]);
}

/// f(level) of several, the finest first.
template <class... Levels, class F>
void for_each_of(const std::tuple<Levels...>& levels, F&& f) {
    std::apply([&](const auto&... level) { (f(level), ...); }, levels);
}
template <class Level, class F>
void for_each_of(const std::vector<Level>& levels, F&& f) {
    for (const Level& level : levels) f(level);
}

/// The posterior of a whole hierarchy, `whole` being its estimate, from those of the levels, of which the
/// maps from level `first` on are a part of it.
[[gnu::cold]] inline PosteriorResult
stacked_posterior(Estimate whole, const std::vector<const PosteriorResult*>& levels, std::size_t first) {
    PosteriorResult result;
    const Index p = whole.parameters.theta.size();
    Index draws = std::numeric_limits<Index>::max();
    for (const PosteriorResult* level : levels) {
        require_draws_of(*level, "HierarchyFit::posterior");
        draws = std::min(draws, level->draw_count());
        result.reliable = result.reliable && level->reliable;
        result.method = level->method;
    }
    result.draws.resize(p + whole.parameters.eta.size(), draws);
    result.fit = std::move(whole);
    for (Index d = 0; d < draws; ++d) {
        Index row = 0;
        for (Index j = 0; j < p; ++j) result.draws(row++, d) = levels.back()->draws(j, d);
        for (std::size_t k = first; k < levels.size(); ++k) {
            const Index own = levels[k]->fit.parameters.theta.size(),
                        m = levels[k]->fit.parameters.eta.size();
            for (Index j = 0; j < m; ++j) result.draws(row++, d) = levels[k]->draws(own + j, d);
        }
    }
    summarise(result);
    return result;
}

}  // namespace detail

}  // namespace predcg
