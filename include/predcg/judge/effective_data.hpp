#pragma once
#include <predcg/core/linalg.hpp>
#include <predcg/judge/checks.hpp>
#include <predcg/statistics/autocorrelation.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace predcg {

/// How many independent data a trajectory is worth.
struct EffectiveData {
    std::vector<std::string> names;
    Vector autocorrelation_times;  ///< of each statistic, in samples; 1 for independent data
    double time = 1.0;             ///< the largest, at least 1
    Index count = 0;               ///< samples
    double effective = 0.0;        ///< count / time

    /// For EMCoarseGrainer::prepare: 1 / time each. The likelihood is raised to that power: estimates stay,
    /// informations and posterior are those of `effective` independent data.
    std::vector<double> weights() const {
        return std::vector<double>(static_cast<std::size_t>(count), 1.0 / time);
    }
};

/// Integrated autocorrelation times (Sokal's window) of statistics along data in the order of their
/// trajectory: observables, each component, and, where a learner and parameters are given, the score of each
/// datum, d log p(x|theta)/d(theta_c, eta), whose spread is what limits the estimates.
/// Throws ArgumentError for less than 10 data. Cost: one evaluation of everything for each datum.
template <class Data, class... O>
EffectiveData effective_data(const Data& data, const CheckedStatistic<O>&... statistics) {
    EffectiveData result;
    std::vector<double> times;
    const auto add = [&](const auto& statistic) {
        std::vector<Vector> series;
        series.reserve(static_cast<std::size_t>(std::distance(std::begin(data), std::end(data))));
        for (const auto& x : data) {
            series.push_back(
                detail::chosen_components(detail::as_vector(statistic.observable(x)), statistic.components));
        }
        require_range(static_cast<Index>(series.size()), 10, std::numeric_limits<Index>::max(),
                      "effective_data", "number of data");
        result.count = static_cast<Index>(series.size());
        const Index c = series.front().size();
        for (Index j = 0; j < c; ++j) {
            Vector values(result.count);
            for (Index k = 0; k < result.count; ++k) values[k] = series[static_cast<std::size_t>(k)][j];
            result.names.push_back(detail::component_name(statistic, j, c));
            times.push_back(statistics::integrated_autocorrelation_time(values));
        }
    };
    (add(statistics), ...);
    require(!times.empty(), "effective_data", "number of statistics", Index{0}, "at least one");
    result.autocorrelation_times = linalg::vector_of(times.data(), times.size());
    result.time = std::max(1.0, linalg::largest(result.autocorrelation_times));
    result.effective = static_cast<double>(result.count) / result.time;
    return result;
}

/// d log p(x | theta_c, eta) / d(theta_c, eta) of one datum, as a statistic for effective_data.
template <class Learner>
class Score {
public:
    /// Refers to the learner.
    Score(const Learner& learner, double beta, Parameters at)
        : learner_(&learner), beta_(beta), at_(std::move(at)) {
        typename Learner::Data none;
        none.beta = beta;
        const auto problem = learner.problem(std::move(none));
        auto state = problem.state(at_);
        coarse_ = problem.expect_coarse(state);
    }

    template <class X>
    Vector operator()(const X& x) const {
        const auto problem = learner_->problem(learner_->prepare(std::span(&x, 1), beta_));
        auto state = problem.state(at_);
        const ExpectedStatistics statistics = problem.expect(state);
        return detail::likelihood_gradient(problem.map(), statistics, coarse_.gradient.mean, at_.eta, beta_);
    }

private:
    const Learner* learner_;
    double beta_;
    Parameters at_;
    CoarseMoments coarse_;
};

}  // namespace predcg
