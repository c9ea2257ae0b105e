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
    return linalg::product(root, linalg::transposed(root));
}

template <class Level>
FlowLevel couplings_of(const Level& level) {
    FlowLevel flow;
    flow.sites = Index(level.fit.coarse.space().size());
    flow.names = level.fit.coarse_names;
    flow.couplings = level.fit.parameters.theta;
    linalg::multiply(flow.couplings, level.fit.beta);
    return flow;
}

template <class Levels>
const auto& first_of(const Levels& levels) {
    if constexpr (requires { levels[0]; })
        return levels[0];
    else
        return std::get<0>(levels);
}

}  // namespace detail

/// A posterior of the first level, carried on: each of its draws is coarse-grained through all levels,
/// distilled. Gives the posteriors of the levels, the finest first, draw by draw of the same hierarchy;
/// right where the first level's model is. Each draw is told to the next level by samples of its own (stream
/// settings.stream + 1 + its number), so that their error is in the width. They are for
/// HierarchyFit::posterior, as those that each level's own data give.
///
/// Draws that are done are kept in settings.fit.checkpoint, as part "distilled". Cost: the fits above the
/// first level for every draw. Throws ArgumentError for a posterior without draws, Stopped where a stop was
/// requested, and as Hierarchy::fit.
template <class AnyHierarchy, class AnyFit>
std::vector<PosteriorResult> distilled_posteriors(const AnyHierarchy& hierarchy, const AnyFit& fit,
                                                  const PosteriorResult& first,
                                                  const HierarchySettings& settings = {}) {
    detail::require_draws_of(first, "distilled_posteriors");
    HierarchySettings distilled = settings;
    distilled.next = NextLevel::distilled;
    std::vector<PosteriorResult> all;
    const auto begin = [&](const auto& level) {
        PosteriorResult one = first;
        if (!all.empty()) {
            one.fit = level.fit.result();
            one.draws.resize(one.fit.parameters.theta.size() + one.fit.parameters.eta.size(),
                             first.draw_count());
            one.diagnostics.clear();
        }
        all.push_back(std::move(one));
    };
    detail::for_each_of(fit.levels, begin);
    const auto& level = detail::first_of(fit.levels);
    const CheckpointPlace place = settings.fit.checkpoint.within("distilled");
    distilled.fit.checkpoint = {};  // a draw is done again
    distilled.fit.stop = {};
    Index d = 0;
    std::vector<Matrix> done(all.size());
    if (place.restore(d, done)) {
        require_equal(std::ssize(done), std::ssize(all), "Checkpoint", "number of levels",
                      "that of the checkpoint");
        for (std::size_t k = 1; k < all.size(); ++k) {
            require(done[k].rows() == all[k].draws.rows() && done[k].cols() == first.draw_count(),
                    "Checkpoint", "draws", done[k].cols(), "those of the posterior");
            all[k].draws = done[k];
        }
    }
    const auto keep_all = [&] {
        for (std::size_t k = 1; k < all.size(); ++k) done[k] = all[k].draws;
        place.keep(d, done);
    };
    for (; d < first.draw_count(); ++d) {
        if (settings.fit.stop.stop_requested()) {
            if (place) keep_all();
            throw Stopped("distilled_posteriors");
        }
        if (place.is_due()) keep_all();
        auto drawn = level;
        distilled.stream = settings.stream + 1 + static_cast<std::uint64_t>(d);
        drawn.fit.parameters = first.parameters(d);
        std::size_t at = 1;
        const auto keep = [&](const auto& of) {
            linalg::set_column(all[at++].draws, d,
                               linalg::joined(of.fit.parameters.theta, of.fit.parameters.eta));
        };
        detail::for_each_of(hierarchy.rest(drawn, distilled), keep);
    }
    if (place) keep_all();
    for (std::size_t k = 1; k < all.size(); ++k) detail::summarise(all[k]);
    return all;
}

/// The couplings of a level of so many sites by its posterior: at the estimate, with intervals of the draws,
/// or of a normal where there are none.
[[gnu::cold]] inline FlowLevel flow_level(const PosteriorResult& posterior, Index sites,
                                          double credibility = 0.95) {
    detail::require_credibility(credibility);
    const double low = 0.5 * (1.0 - credibility), beta = posterior.fit.beta;
    FlowLevel level;
    level.sites = sites;
    level.names = posterior.fit.coarse_names;
    level.couplings = posterior.fit.parameters.theta;
    linalg::multiply(level.couplings, beta);
    level.sd = level.lower = level.upper = level.couplings;
    for (Index k = 0; k < level.couplings.size(); ++k) {
        level.sd[k] = beta * posterior.sd[k];
        const double wide = -detail::normal_quantile(low) * level.sd[k];
        level.lower[k] -= wide;
        level.upper[k] += wide;
        if (posterior.draw_count() == 0) continue;
        Vector row = posterior.draws.row(k).transpose();
        linalg::multiply(row, beta);
        level.lower[k] = statistics::quantile(row, low);
        level.upper[k] = statistics::quantile(row, 1.0 - low);
    }
    return level;
}

/// The flow of couplings: each level's couplings beta theta_c with intervals, of a hierarchy that was fitted
/// with settings.hierarchy.
///
/// anchored: each level's posterior given the X that the data say, by the normal approximation; its width
/// grows with the level, as there are fewer sites. distilled: draws of the first level's (normal) posterior,
/// each coarse-grained through all levels; its width follows the flow, and shrinks where that contracts, if
/// the first level's model is right. With ObservedMap levels and linear chains both are exact but for the
/// normal approximation. With other maps an anchored level takes drawn X as if they were data, and its
/// intervals are too narrow: a remark says so.
///
/// Cost: anchored, an expansion for each level; distilled, `draws` times the fits above the first level.
/// Throws ArgumentError for an information that is not positive definite, and as Hierarchy::fit.
template <class AnyHierarchy, class AnyFit>
    requires detail::HasLevels<AnyFit>
Flow renormalise(const AnyHierarchy& hierarchy, const AnyFit& fit, const RenormaliseSettings& settings = {}) {
    detail::require_credibility(settings.credibility);
    require_range(settings.draws, 25, std::numeric_limits<Index>::max(), "renormalise", "draws");
    const bool distilled = settings.hierarchy.next == NextLevel::distilled;
    const double low = 0.5 * (1.0 - settings.credibility), wide = -detail::normal_quantile(low);
    Flow flow;
    bool latent = false;
    const auto add = [&](const auto& grainer, const auto& level) {
        using Problem = typename std::remove_cvref_t<decltype(grainer)>::Problem;
        FlowLevel found = detail::couplings_of(level);
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
    detail::for_each_level(hierarchy.levels(), fit.levels, add);
    if (latent)
        flow.remarks.push_back("levels above the first learnt from drawn X as if they were data: their "
                               "intervals are too narrow");
    if (!distilled || flow.levels.size() == 1) return flow;

    const auto& first = detail::first_of(fit.levels);
    const auto problem = detail::first_of(hierarchy.levels()).problem(first.data);
    const Coordinates& c = problem.coordinates();
    const Matrix root = detail::inverse_root(problem.point(c.z(first.fit.parameters)).posterior_information);
    PosteriorResult normal;
    normal.fit = first.fit.result();
    normal.draws.resize(c.size(), settings.draws);
    for (Index d = 0; d < settings.draws; ++d) {
        auto rng = make_stream(settings.seed, Purpose::renormalise, static_cast<std::uint64_t>(d));
        Vector z;
        do {
            z = c.z(first.fit.parameters);
            linalg::add(z, linalg::applied(root, standard_normal_vector(rng, c.size())));
        } while ((z.array() < c.lower().array()).any());
        const Parameters drawn = c.parameters(z);
        linalg::set_column(normal.draws, d, linalg::joined(drawn.theta, drawn.eta));
    }
    const auto carried = distilled_posteriors(hierarchy, fit, normal, settings.hierarchy);
    for (std::size_t at = 1; at < carried.size(); ++at)
        flow.levels[at] = flow_level(carried[at], flow.levels[at].sites, settings.credibility);
    return flow;
}

/// The same for a hierarchy that is fitted to configurations first.
template <class AnyHierarchy, class Range>
    requires(!detail::HasLevels<Range>)
Flow renormalise(const AnyHierarchy& hierarchy, const Range& configurations,
                 const RenormaliseSettings& settings = {}) {
    detail::require_credibility(settings.credibility);
    require_range(settings.draws, 25, std::numeric_limits<Index>::max(), "renormalise", "draws");
    return renormalise(hierarchy, hierarchy.fit(configurations, settings.hierarchy), settings);
}

}  // namespace predcg
