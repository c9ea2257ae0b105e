#pragma once
// A hierarchy of levels of one type, as many as there are when the program runs.
#include <predcg/hierarchy/next_level.hpp>
#include <predcg/hierarchy/stacked_map.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace predcg {

/// The fits of all levels, the finest first, with their models: HierarchyFit (hierarchy.hpp) of levels of one
/// type.
template <class Grainer>
struct HierarchyOfFit {
    std::vector<HierarchyLevel<Grainer>> levels;

    /// The fit of a level: level 0 is the one that saw the data.
    const auto& fit(std::size_t k) const { return levels[k].fit; }
    /// What it was fitted to.
    const auto& data(std::size_t k) const { return levels[k].data; }

    /// The hierarchy as one fit that ends k levels above the data, k = 0 .. number of levels. Its map is a
    /// StackOfMaps.
    auto model(std::size_t k = 0) const {
        const auto& top = levels.back().fit;
        using Map = std::remove_cvref_t<decltype(top.map)>;
        std::vector<Map> maps;
        std::vector<double> eta;
        for (std::size_t i = k; i < levels.size(); ++i) {
            maps.push_back(levels[i].fit.map);
            for (const double value : levels[i].fit.parameters.eta) eta.push_back(value);
        }
        const StackOfMaps<Map> map(static_cast<Index>(k) + 1, std::move(maps));
        Estimate whole = top.result();
        whole.map_names = map.parameter_names();
        whole.parameters.eta = Eigen::Map<const Vector>(eta.data(), static_cast<Index>(eta.size()));
        return Fit<std::remove_cvref_t<decltype(top.coarse)>, StackOfMaps<Map>,
                   std::remove_cvref_t<decltype(top.engine)>>(std::move(whole), top.coarse, map, top.engine);
    }

    /// The posterior of model(k) from one of each level, the finest first; what HierarchyFit::posterior says
    /// of it holds. Throws ArgumentError for another number of posteriors, or one without draws.
    auto posterior(const std::vector<PosteriorResult>& of_levels, std::size_t k = 0) const {
        require_equal(std::ssize(of_levels), std::ssize(levels), "HierarchyOfFit::posterior",
                      "number of posteriors", "the number of levels");
        const auto whole = model(k);
        std::vector<const PosteriorResult*> all;
        all.reserve(of_levels.size());
        for (const PosteriorResult& one : of_levels) all.push_back(&one);
        return Posterior(detail::stacked_posterior(whole.result(), all, k), whole.coarse, whole.map,
                         whole.engine);
    }
};

/// A Hierarchy (hierarchy.hpp) of grainers of one type, the finest first, whose number need not be known when
/// the program is compiled. Maps are from coarse configurations to those of the level below, and both have
/// one type.
template <class Grainer>
class HierarchyOf {
public:
    /// Keeps the grainers. Throws ArgumentError where there are none.
    explicit HierarchyOf(std::vector<Grainer> levels) : levels_(std::move(levels)) {
        require(!levels_.empty(), "HierarchyOf", "number of levels", Index{0}, "1 or more");
    }

    const std::vector<Grainer>& levels() const { return levels_; }
    const Grainer& level(std::size_t k) const { return levels_[k]; }

    /// Fits the levels one after the other, to any range of configurations. Throws as Hierarchy::fit.
    template <class Range>
    HierarchyOfFit<Grainer> fit(const Range& configurations, const HierarchySettings& settings = {}) const {
        const double beta = detail::beta_of(configurations, settings.fit.beta, "HierarchyOf::fit");
        HierarchyOfFit<Grainer> found;
        found.levels.push_back(
            first_level(levels_[0], levels_[0].prepare(configurations, beta), settings.fit));
        for (auto& level : rest(found.levels[0], settings)) found.levels.push_back(std::move(level));
        return found;
    }

    /// The levels above the first, given that one's fit: for other parameters of it.
    std::vector<HierarchyLevel<Grainer>> rest(const HierarchyLevel<Grainer>& first,
                                              const HierarchySettings& settings) const {
        std::vector<HierarchyLevel<Grainer>> above;
        above.reserve(levels_.size());
        for (std::size_t k = 0; k + 1 < levels_.size(); ++k)
            above.push_back(next_level(levels_[k], k == 0 ? first : above.back(), levels_[k + 1], settings,
                                       static_cast<Index>(k)));
        return above;
    }

private:
    std::vector<Grainer> levels_;
};

}  // namespace predcg
