#pragma once
// Coarse-graining of what was coarse-grained: p(x) = sum p(x|X1) p(X1|X2) .. p_c(X_top).
#include <predcg/hierarchy/next_level.hpp>
#include <predcg/hierarchy/stacked_map.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
/// Fits of several levels, one above the other.
template <class Fits>
concept HasLevels = requires(const Fits fits) { fits.levels; };
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
    /// intervals. Levels are taken as independent, draw by draw: give each level's posterior a seed of its
    /// own. With maps that observe X they are; with others intervals are too narrow, as a level's data are
    /// drawn at the estimates below. Throws ArgumentError for posteriors without draws.
    template <std::size_t k = 0, class... Posteriors>
        requires(sizeof...(Posteriors) == count)
    auto posterior(const Posteriors&... of_levels) const {
        const auto whole = model<k>();
        return Posterior(detail::stacked_posterior(whole.result(), {&of_levels...}, k), whole.coarse,
                         whole.map, whole.engine);
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

    /// Fits the levels one after the other, to any range of configurations. Each level has random numbers of
    /// its own, but for the drawn starts of exact fits, which all share. Throws as a level's own fit,
    /// CostError where all states of a level are asked for and are too many, and Stopped where a stop was
    /// requested before the last level.
    template <class Range>
    HierarchyFit<Grainers...> fit(const Range& configurations, const HierarchySettings& settings = {}) const {
        const double beta = detail::beta_of(configurations, settings.fit.beta, "Hierarchy::fit");
        auto first = first_level(level<0>(), level<0>().prepare(configurations, beta), settings.fit);
        auto others = rest(first, settings);
        return {std::tuple_cat(std::tuple(std::move(first)), std::move(others))};
    }

    /// The levels above level k, distilled or anchored, given that one's fit: for other parameters of it.
    template <std::size_t k, class Level>
    auto above(const Level& below, const HierarchySettings& settings) const {
        if constexpr (k + 1 == count) {
            return std::tuple<>{};
        } else {
            auto next = next_level(level<k>(), below, level<k + 1>(), settings, static_cast<Index>(k));
            auto rest = above<k + 1>(next, settings);
            return std::tuple_cat(std::tuple(std::move(next)), std::move(rest));
        }
    }
    /// Those above the first.
    auto rest(const HierarchyLevel<std::tuple_element_t<0, std::tuple<Grainers...>>>& first,
              const HierarchySettings& settings) const {
        return above<0>(first, settings);
    }
    const std::tuple<Grainers...>& levels() const { return levels_; }

private:
    std::tuple<Grainers...> levels_;
};

}  // namespace predcg
