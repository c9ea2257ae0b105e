#pragma once
// What posteriors by Markov chains share: scales and starts of the chains, the draws, and what they are
// worth.
#include <predcg/core/parallel.hpp>
#include <predcg/learning/identifiability.hpp>
#include <predcg/posterior/posterior.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace predcg::detail {

/// Coordinates in which a posterior is about standard normal near a point: columns are eigenvectors of the
/// information over the square root of their eigenvalues, by their size and no less than the prior's.
inline Matrix whitening(const Matrix& information) {
    const linalg::SymmetricEigen eigen(information);
    Matrix scale = eigen.vectors;
    for (Index k = 0; k < scale.cols(); ++k)
        scale.col(k) /= std::sqrt(std::max(std::abs(eigen.values[k]), identified_from));
    return scale;
}

/// Diagnostics of every parameter, and what they say.
inline void diagnose_draws(PosteriorResult& result, const ChainSettings& settings) {
    const std::vector<std::string> names = result.names();
    for (Index k = 0; k < result.parameter_count(); ++k) {
        const Diagnostics d = diagnose(result.by_chain(result.draws.row(k)));
        const std::string& name = names[static_cast<std::size_t>(k)];
        const double enough = settings.smallest_ess * static_cast<double>(result.chains);
        if (!(d.r_hat < settings.largest_r_hat))
            result.remarks.push_back("R-hat of " + name + " is " + to_text(d.r_hat) +
                                     ": the chains do not agree; more warm-up or draws");
        if (!(std::min(d.ess_bulk, d.ess_tail) > enough))
            result.remarks.push_back("effective sample size of " + name + " is " +
                                     to_text(std::floor(std::min(d.ess_bulk, d.ess_tail))) + ", less than " +
                                     to_text(enough) + ": more draws");
        result.diagnostics.push_back(d);
    }
    result.reliable = result.remarks.empty();
}

/// Runs all chains of a posterior and diagnoses their draws. `run(chain, keep)` runs one chain, hands every
/// draw that is kept to keep(parameters), `length` of them, and returns the chain's mean acceptance. Throws
/// Stopped.
template <class Run>
PosteriorResult run_chains(PosteriorMethod method, const Estimate& fit, double data_count,
                           const ChainSettings& settings, const char* function, Run&& run) {
    const Index length = (settings.draws + settings.chains - 1) / settings.chains;
    PosteriorResult result;
    result.method = method;
    result.fit = fit;
    result.fit.data_count = data_count;
    result.seed = settings.seed;
    result.chains = settings.chains;
    result.draws.resize(fit.parameters.theta.size() + fit.parameters.eta.size(), length * settings.chains);
    Vector acceptance = Vector::Zero(settings.chains);
    parallel_for(settings.chains, [&](Index chain) {
        Index kept = chain * length;
        acceptance[chain] =
            run(chain, length, [&](const Parameters& at) { result.draws.col(kept++) << at.theta, at.eta; });
    });
    if (settings.stop.stop_requested()) throw Stopped(function);
    result.acceptance = acceptance.mean();
    summarise(result);
    diagnose_draws(result, settings);
    return result;
}

}  // namespace predcg::detail
