#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/engines/batch.hpp>
#include <predcg/engines/replica_run.hpp>
#include <predcg/kernels/kernel_run.hpp>
#include <predcg/statistics/moment_accumulator.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace predcg {

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
        /// A configuration, and what the kernel keeps for it.
        struct Chain {
            configuration_t<space_t<T>> X;  ///< Where the chain is.
            detail::kernel_state_t<Kernel> kernel{};

            template <class Self, class Visit>
            static void members(Self& self, Visit&& visit) {
                visit(self.X, self.kernel);
            }
        };
        std::vector<Chain> chains{};  ///< where they stand
        detail::Replicas replicas{};  ///< in the place of `chains` where they move side by side

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.chains, self.replicas);
        }
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
    }

    const Kernel& kernel() const { return kernel_; }
    const MonteCarloSettings& settings() const { return settings_; }

    /// The same engine with another number of samples.
    MonteCarlo with_samples(Index samples) const {
        MonteCarloSettings other = settings_;
        other.samples = std::max(samples, std::max<Index>(2, settings_.chains));
        return with_settings(other);
    }

    /// The same engine for a single call with new chains: other samples, and, where chains do not move side
    /// by side, so few of the chains that warming them up costs no more than the samples.
    template <Target T, Statistic<configuration_t<space_t<T>>> S>
    MonteCarlo for_one_call(const T& target, const S& statistic, Index samples) const {
        MonteCarloSettings few = with_samples(samples).settings();
        bool side = false;
        if constexpr (detail::SideBySide<Kernel, Streams, SingleBatch<T, S>>)
            side = moves_side_by_side(SingleBatch(target, statistic), State<T>{});
        if (!side) {
            few.samples = std::max<Index>(2, samples);
            few.chains = std::clamp<Index>(few.samples * few.thinning / std::max<Index>(1, few.warm_up), 1,
                                           few.chains);
            few.chains = std::min(few.chains, few.samples);
        }
        return with_settings(few);
    }

    /// The same kernel and streams with other settings.
    MonteCarlo with_settings(const MonteCarloSettings& settings) const {
        return MonteCarlo(kernel_, settings, streams_);
    }

    template <Target T, Statistic<configuration_t<space_t<T>>> S>
        requires Sampler<Kernel, T>
    Moments expect(const T& target, const S& statistic, State<T>& chains, const StreamKey& key) const {
        auto rng = streams_(key);
        if constexpr (detail::SideBySide<Kernel, Streams, SingleBatch<T, S>>) {
            const SingleBatch batch(target, statistic);
            if (moves_side_by_side(batch, chains)) {
                detail::ReplicaRun run(kernel_.side_by_side(), batch, settings_);
                if (run.usable()) return run(0, chains.replicas, rng);
            }
        }
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
        statistics::MomentAccumulator sum(d);
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
        Moments moments = sum.moments();
        detail::finish_moments(moments, draws, static_cast<double>(rows * count));
        return moments;
    }

    /// Draws along one chain of the kernel: warm_up moves before the first, thinning moves before each.
    /// Correlated, and of the target only as far as the chain has converged.
    template <Target T>
        requires Sampler<Kernel, T>
    class ChainSampler {
    public:
        /// Warms a chain up. Refers to the target.
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

        /// To be saved (core/bytes.hpp): where the chain is.
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.X_, self.kernel_);
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

    /// Whether chains of these targets move one by one only since they are fewer than sixteen, with samples
    /// enough for so many.
    template <class B>
    bool has_few_chains(const B& batch) const {
        if constexpr (detail::SideBySide<Kernel, Streams, B>)
            return settings_.chains < detail::fewest_replicas &&
                   settings_.samples >= detail::fewest_replicas &&
                   detail::ReplicaRun<B>::pays(kernel_.side_by_side(), batch);
        else
            return false;
    }

    /// Data of a chunk (engines/batch.hpp): by the moves of their sites.
    template <class B>
    Index chunk(const B& batch) const {
        const double moves =
            static_cast<double>(settings_.samples) * static_cast<double>(settings_.thinning) +
            static_cast<double>(settings_.chains) * static_cast<double>(settings_.refresh);
        const bool side = settings_.chains >= detail::fewest_replicas;
        // On graphs every chunk makes its tables from differences of one site.
        const Index smallest = side && !ChainTarget<typename B::Common> ? 8 : 1;
        return chunk_of(moves * static_cast<double>(batch.common().space().size()) * (side ? 1.0 : 10.0),
                        smallest);
    }

    /// Batches (engines/batch.hpp): the stream of datum k has the key's index + k.
    template <class B, class States>
    BatchMoments expect_batch(const B& batch, Want want, States& states, const StreamKey& key) const {
        BatchMoments sums = BatchMoments::zero(batch.common_size() + batch.own_size(), want);
        const auto stream_of = [&](Index k) {
            StreamKey own = key;
            own.index += static_cast<std::uint64_t>(k);
            return own;
        };
        const auto take = [&](Index k, const Moments& m) { sums.add(m, batch.weight(k)); };
        if (!side_by_side(batch, states, stream_of, take))
            for (const Index k : batch.which())
                take(k, expect(batch.target(k), batch.joint(k), batch.state(states, k), stream_of(k)));
        return sums;
    }

private:
    /// Side by side from the first call on, where there are chains enough and tables are small.
    template <class B, class AnyState>
    bool moves_side_by_side(const B& batch, const AnyState& state) const {
        return settings_.chains >= detail::fewest_replicas && state.chains.empty() &&
               detail::ReplicaRun<B>::pays(kernel_.side_by_side(), batch);
    }

    /// Takes the moments of all targets of a batch, if their chains move side by side.
    template <class B, class States, class StreamOf, class Take>
    bool side_by_side(const B& batch, States& states, StreamOf&& stream_of, Take&& take) const {
        if constexpr (detail::SideBySide<Kernel, Streams, B>) {
            const auto which = batch.which();
            if (which.empty() || !moves_side_by_side(batch, batch.state(states, which.front()))) return false;
            detail::ReplicaRun run(kernel_.side_by_side(), batch, settings_);
            if (!run.usable()) return false;
            for (const Index k : which) {
                auto rng = streams_(stream_of(k));
                take(k, run(k, batch.state(states, k).replicas, rng));
            }
            return true;
        } else {
            return false;
        }
    }

    Kernel kernel_;
    MonteCarloSettings settings_;
    Streams streams_;
};

/// The kernel's type follows.
template <class Kernel, class... More>
MonteCarlo(Kernel, MonteCarloSettings) -> MonteCarlo<Kernel>;

}  // namespace predcg
