#pragma once
// Coarse-graining of what was coarse-grained: p(x) = sum p(x|X1) p(X1|X2) .. p_c(X_top).
#include <predcg/engines/batch.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/hierarchy/image_statistic.hpp>
#include <predcg/hierarchy/stacked_map.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/structure/product.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
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
    FitSettings fit{};  ///< of each level; `start` is the first's
    NextLevel next = NextLevel::anchored;
    /// Configurations the next level gets: so many for each distinct datum (anchored), or so many times the
    /// number of data (distilled), weighted so that their sum is that of the data. 0: all that there are,
    /// with their exact probabilities.
    Index samples = 16;
    double most_states = 1 << 17;  ///< of a level's X, where all are taken
    std::uint64_t seed = 1;        ///< of the samples
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

/// `count` draws, which share the weight.
template <class Sampler, class X>
void add_draws(Sampler&& sampler, Index count, double weight, Philox4x32& rng,
               WeightedConfigurations<X>& sum) {
    for (Index k = 0; k < count; ++k) {
        sum.configurations.push_back(sampler.draw(rng));
        sum.weights.push_back(weight / static_cast<double>(count));
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
            auto rng = make_stream(settings.seed, Purpose::hierarchy, k, static_cast<std::uint32_t>(number));
            add_draws(latent_engine(grainer.engine()).sampler(target), settings.samples, weight, rng, sum);
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

/// The fits of all levels, the finest first, with their models.
template <class... Grainers>
struct HierarchyFit {
    std::tuple<HierarchyLevel<Grainers>...> levels;
    static constexpr std::size_t count = sizeof...(Grainers);

    /// The fit of a level: level 0 is the one that saw the data.
    template <std::size_t k>
    const auto& fit() const {
        return std::get<k>(levels).fit;
    }
    /// What it was fitted to: laplace_joint(level, hierarchy_fit.data<k>(), hierarchy_fit.fit<k>()).
    template <std::size_t k>
    const auto& data() const {
        return std::get<k>(levels).data;
    }

    /// The hierarchy as one fit: predict(fit.model(), observable) draws the coarsest configuration, and then
    /// down. model<k>() ends k levels above the data (k = count: the coarsest). p_c is the last level's;
    /// those below are scaffolds.
    template <std::size_t k = 0>
    auto model() const {
        const auto& top = fit<count - 1>();
        Estimate whole = top.result();
        const auto map = maps<k>(std::make_index_sequence<count - k>{});
        whole.map_names = detail::map_names_of(map);
        whole.parameters.eta = stacked<k>([](const auto& level) { return level.fit.parameters.eta; });
        return Fit<std::remove_cvref_t<decltype(top.coarse)>, std::remove_cvref_t<decltype(map)>,
                   std::remove_cvref_t<decltype(top.engine)>>(std::move(whole), top.coarse, map, top.engine);
    }

    /// The posterior of model<k>() from one of each level, the finest first: predict gives credible
    /// intervals. Levels are taken as independent. With maps that observe X they are; with others intervals
    /// are too narrow, as a level's data are drawn at the estimates below. Throws ArgumentError for
    /// posteriors without draws.
    template <std::size_t k = 0, class... Posteriors>
        requires(sizeof...(Posteriors) == count)
    auto posterior(const Posteriors&... of_levels) const {
        const auto whole = model<k>();
        const Index p = whole.parameters.theta.size();
        PosteriorResult result;
        result.fit = whole.result();
        Index draws = std::numeric_limits<Index>::max(), level = 0, row = p;
        (..., (detail::require_draws_of(of_levels, "HierarchyFit::posterior"),
               draws = std::min(draws, of_levels.draw_count()),
               result.reliable = result.reliable && of_levels.reliable, result.method = of_levels.method));
        result.draws.resize(p + whole.parameters.eta.size(), draws);
        const auto add = [&](const PosteriorResult& one) {
            const Index own = one.fit.parameters.theta.size(), m = one.fit.parameters.eta.size();
            const bool used = level >= static_cast<Index>(k), top = level + 1 == static_cast<Index>(count);
            for (Index d = 0; d < draws; ++d) {
                for (Index j = 0; top && j < p; ++j) result.draws(j, d) = one.draws(j, d);
                for (Index j = 0; used && j < m; ++j) result.draws(row + j, d) = one.draws(own + j, d);
            }
            if (used) row += m;
            ++level;
        };
        (..., add(of_levels));
        detail::summarise(result);
        return Posterior(std::move(result), whole.coarse, whole.map, whole.engine);
    }

private:
    template <std::size_t k, std::size_t... i>
    auto maps(std::index_sequence<i...>) const {
        using X = configuration_t<space_t<std::remove_cvref_t<decltype(fit<count - 1>().coarse)>>>;
        return StackedMap<X, std::remove_cvref_t<decltype(fit<k + i>().map)>...>(static_cast<Index>(k) + 1,
                                                                                 fit<k + i>().map...);
    }
    /// What f gives of the levels from k on, one after the other.
    template <std::size_t k, class F>
    Vector stacked(F&& f) const {
        std::vector<double> all;
        std::size_t at = 0;
        const auto add = [&](const auto& level) {
            if (at++ < k) return;
            for (const double value : f(level)) all.push_back(value);
        };
        std::apply([&](const auto&... level) { (add(level), ...); }, levels);
        return Eigen::Map<const Vector>(all.data(), static_cast<Index>(all.size()));
    }
};

/// A coarse-graining of a coarse-graining, and so on:
///     p(x) = sum over X_1 .. X_top of p(x|X_1) p(X_1|X_2) .. p_c(X_top).
/// Levels are grainers, the finest first; the map of each is from the coarse configurations of the one below.
/// Their own p_c are scaffolds, but for the last. The symmetry of what is learnt is a shift by the product of
/// the levels' block lengths only.
///
/// fit() is greedy: level by level, with the maps below frozen. Where X is observed (ObservedMap) that is the
/// maximum of the joint likelihood; else joined() makes one grainer of two levels.
template <class... Grainers>
class Hierarchy {
public:
    static constexpr std::size_t count = sizeof...(Grainers);

    /// Keeps the grainers.
    explicit Hierarchy(Grainers... levels) : levels_(std::move(levels)...) {}

    template <std::size_t k>
    const auto& level() const {
        return std::get<k>(levels_);
    }

    /// Fits the levels one after the other, to any range of configurations. Throws as a level's own fit, and
    /// CostError where all states of a level are asked for and are too many.
    template <class Range>
    HierarchyFit<Grainers...> fit(const Range& configurations, const HierarchySettings& settings = {}) const {
        const double beta = detail::beta_of(configurations, settings.fit.beta, "Hierarchy::fit");
        return {from<0>(level<0>().prepare(configurations, beta), settings)};
    }

    /// The levels above level k, distilled or anchored, given that one's fit: for other parameters of it.
    template <std::size_t k, class Level>
    auto above(const Level& below, const HierarchySettings& settings) const {
        if constexpr (k + 1 == count) {
            return std::tuple<>{};
        } else {
            const auto& grainer = level<k>();
            const auto& next = level<k + 1>();
            const double beta = below.fit.beta, weight = below.fit.data_count;
            using Next = std::remove_cvref_t<decltype(next)>;
            if (settings.next == NextLevel::distilled) {
                const auto target = boltzmann(grainer.coarse(), below.fit.parameters.theta, beta);
                using Coarse = std::remove_cvref_t<decltype(next.coarse())>;
                using Map = std::remove_cvref_t<decltype(next.map())>;
                if constexpr (detail::ObservedLevel<Coarse, Map>) {
                    const detail::ImageStatistic<Coarse, Map> statistic(next.coarse(), next.map());
                    const auto& engine = coarse_engine(grainer.engine());
                    typename std::remove_cvref_t<decltype(engine)>::template State<
                        std::remove_cvref_t<decltype(target)>>
                        state{};
                    const auto moments = predcg::expect<Want::means>(engine, SingleBatch(target, statistic),
                                                                     state, StreamKey{});
                    return with_above<k + 1>(detail::fit_expected<Next>(next, moments.mean, weight, beta),
                                             settings);
                } else {
                    detail::WeightedConfigurations<configuration_t<space_t<decltype(target)>>> sum;
                    if (settings.samples == 0) {
                        detail::add_all_states(target, weight, settings.most_states, sum);
                    } else {
                        auto rng =
                            make_stream(settings.seed, Purpose::hierarchy, 0, static_cast<std::uint32_t>(k));
                        const auto draws =
                            static_cast<Index>(std::ceil(weight * static_cast<double>(settings.samples)));
                        detail::add_draws(coarse_engine(grainer.engine()).sampler(target), draws, weight, rng,
                                          sum);
                    }
                    return from<k + 1>(next.prepare(sum.configurations, beta, sum.weights), settings);
                }
            } else {
                const auto sum = detail::averaged_posterior(grainer, below, settings, static_cast<Index>(k));
                return from<k + 1>(next.prepare(sum.configurations, beta, sum.weights), settings);
            }
        }
    }

private:
    template <std::size_t k, class Data>
    auto from(Data data, const HierarchySettings& settings) const {
        using Grainer = std::tuple_element_t<k, std::tuple<Grainers...>>;
        FitSettings own = settings.fit;
        if (k > 0) own.start.reset();
        return with_above<k>(HierarchyLevel<Grainer>{level<k>().fit_prepared(data, own), std::move(data), {}},
                             settings);
    }
    template <std::size_t k, class Level>
    auto with_above(Level fitted, const HierarchySettings& settings) const {
        auto rest = above<k>(fitted, settings);
        return std::tuple_cat(std::tuple<Level>(std::move(fitted)), std::move(rest));
    }

    std::tuple<Grainers...> levels_;
};

}  // namespace predcg
