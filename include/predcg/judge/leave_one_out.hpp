#pragma once
#include <predcg/core/parallel.hpp>
#include <predcg/posterior/log_posterior.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/statistics/pareto.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace predcg {

/// Settings of leave_one_out.
struct LeaveOneOutSettings {
    double largest_pareto_k = 0.7;  ///< of a datum; beyond it the result is flagged
};

/// How well a model predicts each datum from the others.
struct LeaveOneOut {
    double elpd = 0.0;            ///< sum_i log p(x_i | data without x_i)
    double standard_error = 0.0;  ///< of elpd, from the spread over data
    double p_loo = 0.0;           ///< effective number of parameters
    Vector log_density;           ///< log p(x_k | data without one x_k), of every distinct prepared datum
    Vector pareto_k;              ///< of the same
    std::vector<double> weights;  ///< how many data each stands for
    /// Largest Pareto k of the data.
    double worst_k = -std::numeric_limits<double>::infinity();
    Index bad = 0;  ///< data whose Pareto k exceeds the limit
    bool reliable = true;
    std::vector<std::string> remarks;  ///< what is wrong, if it is not
};

/// Leave-one-out predictive density by Pareto-smoothed importance sampling from posterior draws theta_s:
///     log p(x_i | x_-i) = log sum_s w_s p(x_i | theta_s),   w_s ~ 1 / p(x_i | theta_s) smoothed, sum_s w_s =
///     1, log p(x_i | theta) = log Z(q_i) - log Z(p_c),   exact; elpd = sum_i log p(x_i | x_-i),
///     standard_error^2 = N var_i,   p_loo = sum_i log mean_s p(x_i | theta_s) - elpd
/// (A. Vehtari, A. Gelman, J. Gabry, Stat. Comput. 27 (2017) 1413; smoothing J. Mach. Learn. Res. 25 (2024)
/// 72). Larger is better. The standard error says how much elpd would change with other data; differences
/// between models on the same data are known better: take that of the differences of log_density.
///
/// Data with equal prepared forms are done once. Flagged where the posterior is, or where a datum has a
/// Pareto k above the limit: it moves the posterior too much to be left out of it by weights. Cost: log Z(q)
/// of every distinct datum for every draw; memory draws x distinct data. Needs exact engines. Throws
/// ArgumentError for draws that are not of the exact posterior, less than 25 draws, less than 2 data, weights
/// that are no whole numbers, or another model's posterior.
template <class Learner, class AnyData>
LeaveOneOut leave_one_out(const Learner& learner, const AnyData& any_data, const PosteriorResult& posterior,
                          const LeaveOneOutSettings& settings = {}) {
    constexpr const char* name = "leave_one_out";
    static_assert(Learner::Problem::is_exact,
                  "predcg: leave-one-out densities need exact engines for q(X|x) and p_c");
    require(posterior.method == PosteriorMethod::full || posterior.method == PosteriorMethod::exchange, name,
            "posterior.method", std::string_view(to_string(posterior.method)), "'full' or 'exchange'");
    require_range(posterior.draw_count(), 25, std::numeric_limits<Index>::max(), name, "number of draws");
    detail::require_same_model(posterior.fit, learner.coarse(), learner.map(), name);
    const auto problem = detail::problem_of(learner, any_data, posterior.fit.beta);
    const auto& data = problem.data();
    detail::require_here(data, name);
    require(data.count >= 2.0, name, "number of data", data.count, "at least 2");
    for (const double w : data.weights)
        require(w == std::floor(w), name, "weight of a datum", w, "a whole number");

    const auto forms = static_cast<Index>(data.forms.size());
    const Index draws = posterior.draw_count();
    Matrix log_p(draws, forms);
    parallel_for(
        draws, [&](Index s) { log_p.row(s) = problem.log_likelihoods(posterior.parameters(s)).transpose(); });
    LeaveOneOut result;
    result.weights = data.weights;
    result.log_density.resize(forms);
    result.pareto_k.resize(forms);
    Vector full(forms);  // log mean_s p(x | theta_s)
    parallel_for(forms, [&](Index k) {
        const auto p = log_p.col(k);
        std::vector<double> ratios(static_cast<std::size_t>(draws));
        for (Index s = 0; s < draws; ++s) ratios[static_cast<std::size_t>(s)] = -p[s];
        const statistics::SmoothedRatios smoothed = statistics::pareto_smooth(std::move(ratios));
        result.pareto_k[k] = smoothed.pareto_k;
        const double top = p.maxCoeff();
        double mean = 0.0, weighted = 0.0;
        for (Index s = 0; s < draws; ++s) {
            mean += std::exp(p[s] - top) / static_cast<double>(draws);
            weighted += std::exp(p[s] - top + smoothed.log_weights[static_cast<std::size_t>(s)]);
        }
        full[k] = top + std::log(mean);
        result.log_density[k] = top + std::log(weighted);
    });
    for (Index k = 0; k < forms; ++k) {
        const double w = data.weights[static_cast<std::size_t>(k)];
        result.elpd += w * result.log_density[k];
        result.p_loo += w * (full[k] - result.log_density[k]);
        result.worst_k = std::max(result.worst_k, result.pareto_k[k]);
        if (!(result.pareto_k[k] <= settings.largest_pareto_k)) result.bad += static_cast<Index>(w);
    }
    double squares = 0.0;
    for (Index k = 0; k < forms; ++k)
        squares += data.weights[static_cast<std::size_t>(k)] *
                   std::pow(result.log_density[k] - result.elpd / data.count, 2);
    result.standard_error = std::sqrt(data.count * squares / (data.count - 1.0));
    if (!posterior.reliable) result.remarks.push_back("the posterior is flagged");
    if (result.bad > 0)
        result.remarks.push_back("Pareto k exceeds " + to_text(settings.largest_pareto_k) + " for " +
                                 to_text(result.bad) + " data, up to " + to_text(result.worst_k) +
                                 ": leave these out by fits without them");
    result.reliable = result.remarks.empty();
    return result;
}

}  // namespace predcg
