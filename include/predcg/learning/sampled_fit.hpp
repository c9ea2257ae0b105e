#pragma once
// The iterations of a fit whose expectations are sampled.
#include <predcg/concepts/optimizer.hpp>
#include <predcg/learning/convergence.hpp>
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
/// optimum whatever the gains are, if I is the same all over the iterates. Their autocorrelated mean error is
/// the estimate's Monte Carlo error; where I is unequal by a fraction f over the window, as along a curved
/// valley, the way from the average to the estimate is known to f only, and f times the average's own error
/// and drift is added in squares, as is what z went from half to half beyond noise. The drift I^-1 mean(g) is
/// what the average still lacks; the estimate is the average plus the drift where that is less than a
/// posterior standard deviation (one Newton step from a consistent point). Converged: for every parameter the
/// error is within tolerance, and the drift within half of it plus two errors, of a posterior standard
/// deviation sqrt((I^-1)_kk), and no direction is open. A direction is open where its information, less two
/// errors of its own, is below that of the weak prior. The test comes after `least` iterations, when its own
/// errors say that it may pass, and at the end.
///
/// An engine without roles runs for p_c as often as for the data: with one run the noise would be p_c's, and
/// as many as data (of a batch) are what makes an error smallest for its cost.
template <class Problem, class Optimizer>
class NoisyAscent {
    using Point = LearningPoint;
    using State = typename Problem::State;
    static constexpr double nan = std::numeric_limits<double>::quiet_NaN();

    /// What is kept of an iteration.
    struct Record {
        Vector z, gradient;
        Matrix information, posterior_information;

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.z, self.gradient, self.information, self.posterior_information);
        }
    };

    /// The average over the second half.
    struct Average : IterateAverage {
        std::vector<Direction> directions;
        bool converged = false;
    };

public:
    NoisyAscent(const Problem& problem, const Optimizer& optimizer, const FitSettings& settings)
        : problem_(problem), c_(problem.coordinates()), optimizer_(optimizer), settings_(settings) {
        require_fit_settings(settings);
    }

    [[gnu::cold]] SampledEstimate operator()() {
        const StochasticSettings& s = settings_.stochastic;
        require_positive(s.largest_growth, "StochasticSettings", "largest_growth");
        require(s.tolerance >= 0.0, "StochasticSettings", "tolerance", s.tolerance, "a number >= 0");
        if (s.batch > 0) require_here(problem_.data(), "StochasticSettings::batch");
        require_range(s.batch, 0, static_cast<Index>(problem_.data().forms.size()), "StochasticSettings",
                      "batch", "the number of distinct data");
        start_ = starts_of(problem_, settings_).front();
        Vector z = start_;
        State state = problem_.state(c_.parameters(z), settings_.seed);
        state.more_coarse.resize(static_cast<std::size_t>(coarse_runs() - 1));
        SampledEstimate result;
        result.status = Status::limit;
        Index test_at = std::max(least_, s.minimum_iterations);
        const auto& spread = problem_.data().spread;
        const CheckpointPlace place = shared_place(settings_.checkpoint, spread);
        const auto kept = [&](auto&& act) {
            return act(result.iterations, result.status, result.trace, z, state, records_, optimizer_state_,
                       growth_, test_at);
        };
        const auto keep = [&] {
            if (!place) return;
            const auto put = [&](const auto&... values) { place.keep(values...); };
            if (!spread) return kept(put);
            // The chains are of the data of each process; all else is the same in all of them.
            auto own = std::exchange(state.latent, gathered(*spread, state.latent));
            kept(put);
            state.latent = std::move(own);
        };
        if (kept([&](auto&... values) { return place.restore(values...); })) {
            keep_own(problem_.data(), state.latent);
            grow_to(growth_);
        } else {
            keep();  // what cannot be saved is refused before work
        }
        for (Index t = result.iterations; t < settings_.iterations && result.status == Status::limit; ++t) {
            if (t > 0 && stops(problem_.data(), settings_.stop)) {
                keep();
                result.status = Status::stopped;
                break;
            }
            if (place && (spread ? spread->any(place.is_due()) : place.is_due())) keep();
            state.begin(static_cast<std::uint32_t>(t));
            const Point point = evaluate(state, z);
            records_.push_back({z, point.gradient, point.information, point.posterior_information});
            bool em_step = false;
            const Vector next = s.grow ? ascend(state, point, em_step) : advance(state, point, em_step);
            note(result, point, t, next, em_step);
            z = next;
            result.iterations = t + 1;
            const Index done = t + 1;
            if (done < std::min(test_at, settings_.iterations) ||
                done < std::max(least_, s.minimum_iterations))
                continue;
            const Average average = take_average();
            if (average.converged) {
                result.status = Status::converged;
                break;
            }
            // With growing samples late iterations are worth many early ones.
            test_at = s.grow ? done + 5 : next_test(average, s.tolerance, done);
        }
        if (result.status != Status::stopped) keep();
        state.begin(static_cast<std::uint32_t>(result.iterations));
        finish(result, z, state);
        return result;
    }

private:
    /// The log posterior's noisy derivatives at z.
    [[gnu::cold]] Point evaluate(State& state, const Vector& z) const {
        state.at = c_.parameters(z);
        ExpectedStatistics statistics = settings_.stochastic.batch == 0
                                            ? grown_.expect(state)
                                            : grown_.expect(state, draw_batch(state.iteration));
        statistics *= problem_.data().count / statistics.count;
        Point point = grown_.point(state, std::move(statistics), z);
        if (!linalg::all_finite(point.gradient))
            throw FitError("EMCoarseGrainer::fit: the gradient is not finite in iteration " +
                               to_text(state.iteration) + " at " + in_words(z) + "; the fit started at " +
                               in_words(start_),
                           state.at.theta, state.at.eta, static_cast<Index>(state.iteration));
        return point;
    }

    /// "pair = 0.94, logit_p = 1.5"
    [[gnu::cold]] std::string in_words(const Vector& z) const {
        std::string text;
        for (Index k = 0; k < z.size(); ++k)
            text += (k == 0 ? "" : ", ") + c_.names()[static_cast<std::size_t>(k)] + " = " +
                    rounded(z[k] / c_.factor()[k], 2);
        return text;
    }

    /// Runs of the engine for p_c in one call. Data that are spread over processes have few, as p_c is
    /// sampled in every process.
    Index coarse_runs() const {
        if constexpr (has_roles<typename Problem::EngineType>) return 1;
        if (settings_.stochastic.batch > 0) return settings_.stochastic.batch;
        if (problem_.data().spread)
            return std::clamp<Index>(static_cast<Index>(problem_.data().count), 1, 64);
        return std::ssize(problem_.data().forms);
    }

    /// settings.stochastic.batch different data.
    std::vector<Index> draw_batch(std::uint32_t iteration) const {
        std::vector<Index> batch = problem_.data().all;
        const Index size = settings_.stochastic.batch;
        auto rng = make_stream(settings_.seed, Purpose::batch, 0, iteration);
        for (Index k = 0; k < size; ++k) {
            const Index other = k + uniform_index(rng, static_cast<Index>(batch.size()) - k);
            std::swap(batch[static_cast<std::size_t>(k)], batch[static_cast<std::size_t>(other)]);
        }
        batch.resize(static_cast<std::size_t>(size));
        return batch;
    }

    /// The next z: the optimizer's step, or an EM step where it has none.
    [[gnu::cold]] Vector advance(State& state, const Point& point, bool& em_step) {
        const std::vector<Index> free = free_coordinates(point.z, point.gradient, c_.lower());
        Vector gradient = linalg::selected(point.gradient, free);
        Matrix information = linalg::selected(information_for_optimizer(point), free);
        linalg::divide(gradient, problem_.data().count);
        linalg::divide(information, problem_.data().count);
        const auto step =
            optimizer_.step(optimizer_state_, linalg::selected(point.z, free), gradient, information);
        em_step = !step;
        return admissible(
            point.z,
            step ? linalg::moved(point.z, 1.0, linalg::scattered(*step, free, point.z.size()), c_.lower())
                 : em_target(state, point));
    }

    /// Of the posterior, or, for an optimizer that says so, as if X had been seen.
    Matrix information_for_optimizer(const Point& point) const {
        if constexpr (WantsCompleteInformation<Optimizer>)
            return problem_.scored_information(point);
        else
            return point.posterior_information;
    }

    /// z of a whole M-step. It may ask p_c for samples once more: the state counts the question, and its
    /// chains stay where they are.
    [[gnu::cold]] Vector em_target(State& state, const Point& point) const {
        State best = state;
        grown_.maximise(best, point.statistics);
        state.coarse_call = best.coarse_call;
        return c_.z(best.at);
    }

    /// A whole EM step, and more samples from here on where its gain is not clear of the noise: gain and
    /// noise of the complete-data log posterior, to second order in the step. Caffo, Jank, Jones, J. R. Stat.
    /// Soc. B 67 (2005) 235, with samples added before the next step instead of within this one.
    [[gnu::cold]] Vector ascend(State& state, const Point& point, bool& em_step) {
        Vector next = admissible(point.z, em_target(state, point));
        em_step = true;
        Vector step = next;
        linalg::add(step, point.z, -1.0);
        const Vector natural = linalg::over(step, c_.factor());
        const Matrix curvature = point.likelihood.complete;  // in (theta_c, eta)
        const double gain = linalg::dot(point.gradient, step) -
                            0.5 * linalg::dot(natural, linalg::applied(curvature, natural));
        const CoarseMoments coarse = grown_.expect_coarse(state);
        const Matrix slope = score_slope(problem_.map(), c_.coarse_count(), point.statistics.map.size(),
                                         state.at.eta, problem_.beta());
        const double noise =
            std::sqrt(gradient_noise(slope, point.statistics, coarse, natural, problem_.beta()));
        if (std::isnan(noise))
            throw ArgumentError("StochasticSettings", "grow", "true",
                                "only with standard_errors in MonteCarlo");
        constexpr double quantile = 1.2816;  // one-sided 90 %
        if (gain < quantile * noise && growth_ < settings_.stochastic.largest_growth)
            grow_to(std::min(1.5 * growth_, settings_.stochastic.largest_growth));
        return next;
    }

    [[gnu::cold]] void grow_to(double growth) {
        growth_ = growth;
        if (growth > 1.0) grown_ = problem_.with_engine(with_more_samples(problem_.engine(), growth));
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

    [[gnu::cold]] void note(SampledEstimate& result, const Point& point, Index t, const Vector& next,
                            bool em_step) const {
        const Parameters at = c_.parameters(point.z);
        Vector moved = next;
        linalg::add(moved, point.z, -1.0);
        TraceEntry entry{0, t, at.theta, at.eta, {}, {}, linalg::largest(moved), em_step};
        if (settings_.observer) settings_.observer(entry);
        result.trace.push_back(std::move(entry));
    }

    [[gnu::cold]] Average take_average() const {
        const Index n = static_cast<Index>(records_.size()), first = n / 2, d = c_.size();
        Average a;
        a.iterations = n - first;
        a.z = Vector::Zero(d);
        a.drift = a.error = a.sd = a.unsettled = Vector::Constant(d, nan);
        Matrix information = Matrix::Zero(d, d), posterior = Matrix::Zero(d, d);
        Vector gradient = Vector::Zero(d);
        for (Index t = first; t < n; ++t) {
            const Record& r = record(t);
            linalg::add(a.z, r.z);
            linalg::add(gradient, r.gradient);
            linalg::add(information, r.information);
            linalg::add(posterior, r.posterior_information);
        }
        const double weight = 1.0 / static_cast<double>(a.iterations);
        linalg::multiply(a.z, weight);
        linalg::multiply(gradient, weight);
        linalg::multiply(information, weight);
        linalg::multiply(posterior, weight);
        find_directions(a, information, first);
        const linalg::Cholesky factor(posterior);
        a.definite = factor.ok();
        if (!a.definite) return a;
        a.drift = factor.solve(gradient);
        std::vector<Vector> inverse;  // by columns
        for (Index k = 0; k < d; ++k) {
            Vector unit = Vector::Zero(d);
            unit[k] = 1.0;
            inverse.push_back(factor.solve(std::move(unit)));
            a.sd[k] = std::sqrt(inverse.back()[k]);
        }
        Matrix u(a.iterations, d), z(a.iterations, d);
        for (Index t = first; t < n; ++t) {
            const Vector left = factor.solve(record(t).gradient);
            for (Index k = 0; k < d; ++k) {
                z(t - first, k) = record(t).z[k];
                u(t - first, k) = record(t).z[k] + left[k];
            }
        }
        const Vector unequal = unequal_information(first, inverse);
        for (Index k = 0; k < d; ++k) {
            a.error[k] = statistics::error_of_mean(linalg::column_of(u, k));
            if (a.z[k] <= c_.lower()[k] + a.error[k]) a.drift[k] = 0.0;
            const Vector path = linalg::column_of(z, k);
            a.unsettled[k] = unsettled_error(unequal[k], statistics::error_of_mean(path), a.drift[k],
                                             half_to_half(path), a.error[k]);
        }
        a.converged = (a.directions.empty() || problem_.prior_is_proper()) &&
                      furthest(a, settings_.stochastic.tolerance).converged();
        return a;
    }

    /// The mean of the later half of numbers less that of the earlier half.
    static double half_to_half(const Vector& path) {
        const Index n = path.size(), half = n / 2;
        double step = 0.0;
        for (Index t = 0; t < half; ++t) step += path[n - 1 - t] - path[t];
        return half > 0 ? step / static_cast<double>(half) : 0.0;
    }

    /// By which part of itself the variance (I^-1)_kk changes to first order if I is that of a tenth of the
    /// window: the standard deviation of w^T I_part w / w^T I w over the parts, w = I^-1 e_k; at most 1.
    [[gnu::cold]] Vector unequal_information(Index first, const std::vector<Vector>& inverse) const {
        const Index n = static_cast<Index>(records_.size()) - first, d = c_.size();
        const Index parts = std::min<Index>(10, n);
        Matrix ratios = Matrix::Zero(parts, d);
        for (Index part = 0; part < parts; ++part) {
            const Index begin = part * n / parts, end = (part + 1) * n / parts;
            Matrix information = Matrix::Zero(d, d);
            for (Index t = begin; t < end; ++t)
                linalg::add(information, record(first + t).posterior_information);
            for (Index k = 0; k < d; ++k) {
                const Vector& v = inverse[static_cast<std::size_t>(k)];
                ratios(part, k) = linalg::dot(v, linalg::applied(information, v)) /
                                  (v[k] * static_cast<double>(end - begin));
            }
        }
        Vector unequal = Vector::Zero(d);
        for (Index k = 0; parts > 1 && k < d; ++k)
            unequal[k] = std::min(1.0, std::sqrt(statistics::variance(linalg::column_of(ratios, k))));
        return unequal;
    }

    /// Open directions: information less two of its errors, from ten parts of the window or less, below the
    /// bound.
    [[gnu::cold]] void find_directions(Average& a, const Matrix& information, Index first) const {
        if (information.size() == 0) return;
        for (Direction& direction :
             weak_directions(information, c_.names(), std::numeric_limits<double>::infinity())) {
            const Index parts = std::min<Index>(10, a.iterations);
            Vector values = Vector::Zero(parts), lengths = values;
            for (Index t = 0; t < a.iterations; ++t) {
                const Vector& v = direction.coefficients;
                const Index part = t * parts / a.iterations;
                values[part] += linalg::dot(v, linalg::applied(record(first + t).information, v));
                lengths[part] += 1.0;
            }
            for (Index k = 0; k < parts; ++k) values[k] /= lengths[k];
            const double error =
                parts > 1 ? std::sqrt(statistics::variance(values) / static_cast<double>(parts)) : 0.0;
            if (direction.information - 2.0 * error < identified_from)
                a.directions.push_back(std::move(direction));
        }
    }

    /// The average, corrected by the Newton step that is left where that is known to be small.
    [[gnu::cold]] Vector estimate(const Average& a) const {
        if (!a.definite) return a.z;
        for (Index k = 0; k < a.z.size(); ++k)
            if (!(std::abs(a.drift[k]) <= a.sd[k])) return a.z;
        return admissible(a.z, linalg::moved(a.z, 1.0, a.drift, c_.lower()));
    }

    const Record& record(Index t) const { return records_[static_cast<std::size_t>(t)]; }

    [[gnu::cold]] void finish(SampledEstimate& result, Vector z, State& state) const {
        MonteCarloReport& report = result.monte_carlo;
        report.standard_errors = report.drift = report.posterior_deviations =
            c_.parameters(Vector::Constant(c_.size(), nan));
        if (!records_.empty()) {
            const Average a = take_average();
            z = estimate(a);
            result.directions = a.directions;
            if (!problem_.prior_is_proper() && !a.directions.empty() && result.status != Status::stopped)
                result.status = Status::not_identified;
            const Index least = std::max(least_, settings_.stochastic.minimum_iterations);
            if (result.status == Status::limit)
                result.remarks.push_back(missing_remark(a, c_.names(), settings_.stochastic.tolerance,
                                                        result.iterations, least, start_, z, c_.factor()));
            Vector stated = a.error;
            for (Index k = 0; k < stated.size(); ++k) stated[k] = a.stated(k);
            report.standard_errors = c_.parameters(stated);
            report.drift = c_.parameters(a.drift);
            report.posterior_deviations = c_.parameters(a.sd);
            report.averaged = a.iterations;
            result.likelihood = evaluate(state, z).likelihood;
        }
        if (!problem_.data().spread && stands_at_no_density(problem_, state, state.latent.size())) {
            if (result.status != Status::stopped) result.status = Status::limit;
            result.remarks.emplace_back(no_density_remark);
        }
        report.latent_samples = samples_of(latent_engine(grown_.engine()));
        report.coarse_samples = coarse_runs() * samples_of(coarse_engine(grown_.engine()));
        result.starts.push_back({result.status, result.iterations, std::nullopt, c_.parameters(z), {}});
        describe(result, problem_, settings_, z);
        add_sampling_remarks<Problem>(result.remarks);
        add_few_chains_remark(result.remarks, problem_, result.parameters);
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
    const Index least_ = settings_.stochastic.grow ? 10 : 80;  // iterations before the first test
    Vector start_;
    double growth_ = 1.0;
    Problem grown_ = problem_;  // with more samples
};

}  // namespace predcg::detail
