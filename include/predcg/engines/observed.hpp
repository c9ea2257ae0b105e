#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/engines/batch.hpp>
#include <predcg/engines/roles.hpp>

#include <type_traits>
#include <utility>

namespace predcg {

/// The engine for q(X|x) where x says what X is (ObservedFactor): E[s(X)] = s(X), covariance 0, log Z = log
/// common(X) + log factor(X). It takes the place of whatever engine a learner has for q(X|x).
struct ObservedEngine {
    /// It takes batches only, and keeps nothing.
    using BatchState = NoState;
    static constexpr bool normalises_batches = true;  ///< log Z is known.

    /// Data of a chunk (engines/batch.hpp).
    template <class B>
    static Index chunk(const B& batch) {
        return chunk_of(30.0 * static_cast<double>(batch.common().space().size()));
    }

    /// The sums of (s, t_k) at the X_k, and of log Z_k.
    template <class B, class States>
        requires ObservedFactor<typename B::Factor>
    [[gnu::cold]] BatchMoments expect_batch(const B& batch, Want want, States&, const StreamKey&) const {
        BatchMoments sums = BatchMoments::zero(batch.common_size() + batch.own_size(), want);
        if (want == Want::log_partitions) sums.log_partitions.resize(std::ssize(batch.which()));
        Index at = 0;
        for (const Index k : batch.which()) {
            const auto factor = batch.factor(k);
            const auto& X = factor.observed();
            const double weight = batch.weight(k);
            const double log_z = batch.common().log_density(X) + factor.log_density(X);
            *sums.log_partition += weight * log_z;
            if (want == Want::log_partitions) {
                sums.log_partitions[at++] = log_z;
                continue;
            }
            const auto add = [&](const auto& value, Index first) {
                for (Index j = 0; j < value.size(); ++j) sums.mean[first + j] += weight * value[j];
            };
            add(batch.statistic()(X), 0);
            const auto own = batch.own(k);
            if constexpr (CellStatistic<typename B::Own>)
                own.for_each_cell(X, [&](Index cell) { sums.mean[batch.common_size() + cell] += weight; });
            else
                add(own(X), batch.common_size());
        }
        return sums;
    }

    /// X itself.
    template <class T>
    class Sampler {
    public:
        explicit Sampler(const T& target) : X_(target.factor().observed()) {}
        template <class R>
        const auto& draw(R&) const {
            return X_;
        }

    private:
        configuration_t<space_t<T>> X_;
    };
    template <class T>
    Sampler<T> sampler(const T& target) const {
        return Sampler<T>(target);
    }
};

namespace detail {
/// The engine that takes expectations under q(X|x) with this factor: ObservedEngine where x says what X is,
/// else that of latent_engine(engine).
template <class F, class E>
decltype(auto) latent_engine_for(const E& engine) {
    if constexpr (ObservedFactor<F>)
        return ObservedEngine{};
    else
        return latent_engine(engine);
}
/// Its type.
template <class E, class F>
using latent_engine_for_t = std::remove_cvref_t<decltype(latent_engine_for<F>(std::declval<const E&>()))>;
}  // namespace detail

}  // namespace predcg
