#pragma once
// The iterations of a fit that knows what it climbs, from every start.
#include <predcg/concepts/optimizer.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/learning/fit_run.hpp>
#include <predcg/optimize/line_search.hpp>
#include <predcg/optimize/projected_newton.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Climbs the log posterior, or the variational objective and the prior, with an optimizer's steps, and EM
/// steps where the optimizer has none or they do not rise.
template <class Problem, class Optimizer>
class Climb {
    using Point = LearningPoint;

    struct Run {
        Status status = Status::limit;
        Index iterations = 0;
        Point end;
        std::vector<TraceEntry> trace;
        std::optional<Index> joins{};  // the finished start that it runs into
    };

    /// A Run as it is kept: its point is evaluated again.
    struct KeptRun {
        Status status = Status::limit;
        Index iterations = 0;
        Vector z;
        std::vector<TraceEntry> trace{};
        typename Optimizer::State optimizer{};
        double last_step = std::numeric_limits<double>::infinity();
        bool level = false;  // the likelihood rises no more and leaves a direction open

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.status, self.iterations, self.z, self.trace, self.optimizer, self.last_step,
                  self.level);
        }
    };

    /// A maximum that a start converged to.
    struct Hill {
        Index start = 0;  // its place among the reports
        double value = 0.0;
        Vector z{}, gradient{};  // which is not 0 where a bound holds
        Matrix information{};    // of the posterior

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.start, self.value, self.z, self.gradient, self.information);
        }
    };

    /// What is kept of a fit.
    struct Progress {
        std::vector<Vector> starts;
        std::vector<StartSummary> ends{};  // on a part of the data
        std::vector<StartSummary> done{};  // starts that are reported
        std::vector<Index> reports{};      // places of starts in `done`
        std::vector<Hill> hills{};
        std::size_t start = 0;  // at work
        std::optional<KeptRun> best{}, now{};

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.starts, self.ends, self.done, self.reports, self.hills, self.start, self.best,
                  self.now);
        }
    };

public:
    using Result = std::conditional_t<Problem::is_exact, ExactEstimate, VariationalEstimate>;

    Climb(const Problem& problem, const Optimizer& optimizer, const FitSettings& settings)
        : problem_(problem), c_(problem.coordinates()), optimizer_(optimizer), settings_(settings) {
        require_fit_settings(settings);
    }

    [[gnu::cold]] Result operator()() {
        place_ = shared_place(settings_.checkpoint, problem_.data().spread);
        std::optional<Run> best;
        std::vector<Vector>& starts = progress_.starts;
        std::vector<StartSummary>&ends = progress_.ends, &done = progress_.done;
        std::vector<Index>& reports = progress_.reports;
        if (place_.restore(progress_)) {
            if (progress_.best) best.emplace(run_of(*progress_.best));
        } else {
            starts = starts_of(problem_, settings_);
            ends = climb_part(starts);
            reports.assign(starts.size(), -1);
        }
        for (std::size_t& k = progress_.start; k < starts.size(); ++k, progress_.now.reset()) {
            const auto report_join = [&](Index to, Index iterations) {
                StartSummary report = done[static_cast<std::size_t>(to)];
                report.iterations = iterations;
                report.joined = to;
                done.push_back(std::move(report));
            };
            if (k < ends.size() && ends[k].joined) {
                const Index to = reports[static_cast<std::size_t>(*ends[k].joined)];
                if (to >= 0) report_join(to, ends[k].iterations);
                continue;
            }
            std::optional<Run> run = run_from(starts[k], static_cast<Index>(k));
            if (!run) continue;
            reports[k] = std::ssize(done);
            if (run->joins) {  // no better than the start that it runs into
                report_join(*run->joins, run->iterations);
                continue;
            }
            note_hill(*run, std::ssize(done));
            done.push_back(
                {run->status, run->iterations, if_exact(run->end.value), c_.parameters(run->end.z), {}});
            const double margin = 1e-9 * std::max(1.0, std::abs(run->end.value));  // equal: the earlier start
            const bool stopped = run->status == Status::stopped;
            if (!best || run->end.value > best->end.value + margin) {
                best.emplace(std::move(*run));
                progress_.best.emplace(KeptRun{best->status, best->iterations, best->end.z, best->trace});
            }
            if (stopped) {
                best->status = Status::stopped;
                break;
            }
        }
        if (best->status != Status::stopped) place_.keep(progress_);
        Result result;
        result.starts = std::move(done);
        finish(result, std::move(*best));
        return result;
    }

private:
    /// Of more forms of data than four times this, the starts climb the likelihood of so many first.
    static constexpr Index part_size = 4096;

    /// Starts of many data climb a part of them first, as if it were all: every n-th form. What converges
    /// there begins at its end, the others where they are. Returns their ends on the part, or nothing where
    /// the data are not so many.
    [[gnu::cold]] std::vector<StartSummary> climb_part(std::vector<Vector>& starts) {
        const Index forms = std::ssize(problem_.data().forms);
        std::vector<StartSummary> ends;
        if (!Problem::is_exact || problem_.data().spread || forms < 4 * part_size || starts.size() == 1)
            return ends;
        FitSettings quiet = settings_;
        quiet.observer = nullptr;
        Climb on_part(problem_, optimizer_, quiet);  // and without a checkpoint
        on_part.part_.resize(static_cast<std::size_t>(part_size));
        double count = 0.0;
        for (std::size_t k = 0; k < on_part.part_.size(); ++k) {
            const Index at = static_cast<Index>(k) * forms / part_size;
            on_part.part_[k] = at;
            count += problem_.data().weights[static_cast<std::size_t>(at)];
        }
        on_part.share_ = problem_.data().count / count;
        ends.resize(starts.size());
        for (std::size_t k = 0; k < starts.size(); ++k) {
            on_part.progress_.now.reset();
            const std::optional<Run> run = on_part.run_from(starts[k], 1);
            if (run && run->status == Status::stopped) place_ = {};  // half of this is nothing to go on from
            if (!run || run->status != Status::converged) continue;
            ends[k].iterations = run->iterations;
            ends[k].joined = run->joins;
            if (run->joins) continue;
            on_part.note_hill(*run, static_cast<Index>(k));
            starts[k] = run->end.z;
            ends[k].status = run->status;
            ends[k].log_posterior = run->end.value;
            ends[k].parameters = c_.parameters(starts[k]);
        }
        return ends;
    }

    /// A likelihood or posterior density where it is one.
    static std::optional<double> if_exact(double value) {
        return Problem::is_exact ? std::optional(value) : std::nullopt;
    }

    /// Everything at z; throws NumericalError where the density has no integral or is NaN.
    [[gnu::cold]] Point evaluate(const Vector& z) const {
        Point point = part_.empty() ? problem_.point(z, settings_.seed) : point_on_part(z);
        if (!std::isfinite(point.value) || !linalg::all_finite(point.gradient) ||
            !linalg::all_finite(point.information))
            throw NumericalError("EMCoarseGrainer::fit: the log posterior is " + to_text(point.value) +
                                 " or has no finite derivatives");
        return point;
    }

    Point point_on_part(const Vector& z) const {
        auto state = problem_.state(c_.parameters(z), settings_.seed);
        ExpectedStatistics statistics = problem_.expect(state, part_);
        statistics *= share_;
        return problem_.point(state, std::move(statistics), z);
    }

    [[gnu::cold]] std::optional<Point> try_evaluate(const Vector& z) const {
        if (!linalg::all_finite(z) || !problem_.is_admissible(c_.parameters(z))) return std::nullopt;
        try {
            return evaluate(z);
        } catch (const NumericalError&) {
            return std::nullopt;  // no density there: a shorter step will do
        }
    }

    [[gnu::cold]] std::optional<Point> line_search(const Point& from, const Vector& step, double rise) const {
        const double slack =
            std::max(LineSearchSettings{}.slack, 16.0 * rounding(from) / std::max(1.0, std::abs(from.value)));
        return predcg::line_search(from, step, c_.lower(),
                                   [this](const Vector& z) { return try_evaluate(z); },
                                   {.rise = rise, .slack = slack});
    }

    /// What the value is rounded by where it is the difference of numbers larger than itself: sums of log Z
    /// of q and p_c.
    static double rounding(const Point& at) {
        const double part = at.statistics.log_evidence.value_or(0.0);
        return std::numeric_limits<double>::epsilon() * std::abs(part);
    }

    [[gnu::cold]] std::optional<Point> em_step(const Point& from) const {
        auto state = problem_.state(c_.parameters(from.z), settings_.seed);
        problem_.maximise(state, from.statistics);
        Vector step = c_.z(state.at);
        linalg::add(step, from.z, -1.0);
        if (!linalg::all_finite(step) || linalg::largest(step) == 0.0) return std::nullopt;
        return line_search(from, step, 0.0);  // it must not fall
    }

    /// A point along the optimizer's step, where there is one, else along the EM step.
    [[gnu::cold]] std::optional<Point> higher(const Point& from, const std::optional<Vector>& step,
                                              bool& is_em_step) const {
        if (step)
            if (std::optional<Point> next = line_search(from, *step, 1e-4)) return next;
        std::optional<Point> next = em_step(from);
        is_em_step = next.has_value();
        return next;
    }

    /// The optimizer's step on the coordinates that are free to move; and whether it is one where the
    /// information is indefinite.
    [[gnu::cold]] std::optional<Vector> propose(const Point& at, typename Optimizer::State& state,
                                                bool& is_indefinite) const {
        const std::vector<Index> free = free_coordinates(at.z, at.gradient, c_.lower());
        if (free.empty()) return Vector(Vector::Zero(at.z.size()));
        Vector gradient = linalg::selected(at.gradient, free);
        Matrix information = linalg::selected(at.posterior_information, free);
        linalg::divide(gradient, problem_.data().count);  // of one datum on average: the scale of gains
        linalg::divide(information, problem_.data().count);
        std::optional<Vector> step =
            optimizer_.step(state, linalg::selected(at.z, free), gradient, information);
        if constexpr (Problem::is_exact && StepsWhereIndefinite<Optimizer>) {
            if (!step) {
                Matrix complete = linalg::selected(problem_.complete_information(at), free);
                linalg::divide(complete, problem_.data().count);
                step = optimizer_.indefinite_step(gradient, information, complete);
                is_indefinite = true;
            }
        }
        if (!step) return std::nullopt;
        return linalg::scattered(*step, free, at.z.size());
    }

    /// Keeps where a start converged to, for `joined`.
    [[gnu::cold]] void note_hill(const Run& run, Index start) {
        if (run.status == Status::converged)
            progress_.hills.push_back(
                {start, run.end.value, run.end.z, run.end.gradient, run.end.posterior_information});
    }

    /// The finished start whose hill this point is on, so that the steps that are left would only climb it
    /// again. It is within 1 in every coordinate, the Newton step leads there up to a half of the way, and on
    /// the line between them the values, slopes and curvatures at both ends are those of one smooth rise: its
    /// height is that of Euler's and Maclaurin's rule up to a twentieth, and slopes fall all the way
    /// (docs/method.md, "Joined starts").
    [[gnu::cold]] std::optional<Index> joined(const Point& from, const Vector& step) const {
        constexpr bool is_newton = IsQuadratic<Optimizer>;
        if (!is_newton || !Problem::is_exact) return std::nullopt;
        const double slack = 1e-9 * std::max(1.0, std::abs(from.value));
        for (const Hill& hill : progress_.hills) {
            Vector way = hill.z;
            linalg::add(way, from.z, -1.0);
            const double length = linalg::largest(way);
            if (length > 1.0) continue;
            Vector aside = step;
            linalg::add(aside, way, -1.0);
            if (linalg::largest(aside) > 0.5 * length) continue;
            const double slope = linalg::dot(from.gradient, way), end_slope = linalg::dot(hill.gradient, way);
            const double curvature = linalg::dot(way, linalg::applied(from.posterior_information, way));
            const double end_curvature = linalg::dot(way, linalg::applied(hill.information, way));
            const double rise = hill.value - from.value;
            const double smooth = (slope + end_slope) / 2.0 + (end_curvature - curvature) / 12.0;
            const double most = 3.0 * (slope - end_slope) + slack;
            if (std::min(curvature, end_curvature) >= -slack && std::max(curvature, end_curvature) <= most &&
                std::abs(rise - smooth) <= 0.05 * rise + slack)
                return hill.start;
        }
        return std::nullopt;
    }

    /// A short Newton step that is not much shorter than the last, and promises less than the value is
    /// rounded by.
    static bool is_rounding(const Point& from, const Vector& step, double last_step) {
        constexpr bool is_newton = IsQuadratic<Optimizer>;
        const double length = linalg::largest(step);
        return is_newton && length <= 1e-6 && last_step <= 2.0 * length &&
               linalg::dot(from.gradient, step) <= std::max(1e-14 * std::abs(from.value), rounding(from));
    }

    [[gnu::cold]] Run run_of(const KeptRun& kept) const {
        return {kept.status, kept.iterations, evaluate(kept.z), kept.trace, {}};
    }

    /// None where a drawn start lies outside the models' domain.
    [[gnu::cold]] std::optional<Run> run_from(const Vector& start, Index index) {
        if (!progress_.now) progress_.now.emplace(KeptRun{Status::limit, 0, start});
        KeptRun& now = *progress_.now;
        Run run;
        try {
            if (!problem_.is_admissible(c_.parameters(now.z)))
                throw NumericalError("the coarse potential does not admit these parameters");
            run = run_of(now);
        } catch (const NumericalError& error) {
            if (index > 0) return std::nullopt;
            const Parameters at = c_.parameters(start);
            throw FitError(std::string("EMCoarseGrainer::fit: no likelihood at the start (") + error.what() +
                               ")",
                           at.theta, at.eta, 0);
        }
        for (;; ++run.iterations) {
            const bool stop = stops(problem_.data(), settings_.stop);
            if (place_) {
                now.iterations = run.iterations;
                now.z = run.end.z;
                stop ? place_.keep(progress_) : place_.offer(progress_);
            }
            bool is_indefinite = false;
            const std::optional<Vector> step = propose(run.end, now.optimizer, is_indefinite);
            const Parameters at = c_.parameters(run.end.z);
            TraceEntry entry{index,
                             run.iterations,
                             at.theta,
                             at.eta,
                             if_exact(run.end.log_likelihood),
                             if_exact(run.end.value),
                             step ? linalg::largest(*step) : 0.0,
                             false};
            // Small steps away from a saddle promise little and grow: they are no end.
            const bool short_step = step && (entry.step <= optimizer_.tolerance() ||
                                             (!is_indefinite && is_rounding(run.end, *step, now.last_step)));
            now.last_step = entry.step;
            if (step && !short_step && !is_indefinite) run.joins = joined(run.end, *step);
            bool ends = true;
            if (short_step || run.joins) {
                run.status = Status::converged;
            } else if (now.level) {
                run.status = Status::not_identified;  // it would go on for ever
            } else if (stop) {
                run.status = Status::stopped;
            } else {
                ends = run.iterations >= settings_.iterations;
            }
            std::optional<Point> next = ends ? std::nullopt : higher(run.end, step, entry.em_step);
            if (settings_.observer) settings_.observer(entry);
            now.trace.push_back(std::move(entry));
            if (!next) {
                run.trace = std::move(now.trace);
                return run;
            }
            const double gain = next->value - run.end.value;
            run.end = std::move(*next);
            now.level = !problem_.prior_is_proper() && gain < 1e-9 * std::max(1.0, std::abs(run.end.value)) &&
                        !weak_directions(run.end.information, c_.names()).empty();
        }
    }

    [[gnu::cold]] void finish(Result& result, Run run) const {
        result.directions = weak_directions(run.end.information, c_.names());
        for (const Direction& direction : result.directions)
            if (std::abs(direction.information) < gauge_below * problem_.data().count &&
                mixes(direction, c_.coarse_count()))  // else data say nothing, and directions tell
                result.remarks.push_back(trade(direction, c_.names()));
        result.status = run.status;
        if (!problem_.prior_is_proper() && !result.directions.empty() && run.status != Status::stopped)
            result.status = Status::not_identified;
        result.iterations = run.iterations;
        if (rounding(run.end) > 1e-5)
            result.remarks.push_back("the log likelihood is the difference of numbers as large as " +
                                     to_text(std::abs(run.end.statistics.log_evidence.value_or(0.0))) +
                                     ", and right up to " + to_text(rounding(run.end)) + " nats only");
        if (result.status == Status::limit && run.iterations < settings_.iterations)
            result.remarks.push_back("no step raises the log posterior any more, which is right up to " +
                                     to_text(rounding(run.end)) + " nats: the fit ended after " +
                                     to_text(run.iterations) + " iterations");
        if constexpr (Problem::is_exact) {
            result.log_likelihood = run.end.log_likelihood;
            result.log_posterior = run.end.value;
        } else {
            result.variational_objective = run.end.log_likelihood;
        }
        result.likelihood = std::move(run.end.likelihood);
        result.trace = std::move(run.trace);
        describe(result, problem_, settings_, run.end.z);
    }

    const Problem& problem_;
    const Coordinates& c_;
    const Optimizer& optimizer_;
    const FitSettings& settings_;
    Progress progress_{};
    CheckpointPlace place_{};
    std::vector<Index> part_{};  // data that are climbed in the place of all
    double share_ = 1.0;         // of all data's weight to theirs
};

}  // namespace predcg::detail
