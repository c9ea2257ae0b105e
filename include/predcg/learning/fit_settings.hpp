#pragma once
// What a fit takes.
#include <predcg/core/checkpoint_place.hpp>
#include <predcg/learning/parameters.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

namespace predcg {

/// One iteration of one start. Where likelihoods are not known log_likelihood and log_posterior are absent.
struct TraceEntry {
    Index start = 0;      ///< number of the start
    Index iteration = 0;  ///< of this start
    Vector theta, eta;
    std::optional<double> log_likelihood{};
    std::optional<double> log_posterior{};  ///< log-likelihood + log prior density of z
    double step = 0.0;                      ///< largest component of the step proposed here, in z
    bool em_step = false;                   ///< an EM step was taken from here, not the optimizer's

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.start, self.iteration, self.theta, self.eta, self.log_likelihood, self.log_posterior,
              self.step, self.em_step);
    }
};

/// How a fit goes on with an engine that samples: from one start, since likelihoods are not known.
struct StochasticSettings {
    double tolerance = 0.1;        ///< Monte Carlo error of every parameter, in posterior standard deviations
    Index minimum_iterations = 0;  ///< no test of convergence before; at most FitSettings::iterations
    Index batch = 0;               ///< data in an iteration, drawn without replacement; 0: all
    bool grow = false;             ///< ascent-based Monte Carlo EM: full steps, sample size grows as needed
    double largest_growth = 64.0;  ///< of the sample size
};

/// Settings of fits.
struct FitSettings {
    std::optional<double> beta{};       ///< of the data; needed unless the data carry it
    Index iterations = 200;             ///< limit for each start
    Index starts = 8;                   ///< the first is the models' own, the others are drawn around it
    std::uint64_t seed = 1;             ///< of the starts
    std::optional<Parameters> start{};  ///< begin here, and only here
    StochasticSettings stochastic{};    ///< for engines that sample
    std::function<void(const TraceEntry&)> observer{};
    std::stop_token stop{};
    CheckpointPlace checkpoint{};  ///< where the fit keeps what it needs to go on (core/checkpoint.hpp)
};

}  // namespace predcg
