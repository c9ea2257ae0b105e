#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/core/parallel.hpp>
#include <predcg/engines/batch.hpp>
#include <predcg/kernels/kernel_run.hpp>
#include <predcg/statistics/autocorrelation.hpp>
#include <predcg/statistics/moment_accumulator.hpp>

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace predcg {

struct MonteCarloSettings {
    Index samples = 50;   ///< for each target and call, over all its chains
    Index chains = 1;     ///< for each target; they persist from call to call
    Index warm_up = 100;  ///< moves of a new chain before its first sample; kernels tune themselves here
    Index refresh = 5;    ///< moves of an old chain before the first sample under a changed target
    Index thinning = 1;   ///< moves from sample to sample
    Index threads = 1;    ///< for batches; results do not depend on it
    bool standard_errors = true;  ///< from autocorrelation times; else NaN, and cheaper
};

/// The library's own streams: a generator from the identity of a stream. A user's generator takes part
/// through a type like this, e.g. one that returns std::mt19937_64 seeded from the key.
struct PhiloxStreams {
    Philox4x32 operator()(const StreamKey& key) const { return make_stream(key); }
};

/// Engine that averages over samples of a kernel. Chains are persistent: they live in State<T>, start
/// anywhere in the space, and go on where the last call left them. Standard errors take autocorrelation into
/// account: sd sqrt(tau / samples) with the integrated autocorrelation time tau over the call's samples. Cost
/// of a call: (samples thinning + chains refresh) moves and samples evaluations of the statistic.
template <class Kernel, class Streams = PhiloxStreams>
class MonteCarlo {
public:
    /// Chains of one target. Copies are independent from then on.
    template <class T>
    struct State {
        struct Chain {
            configuration_t<space_t<T>> X;
            detail::kernel_state_t<Kernel> kernel{};
        };
        std::vector<Chain> chains{};
    };

    /// Throws ArgumentError for samples < 2, chains < 1 or > samples, negative moves, thinning < 1.
    explicit MonteCarlo(Kernel kernel = {}, MonteCarloSettings settings = {}, Streams streams = {})
        : kernel_(std::move(kernel)), settings_(settings), streams_(std::move(streams)) {
        constexpr Index many = std::numeric_limits<Index>::max();
        require_range(settings.samples, 2, many, "MonteCarlo", "samples");
        require_range(settings.chains, 1, settings.samples, "MonteCarlo", "chains", "the samples");
        require_range(settings.warm_up, 0, many, "MonteCarlo", "warm_up");
        require_range(settings.refresh, 0, many, "MonteCarlo", "refresh");
        require_range(settings.thinning, 1, many, "MonteCarlo", "thinning");
        require_range(settings.threads, 1, many, "MonteCarlo", "threads");
    }

    const Kernel& kernel() const { return kernel_; }
    const MonteCarloSettings& settings() const { return settings_; }

    /// The same engine with another number of samples.
    MonteCarlo with_samples(Index samples) const {
        MonteCarloSettings other = settings_;
        other.samples = std::max(samples, std::max<Index>(2, settings_.chains));
        return MonteCarlo(kernel_, other, streams_);
    }

    template <Target T, Statistic<configuration_t<space_t<T>>> S>
        requires Sampler<Kernel, T>
    Moments expect(const T& target, const S& statistic, State<T>& chains, const StreamKey& key) const {
        auto rng = streams_(key);
        detail::KernelRun<Kernel, T> run(kernel_, target);
        if (chains.chains.empty()) {
            for (Index c = 0; c < settings_.chains; ++c) {
                chains.chains.push_back({target.space().random(rng), {}});
                auto& chain = chains.chains.back();
                for (Index k = 0; k < settings_.warm_up; ++k) run.warm_up(chain.X, chain.kernel, rng);
            }
        } else {
            for (auto& chain : chains.chains)
                for (Index k = 0; k < settings_.refresh; ++k) run.warm_up(chain.X, chain.kernel, rng);
        }
        // Draws of component k are column block k: rows samples of a chain, columns chains.
        const auto count = static_cast<Index>(chains.chains.size());
        const Index rows = (settings_.samples + count - 1) / count;
        const Index d = statistic.size();
        std::vector<Matrix> draws;
        if (settings_.standard_errors) draws.assign(static_cast<std::size_t>(d), Matrix(rows, count));
        MomentAccumulator sum(d);
        for (Index c = 0; c < count; ++c) {
            auto& chain = chains.chains[static_cast<std::size_t>(c)];
            for (Index s = 0; s < rows; ++s) {
                for (Index k = 0; k < settings_.thinning; ++k) run.advance(chain.X, chain.kernel, rng);
                const auto value = statistic(chain.X);
                sum.add(0.0, value);
                if (settings_.standard_errors)
                    for (Index k = 0; k < d; ++k) draws[static_cast<std::size_t>(k)](s, c) = value[k];
            }
        }
        return finish(sum.moments(), draws, static_cast<double>(rows * count));
    }

    /// Draws along one chain of the kernel: warm_up moves before the first, thinning moves before each.
    /// Correlated, and of the target only as far as the chain has converged.
    template <Target T>
        requires Sampler<Kernel, T>
    class ChainSampler {
    public:
        ChainSampler(const MonteCarlo& engine, const T& target)
            : run_(engine.kernel_, target), space_(target.space()), settings_(engine.settings_) {}

        template <RandomBits R>
        configuration_t<space_t<T>> draw(R& rng) {
            if (!X_) {
                X_ = space_.random(rng);
                for (Index k = 0; k < settings_.warm_up; ++k) run_.warm_up(*X_, kernel_, rng);
            }
            for (Index k = 0; k < settings_.thinning; ++k) run_.advance(*X_, kernel_, rng);
            return *X_;
        }

    private:
        detail::KernelRun<Kernel, T> run_;
        space_t<T> space_;
        MonteCarloSettings settings_;
        detail::kernel_state_t<Kernel> kernel_{};
        std::optional<configuration_t<space_t<T>>> X_{};
    };

    template <Target T>
        requires Sampler<Kernel, T>
    ChainSampler<T> chain_sampler(const T& target) const {
        return {*this, target};
    }

    /// Batches (engines/batch.hpp): data are spread over threads, each with its own stream; sums are formed
    /// in order.
    template <class B, class States>
    BatchMoments expect_batch(const B& batch, Want want, States& states, StreamKey key) const {
        const auto which = batch.which();
        std::vector<Moments> moments(which.size());
        parallel_for(std::ssize(which), settings_.threads, [&](Index at) {
            const Index k = which[static_cast<std::size_t>(at)];
            StreamKey own = key;
            own.index = static_cast<std::uint64_t>(k);
            moments[static_cast<std::size_t>(at)] =
                expect(batch.target(k), batch.joint(k), batch.state(states, k), own);
        });
        BatchMoments sums = BatchMoments::zero(batch.common_size() + batch.own_size(), want);
        for (std::size_t at = 0; at < which.size(); ++at) sums.add(moments[at], batch.weight(which[at]));
        return sums;
    }

private:
    static Moments finish(Moments m, const std::vector<Matrix>& draws, double samples) {
        m.covariance *= samples / (samples - 1.0);
        m.log_partition.reset();
        m.standard_error.setConstant(std::numeric_limits<double>::quiet_NaN());
        for (std::size_t k = 0; k < draws.size(); ++k) {
            const auto at = static_cast<Index>(k);
            const double tau = monotone_autocorrelation_time(draws[k]);
            m.standard_error[at] = std::sqrt(m.covariance(at, at) * tau / samples);
        }
        return m;
    }

    Kernel kernel_;
    MonteCarloSettings settings_;
    Streams streams_;
};

template <class Kernel, class... More>
MonteCarlo(Kernel, MonteCarloSettings) -> MonteCarlo<Kernel>;

}  // namespace predcg
