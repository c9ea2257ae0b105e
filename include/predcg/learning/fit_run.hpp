#pragma once
// The iterations of a fit, from every start. Coordinates here: z = (beta theta_c, eta).
#include <predcg/learning/fit_coordinates.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace predcg::detail {

template <class Grainer>
class FitRun : FitCoordinates<Grainer> {
    using Base = FitCoordinates<Grainer>;
    using Base::all_names_, Base::data_, Base::grainer_, Base::lower_, Base::settings_;
    using Base::make_starts, Base::parameters_of, Base::prior_is_proper, Base::z_of;
    using Point = FitPoint;

    struct Run {
        Status status = Status::limit;
        Index iterations = 0;
        Point end;
        std::vector<TraceEntry> trace;
    };

public:
    FitRun(const Grainer& grainer, const typename Grainer::Data& data, const FitSettings& settings)
        : FitCoordinates<Grainer>(grainer, data, settings) {}

    [[gnu::cold]] FitResult operator()() {
        FitResult result;
        std::optional<Run> best;
        const std::vector<Vector> starts = make_starts();
        for (std::size_t k = 0; k < starts.size(); ++k) {
            std::optional<Run> run = run_from(starts[k], static_cast<Index>(k));
            if (!run) continue;
            result.starts.push_back(
                {run->status, run->iterations, exactly(run->end.value), parameters_of(run->end.z)});
            const double margin = 1e-9 * std::max(1.0, std::abs(run->end.value));  // equal: the earlier start
            const bool stopped = run->status == Status::stopped;
            if (!best || run->end.value > best->end.value + margin) best = std::move(run);
            if (stopped) {
                best->status = Status::stopped;
                break;
            }
        }
        return finish(std::move(result), std::move(*best));
    }

private:
    /// A likelihood or posterior density where it is one, else NaN.
    static double exactly(double value) {
        return Grainer::is_exact ? value : std::numeric_limits<double>::quiet_NaN();
    }

    /// Everything at z; throws NumericalError where the density has no integral or is NaN.
    [[gnu::cold]] Point evaluate(const Vector& z) const {
        auto state = grainer_.make_state(data_, parameters_of(z), settings_.seed);
        ExpectedStatistics statistics = grainer_.expect(state, data_);
        LikelihoodExpansion likelihood = expand_likelihood(
            grainer_.map(), statistics, grainer_.expect_coarse(state), state.eta, data_.beta);
        if constexpr (!Grainer::is_exact)  // what is climbed; no likelihood, and not handed out as one
            likelihood.log_likelihood = grainer_.variational_objective(data_, parameters_of(z));
        Point point = this->posterior_point(z, std::move(statistics), std::move(likelihood));
        if (!std::isfinite(point.value) ||
            !linalg::all_finite(point.gradient.data(), point.gradient.size()) ||
            !linalg::all_finite(point.information.data(), point.information.size()))
            throw NumericalError("EMCoarseGrainer::fit: the log posterior is " + to_text(point.value) +
                                 " or has no finite derivatives");
        return point;
    }

    [[gnu::cold]] std::optional<Point> try_evaluate(const Vector& z) const {
        if (!linalg::all_finite(z.data(), z.size()) ||
            !is_admissible(grainer_.coarse(), parameters_of(z).theta))
            return std::nullopt;
        try {
            return evaluate(z);
        } catch (const NumericalError&) {
            return std::nullopt;  // no density there: a shorter step will do
        }
    }

    /// The first of from + t step, t = 1, 1/2, ..., that rises enough (Armijo), up to rounding.
    [[gnu::cold]] std::optional<Point> line_search(const Point& from, const Vector& step) const {
        const double slack = 1e-13 * std::max(1.0, std::abs(from.value));
        for (double t = 1.0; t > 1e-9; t *= 0.5) {
            auto there = try_evaluate(linalg::moved(from.z, t, step, lower_));
            if (!there) continue;
            double promised = 0.0;
            for (Index k = 0; k < step.size(); ++k) promised += from.gradient[k] * (there->z[k] - from.z[k]);
            if (there->value >= from.value + 1e-4 * promised - slack) return there;
        }
        return std::nullopt;
    }

    [[gnu::cold]] std::optional<Point> em_step(const Point& from) const {
        auto state = grainer_.make_state(data_, parameters_of(from.z), settings_.seed);
        grainer_.maximise(state, from.statistics);
        Vector step = z_of({state.theta, state.eta});
        step -= from.z;
        if (!linalg::all_finite(step.data(), step.size()) || linalg::largest(step) == 0.0)
            return std::nullopt;
        const double slack = 1e-13 * std::max(1.0, std::abs(from.value));
        for (double t = 1.0; t > 1e-9; t *= 0.5) {
            auto there = try_evaluate(linalg::moved(from.z, t, step, lower_));
            if (there && there->value >= from.value - slack) return there;
        }
        return std::nullopt;
    }

    /// The optimizer's step on the coordinates that are free to move.
    [[gnu::cold]] std::optional<Vector> propose(const Point& at,
                                                typename Grainer::OptimizerType::State& state) const {
        const std::vector<Index> free = free_coordinates(at.z, at.gradient, lower_);
        if (free.empty()) return Vector(Vector::Zero(at.z.size()));
        Vector gradient = linalg::selected(at.gradient, free);
        Matrix information = linalg::selected(at.posterior_information, free);
        gradient /= data_.count;  // of one datum on average: the scale of gains
        information /= data_.count;
        const std::optional<Vector> step =
            grainer_.optimizer().step(state, linalg::selected(at.z, free), gradient, information);
        if (!step) return std::nullopt;
        return linalg::scattered(*step, free, at.z.size());
    }

    [[gnu::cold]] std::optional<Run> run_from(const Vector& start, Index index) const {
        Run run;
        try {
            if (!is_admissible(grainer_.coarse(), parameters_of(start).theta))
                throw NumericalError("the coarse potential does not admit these parameters");
            run.end = evaluate(start);
        } catch (const NumericalError& error) {
            if (index > 0) return std::nullopt;  // a drawn start outside the models' domain
            const Parameters at = parameters_of(start);
            throw FitError(std::string("EMCoarseGrainer::fit: no likelihood at the start (") + error.what() +
                               ")",
                           at.theta, at.eta, 0);
        }
        typename Grainer::OptimizerType::State optimizer_state{};
        bool level = false;  // the likelihood rises no more and leaves a direction open
        for (;; ++run.iterations) {
            const std::optional<Vector> step = propose(run.end, optimizer_state);
            const Parameters at = parameters_of(run.end.z);
            TraceEntry entry{index,
                             run.iterations,
                             at.theta,
                             at.eta,
                             exactly(run.end.likelihood.log_likelihood),
                             exactly(run.end.value),
                             step ? linalg::largest(*step) : 0.0,
                             false};
            const bool converged = step && entry.step <= grainer_.optimizer().tolerance();
            std::optional<Point> next;
            if (converged) {
                run.status = Status::converged;
            } else if (level) {
                run.status = Status::not_identified;  // it would go on for ever
            } else if (settings_.stop.stop_requested()) {
                run.status = Status::stopped;
            } else if (run.iterations < settings_.iterations) {
                if (step) next = line_search(run.end, *step);
                if (!next) {
                    next = em_step(run.end);
                    entry.em_step = next.has_value();
                }
            }
            if (settings_.observer) settings_.observer(entry);
            run.trace.push_back(std::move(entry));
            if (!next) return run;
            const double gain = next->value - run.end.value;
            run.end = std::move(*next);
            level = !prior_is_proper() && gain < 1e-9 * std::max(1.0, std::abs(run.end.value)) &&
                    !weak_directions(run.end.information, all_names_).empty();
        }
    }

    [[gnu::cold]] FitResult finish(FitResult result, Run run) const {
        result.directions = weak_directions(run.end.information, all_names_);
        result.status = run.status;
        if (!prior_is_proper() && !result.directions.empty() && run.status != Status::stopped)
            result.status = Status::not_identified;
        result.iterations = run.iterations;
        if constexpr (!Grainer::is_exact) result.variational_objective = run.end.likelihood.log_likelihood;
        run.end.likelihood.log_likelihood = exactly(run.end.likelihood.log_likelihood);
        result.log_likelihood = run.end.likelihood.log_likelihood;
        result.log_posterior = exactly(run.end.value);
        result.likelihood = std::move(run.end.likelihood);
        result.trace = std::move(run.trace);
        return this->describe(std::move(result), run.end.z);
    }
};

}  // namespace predcg::detail
