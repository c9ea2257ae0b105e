#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/core/random.hpp>
#include <predcg/engines/chain_moments.hpp>

#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace predcg {

/// Exact engine for chains: any finite alphabet (q letters), any additive window statistic,
/// site-dependent window weights, periodic and open.
///
/// With windows of W letters there are S = q^(W-1) states. Cost of one call: n S q operations on an open
/// chain and S times that on a ring, times 1 + d(d+3)/2 for mean and covariance of d statistics. A call
/// whose estimate exceeds `cost_limit` operations, or whose tables exceed `memory_limit` bytes, is
/// refused by CostError before any work.
/// Baxter, "Exactly Solved Models in Statistical Mechanics" (1982), ch. 2; Rabiner, Proc. IEEE 77 (1989).
struct TransferMatrix {
    double cost_limit = 1e10;   ///< elementary operations (about a nanosecond each)
    double memory_limit = 2e9;  ///< bytes of tables

    template <class T>
    using state = NoState;

    /// log of the sum over all configurations of the target's density.
    template <ChainTarget T>
    double log_partition(const T& target) const {
        const auto problem = prepare(target, target.window(), 1.0, 0.0, "TransferMatrix::log_partition");
        const auto& shape = problem.shape;
        LogSumExp total;
        for (Index a = 0; a < shape.starts(); ++a) total.add(run_forward(shape, problem.weights, a));
        return checked(total.value());
    }

    /// Mean and covariance of a statistic, and log_partition.
    template <ChainTarget T, ChainStatistic<letter_t<target_space_t<T>>> S>
    Moments expect(const T& target, const S& statistic, NoState&, Philox4x32&) const {
        return expect(target, statistic);
    }

    template <ChainTarget T, ChainStatistic<letter_t<target_space_t<T>>> S>
    Moments expect(const T& target, const S& statistic) const {
        const Index d = statistic.size();
        const double pairs = static_cast<double>(d * (d + 3) / 2);
        const auto problem = prepare(target, common_window(target.window(), statistic.window()), 2.0 + pairs,
                                     static_cast<double>(d), "TransferMatrix::expect");
        const auto& shape = problem.shape;
        const detail::StatisticTables statistics(shape, target.space(), statistic);
        MomentAccumulator total(d);
        detail::ChainMomentRun run(shape, d);
        for (Index a = 0; a < shape.starts(); ++a) run.run(problem.weights, statistics, a, total);
        checked(total.log_weight());
        return total.moments();
    }

    /// P(w_i = w) for every site i: vector over window codes (base-q number of the letters' places in
    /// values(), first letter most significant); windows cut by an open end are shorter.
    template <ChainTarget T>
    std::vector<Vector> window_marginals(const T& target) const {
        const auto problem = prepare(target, target.window(), 4.0, 1.0, "TransferMatrix::window_marginals");
        const auto& shape = problem.shape;
        const auto& weights = problem.weights;
        std::vector<Vector> result;
        std::vector<Index> step;
        for (Index i = 0; i < shape.sites; ++i) {
            Index cut = 1;
            for (Index k = shape.window_length(i); k < shape.width; ++k) cut *= shape.letters;
            step.push_back(cut);
            result.push_back(Vector::Zero(shape.codes() / cut));
        }
        for_each_run(problem, [&](double probability, const detail::Messages& m) {
            for (Index i = 0; i < shape.sites; ++i) {
                Vector& marginal = result[static_cast<std::size_t>(i)];
                const double* weight = weights.at(i);
                const double factor = probability / (m.scale[i] * m.end);
                const Index cut = step[static_cast<std::size_t>(i)];
                for_each_window(shape, [&](Index code, Index s, Index next) {
                    if (weight[code] > 0.0)
                        marginal[code / cut] +=
                            factor * m.forward(s, i) * weight[code] * m.backward(next, i + 1);
                });
            }
        });
        return result;
    }

    /// P(X_i = a, X_j = b), q x q, letters in the order of values().
    template <ChainTarget T>
    Matrix two_point(const T& target, Index i, Index j) const {
        const Index n = target.space().size();
        for (Index site : {i, j}) require_range(site, 0, n - 1, "TransferMatrix::two_point", "site");
        using Space = target_space_t<T>;
        const SiteIndicators<Space> indicators{target.space(), i, j};
        const Moments m = expect(target, indicators);
        const Index q = indicators.size() / 2;
        return (m.covariance + m.mean * m.mean.transpose()).topRightCorner(q, q);
    }

    /// E[X_i] and, for order 2, E[X_i X_j] at all lags, for letters that convert to double.
    template <ChainTarget T>
        requires std::convertible_to < letter_t<target_space_t<T>>,
    double > SiteMoments site_moments(const T& target, int order) const {
        const Index n = target.space().size();
        const bool ring =
            is_translation_invariant(target) &&
            (Window(target.window()).boundary == Boundary::periodic || Window(target.window()).width == 1);
        const double origins = order < 2 ? 0.0 : ring ? 1.0 : static_cast<double>(n);
        const auto problem =
            prepare(target, target.window(), 4.0 + origins, 0.0, "TransferMatrix::site_moments");
        const auto& shape = problem.shape;
        const auto& weights = problem.weights;
        // Value of a window's first letter.
        Vector value(shape.codes());
        const auto& letters = target.space().values();
        for (Index code = 0; code < shape.codes(); ++code)
            value[code] = static_cast<double>(
                *(std::ranges::begin(letters) + static_cast<std::ptrdiff_t>(code / shape.states)));

        SiteMoments total{Vector::Zero(n), order < 2 ? Matrix() : Matrix::Zero(n, n)};
        for_each_run(problem, [&](double probability, const detail::Messages& m) {
            // sum over windows at site j of left(s) w(code) backward(next) f(code)
            const auto contract = [&](Index j, const double* left, auto&& f) {
                const double* weight = weights.at(j);
                const double* right = m.backward.col(j + 1).data();
                double sum = 0.0;
                for_each_window(shape, [&](Index code, Index s, Index next) {
                    sum += left[s] * weight[code] * right[next] * f(code);
                });
                return sum / (m.scale[j] * m.end);
            };
            const auto first = [&](Index code) { return value[code]; };
            const auto squared = [&](Index code) { return value[code] * value[code]; };
            for (Index i = 0; i < n; ++i)
                total.mean[i] += probability * contract(i, m.forward.col(i).data(), first);
            if (order < 2) return;
            Vector left(shape.states), next_left(shape.states);
            for (Index i = 0; i < (ring ? 1 : n); ++i) {
                total.second(i, i) += probability * contract(i, m.forward.col(i).data(), squared);
                left = m.forward.col(i);
                for (Index j = i; j + 1 < n; ++j) {  // carry the message weighted by X_i past site j
                    next_left.setZero();
                    const double* weight = weights.at(j);
                    for_each_window(shape, [&](Index code, Index s, Index next) {
                        next_left[next] += left[s] * weight[code] * (j == i ? value[code] : 1.0);
                    });
                    left = next_left / m.scale[j];
                    total.second(i, j + 1) += probability * contract(j + 1, left.data(), first);
                }
            }
        });
        if (ring) total.mean.setConstant(total.mean.mean());
        for (Index i = 0; i < total.second.rows(); ++i)
            for (Index j = i; j < n; ++j) {
                if (ring && i > 0) total.second(i, j) = total.second(0, j - i);
                total.second(j, i) = total.second(i, j);
            }
        return total;
    }

    /// Independent exact draws: forward filtering, backward sampling. Making it costs one log_partition.
    template <ChainTarget T>
    class ConfigurationSampler {
    public:
        ConfigurationSampler(const TransferMatrix& engine, const T& target)
            : problem_(engine.prepare(target, target.window(), 2.0, 0.0, "TransferMatrix::sampler")),
              space_(target.space()), blank_(blank_configuration(space_)),
              start_(engine.start_probabilities(problem_)) {}

        template <RandomBits R>
        configuration_t<target_space_t<T>> draw(R& rng) {
            const auto& shape = problem_.shape;
            const auto& weights = problem_.weights;
            const Index start = pick(rng, start_.size(), [&](Index a) { return start_[a]; });
            auto& backward = backward_[start];  // messages of a start are made when first drawn
            if (backward.size() == 0) backward = run_messages(shape, weights, start).backward;
            Index state =
                shape.periodic ? start : pick(rng, shape.states, [&](Index s) { return backward(s, 0); });
            auto X = blank_;
            const auto& letters = space_.values();
            for (Index i = 0; i < shape.sites; ++i) {
                const double* weight = weights.at(i);
                const Index last = pick(rng, shape.letters, [&](Index a) {
                    const Index code = state * shape.letters + a;
                    return weight[code] * backward(code % shape.states, i + 1);
                });
                const Index code = state * shape.letters + last;
                X[static_cast<std::size_t>(i)] =
                    *(std::ranges::begin(letters) + static_cast<std::ptrdiff_t>(code / shape.states));
                state = code % shape.states;
            }
            return X;
        }

    private:
        /// Index with probability proportional to weight(k).
        template <RandomBits R, class Weight>
        static Index pick(R& rng, Index count, Weight&& weight) {
            double sum = 0.0;
            for (Index k = 0; k < count; ++k) sum += weight(k);
            double u = uniform(rng) * sum;
            Index last = 0;
            for (Index k = 0; k < count; ++k) {
                const double w = weight(k);
                if (w <= 0.0) continue;
                last = k;
                if (u < w) return k;
                u -= w;
            }
            return last;
        }

        detail::ChainProblem problem_;
        target_space_t<T> space_;
        configuration_t<target_space_t<T>> blank_;
        Vector start_;
        std::map<Index, Matrix> backward_;
    };

    template <ChainTarget T>
    ConfigurationSampler<T> sampler(const T& target) const {
        return {*this, target};
    }

private:
    template <class Space>
    struct SiteIndicators {
        Space space;
        Index i, j;

        Index size() const { return 2 * static_cast<Index>(std::ranges::size(space.values())); }
        Window window() const { return {}; }
        template <class Letter>
        Vector local(Index site, std::span<const Letter> w) const {
            Vector indicator = Vector::Zero(size());
            Index k = 0;
            for (const auto& letter : space.values()) {
                if (w[0] == letter && site == i) indicator[k] = 1.0;
                if (w[0] == letter && site == j) indicator[size() / 2 + k] = 1.0;
                ++k;
            }
            return indicator;
        }
    };

    /// Shape and weights, after the cost was found to be within the limits: `work` operations for every
    /// window and start, `numbers` more doubles for every window.
    template <ChainTarget T>
    detail::ChainProblem prepare(const T& target, Window window, double work, double numbers,
                                 const char* function) const {
        const auto shape = detail::chain_shape(target.space(), window, function);
        const double windows = static_cast<double>(shape.codes());
        const double cost =
            windows * static_cast<double>(shape.sites) * static_cast<double>(shape.starts()) * work;
        if (!(cost <= cost_limit))
            throw CostError(function, cost, cost_limit, "operations",
                            "shorten the interactions, open the ring, or raise TransferMatrix::cost_limit");
        const double bytes = 8.0 * windows * static_cast<double>(shape.sites) * (2.0 + numbers);
        if (!(bytes <= memory_limit))
            throw CostError(function, bytes, memory_limit, "bytes",
                            "shorten the interactions or raise TransferMatrix::memory_limit");
        return {shape, detail::WeightTables(shape, target, function)};
    }

    /// Calls f(probability of the start, its messages) for every start that has weight.
    template <class F>
    void for_each_run(const detail::ChainProblem& problem, F&& f) const {
        const Vector probability = start_probabilities(problem);
        for (Index a = 0; a < problem.shape.starts(); ++a)
            if (probability[a] > 0.0) f(probability[a], run_messages(problem.shape, problem.weights, a));
    }

    Vector start_probabilities(const detail::ChainProblem& problem) const {
        Vector log_weight(problem.shape.starts());
        LogSumExp total;
        for (Index a = 0; a < problem.shape.starts(); ++a)
            total.add(log_weight[a] = run_forward(problem.shape, problem.weights, a));
        return (log_weight.array() - checked(total.value())).exp();
    }

    static double checked(double log_z) {
        if (!std::isfinite(log_z))
            throw NumericalError("TransferMatrix: log of the partition sum is " + to_text(log_z) +
                                 "; every configuration is forbidden, or weights underflow");
        return log_z;
    }
};

}  // namespace predcg
