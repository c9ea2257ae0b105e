#pragma once
// The iterations of a fit whose expectations are sampled.
#include <predcg/learning/fit_coordinates.hpp>
#include <predcg/learning/growth.hpp>
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
template <class Grainer>
class StochasticRun : FitCoordinates<Grainer> {
    using Base = FitCoordinates<Grainer>;
    using Base::all_names_, Base::data_, Base::grainer_, Base::lower_, Base::settings_;
    using Base::m_, Base::p_, Base::parameters_of, Base::prior_is_proper, Base::scale_, Base::z_of;
    using Optimize = typename Grainer::OptimizerType;
    using State = typename Grainer::State;

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
    StochasticRun(const Grainer& grainer, const typename Grainer::Data& data, const FitSettings& settings)
        : FitCoordinates<Grainer>(grainer, data, settings) {}

    FitResult operator()() {
        const StochasticSettings& s = settings_.stochastic;
        require_positive(s.largest_growth, "StochasticSettings", "largest_growth");
        require(s.tolerance >= 0.0, "StochasticSettings", "tolerance", s.tolerance, "a number >= 0");
        require_range(s.batch, 0, static_cast<Index>(data_.forms.size()), "StochasticSettings", "batch",
                      "the number of distinct data");
        Vector z = this->make_starts().front();
        State state = grainer_.make_state(data_, parameters_of(z), settings_.seed);
        FitResult result;
        result.status = Status::limit;
        Average average;
        for (Index t = 0; t < settings_.iterations; ++t) {
            state.iteration = static_cast<std::uint32_t>(t);
            const FitPoint point = evaluate(state, z);
            records_.push_back({z, point.gradient, point.information, point.posterior_information});
            bool em_step = false;
            const Vector next = s.grow ? ascend(state, point, em_step) : advance(state, point, em_step);
            note(result, point, t, next, em_step);
            z = next;
            result.iterations = t + 1;
            if (settings_.stop.stop_requested()) {
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
        return finish(std::move(result), records_.empty() ? z : Vector(), state);
    }

private:
    /// The log posterior's noisy derivatives at z.
    FitPoint evaluate(State& state, const Vector& z) const {
        const Parameters parameters = parameters_of(z);
        state.theta = parameters.theta;
        state.eta = parameters.eta;
        const std::vector<Index> batch = draw_batch(state.iteration);
        ExpectedStatistics statistics = grown_.expect(state, data_, batch);
        statistics *= data_.count / statistics.count;
        const CoarseMoments coarse = grown_.expect_coarse(state);
        LikelihoodExpansion likelihood =
            expand_likelihood(grainer_.map(), statistics, coarse, state.eta, data_.beta);
        likelihood.log_likelihood = std::numeric_limits<double>::quiet_NaN();
        FitPoint point = this->posterior_point(z, std::move(statistics), std::move(likelihood));
        if (!linalg::all_finite(point.gradient.data(), point.gradient.size()))
            throw FitError("EMCoarseGrainer::fit: the gradient is not finite", parameters.theta,
                           parameters.eta, static_cast<Index>(state.iteration));
        return point;
    }

    /// Everything, or settings.stochastic.batch different data.
    std::vector<Index> draw_batch(std::uint32_t iteration) const {
        std::vector<Index> batch = data_.all;
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
    Vector advance(State& state, const FitPoint& point, bool& em_step) const {
        constexpr bool closed_form_map = requires { requires Optimize::closed_form_map; };
        const bool map_apart = closed_form_map && m_ > 0;
        std::vector<Index> free;
        for (const Index k : free_coordinates(point.z, point.gradient, lower_))
            if (!map_apart || k < p_) free.push_back(k);
        Vector gradient = linalg::selected(point.gradient, free);
        Matrix information = linalg::selected(point.posterior_information, free);
        gradient /= data_.count;
        information /= data_.count;
        const auto step = grainer_.optimizer().step(state.optimizer, linalg::selected(point.z, free),
                                                    gradient, information);
        State best = state;
        if (!step || map_apart) grainer_.maximise(best, point.statistics);
        Vector next = z_of({best.theta, best.eta});
        if (step) {
            next = linalg::moved(point.z, 1.0, linalg::scattered(*step, free, point.z.size()), lower_);
            for (Index k = 0; map_apart && k < m_; ++k) next[p_ + k] = std::max(lower_[p_ + k], best.eta[k]);
        }
        em_step = !step;
        return admissible(point.z, std::move(next));
    }

    /// A whole EM step, and more samples from here on where its gain is not clear of the noise: gain and
    /// noise of the complete-data log posterior, to second order in the step. Caffo, Jank, Jones, J. R. Stat.
    /// Soc. B 67 (2005) 235, with samples added before the next step instead of within this one.
    Vector ascend(State& state, const FitPoint& point, bool& em_step) {
        State best = state;
        grown_.maximise(best, point.statistics);
        Vector next = admissible(point.z, z_of({best.theta, best.eta}));
        em_step = true;
        const Vector step = next - point.z;
        Vector natural = step;
        for (Index k = 0; k < step.size(); ++k) natural[k] /= scale_[k];
        const Matrix curvature = point.likelihood.complete;  // in (theta_c, eta)
        const double gain = point.gradient.dot(step) - 0.5 * natural.dot(curvature.lazyProduct(natural));
        const CoarseMoments coarse = grown_.expect_coarse(state);
        const Matrix slope =
            score_slope(grainer_.map(), p_, point.statistics.map.size(), state.eta, data_.beta);
        const double noise = std::sqrt(gradient_noise(slope, point.statistics, coarse, natural, data_.beta));
        if (std::isnan(noise))
            throw ArgumentError("StochasticSettings", "grow", "true",
                                "only with standard_errors in MonteCarlo");
        constexpr double quantile = 1.2816;  // one-sided 90 %
        if (gain < quantile * noise && growth_ < settings_.stochastic.largest_growth) {
            growth_ = std::min(1.5 * growth_, settings_.stochastic.largest_growth);
            grown_ = grainer_.with_engine(with_more_samples(grainer_.engine(), growth_));
        }
        return next;
    }

    /// next, or the first point half-way, a quarter of the way, ... that the potential admits.
    Vector admissible(const Vector& from, Vector next) const {
        for (int halvings = 0; halvings < 60; ++halvings) {
            if (linalg::all_finite(next.data(), next.size()) &&
                is_admissible(grainer_.coarse(), parameters_of(next).theta))
                return next;
            for (Index k = 0; k < next.size(); ++k)
                next[k] = std::isfinite(next[k]) ? 0.5 * (from[k] + next[k]) : from[k];
        }
        return from;
    }

    void note(FitResult& result, const FitPoint& point, Index t, const Vector& next, bool em_step) const {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const Parameters at = parameters_of(point.z);
        TraceEntry entry{0, t, at.theta, at.eta, nan, nan, linalg::largest(Vector(next - point.z)), em_step};
        if (settings_.observer) settings_.observer(entry);
        result.trace.push_back(std::move(entry));
    }

    Average take_average() const {
        const Index n = static_cast<Index>(records_.size()), first = n / 2, d = p_ + m_;
        Average a;
        a.iterations = n - first;
        a.z = Vector::Zero(d);
        a.drift = a.error = a.sd = Vector::Constant(d, std::numeric_limits<double>::quiet_NaN());
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
        a.converged = a.directions.empty() || prior_is_proper();
        for (Index k = 0; k < d; ++k) {
            const Vector series = u.col(k);
            const double variance = (series.array() - series.mean()).square().mean();
            if (a.iterations > 1)
                a.error[k] = std::sqrt(variance * monotone_autocorrelation_time(series) * weight);
            const bool pinned = a.z[k] <= lower_[k] + a.error[k];  // at a bound: no drift to wait for
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
             weak_directions(information, all_names_, std::numeric_limits<double>::infinity())) {
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
        return admissible(a.z, linalg::moved(a.z, 1.0, a.drift, lower_));
    }

    const Record& record(Index t) const { return records_[static_cast<std::size_t>(t)]; }

    FitResult finish(FitResult result, Vector z, State& state) const {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        result.log_likelihood = result.log_posterior = nan;
        MonteCarloReport report;
        report.standard_errors = report.drift = parameters_of(Vector::Constant(p_ + m_, nan));
        if (!records_.empty()) {
            const Average a = take_average();
            z = estimate(a);
            result.directions = a.directions;
            if (!prior_is_proper() && !a.directions.empty() && result.status != Status::stopped)
                result.status = Status::not_identified;
            report.standard_errors = parameters_of(a.error);
            report.drift = parameters_of(a.drift);
            report.averaged = a.iterations;
            const FitPoint last = evaluate(state, z);
            result.likelihood = last.likelihood;
        }
        const auto samples = [](const auto& engine) -> Index {
            if constexpr (requires { engine.settings().samples; })
                return engine.settings().samples;
            else
                return 0;  // exact
        };
        report.latent_samples = samples(latent_engine(grown_.engine()));
        report.coarse_samples = samples(coarse_engine(grown_.engine()));
        result.monte_carlo = std::move(report);
        result.starts.push_back({result.status, result.iterations, nan, parameters_of(z)});
        return this->describe(std::move(result), z);
    }

    std::vector<Record> records_;
    double growth_ = 1.0;
    Grainer grown_ = grainer_;  // the grainer with more samples
};

}  // namespace predcg::detail
