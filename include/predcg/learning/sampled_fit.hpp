#pragma once
// The iterations of a fit whose expectations are sampled.
#include <predcg/learning/fit_run.hpp>
#include <predcg/learning/growth.hpp>
#include <predcg/learning/sampling_remarks.hpp>
#include <predcg/optimize/projected_newton.hpp>
#include <predcg/statistics/autocorrelation.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Follows noisy gradients and averages.
///
/// With iterates z_t, gradients g_t of the log posterior (times N / batch) and the averaged observed
/// information I over the second half of the iterations so far, u_t = z_t + I^-1 g_t scatters around the
/// optimum whatever the gains are. Their autocorrelated mean error is the estimate's Monte Carlo error; the
/// drift I^-1 mean(g) is what the average still lacks; the estimate is the average plus the drift where that
/// is less than a posterior standard deviation (one Newton step from a consistent point). Converged: for
/// every parameter the error is within tolerance, and the drift within half of it plus two errors, of a
/// posterior standard deviation sqrt((I^-1)_kk), and no direction is open. A direction is open where its
/// information, less two errors of its own, is below that of the weak prior.
template <class Problem, class Optimizer>
class NoisyAscent {
    using Point = LearningPoint;
    using State = typename Problem::State;
    static constexpr double nan = std::numeric_limits<double>::quiet_NaN();

    /// What is kept of an iteration.
    struct Record {
        Vector z, gradient;
        Matrix information, posterior_information;
    };

    /// The average over the second half.
    struct Average {
        Vector z, drift, error, sd;
        std::vector<Direction> directions;
        Index iterations = 0;
        bool definite = false;
        bool converged = false;
    };

public:
    NoisyAscent(const Problem& problem, const Optimizer& optimizer, const FitSettings& settings)
        : problem_(problem), c_(problem.coordinates()), optimizer_(optimizer), settings_(settings) {
        require_fit_settings(settings);
    }

    SampledEstimate operator()() {
        const StochasticSettings& s = settings_.stochastic;
        require_positive(s.largest_growth, "StochasticSettings", "largest_growth");
        require(s.tolerance >= 0.0, "StochasticSettings", "tolerance", s.tolerance, "a number >= 0");
        if (s.batch > 0) require_here(problem_.data(), "StochasticSettings::batch");
        require_range(s.batch, 0, static_cast<Index>(problem_.data().forms.size()), "StochasticSettings",
                      "batch", "the number of distinct data");
        Vector z = starts_of(problem_, settings_).front();
        State state = problem_.state(c_.parameters(z), settings_.seed);
        SampledEstimate result;
        result.status = Status::limit;
        Average average;
        for (Index t = 0; t < settings_.iterations; ++t) {
            state.begin(static_cast<std::uint32_t>(t));
            const Point point = evaluate(state, z);
            records_.push_back({z, point.gradient, point.information, point.posterior_information});
            bool em_step = false;
            const Vector next = s.grow ? ascend(state, point, em_step) : advance(state, point, em_step);
            note(result, point, t, next, em_step);
            z = next;
            result.iterations = t + 1;
            if (stops(problem_.data(), settings_.stop)) {
                result.status = Status::stopped;
                break;
            }
            // With growing samples late iterations are worth many early ones.
            const Index every = s.grow ? 5 : 50, least = s.grow ? 10 : 200;
            if ((t + 1) % every == 0 && t + 1 >= std::max(least, s.minimum_iterations)) {
                average = take_average();
                if (average.converged) {
                    result.status = Status::converged;
                    break;
                }
            }
        }
        state.begin(static_cast<std::uint32_t>(result.iterations));
        finish(result, z, state);
        return result;
    }

private:
    /// The log posterior's noisy derivatives at z.
    Point evaluate(State& state, const Vector& z) const {
        state.at = c_.parameters(z);
        ExpectedStatistics statistics = grown_.expect(state, draw_batch(state.iteration));
        statistics *= problem_.data().count / statistics.count;
        Point point = grown_.point(state, std::move(statistics), z);
        if (!linalg::all_finite(point.gradient))
            throw FitError("EMCoarseGrainer::fit: the gradient is not finite", state.at.theta, state.at.eta,
                           static_cast<Index>(state.iteration));
        return point;
    }

    /// Everything, or settings.stochastic.batch different data.
    std::vector<Index> draw_batch(std::uint32_t iteration) const {
        std::vector<Index> batch = problem_.data().all;
        const Index size = settings_.stochastic.batch;
        if (size == 0) return batch;
        auto rng = make_stream(settings_.seed, Purpose::batch, 0, iteration);
        for (Index k = 0; k < size; ++k) {
            const Index other = k + uniform_index(rng, static_cast<Index>(batch.size()) - k);
            std::swap(batch[static_cast<std::size_t>(k)], batch[static_cast<std::size_t>(other)]);
        }
        batch.resize(static_cast<std::size_t>(size));
        return batch;
    }

    /// The next z: the optimizer's step, or an EM step where it has none.
    Vector advance(State& state, const Point& point, bool& em_step) {
        constexpr bool closed_form_map = requires { requires Optimizer::closed_form_map; };
        const bool map_apart = closed_form_map && c_.map_count() > 0;
        std::vector<Index> free;
        for (const Index k : free_coordinates(point.z, point.gradient, c_.lower()))
            if (!map_apart || k < c_.coarse_count()) free.push_back(k);
        Vector gradient = linalg::selected(point.gradient, free);
        Matrix information = linalg::selected(point.posterior_information, free);
        gradient /= problem_.data().count;
        information /= problem_.data().count;
        const auto step =
            optimizer_.step(optimizer_state_, linalg::selected(point.z, free), gradient, information);
        em_step = !step;
        if (!step) return admissible(point.z, em_target(state, point));
        Vector next = linalg::moved(point.z, 1.0, linalg::scattered(*step, free, point.z.size()), c_.lower());
        if (map_apart) {
            const Vector best = c_.z({state.at.theta, problem_.best_map(state.at.eta, point.statistics)});
            for (Index k = c_.coarse_count(); k < c_.size(); ++k) next[k] = std::max(c_.lower()[k], best[k]);
        }
        return admissible(point.z, std::move(next));
    }

    /// z of a whole M-step. It may ask p_c for samples once more: the state counts the question, and its
    /// chains stay where they are.
    Vector em_target(State& state, const Point& point) const {
        State best = state;
        grown_.maximise(best, point.statistics);
        state.coarse_call = best.coarse_call;
        return c_.z(best.at);
    }

    /// A whole EM step, and more samples from here on where its gain is not clear of the noise: gain and
    /// noise of the complete-data log posterior, to second order in the step. Caffo, Jank, Jones, J. R. Stat.
    /// Soc. B 67 (2005) 235, with samples added before the next step instead of within this one.
    Vector ascend(State& state, const Point& point, bool& em_step) {
        Vector next = admissible(point.z, em_target(state, point));
        em_step = true;
        const Vector step = next - point.z;
        const Vector natural = linalg::over(step, c_.factor());
        const Matrix curvature = point.likelihood.complete;  // in (theta_c, eta)
        const double gain = point.gradient.dot(step) - 0.5 * natural.dot(curvature.lazyProduct(natural));
        const CoarseMoments coarse = grown_.expect_coarse(state);
        const Matrix slope = score_slope(problem_.map(), c_.coarse_count(), point.statistics.map.size(),
                                         state.at.eta, problem_.beta());
        const double noise =
            std::sqrt(gradient_noise(slope, point.statistics, coarse, natural, problem_.beta()));
        if (std::isnan(noise))
            throw ArgumentError("StochasticSettings", "grow", "true",
                                "only with standard_errors in MonteCarlo");
        constexpr double quantile = 1.2816;  // one-sided 90 %
        if (gain < quantile * noise && growth_ < settings_.stochastic.largest_growth) {
            growth_ = std::min(1.5 * growth_, settings_.stochastic.largest_growth);
            grown_ = problem_.with_engine(with_more_samples(problem_.engine(), growth_));
        }
        return next;
    }

    /// next, or the first point half-way, a quarter of the way, ... that the potential admits.
    Vector admissible(const Vector& from, Vector next) const {
        for (int halvings = 0; halvings < 60; ++halvings) {
            if (linalg::all_finite(next) && problem_.is_admissible(c_.parameters(next))) return next;
            for (Index k = 0; k < next.size(); ++k)
                next[k] = std::isfinite(next[k]) ? 0.5 * (from[k] + next[k]) : from[k];
        }
        return from;
    }

    void note(SampledEstimate& result, const Point& point, Index t, const Vector& next, bool em_step) const {
        const Parameters at = c_.parameters(point.z);
        TraceEntry entry{0, t, at.theta, at.eta, {}, {}, linalg::largest(Vector(next - point.z)), em_step};
        if (settings_.observer) settings_.observer(entry);
        result.trace.push_back(std::move(entry));
    }

    Average take_average() const {
        const Index n = static_cast<Index>(records_.size()), first = n / 2, d = c_.size();
        Average a;
        a.iterations = n - first;
        a.z = Vector::Zero(d);
        a.drift = a.error = a.sd = Vector::Constant(d, nan);
        Matrix information = Matrix::Zero(d, d), posterior = Matrix::Zero(d, d);
        Vector gradient = Vector::Zero(d);
        for (Index t = first; t < n; ++t) {
            const Record& r = record(t);
            a.z += r.z;
            gradient += r.gradient;
            information += r.information;
            posterior += r.posterior_information;
        }
        const double weight = 1.0 / static_cast<double>(a.iterations);
        a.z *= weight;
        gradient *= weight;
        information *= weight;
        posterior *= weight;
        find_directions(a, information, first);
        const linalg::Cholesky factor(posterior);
        a.definite = factor.ok();
        if (!a.definite) return a;
        a.drift = factor.solve(gradient);
        for (Index k = 0; k < d; ++k) a.sd[k] = std::sqrt(factor.solve(Vector::Unit(d, k))[k]);
        Matrix u(a.iterations, d);
        for (Index t = first; t < n; ++t)
            u.row(t - first) = (record(t).z + factor.solve(record(t).gradient)).transpose();
        const double tolerance = settings_.stochastic.tolerance;
        a.converged = a.directions.empty() || problem_.prior_is_proper();
        for (Index k = 0; k < d; ++k) {
            const Vector series = u.col(k);
            const double variance = (series.array() - series.mean()).square().mean();
            if (a.iterations > 1)
                a.error[k] = std::sqrt(variance * monotone_autocorrelation_time(series) * weight);
            const bool pinned = a.z[k] <= c_.lower()[k] + a.error[k];  // at a bound: no drift to wait for
            a.converged = a.converged && a.error[k] <= tolerance * a.sd[k] &&
                          (pinned || std::abs(a.drift[k]) <= 0.5 * tolerance * a.sd[k] + 2.0 * a.error[k]);
        }
        return a;
    }

    /// Open directions: information less two of its errors, from ten parts of the window or less, below the
    /// bound.
    void find_directions(Average& a, const Matrix& information, Index first) const {
        if (information.size() == 0) return;
        for (Direction& direction :
             weak_directions(information, c_.names(), std::numeric_limits<double>::infinity())) {
            const Index parts = std::min<Index>(10, a.iterations);
            Vector values = Vector::Zero(parts);
            for (Index t = 0; t < a.iterations; ++t) {
                const Vector& v = direction.coefficients;
                const Index part = t * parts / a.iterations;
                values[part] += v.dot(record(first + t).information.lazyProduct(v)) *
                                static_cast<double>(parts) / static_cast<double>(a.iterations);
            }
            const double spread = (values.array() - values.mean()).square().sum();
            const double error =
                parts > 1 ? std::sqrt(spread / static_cast<double>(parts * (parts - 1))) : 0.0;
            if (direction.information - 2.0 * error < identified_from)
                a.directions.push_back(std::move(direction));
        }
    }

    /// The average, corrected by the Newton step that is left where that is known to be small.
    Vector estimate(const Average& a) const {
        if (!a.definite) return a.z;
        for (Index k = 0; k < a.z.size(); ++k)
            if (!(std::abs(a.drift[k]) <= a.sd[k])) return a.z;
        return admissible(a.z, linalg::moved(a.z, 1.0, a.drift, c_.lower()));
    }

    const Record& record(Index t) const { return records_[static_cast<std::size_t>(t)]; }

    void finish(SampledEstimate& result, Vector z, State& state) const {
        MonteCarloReport& report = result.monte_carlo;
        report.standard_errors = report.drift = c_.parameters(Vector::Constant(c_.size(), nan));
        if (!records_.empty()) {
            const Average a = take_average();
            z = estimate(a);
            result.directions = a.directions;
            if (!problem_.prior_is_proper() && !a.directions.empty() && result.status != Status::stopped)
                result.status = Status::not_identified;
            report.standard_errors = c_.parameters(a.error);
            report.drift = c_.parameters(a.drift);
            report.averaged = a.iterations;
            result.likelihood = evaluate(state, z).likelihood;
        }
        report.latent_samples = samples_of(latent_engine(grown_.engine()));
        report.coarse_samples = samples_of(coarse_engine(grown_.engine()));
        result.starts.push_back({result.status, result.iterations, std::nullopt, c_.parameters(z), {}});
        describe(result, problem_, settings_, z);
        add_sampling_remarks<Problem>(result.remarks);
    }

    /// 0 of an exact engine.
    template <class Engine>
    static Index samples_of(const Engine& engine) {
        if constexpr (ResizableEngine<Engine>)
            return engine.settings().samples;
        else
            return 0;
    }

    const Problem& problem_;
    const Coordinates& c_;
    const Optimizer& optimizer_;
    const FitSettings& settings_;
    typename Optimizer::State optimizer_state_{};
    std::vector<Record> records_;
    double growth_ = 1.0;
    Problem grown_ = problem_;  // with more samples
};

}  // namespace predcg::detail
