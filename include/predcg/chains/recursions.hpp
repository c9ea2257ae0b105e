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

/// Log weights beyond this are rounded by more than 1e-4: differences between configurations drown.
inline constexpr double largest_log_partition = 1e12;

inline double checked_log_partition(double log_z) {
    if (!std::isfinite(log_z))
        throw NumericalError("TransferMatrix: log of the partition sum is " + to_text(log_z) +
                             "; every configuration is forbidden, or weights underflow");
    if (std::abs(log_z) > largest_log_partition)
        throw NumericalError(
            "TransferMatrix: log of the partition sum is " + to_text(log_z) +
            "; beyond 1e12 rounding hides the differences between configurations: lower beta, "
            "fields or couplings");
    return log_z;
}

inline double log_partition(const ChainProblem& problem) {
    statistics::LogSumExp total;
    for (const double log_weight : start_log_weights(problem)) total.add(log_weight);
    return checked_log_partition(total.value());
}

/// Probability of every start: of the ring's first width-1 letters.
inline Vector start_probabilities(const ChainProblem& problem) {
    Vector probability = start_log_weights(problem);
    statistics::LogSumExp total;
    for (const double log_weight : probability) total.add(log_weight);
    const double log_z = checked_log_partition(total.value());
    double sum = 0.0;
    for (double& p : probability) sum += p = std::exp(p - log_z);
    if (std::abs(sum - 1.0) > 1e-12)  // log_z is large, and was rounded
        for (double& p : probability) p /= sum;
    return probability;
}

/// Calls f(pass, weights, log weights of the starts, their number) after the ways forward of a chain: starts
/// in lanes, or one after another where their weights have to be balanced; the two of the smallest ring
/// together, as in batches.
template <class F>
void for_each_pass(const ChainProblem& problem, F&& f) {
    const ChainShape& shape = problem.shape;
    const bool balance = problem.weights.may_need_balance();
    if (shape.is_smallest_ring() && !balance) {
        SmallRingPass pass(shape, 1);
        pass.set_all_ends(scaling_period(shape, problem.weights.spread()));
        const Lanes log_weight = problem.weights.log_shift() + pass.forward({problem.weights});
        f(pass, problem.weights, log_weight, Index{1});
        return;
    }
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
        f(pass, weights, log_weight, lanes);
    }
}

/// Whether a statistic has to be 0 at forbidden windows, where it may be anything.
inline bool needs_mask(const ChainProblem& problem, const StatisticTables& statistics) {
    return !statistics.all_finite() && problem.weights.forbidden();
}

/// Mean and covariance of a statistic, and log Z.
[[gnu::cold]] inline Moments chain_moments(const ChainProblem& problem, const StatisticTables& statistics,
                                           Index size, bool is_masked = false) {
    if (needs_mask(problem, statistics) && !is_masked)
        return chain_moments(problem, statistics.without_forbidden(problem.weights), size, true);
    statistics::MomentAccumulator total(size);
    Vector mean(size);
    Matrix covariance(size, size);
    for_each_pass(problem,
                  [&](auto& pass, const WeightTables& weights, const Lanes& log_weight, Index lanes) {
                      pass.moments({weights}, {statistics, size});
                      for (Index lane = 0; lane < lanes; ++lane) {
                          const Lanes* packed = pass.covariance();
                          for (Index k = 0; k < size; ++k) {
                              mean[k] = pass.mean()[k][lane];
                              for (Index l = 0; l <= k; ++l)
                                  covariance(k, l) = covariance(l, k) = (*packed++)[lane];
                          }
                          total.add(log_weight[lane], mean, covariance);
                      }
                  });
    checked_log_partition(total.log_weight());
    return total.moments();
}

/// Mean of a statistic and log Z, without covariance: from the probabilities of windows.
[[gnu::cold]] inline Moments chain_means(const ChainProblem& problem, const StatisticTables& statistics,
                                         Index size, bool is_masked = false) {
    if (needs_mask(problem, statistics) && !is_masked)
        return chain_means(problem, statistics.without_forbidden(problem.weights), size, true);
    statistics::MomentAccumulator total(size);
    Vector mean(size);
    const Matrix none = Matrix::Zero(size, size);
    Scratch<Lanes> pooled(statistics.count() * problem.shape.codes());
    for_each_pass(problem,
                  [&](auto& pass, const WeightTables& weights, const Lanes& log_weight, Index lanes) {
                      pooled.assign(pooled.size(), Lanes::of(0.0));
                      pass.means({weights}, Lanes::of(1.0), {statistics, size}, pooled.data(), nullptr);
                      for (Index lane = 0; lane < lanes; ++lane) {
                          mean.setZero();
                          for (Index k = 0; k < pooled.size(); ++k)
                              statistics.add(k, pooled[k][lane], mean.data());
                          total.add(log_weight[lane], mean, none);
                      }
                  });
    checked_log_partition(total.log_weight());
    Moments moments = total.moments();
    moments.covariance.resize(0, 0);
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

/// Whether all windows of a ring are alike. Without windows of two sites a chain is a ring, too.
inline bool is_ring(const Window& window, bool translation_invariant) {
    return translation_invariant && (window.boundary == Boundary::periodic || window.width == 1);
}

/// E[x_i] and, for order 2, E[x_i x_j] of numbers x that belong to the windows of a chain, those of different
/// windows independent given X: groups[i] of them to window i. `values` holds for every window k means and
/// k x k second moments given X, k the size of the largest group. On a ring of windows that are alike the
/// pairs of the first group give all others, and are all that is kept; `by_states`: there the means follow
/// from all letters of a window but the last. Of an open chain with one number a window only pairs at most
/// `lags` apart are kept, if lags >= 0.
class SiteMomentRun {
public:
    SiteMomentRun(const ChainProblem& problem, const StatisticTables& values,
                  const std::vector<SiteRange>& groups, bool ring, bool by_states, int order, Index lags = -1)
        : problem_(problem), values_(values), groups_(groups), ring_(ring), by_states_(by_states),
          pairs_(order >= 2), n_(problem.shape.sites) {
        Index sites = 0;
        for (const SiteRange& group : groups) {
            sites += group.count;
            most_ = std::max(most_, group.count);
        }
        mean_ = Vector::Zero(sites);
        if (!ring && !problem.shape.periodic && lags >= 0 && lags + 1 < n_ && most_ == 1) lags_ = lags;
        if (pairs_) second_ = Matrix::Zero(lags_ >= 0 ? lags_ + 1 : ring ? most_ : sites, sites);
    }

    SiteMoments operator()() {
        if (ring_ && problem_.shape.periodic && !pairs_ && by_states_) return means_of_starts();
        for_each_run(problem_, [this](double probability, const Messages& m, const WeightTables& weights) {
            add(probability, m, weights);
        });
        if (ring_)
            average();
        else if (lags_ >= 0 && pairs_)
            return {std::move(mean_), SecondMoments::band(std::move(second_))};
        else if (pairs_)
            for_each_pair([this](Index i, Index j) { second_(j, i) = second_(i, j); });
        return {std::move(mean_), std::move(second_)};
    }

private:
    /// Where all sites are alike, the letters that a ring starts with tell the mean of every one.
    SiteMoments means_of_starts() {
        const Vector probability = start_probabilities(problem_);
        const double* value = values_.at(0);
        for (Index a = 0; a < most_; ++a) {
            double mean = 0.0;
            for (Index s = 0; s < problem_.shape.states; ++s)
                mean += probability[s] * value[s * problem_.shape.letters * size() + a];
            for (Index i = 0; i < n_; ++i) mean_[i * most_ + a] = mean;
        }
        return {std::move(mean_), {}};
    }

    /// Numbers for every window.
    Index size() const { return most_ * (1 + most_); }
    const SiteRange& group(Index i) const { return groups_[static_cast<std::size_t>(i)]; }
    /// Where in second_ the pairs of the first group with that of site j are.
    Index column(Index j) const {
        const Index apart = group(j).first - (ring_ ? group(0).first : 0);
        return apart < 0 ? apart + mean_.size() : apart;
    }
    Index row(Index i) const { return ring_ ? 0 : group(i).first; }
    /// E[x_a x_b] of numbers of windows i <= j.
    double& pair(Index i, Index a, Index j, Index b) {
        return lags_ < 0 ? second_(row(i) + a, column(j) + b) : second_(j - i, i);
    }

    /// Calls f(x, x') for all x, x' of different windows, those of the earlier window first.
    template <class F>
    void for_each_pair(F&& f) const {
        for (Index i = 0; i < n_; ++i)
            for (Index j = i + 1; j < n_; ++j)
                for (Index a = 0; a < group(i).count; ++a)
                    for (Index b = 0; b < group(j).count; ++b) f(group(i).first + a, group(j).first + b);
    }

    /// What rounding makes different on a ring.
    void average() {
        const Index k = most_;
        for (Index a = 0; a < k; ++a) {
            double mean = 0.0;
            for (Index i = 0; i < n_; ++i) mean += mean_[i * k + a] / static_cast<double>(n_);
            for (Index i = 0; i < n_; ++i) mean_[i * k + a] = mean;
        }
        if (!pairs_) return;
        for (Index d = 1; 2 * d <= n_; ++d)
            for (Index a = 0; a < k; ++a)
                for (Index b = 0; b < k; ++b) {
                    double &one = second_(a, d * k + b), &other = second_(b, (n_ - d) * k + a);
                    one = other = 0.5 * (one + other);
                }
    }

    /// The ways of one start.
    void add(double probability, const Messages& m, const WeightTables& weights) {
        const Index states = problem_.shape.states, codes = problem_.shape.codes(),
                    q = problem_.shape.letters;
        const Index k = most_, size = this->size();
        const double factor = probability / m.end;
        // right(i)[a * states + s]: mean of x_a of window i given state s before it, times the weight of all
        // ways on from there. chance: weight of the ways from the beginning of a window on.
        Scratch<double> all_right(k * states * (pairs_ ? n_ : 1)), chance(codes), room(2 * k * states);
        const auto right = [&](Index i) { return all_right.data() + (pairs_ ? i * k * states : 0); };
        for (Index i = 0; i < n_; ++i) {
            const Index count = group(i).count;
            if (count == 0) continue;
            const double *weight = weights.at(i), *value = values_.at(i), *ahead = forward(m, i);
            const double* behind = m.backward.data() + (i + 1) * states;
            const double inverse = 1.0 / m.scale[i];
            for (Index first = 0; first < codes; first += states)
                for (Index next = 0; next < states; ++next)
                    chance[first + next] = weight[first + next] * behind[next] * inverse;
            for (Index a = 0; a < count; ++a) {
                double* const to = right(i) + a * states;
                for (Index s = 0; s < states; ++s) {
                    double sum = 0.0;
                    for (Index code = s * q; code < (s + 1) * q; ++code)
                        sum += chance[code] * value[code * size + a];
                    to[s] = sum;
                }
                mean_[group(i).first + a] += factor * dot(ahead, to, states);
            }
            if (!pairs_ || (ring_ && i > 0)) continue;
            for (Index a = 0; a < count; ++a)
                for (Index b = 0; b < count; ++b) {
                    double sum = 0.0;
                    for (Index s = 0; s < states; ++s)
                        for (Index code = s * q; code < (s + 1) * q; ++code)
                            sum += ahead[s] * chance[code] * value[code * size + k + a * k + b];
                    pair(i, a, i, b) += factor * sum;
                }
        }
        if (!pairs_) return;
        for (Index i = 0; i < (ring_ ? 1 : n_); ++i) {
            const Index count = group(i).count;
            if (count == 0) continue;
            // left[a * states + s]: mean of x_a of window i and state s before window j, scaled as messages.
            double *left = room.data(), *next_left = left + k * states;
            for (Index a = 0; a < count; ++a) {
                const double *weight = weights.at(i), *value = values_.at(i);
                for (Index code = 0; code < codes; ++code)
                    chance[code] = weight[code] * value[code * size + a];
                step(chance.data(), 1.0 / m.scale[i], forward(m, i), left + a * states);
            }
            const Index end = lags_ < 0 ? n_ : std::min(n_, i + lags_ + 1);
            for (Index j = i + 1; j < end; ++j) {
                for (Index b = 0; b < group(j).count; ++b)
                    for (Index a = 0; a < count; ++a)
                        pair(i, a, j, b) += factor * dot(left + a * states, right(j) + b * states, states);
                for (Index a = 0; a < count; ++a)
                    step(weights.at(j), 1.0 / m.scale[j], left + a * states, next_left + a * states);
                std::swap(left, next_left);
            }
        }
    }

    const double* forward(const Messages& m, Index i) const {
        return m.forward.data() + i * problem_.shape.states;
    }

    /// Carries a message past a window.
    void step(const double* weight, double inverse_scale, const double* from, double* to) const {
        const Index states = problem_.shape.states, q = problem_.shape.letters;
        const Index stride = states / q, lasts = std::min(q, states);  // one state: no letters are kept
        for (Index next = 0; next < states; from += 1)
            for (Index last = 0; last < lasts; ++last, ++next) {
                double sum = 0.0;
                for (Index first = 0; first < q; ++first)
                    sum += weight[first * states + next] * from[first * stride];
                to[next] = sum * inverse_scale;
            }
    }

    static double dot(const double* x, const double* y, Index size) {
        double sum = 0.0;
        for (Index s = 0; s < size; ++s) sum += x[s] * y[s];
        return sum;
    }

    const ChainProblem& problem_;
    const StatisticTables& values_;
    const std::vector<SiteRange>& groups_;
    bool ring_, by_states_, pairs_;
    Index n_, most_ = 0;
    Index lags_ = -1;  // -1: all
    Vector mean_;
    Matrix second_;
};

}  // namespace predcg::detail
