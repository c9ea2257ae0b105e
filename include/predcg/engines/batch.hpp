#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/core/error.hpp>

#include <span>
#include <vector>

namespace predcg {

/// Sums over a batch of targets: sum_k w_k E_k[s_k], sum_k w_k Cov_k[s_k], sum_k w_k log Z_k.
struct MomentSums {
    Vector mean;
    Matrix covariance;
    std::optional<double> log_partition = 0.0;  ///< absent if the engine does not know it
};

/// The batch form of an engine: target(k) and statistic(k) are made on demand for k = 0..weights.size()-1;
/// states holds one engine state for each; the stream of k has index k. An engine with a member expect_sum of
/// the same arguments (lanes, threads) does the whole batch itself.
template <class Engine, class MakeTarget, class MakeStatistic, class States>
MomentSums expect_sum(const Engine& engine, Index size, MakeTarget&& target, MakeStatistic&& statistic,
                      std::span<const double> weights, States& states, StreamKey key) {
    if constexpr (requires { engine.expect_sum(size, target, statistic, weights, states, key); }) {
        return engine.expect_sum(size, target, statistic, weights, states, key);
    } else {
        MomentSums sums{Vector::Zero(size), Matrix::Zero(size, size), 0.0};
        for (std::size_t k = 0; k < weights.size(); ++k) {
            const auto index = static_cast<Index>(k);
            key.index = static_cast<std::uint32_t>(k);
            const Moments m = engine.expect(target(index), statistic(index), states[k], key);
            sums.mean += weights[k] * m.mean;
            sums.covariance += weights[k] * m.covariance;
            if (sums.log_partition && m.log_partition)
                *sums.log_partition += weights[k] * *m.log_partition;
            else
                sums.log_partition.reset();
        }
        return sums;
    }
}

}  // namespace predcg
