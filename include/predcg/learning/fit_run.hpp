#pragma once
// What every way of fitting shares: the starts, and the parts of an estimate that do not depend on how it was
// found.
#include <predcg/core/random.hpp>
#include <predcg/core/text.hpp>
#include <predcg/learning/estimate.hpp>
#include <predcg/learning/learning_problem.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace predcg::detail {

inline void require_fit_settings(const FitSettings& settings) {
    require(settings.iterations >= 0, "FitSettings", "iterations", settings.iterations, "an integer >= 0");
    require_range(settings.stochastic.minimum_iterations, 0, settings.iterations, "StochasticSettings",
                  "minimum_iterations", "FitSettings::iterations");
    require(settings.starts >= 1, "FitSettings", "starts", settings.starts, "an integer >= 1");
}

/// The given start; else the models' `own` z, the same with the `more` etas that the map names, then normal
/// displacements of it by 1 in every coordinate of z that the models admit.
[[gnu::cold]] inline std::vector<Vector> starts_of(const Coordinates& c, const Vector& own,
                                                   const FitSettings& settings,
                                                   const std::vector<Vector>& more,
                                                   const std::function<bool(const Vector&)>& is_admissible) {
    if (settings.start) {
        require_equal(settings.start->theta.size(), c.coarse_count(), "FitSettings", "length of start.theta");
        require_equal(settings.start->eta.size(), c.map_count(), "FitSettings", "length of start.eta");
        const Vector z = c.z(*settings.start);
        for (const double x : z) require_finite(x, "FitSettings", "start");
        return {c.bounded(z)};
    }
    std::vector<Vector> starts{c.bounded(own)};
    for (const Vector& eta : more) {
        require_equal(eta.size(), c.map_count(), "more_starts", "length of eta", "the map's parameters");
        starts.push_back(
            c.bounded(linalg::joined(c.coarse_part(own), linalg::times(eta, c.map_part(c.factor())))));
    }
    for (Index k = 1; k < (c.size() == 0 ? 1 : settings.starts); ++k) {
        Philox4x32 rng = make_stream(settings.seed, Purpose::start, static_cast<std::uint64_t>(k));
        for (int attempt = 0; attempt < 100; ++attempt) {
            const Vector z = linalg::moved(own, 1.0, standard_normal_vector(rng, own.size()), c.lower());
            if (!is_admissible(z)) continue;
            starts.push_back(z);
            break;
        }
    }
    return starts;
}
template <class Problem>
[[gnu::cold]] std::vector<Vector> starts_of(const Problem& problem, const FitSettings& settings) {
    const Coordinates& c = problem.coordinates();
    std::vector<Vector> more;
    if constexpr (HasMoreStarts<std::remove_cvref_t<decltype(problem.map())>>)
        if (settings.starts > 1) more = problem.map().more_starts();
    return starts_of(c, c.z({start_of(problem.coarse()), start_of(problem.map())}), settings, more,
                     [&](const Vector& z) { return problem.is_admissible(c.parameters(z)); });
}

/// Says which parameters stand at the lower end of the prior's support.
[[gnu::cold]] inline void remark_bounds(std::vector<std::string>& remarks, const Coordinates& c,
                                        const Vector& z) {
    for (Index k = 0; k < z.size(); ++k)
        if (z[k] <= c.lower()[k])
            remarks.push_back("'" + c.names()[static_cast<std::size_t>(k)] + "' is held at " +
                              to_text(z[k] / c.factor()[k]) +
                              ", below which the prior is 0: if it may be less, give its block another "
                              "prior (docs/method.md#priors)");
}

/// Names, inverse temperature, number of data and seed of an estimate at z; a remark where it is at a bound.
template <class Problem>
[[gnu::cold]] void describe(Estimate& estimate, const Problem& problem, const FitSettings& settings,
                            const Vector& z) {
    estimate.parameters = problem.coordinates().parameters(z);
    estimate.coarse_names = coarse_names_of(problem.coarse());
    estimate.map_names = map_names_of(problem.map());
    estimate.beta = problem.beta();
    estimate.data_count = problem.data().count;
    estimate.seed = settings.seed;
    remark_bounds(estimate.remarks, problem.coordinates(), z);
}

}  // namespace predcg::detail
