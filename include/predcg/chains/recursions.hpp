#pragma once
// The recursions of a transfer matrix. They know tables, not targets, so that they are compiled once.
#include <predcg/chains/backward.hpp>
#include <predcg/chains/pass.hpp>
#include <predcg/chains/small_ring.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/statistics/log_sum_exp.hpp>
#include <predcg/statistics/moment_accumulator.hpp>

#include <optional>
#include <vector>

namespace predcg::detail {

inline double checked_log_partition(double log_z) {
    if (!std::isfinite(log_z))
        throw NumericalError("TransferMatrix: log of the partition sum is " + to_text(log_z) +
                             "; every configuration is forbidden, or weights underflow");
    return log_z;
}

inline double log_partition(const ChainProblem& problem) {
    LogSumExp total;
    for (const double log_weight : start_log_weights(problem)) total.add(log_weight);
    return checked_log_partition(total.value());
}

/// Probability of every start: of the ring's first width-1 letters.
inline Vector start_probabilities(const ChainProblem& problem) {
    Vector probability = start_log_weights(problem);
    LogSumExp total;
    for (const double log_weight : probability) total.add(log_weight);
    const double log_z = checked_log_partition(total.value());
    for (double& p : probability) p = std::exp(p - log_z);
    return probability;
}

/// Adds what a lane of a pass found.
template <class Pass>
void add_lane(MomentAccumulator& total, double log_weight, const Pass& pass, Index lane, Vector& mean,
              Matrix& covariance) {
    const Lanes* packed = pass.covariance();
    for (Index k = 0; k < mean.size(); ++k) {
        mean[k] = pass.mean()[k][lane];
        for (Index l = 0; l <= k; ++l) covariance(k, l) = covariance(l, k) = (*packed++)[lane];
    }
    total.add(log_weight, mean, covariance);
}

/// Mean and covariance of a statistic: starts in lanes, or one after another where their weights have to be
/// balanced; the two of the smallest ring together, as in batches.
[[gnu::cold]] inline Moments chain_moments(const ChainProblem& problem, const StatisticTables& statistics,
                                           Index size, bool is_masked = false) {
    const ChainShape& shape = problem.shape;
    const bool balance = problem.weights.may_need_balance();
    if (!statistics.all_finite() && problem.weights.forbidden() && !is_masked)
        return chain_moments(problem, statistics.without_forbidden(problem.weights), size, true);
    MomentAccumulator total(size);
    Vector mean(size);
    Matrix covariance(size, size);
    if (shape.is_smallest_ring() && !balance) {
        SmallRingPass pass(shape, 1);
        pass.set_all_ends(scaling_period(shape, problem.weights.spread()));
        const Lanes log_weight = problem.weights.log_shift() + pass.forward({problem.weights});
        pass.moments({problem.weights}, {statistics, size});
        add_lane(total, log_weight[0], pass, 0, mean, covariance);
    } else {
        const Index at_once = balance ? 1 : lane_count;
        ChainPass pass(shape, 1);
        std::optional<WeightTables> storage;
        Vector message(shape.states);
        for (Index first = 0; first < shape.starts(); first += at_once) {
            const Index lanes = std::min(at_once, shape.starts() - first);
            const WeightTables& weights = problem.weights.balanced(first, storage);
            weights.initial_message(first, message.data());
            pass.set_ends(
                [&](Index s) {  // the first start's messages; of a ring with more, a state each
                    Lanes v = Lanes::of(0.0);
                    v[0] = message[s];
                    if (shape.periodic && s > first && s < first + lanes) v[s - first] = 1.0;
                    return v;
                },
                [&](Index s) {
                    Lanes v = Lanes::of(0.0);
                    for (Index lane = 0; lane < lanes; ++lane)
                        if (s == final_state(shape, first + lane)) v[lane] = 1.0;
                    return v;
                },
                balance ? 1 : scaling_period(shape, weights.spread()));
            const Lanes log_weight = weights.log_shift() + pass.forward({weights});
            pass.moments({weights}, {statistics, size});
            for (Index lane = 0; lane < lanes; ++lane)
                add_lane(total, log_weight[lane], pass, lane, mean, covariance);
        }
    }
    checked_log_partition(total.log_weight());
    return total.moments();
}

/// Mean of a statistic and log Z, where the ring is small and its weights need no balancing; else nothing.
[[gnu::cold]] inline std::optional<Moments> chain_means(const ChainProblem& problem,
                                                        const StatisticTables& statistics, Index size) {
    const ChainShape& shape = problem.shape;
    if (!shape.is_smallest_ring() || problem.weights.may_need_balance() || !statistics.all_finite())
        return {};
    SmallRingPass pass(shape, 1);
    pass.set_all_ends(scaling_period(shape, problem.weights.spread()));
    const double log_weight = problem.weights.log_shift() + pass.forward({problem.weights})[0];
    Scratch<Lanes> pooled(statistics.count() * shape.codes(), Lanes::of(0.0));
    pass.means({problem.weights}, Lanes::of(1.0), {statistics, size}, pooled.data(), nullptr);
    Moments moments{Vector::Zero(size), {}, Vector::Zero(size), checked_log_partition(log_weight)};
    for (Index k = 0; k < pooled.size(); ++k) statistics.add(k, pooled[k][0], moments.mean.data());
    return moments;
}

/// Calls f(probability of the start, its messages, its weights) for every start that has weight.
template <class F>
void for_each_run(const ChainProblem& problem, F&& f) {
    const Vector probability = start_probabilities(problem);
    std::optional<WeightTables> storage;
    for (Index a = 0; a < probability.size(); ++a) {
        if (probability[a] == 0.0) continue;
        const WeightTables& weights = problem.weights.balanced(a, storage);
        f(probability[a], run_messages(problem.shape, weights, a), weights);
    }
}

inline std::vector<Vector> window_marginals(const ChainProblem& problem) {
    const ChainShape& shape = problem.shape;
    std::vector<Vector> marginals;
    std::vector<Index> cuts;
    for (Index i = 0; i < shape.sites; ++i) {
        cuts.push_back(shape.code_step(i));
        marginals.push_back(Vector::Zero(shape.codes() / cuts.back()));
    }
    for_each_run(problem, [&](double probability, const Messages& m, const WeightTables& weights) {
        for (Index i = 0; i < shape.sites; ++i) {
            Vector& marginal = marginals[static_cast<std::size_t>(i)];
            const double* weight = weights.at(i);
            const double factor = probability / (m.scale[i] * m.end);
            const Index cut = cuts[static_cast<std::size_t>(i)];
            for_each_window(shape, [&](Index code, Index s, Index next) {
                if (weight[code] > 0.0)
                    marginal[code / cut] += factor * m.forward(s, i) * weight[code] * m.backward(next, i + 1);
            });
        }
    });
    return marginals;
}

/// E[X_i] and, for order 2, E[X_i X_j]; `value` holds the number that a window's first letter stands for.
/// On a translation-invariant ring the pairs of site 0 give all others, and are all that is kept; of an open
/// chain those of sites at most `lags` apart, if lags >= 0.
class SiteMomentRun {
public:
    SiteMomentRun(const ChainProblem& problem, const Vector& value, bool ring, int order, Index lags = -1)
        : problem_(problem), value_(value), ring_(ring), n_(problem.shape.sites), mean_(Vector::Zero(n_)),
          lags_(ring || problem.shape.periodic || lags < 0 || lags + 1 >= n_ ? -1 : lags),
          second_(order < 2 ? Matrix()
                            : Matrix::Zero(lags_ >= 0 ? lags_ + 1
                                           : ring     ? 1
                                                      : n_,
                                           n_)) {}

    SiteMoments operator()() {
        if (ring_ && problem_.shape.periodic && second_.size() == 0) return means_of_starts();
        for_each_run(problem_, [this](double probability, const Messages& m, const WeightTables& weights) {
            weights_ = &weights;
            add(probability, m);
        });
        if (ring_) {
            double mean = 0.0;
            for (const double x : mean_) mean += x / static_cast<double>(n_);
            for (double& x : mean_) x = mean;
            for (Index j = 1; 2 * j <= n_ && second_.size() > 0; ++j)
                second_(0, j) = second_(0, n_ - j) = 0.5 * (second_(0, j) + second_(0, n_ - j));
        } else if (lags_ >= 0 && second_.size() > 0) {
            return {std::move(mean_), SecondMoments::band(std::move(second_))};
        } else {
            for (Index i = 0; i < second_.rows(); ++i)
                for (Index j = i; j < n_; ++j) second_(j, i) = second_(i, j);
        }
        return {std::move(mean_), std::move(second_)};
    }

private:
    /// Where all sites are alike, the letters that a ring starts with tell the mean of every one.
    SiteMoments means_of_starts() {
        const Index states = problem_.shape.states;
        const Vector probability = start_probabilities(problem_);
        double mean = 0.0;
        for (Index s = 0; s < states; ++s) mean += probability[s] * value_[s * problem_.shape.letters];
        for (double& x : mean_) x = mean;
        return {std::move(mean_), std::move(second_)};
    }

    void add(double probability, const Messages& m) {
        const Index states = problem_.shape.states;
        const auto message = [&](Index i) { return m.forward.data() + i * states; };
        for (Index i = 0; i < n_; ++i) mean_[i] += probability * contract(m, i, message(i), 1);
        if (second_.size() == 0) return;
        std::vector<double> left, next_left(static_cast<std::size_t>(states));
        for (Index i = 0; i < (ring_ ? 1 : n_); ++i) {
            pair(i, i) += probability * contract(m, i, message(i), 2);
            left.assign(message(i), message(i) + states);
            const Index last = lags_ < 0 ? n_ - 1 : std::min(n_ - 1, i + lags_);
            for (Index j = i; j < last; ++j) {  // carry the message weighted by X_i past site j
                std::fill(next_left.begin(), next_left.end(), 0.0);
                const double* weight = weights_->at(j);
                for_each_window(problem_.shape, [&](Index code, Index s, Index next) {
                    next_left[static_cast<std::size_t>(next)] += left[static_cast<std::size_t>(s)] *
                                                                 weight[code] *
                                                                 (j == i ? value_[code] : 1.0) / m.scale[j];
                });
                left.swap(next_left);
                pair(i, j + 1) += probability * contract(m, j + 1, left.data(), 1);
            }
        }
    }

    /// Of sites i <= j.
    double& pair(Index i, Index j) { return lags_ < 0 ? second_(i, j) : second_(j - i, i); }

    /// Sum over the windows of site j of left(s) w(code) backward(next) value^power.
    double contract(const Messages& m, Index j, const double* left, int power) const {
        const double* weight = weights_->at(j);
        const double* right = m.backward.data() + (j + 1) * problem_.shape.states;
        double sum = 0.0;
        for_each_window(problem_.shape, [&](Index code, Index s, Index next) {
            const double v = value_[code];
            sum += left[s] * weight[code] * right[next] * (power == 1 ? v : v * v);
        });
        return sum / (m.scale[j] * m.end);
    }

    const ChainProblem& problem_;
    const WeightTables* weights_ = nullptr;  // of the present start
    const Vector& value_;
    bool ring_;
    Index n_;
    Vector mean_;
    Index lags_;  // -1: all
    Matrix second_;
};

}  // namespace predcg::detail
