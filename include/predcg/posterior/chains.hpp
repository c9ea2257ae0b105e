#pragma once
// What posteriors by Markov chains share: scales and starts of the chains, the draws, and what they are
// worth.
#include <predcg/core/processes.hpp>
#include <predcg/learning/identifiability.hpp>
#include <predcg/learning/prepared_data.hpp>
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
template <class Form, class Run>
PosteriorResult run_chains(PosteriorMethod method, const Estimate& fit, const PreparedData<Form>& data,
                           const ChainSettings& settings, const char* function, Run&& run) {
    const Index length = (settings.draws + settings.chains - 1) / settings.chains;
    PosteriorResult result;
    result.method = method;
    result.fit = fit;
    result.fit.data_count = data.count;
    result.seed = settings.seed;
    result.chains = settings.chains;
    const Index size = fit.parameters.theta.size() + fit.parameters.eta.size();
    result.draws.resize(size, length * settings.chains);
    Vector acceptance = Vector::Zero(settings.chains);
    const auto run_chain = [&](Index chain) {
        Index kept = chain * length;
        acceptance[chain] =
            run(chain, length, [&](const Parameters& at) { result.draws.col(kept++) << at.theta, at.eta; });
        // Of spread data stops are agreed on between moves, not here.
        const bool stops = !data.spread && settings.stop.stop_requested();
        if (stops || kept < (chain + 1) * length) throw Stopped(function);
    };
    if (settings.processes) {
        require_here(data, function);
        const auto records = share_out(settings.processes, settings.chains, [&](Index chain) {
            run_chain(chain);
            Record record;
            record.put(acceptance[chain]);
            for (const double draw : result.draws.middleCols(chain * length, length).reshaped())
                record.put(draw);
            return record;
        });
        for (Index chain = 0; chain < settings.chains; ++chain) {
            RecordReader read(records[static_cast<std::size_t>(chain)].words);
            acceptance[chain] = read.number();
            for (double& draw : result.draws.middleCols(chain * length, length).reshaped())
                draw = read.number();
        }
    } else {
        for_each(data, settings.chains, run_chain);
    }
    result.acceptance = acceptance.mean();
    summarise(result);
    diagnose_draws(result, settings);
    return result;
}

}  // namespace predcg::detail
