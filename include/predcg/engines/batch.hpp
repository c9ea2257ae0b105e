#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/core/error.hpp>

#include <cstddef>
#include <span>
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
            key.index = static_cast<std::uint32_t>(datum);
            sums.add(engine.expect(target(datum), statistic(datum), states[k], key), weights[k]);
        }
        return sums;
    }
}

}  // namespace predcg
