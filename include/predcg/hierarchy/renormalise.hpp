#pragma once
// The flow of couplings through the levels of a hierarchy, with intervals.
#include <predcg/hierarchy/hierarchy.hpp>
#include <predcg/posterior/laplace.hpp>
#include <predcg/statistics/moments.hpp>
#include <predcg/statistics/quantile.hpp>
#include <predcg/statistics/special_functions.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// Settings of renormalise.
struct RenormaliseSettings {
    HierarchySettings hierarchy{};  ///< next: intervals of each level's data, or of the first's, carried on
    double credibility = 0.95;
    Index draws = 400;  ///< of the first level's posterior, carried on (distilled)
    std::uint64_t seed = 1;
};

/// The couplings of a level, beta theta_c.
struct FlowLevel {
    Index sites = 0;  ///< coarse sites
    std::vector<std::string> names;
    Vector couplings;     ///< beta theta_c at the estimate
    Vector sd;            ///< posterior standard deviations
    Vector lower, upper;  ///< central credible intervals
};

/// What renormalise finds, the finest level first.
struct Flow {
    std::vector<FlowLevel> levels;
    std::vector<std::string> remarks;  ///< what to know before intervals are used
};

namespace detail {

/// The posterior's covariance of z at a fit: the inverse of the information there.
template <class Problem>
[[gnu::cold]] Matrix level_covariance(const Problem& problem, const Estimate& fit) {
    const Matrix root =
        inverse_root(problem.point(problem.coordinates().z(fit.parameters)).posterior_information);
    return root * root.transpose();
}

template <class Level>
FlowLevel flow_level(const Level& level) {
    FlowLevel flow;
    flow.sites = Index(level.fit.coarse.space().size());
    flow.names = level.fit.coarse_names;
    flow.couplings = level.fit.parameters.theta;
    linalg::multiply(flow.couplings, level.fit.beta);
    return flow;
}

}  // namespace detail

/// The flow of couplings: a hierarchy is fitted, and each level's couplings beta theta_c are given with
/// intervals.
///
/// anchored: each level's posterior given the X that the data say, by the normal approximation; its width
/// grows with the level, as there are fewer sites. distilled: draws of the first level's (normal) posterior,
/// each coarse-grained through all levels; its width follows the flow, and shrinks where that contracts, if
/// the first level's model is right. With ObservedMap levels and linear chains both are exact but for the
/// normal approximation. With other maps an anchored level takes drawn X as if they were data, and its
/// intervals are too narrow: a remark says so.
///
/// Cost: the fit; distilled: `draws` times the fits above the first level. Throws ArgumentError for an
/// information that is not positive definite, and as Hierarchy::fit.
template <class... Grainers, class Range>
Flow renormalise(const Hierarchy<Grainers...>& hierarchy, const Range& configurations,
                 const RenormaliseSettings& settings = {}) {
    detail::require_credibility(settings.credibility);
    require_range(settings.draws, 25, std::numeric_limits<Index>::max(), "renormalise", "draws");
    const auto fit = hierarchy.fit(configurations, settings.hierarchy);
    const bool distilled = settings.hierarchy.next == NextLevel::distilled;
    const double low = 0.5 * (1.0 - settings.credibility), wide = -detail::normal_quantile(low);
    Flow flow;
    bool latent = false;
    const auto add = [&](const auto& grainer, const auto& level) {
        using Problem = typename std::remove_cvref_t<decltype(grainer)>::Problem;
        FlowLevel found = detail::flow_level(level);
        if (!distilled || flow.levels.empty()) {  // normal
            latent = latent || (!flow.levels.empty() && !ObservedFactor<typename Problem::LatentFactor>);
            const auto problem = grainer.problem(level.data);
            const Matrix covariance = detail::level_covariance(problem, level.fit);
            const Index p = found.couplings.size();
            found.sd = found.lower = found.upper = found.couplings;
            for (Index k = 0; k < p; ++k) {
                found.sd[k] = std::sqrt(covariance(k, k)) * problem.coordinates().scales()[k];
                found.lower[k] -= wide * found.sd[k];
                found.upper[k] += wide * found.sd[k];
            }
        }
        flow.levels.push_back(std::move(found));
    };
    [&]<std::size_t... k>(std::index_sequence<k...>) {
        (add(hierarchy.template level<k>(), std::get<k>(fit.levels)), ...);
    }(std::index_sequence_for<Grainers...>{});
    if (latent)
        flow.remarks.push_back("levels above the first learnt from drawn X as if they were data: their "
                               "intervals are too narrow");
    if (!distilled) return flow;

    const auto& first = std::get<0>(fit.levels);
    const auto problem = hierarchy.template level<0>().problem(first.data);
    const Coordinates& c = problem.coordinates();
    const Matrix root = detail::inverse_root(problem.point(c.z(first.fit.parameters)).posterior_information);
    std::vector<Matrix> draws;
    for (const FlowLevel& level : flow.levels) draws.emplace_back(level.couplings.size(), settings.draws);
    for (Index d = 0; d < settings.draws; ++d) {
        auto rng = make_stream(settings.seed, Purpose::hierarchy, static_cast<std::uint64_t>(d), 1u << 16);
        Vector z;
        do z = c.z(first.fit.parameters) + root * standard_normal_vector(rng, c.size());
        while ((z.array() < c.lower().array()).any());
        auto drawn = first;
        drawn.fit.parameters = c.parameters(z);
        std::size_t at = 1;
        std::apply(
            [&](const auto&... level) { ((draws[at++].col(d) = detail::flow_level(level).couplings), ...); },
            hierarchy.template above<0>(drawn, settings.hierarchy));
    }
    for (std::size_t at = 1; at < draws.size(); ++at) {
        FlowLevel& level = flow.levels[at];
        level.sd = moments_of_columns(draws[at]).covariance.diagonal().cwiseSqrt();
        level.lower = level.upper = level.couplings;
        for (Index k = 0; k < level.couplings.size(); ++k) {
            const Matrix row = draws[at].row(k).transpose();
            level.lower[k] = quantile(row, low);
            level.upper[k] = quantile(row, 1.0 - low);
        }
    }
    return flow;
}

}  // namespace predcg
