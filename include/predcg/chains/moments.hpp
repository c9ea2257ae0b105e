#pragma once
// Mean and covariance of an additive statistic by one forward pass.
#include <predcg/chains/tables.hpp>
#include <predcg/statistics/moment_accumulator.hpp>

#include <vector>

namespace predcg::detail {

/// Carries, for every state, the mean and covariance of the partial sum of the statistic over the paths
/// that end there (the second-order expectation semiring of Li and Eisner, EMNLP 2009, kept centred:
/// mixtures of groups are formed from differences, so that nothing cancels).
class ChainMomentRun {
public:
    ChainMomentRun(const ChainShape& shape, Index dimension)
        : shape_(shape), d_(dimension), pairs_(dimension * (dimension + 1) / 2),
          from_(shape.states, d_, pairs_), to_(shape.states, d_, pairs_), value_(dimension) {}

    /// Adds all paths from a start, as one group, to `total`.
    void run(const WeightTables& plain, const StatisticTables& statistics, Index start,
             MomentAccumulator& total) {
        std::optional<WeightTables> storage;
        const WeightTables& weights = plain.balanced(start, storage);
        weights.initial_message(start, from_.weight.data());
        from_.mean.setZero();
        from_.covariance.setZero();
        double log_weight = weights.log_shift();
        for (Index i = 0; i < shape_.sites; ++i) {
            const double scale = step(weights.at(i), statistics.at(i));
            if (scale == 0.0) return;
            log_weight += std::log(scale);
            std::swap(from_, to_);
        }
        const Index end = final_state(shape_, start);
        if (from_.weight[end] == 0.0) return;
        Matrix covariance(d_, d_);
        const double* packed = linalg::column(from_.covariance, end);
        for (Index k = 0; k < d_; ++k)
            for (Index l = 0; l <= k; ++l) covariance(k, l) = covariance(l, k) = *packed++;
        total.add(log_weight + std::log(from_.weight[end]), linalg::column_of(from_.mean, end), covariance);
    }

private:
    struct Groups {
        Groups(Index states, Index d, Index pairs)
            : weight(states), mean(d, states), covariance(pairs, states) {}
        Vector weight;
        Matrix mean, covariance;  // covariance: packed lower triangles
    };

    double step(const double* weight, const double* statistic) {
        const double scale = forward_step(shape_, weight, from_.weight.data(), to_.weight.data());
        if (scale == 0.0) return 0.0;
        to_.mean.setZero();
        to_.covariance.setZero();
        // Shares of the predecessors: weight of the way through `code` over the weight of the state.
        const auto share = [&](Index code, Index s, Index next) {
            const double way = from_.weight[s] * weight[code];
            return way > 0.0 ? way / (scale * to_.weight[next]) : 0.0;
        };
        for_each_window(shape_, [&](Index code, Index s, Index next) {
            const double p = share(code, s, next);
            if (p == 0.0) return;
            const double* f = statistic + code * d_;
            const double* mean = linalg::column(from_.mean, s);
            double* result = linalg::column(to_.mean, next);
            for (Index k = 0; k < d_; ++k) result[k] += p * (mean[k] + f[k]);
        });
        for_each_window(shape_, [&](Index code, Index s, Index next) {
            const double p = share(code, s, next);
            if (p == 0.0) return;
            const double* f = statistic + code * d_;
            const double* mean = linalg::column(from_.mean, s);
            const double* centre = linalg::column(to_.mean, next);
            for (Index k = 0; k < d_; ++k) value_[k] = mean[k] + f[k] - centre[k];
            const double* covariance = linalg::column(from_.covariance, s);
            double* result = linalg::column(to_.covariance, next);
            for (Index k = 0; k < d_; ++k)
                for (Index l = 0; l <= k; ++l, ++result, ++covariance)
                    *result += p * (*covariance + value_[k] * value_[l]);
        });
        return scale;
    }

    ChainShape shape_;
    Index d_, pairs_;
    Groups from_, to_;
    Vector value_;
};

}  // namespace predcg::detail
