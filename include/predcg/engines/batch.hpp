#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/core/error.hpp>
#include <predcg/structure/product.hpp>
#include <predcg/structure/statistics.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace predcg {

/// Sums over a batch of targets: sum_k w_k E_k[s_k], sum_k w_k Cov_k[s_k], sum_k w_k log Z_k.
struct MomentSums {
    explicit MomentSums(Index size)
        : mean(Vector::Zero(size)), covariance(Matrix::Zero(size, size)), noise(Vector::Zero(size)) {}

    void add(const Moments& m, double weight) {
        for (Index l = 0; l < mean.size(); ++l) {
            mean[l] += weight * m.mean[l];
            noise[l] += weight * weight * m.standard_error[l] * m.standard_error[l];
            for (Index k = 0; k < mean.size(); ++k) covariance(k, l) += weight * m.covariance(k, l);
        }
        if (log_partition && m.log_partition)
            *log_partition += weight * *m.log_partition;
        else
            log_partition.reset();
    }

    Vector mean;
    Matrix covariance;
    Vector noise;                               ///< squared standard errors of the mean
    std::optional<double> log_partition = 0.0;  ///< absent if the engine does not know it
};

/// The batch form of an engine, over the targets k in `which`: target(k) and statistic(k) are made on demand,
/// states[k] is the engine's state, weights[k] the weight, and the stream of k has index k. An engine with a
/// member expect_sum of the same arguments (lanes, threads) does the whole batch itself.
template <class Engine, class MakeTarget, class MakeStatistic, class States>
MomentSums expect_sum(const Engine& engine, Index size, MakeTarget&& target, MakeStatistic&& statistic,
                      std::span<const Index> which, std::span<const double> weights, States& states,
                      StreamKey key) {
    if constexpr (requires { engine.expect_sum(size, target, statistic, which, weights, states, key); }) {
        return engine.expect_sum(size, target, statistic, which, weights, states, key);
    } else {
        MomentSums sums(size);
        for (const Index datum : which) {
            const auto k = static_cast<std::size_t>(datum);
            key.index = static_cast<std::uint64_t>(datum);
            sums.add(engine.expect(target(datum), statistic(datum), states[k], key), weights[k]);
        }
        return sums;
    }
}

/// Sums over a batch of targets: sum_k w_k E_k[s_k], sum_k w_k log Z_k.
struct MeanSums {
    Vector mean;
    std::optional<double> log_partition = 0.0;  ///< absent if the engine does not know it
};

/// Mean alone, by the engine's expect_mean or, if it has none, by expect.
template <class Engine, class T, class S, class State>
MeanSums expect_mean(const Engine& engine, const T& target, const S& statistic, State& state,
                     const StreamKey& key) {
    if constexpr (requires { engine.expect_mean(target, statistic, state, key); }) {
        return engine.expect_mean(target, statistic, state, key);
    } else {
        Moments moments = engine.expect(target, statistic, state, key);
        return {std::move(moments.mean), moments.log_partition};
    }
}

/// Means alone, of targets Product{target, factor(k)} and statistics Stack{statistic, own(k)} of `size`
/// components; what is common to all k stands apart, so that an engine needs to look at it once. The other
/// arguments as in expect_sum. An engine with a member expect_mean_sum of the same arguments does the
/// batch itself.
template <class Engine, class T, class S, class MakeFactor, class MakeOwn, class States>
MeanSums expect_mean_sum(const Engine& engine, Index size, const T& target, const S& statistic,
                         MakeFactor&& factor, MakeOwn&& own, std::span<const Index> which,
                         std::span<const double> weights, States& states, StreamKey key) {
    if constexpr (requires {
                      engine.expect_mean_sum(size, target, statistic, factor, own, which, weights, states,
                                             key);
                  }) {
        return engine.expect_mean_sum(size, target, statistic, factor, own, which, weights, states, key);
    } else {
        MomentSums sums = expect_sum(
            engine, size, [&](Index k) { return Product(target, factor(k)); },
            [&](Index k) { return Stack(statistic, own(k)); }, which, weights, states, key);
        return {std::move(sums.mean), sums.log_partition};
    }
}

template <class Engine, class T>
concept PartitionOrBound = NormalisingEngine<Engine, T> || BoundingEngine<Engine, T>;

/// log Z, or its lower bound from an engine that knows no more.
template <class Engine, class T>
    requires PartitionOrBound<Engine, T>
double log_partition_or_bound(const Engine& engine, const T& target) {
    if constexpr (NormalisingEngine<Engine, T>)
        return engine.log_partition(target);
    else
        return engine.lower_bound(target);
}

/// log Z_k of targets Product{target, factor(k)}, in the order of `which`, by an engine that knows log Z. An
/// engine with a member log_partitions of the same arguments does the batch itself.
template <class Engine, class T, class MakeFactor>
Vector log_partitions(const Engine& engine, const T& target, MakeFactor&& factor,
                      std::span<const Index> which) {
    if constexpr (requires { engine.log_partitions(target, factor, which); }) {
        return engine.log_partitions(target, factor, which);
    } else {
        Vector values(std::ssize(which));
        for (Index k = 0; k < values.size(); ++k)
            values[k] = engine.log_partition(Product(target, factor(which[static_cast<std::size_t>(k)])));
        return values;
    }
}

/// sum_k w_k log Z_k of the same targets.
template <class Engine, class T, class MakeFactor>
double log_partition_sum(const Engine& engine, const T& target, MakeFactor&& factor,
                         std::span<const Index> which, std::span<const double> weights) {
    const Vector values = log_partitions(engine, target, factor, which);
    double sum = 0.0;
    for (Index k = 0; k < values.size(); ++k)
        sum += weights[static_cast<std::size_t>(which[static_cast<std::size_t>(k)])] * values[k];
    return sum;
}

}  // namespace predcg
