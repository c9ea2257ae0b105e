#pragma once
// The iterations of a fit, from every start. Coordinates here: z = (beta theta_c, eta).
#include <predcg/algebra/potential_operations.hpp>
#include <predcg/core/random.hpp>
#include <predcg/em/fit.hpp>
#include <predcg/optimize/projected_newton.hpp>
#include <predcg/priors/priors.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace predcg::detail {

template <class Grainer>
class FitRun {
    using Data = typename Grainer::Data;

    struct Point {
        Vector z;
        ExpectedStatistics statistics;
        LikelihoodExpansion likelihood;  // in (theta_c, eta)
        double value = 0.0;              // log posterior
        Vector gradient;                 // of the log posterior, in z
        Matrix information;              // of the likelihood, in z
        Matrix posterior_information;
    };

    struct Run {
        Status status = Status::limit;
        Index iterations = 0;
        Point end;
        std::vector<TraceEntry> trace;
    };

public:
    FitRun(const Grainer& grainer, const Data& data, const FitSettings& settings)
        : grainer_(grainer), data_(data), settings_(settings), p_(grainer.coarse().parameter_count()),
          m_(grainer.map().parameter_count()) {
        require(settings.iterations >= 0, "FitSettings", "iterations", settings.iterations,
                "an integer >= 0");
        require(settings.starts >= 1, "FitSettings", "starts", settings.starts, "an integer >= 1");
        scale_ = Vector::Ones(p_ + m_);
        lower_ = Vector::Constant(p_ + m_, lower_bound(grainer.prior().map));
        for (Index k = 0; k < p_; ++k) {
            scale_[k] = data.beta;
            lower_[k] = lower_bound(grainer.prior().coarse);
        }
        names_ = all_names_ = names_of(grainer.coarse(), p_, "theta_");
        map_names_ = names_of(grainer.map(), m_, "eta_");
        for (const std::string& name : map_names_) all_names_.push_back(name);
    }

    FitResult operator()() {
        FitResult result;
        std::optional<Run> best;
        const std::vector<Vector> starts = make_starts();
        for (std::size_t k = 0; k < starts.size(); ++k) {
            std::optional<Run> run = run_from(starts[k], static_cast<Index>(k));
            if (!run) continue;
            result.starts.push_back(
                {run->status, run->iterations, run->end.value, parameters_of(run->end.z)});
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
    Parameters parameters_of(const Vector& z) const {
        Parameters parameters{Vector(p_), Vector(m_)};
        for (Index k = 0; k < p_; ++k) parameters.theta[k] = z[k] / scale_[k];
        for (Index k = 0; k < m_; ++k) parameters.eta[k] = z[p_ + k];
        return parameters;
    }

    Vector z_of(const Parameters& parameters) const {
        Vector z(p_ + m_);
        for (Index k = 0; k < p_; ++k) z[k] = parameters.theta[k] * scale_[k];
        for (Index k = 0; k < m_; ++k) z[p_ + k] = parameters.eta[k];
        return z;
    }

    bool prior_is_proper() const {
        return (p_ == 0 || grainer_.prior().coarse.proper()) && (m_ == 0 || grainer_.prior().map.proper());
    }

    /// The models' own start, then normal displacements of it by 1 in every coordinate of z.
    std::vector<Vector> make_starts() const {
        if (settings_.start) {
            require_equal(settings_.start->theta.size(), p_, "FitSettings", "length of start.theta");
            require_equal(settings_.start->eta.size(), m_, "FitSettings", "length of start.eta");
            const Vector z = z_of(*settings_.start);
            for (const double x : z) require_finite(x, "FitSettings", "start");
            return {moved(z, 0.0, z, lower_)};
        }
        const Vector own = z_of({start_of(grainer_.coarse(), p_), start_of(grainer_.map(), m_)});
        std::vector<Vector> starts{moved(own, 0.0, own, lower_)};
        for (Index k = 1; k < (p_ + m_ == 0 ? 1 : settings_.starts); ++k) {
            Philox4x32 rng = make_stream(settings_.seed, Purpose::start, static_cast<std::uint32_t>(k));
            for (int attempt = 0; attempt < 100; ++attempt) {
                const Vector z = moved(own, 1.0, standard_normal_vector(rng, own.size()), lower_);
                if (!is_admissible(grainer_.coarse(), parameters_of(z).theta)) continue;
                starts.push_back(z);
                break;
            }
        }
        return starts;
    }

    template <class Model>
    static Vector start_of(const Model& model, Index size) {
        if constexpr (requires {
                          { model.start() } -> VectorLike;
                      })
            return model.start();
        else
            return Vector::Zero(size);
    }

    template <class Model>
    static std::vector<std::string> names_of(const Model& model, Index size, const char* prefix) {
        std::vector<std::string> names;
        if constexpr (requires {
                          { model.parameter_names() } -> std::convertible_to<decltype(names)>;
                      })
            names = model.parameter_names();
        for (Index k = static_cast<Index>(names.size()); k < size; ++k)
            names.push_back(prefix + to_text(k + 1));
        return names;
    }

    /// Everything at z; throws NumericalError where the density has no integral or is NaN.
    Point evaluate(const Vector& z) const {
        Point point;
        point.z = z;
        const Parameters parameters = parameters_of(z);
        auto state = grainer_.make_state(data_, parameters, settings_.seed);
        point.statistics = grainer_.expect(state, data_);
        point.likelihood = expand_likelihood(grainer_.map(), point.statistics, grainer_.expect_coarse(state),
                                             state.eta, data_.beta);
        point.value = point.likelihood.log_likelihood;
        point.gradient = point.likelihood.gradient;
        point.information = point.likelihood.observed();
        for (Index l = 0; l < z.size(); ++l) {
            point.gradient[l] /= scale_[l];
            for (Index k = 0; k < z.size(); ++k) point.information(k, l) /= scale_[k] * scale_[l];
        }
        point.posterior_information = point.information;
        add_prior(point, grainer_.prior().coarse, 0, p_);
        add_prior(point, grainer_.prior().map, p_, m_);
        if (!std::isfinite(point.value) || !all_finite(point.gradient.data(), point.gradient.size()) ||
            !all_finite(point.information.data(), point.information.size()))
            throw NumericalError("EMCoarseGrainer::fit: the log posterior is " + to_text(point.value) +
                                 " or has no finite derivatives");
        return point;
    }

    /// Adds the block prior of coordinates first..first+count-1.
    template <class Block>
    static void add_prior(Point& point, const Block& prior, Index first, Index count) {
        Vector z(count);
        for (Index k = 0; k < count; ++k) z[k] = point.z[first + k];
        point.value += prior.log_density(z);
        const Vector gradient = prior.gradient(z);
        const Matrix hessian = prior.hessian(z);
        for (Index l = 0; l < count; ++l) {
            point.gradient[first + l] += gradient[l];
            for (Index k = 0; k < count; ++k)
                point.posterior_information(first + k, first + l) -= hessian(k, l);
        }
    }

    std::optional<Point> try_evaluate(const Vector& z) const {
        if (!all_finite(z.data(), z.size()) || !is_admissible(grainer_.coarse(), parameters_of(z).theta))
            return std::nullopt;
        try {
            return evaluate(z);
        } catch (const NumericalError&) {
            return std::nullopt;  // no density there: a shorter step will do
        }
    }

    /// The first of from + t step, t = 1, 1/2, ..., that rises enough (Armijo), up to rounding.
    std::optional<Point> line_search(const Point& from, const Vector& step) const {
        const double slack = 1e-13 * std::max(1.0, std::abs(from.value));
        for (double t = 1.0; t > 1e-9; t *= 0.5) {
            auto there = try_evaluate(moved(from.z, t, step, lower_));
            if (!there) continue;
            double promised = 0.0;
            for (Index k = 0; k < step.size(); ++k) promised += from.gradient[k] * (there->z[k] - from.z[k]);
            if (there->value >= from.value + 1e-4 * promised - slack) return there;
        }
        return std::nullopt;
    }

    std::optional<Point> em_step(const Point& from) const {
        auto state = grainer_.make_state(data_, parameters_of(from.z), settings_.seed);
        grainer_.maximise(state, from.statistics);
        const Vector step = z_of({state.theta, state.eta}) - from.z;
        if (!all_finite(step.data(), step.size()) || largest(step) == 0.0) return std::nullopt;
        const double slack = 1e-13 * std::max(1.0, std::abs(from.value));
        for (double t = 1.0; t > 1e-9; t *= 0.5) {
            auto there = try_evaluate(moved(from.z, t, step, lower_));
            if (there && there->value >= from.value - slack) return there;
        }
        return std::nullopt;
    }

    /// The optimizer's step on the coordinates that are free to move.
    std::optional<Vector> propose(const Point& at, typename Grainer::OptimizerType::State& state) const {
        const std::vector<Index> free = free_coordinates(at.z, at.gradient, lower_);
        if (free.empty()) return Vector(Vector::Zero(at.z.size()));
        const std::optional<Vector> step =
            grainer_.optimizer().step(state, selected(at.z, free), selected(at.gradient, free),
                                      selected(at.posterior_information, free));
        if (!step) return std::nullopt;
        return scattered(*step, free, at.z.size());
    }

    std::optional<Run> run_from(const Vector& start, Index index) const {
        Run run;
        try {
            run.end = evaluate(start);
        } catch (const NumericalError& error) {
            if (index > 0) return std::nullopt;  // a drawn start outside the models' domain
            const Parameters at = parameters_of(start);
            throw FitError(std::string("EMCoarseGrainer::fit: no likelihood at the start (") + error.what() +
                               ")",
                           at.theta, at.eta, 0);
        }
        typename Grainer::OptimizerType::State optimizer_state{};
        for (;; ++run.iterations) {
            const std::optional<Vector> step = propose(run.end, optimizer_state);
            const Parameters at = parameters_of(run.end.z);
            TraceEntry entry{index,
                             run.iterations,
                             at.theta,
                             at.eta,
                             run.end.likelihood.log_likelihood,
                             run.end.value,
                             step ? largest(*step) : 0.0,
                             false};
            const bool converged = step && entry.step <= grainer_.optimizer().tolerance();
            std::optional<Point> next;
            if (converged) {
                run.status = Status::converged;
            } else if (settings_.stop.stop_requested()) {
                run.status = Status::stopped;
            } else if (run.iterations < settings_.iterations) {
                if (step) next = line_search(run.end, *step);
                if (!next) {
                    entry.em_step = true;
                    next = em_step(run.end);
                }
            }
            if (settings_.observer) settings_.observer(entry);
            run.trace.push_back(std::move(entry));
            if (!next) return run;
            const double gain = next->value - run.end.value;
            run.end = std::move(*next);
            if (!prior_is_proper() && gain < 1e-9 * std::max(1.0, std::abs(run.end.value)) &&
                !weak_directions(run.end.information, all_names_).empty()) {
                ++run.iterations;  // the likelihood is flat here: it will go on for ever
                run.status = Status::not_identified;
                return run;
            }
        }
    }

    FitResult finish(FitResult result, Run run) const {
        result.directions = weak_directions(run.end.information, all_names_);
        result.status = run.status;
        if (!prior_is_proper() && !result.directions.empty() && run.status != Status::stopped)
            result.status = Status::not_identified;
        result.iterations = run.iterations;
        result.parameters = parameters_of(run.end.z);
        result.coarse_names = names_;
        result.map_names = map_names_;
        result.beta = data_.beta;
        result.data_count = data_.count;
        result.log_likelihood = run.end.likelihood.log_likelihood;
        result.log_posterior = run.end.value;
        result.likelihood = std::move(run.end.likelihood);
        result.trace = std::move(run.trace);
        result.seed = settings_.seed;
        return result;
    }

    const Grainer& grainer_;
    const Data& data_;
    const FitSettings& settings_;
    Index p_, m_;
    Vector scale_, lower_;
    std::vector<std::string> names_, map_names_, all_names_;
};

}  // namespace predcg::detail
