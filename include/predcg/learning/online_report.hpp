#pragma once
// What has been learnt of a running simulation so far, and how far that can be relied on.
#include <predcg/learning/fit_run.hpp>
#include <predcg/learning/online_estimate.hpp>
#include <predcg/learning/online_expansion.hpp>
#include <predcg/learning/sampling_remarks.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace predcg::detail {

/// What a running fit has been through.
struct OnlinePast {
    static constexpr Index patience = 512;  ///< configurations before it may be trapped

    Parameters at;                                      ///< where it stands
    Index configurations = 0, restarts = 0, began = 0;  ///< it began after so many configurations
    bool is_cut = false;                                ///< the last step
};

/// The present estimate with what is known about it.
template <class Problem>
class OnlineReport {
public:
    OnlineReport(const Problem& problem, const OnlineMemory& memory, const OnlineSettings& settings,
                 OnlinePast past)
        : problem_(&problem), memory_(&memory), settings_(&settings), expansion_(problem, memory),
          past_(std::move(past)) {}

    [[gnu::cold]] OnlineEstimate operator()() const {
        const Coordinates& c = coordinates();
        const Index d = c.size();
        Vector z = c.z(past_.at);
        const Vector unknown = Vector::Constant(d, undefined);
        OnlineEstimate result;
        describe(result, *problem_, {.seed = settings_->seed}, z);
        add_sampling_remarks<Problem>(result.remarks);
        result.status = settings_->stop.stop_requested() ? Status::stopped : Status::limit;
        result.iterations = memory_->blocks();
        result.configurations = past_.configurations;
        result.errors = result.posterior_deviations = result.monte_carlo_errors = result.drift =
            c.parameters(unknown);
        result.data_count = memory_->count();
        result.restarts = past_.restarts;
        if (past_.restarts > 0)
            result.remarks.push_back("it was trapped, and began anew " + to_text(past_.restarts) +
                                     (past_.restarts == 1 ? " time" : " times") + ": the first " +
                                     to_text(past_.began) + " configurations are forgotten");
        if (memory_->used() == 0) {
            if (past_.configurations > 0) return result;
            result.remarks.push_back(
                "no configuration has been added: the parameters are those of the start");
            return result;
        }
        const auto [first, bend] = expansion_.use_at(z);
        const OnlineSums sums = memory_->sum(first);
        result.data_count = sums.count;
        z = expansion_.corrected(sums, z);
        result.parameters = c.parameters(z);
        result.likelihood = expansion_.likelihood(sums, z);
        result.directions = expansion_.directions(sums, first);
        if (!problem_->prior_is_proper() && !result.directions.empty() && result.status != Status::stopped)
            result.status = Status::not_identified;
        Vector gradient = sums.score(z);
        Matrix information = sums.information;
        expansion_.add_prior(z, gradient, information);
        const linalg::Cholesky factor(information);
        if (!factor.ok()) {
            result.remarks.push_back("the information is not positive definite yet: errors are not known");
            note_trap(result);
            return result;
        }
        Vector total(d), posterior(d), sampling(d), drift = z;
        linalg::add(drift, sums.mean_place(), -1.0);
        const Index parts = memory_->used() - first;
        const Matrix scatter = parts > 1 ? memory_->scatter(first, z) : Matrix::Zero(d, d);
        for (Index k = 0; k < d; ++k) {
            const Vector row = factor.solve(Vector::Unit(d, k));
            posterior[k] = std::sqrt(row[k]);
            sampling[k] = std::sqrt(quadratic(sums.noise, row));
            const double bent = bend * bend * row[k], sampled = quadratic(sums.noise, row);
            const double scattered = parts < 4 ? 0.0 : quadratic(scatter, row);
            total[k] = std::sqrt(std::max(row[k] + (std::isnan(sampled) ? 0.0 : sampled), scattered) + bent);
        }
        result.errors = c.parameters(total);
        result.posterior_deviations = c.parameters(posterior);
        result.monte_carlo_errors = c.parameters(sampling);
        result.drift = c.parameters(drift);
        judge(result, bend, z, posterior, sampling, total, parts);
        return result;
    }

private:
    const Coordinates& coordinates() const { return problem_->coordinates(); }

    /// Status and remarks.
    void judge(OnlineEstimate& result, double bend, const Vector& z, const Vector& posterior,
               const Vector& sampling, const Vector& total, Index parts) const {
        const auto& names = coordinates().names();
        const auto parameter = [&](Index k) { return "'" + names[static_cast<std::size_t>(k)] + "'"; };
        bool converged = bend < 1.0 && !past_.is_cut, is_at_maximum = converged;
        if (!converged)
            result.remarks.push_back(
                "the parameters are still on their way from where configurations were looked at: add more");
        for (Index k = 0; k < z.size(); ++k) {
            if (!(sampling[k] <= settings_->tolerance * posterior[k])) {
                converged = false;
                result.remarks.push_back(
                    std::isnan(sampling[k])
                        ? "the engine gives no standard errors: the part of Monte Carlo in the errors is not "
                          "known"
                        : "the Monte Carlo error of " + parameter(k) + " is " +
                              to_text(sampling[k] / posterior[k]) +
                              " of its posterior standard deviation: more samples of p_c and q(X|x) mend it");
            }
        }
        // A second-order expansion says nothing of maxima that are so wide.
        for (Index k = 0; k < z.size(); ++k) {
            if (!(total[k] > 1.0 && total[k] > 2.0 * posterior[k])) continue;
            converged = is_at_maximum = false;
            result.remarks.push_back(
                "what was seen says too little of " + parameter(k) + ": its error is " + to_text(total[k]) +
                " in z, more than an expansion can tell; start elsewhere, or fit the data");
        }
        if (!is_at_maximum) note_trap(result);
        if (parts < 4) {
            converged = false;
            result.remarks.push_back("fewer than four parts are remembered: errors know nothing of "
                                     "correlations in time; add more, or "
                                     "set a window of many batches");
        }
        const OnlineDrift found = memory_->drift(z);
        if (found.found) {
            result.drifting = true;
            converged = false;
            result.remarks.push_back(
                "the simulation drifts: what the later half of the configurations says of " +
                parameter(found.parameter) + " differs from the earlier half by " +
                to_text(found.difference) + " standard errors; let it equilibrate, or set a window");
        }
        if (converged && result.status == Status::limit) result.status = Status::converged;
    }

    /// At no maximum, after a while.
    [[gnu::cold]] void note_trap(OnlineEstimate& result) const {
        if (past_.configurations - past_.began < OnlinePast::patience) return;
        result.trapped = true;
        result.remarks.push_back(
            "it seems to be trapped, " + to_text(past_.configurations - past_.began) +
            " configurations after it began" +
            (past_.restarts < settings_->restarts
                 ? ": where that lasts it begins anew"
                 : ": begin elsewhere (settings.start), or with configurations that are further apart"));
    }

    const Problem* problem_;
    const OnlineMemory* memory_;
    const OnlineSettings* settings_;
    OnlineExpansion<Problem> expansion_;
    OnlinePast past_;
};

}  // namespace predcg::detail
