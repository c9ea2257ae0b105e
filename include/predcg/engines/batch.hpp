#pragma once
// The one contract between algorithms and engines: moments of a batch of targets that have a factor in
// common.
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/parallel.hpp>
#include <predcg/structure/neutral.hpp>
#include <predcg/structure/product.hpp>
#include <predcg/structure/statistics.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <exception>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// What is wanted of a batch. Sums over the batch of log Z come with everything, where the engine knows them.
enum class Want {
    log_partitions,  ///< log Z of each target, and no moments
    means,           ///< sums of means
    covariances,     ///< sums of means and covariances
};

/// What is wanted, as a type: an engine that takes it so compiles nothing else. It converts to Want.
template <Want W>
using Wanted = std::integral_constant<Want, W>;

/// Data are summed in chunks of at most so many, and chunk by chunk: an engine sees one chunk at a time, and
/// several threads have one each. The order of sums then depends neither on threads nor on how data are
/// spread over processes, if whole chunks are. An engine says what chunks of a batch it likes by
/// `chunk(batch)`, best a chunk_of: it may depend on what the batch is, but not on how many data there are.
inline constexpr Index largest_chunk = 1024;

/// A power of two from `smallest` to largest_chunk, so that a chunk of data that cost so many nanoseconds
/// each takes about 100 us: worth a thread's while, and fine enough to be shared out.
inline Index chunk_of(double nanoseconds, Index smallest = 1) {
    constexpr double wanted = 1e5;
    Index chunk = smallest;
    while (chunk < largest_chunk && 1.5 * static_cast<double>(chunk) * nanoseconds < wanted) chunk *= 2;
    return chunk;
}

/// Targets pi_k(X) = common(X) L_k(X) and statistics (s(X), t_k(X)), for the k in `which`; `factor(k)` makes
/// L_k, `own(k)` makes t_k, weights[k] is the weight of k. What is common to all stands apart, so that an
/// engine needs to look at it once. Factors and statistics may be views.
template <Target T, class S, class MakeFactor, class MakeOwn>
class Batch {
public:
    using Common = T;
    using Factor = std::remove_cvref_t<std::invoke_result_t<const MakeFactor&, Index>>;
    using Statistic = S;
    using Own = std::remove_cvref_t<std::invoke_result_t<const MakeOwn&, Index>>;

    /// Factors and own statistics come from make functions of a datum's number; `which` are those of the
    /// batch.
    Batch(T common, S statistic, MakeFactor factor, MakeOwn own, std::span<const Index> which,
          std::span<const double> weights)
        : common_(std::move(common)), statistic_(std::move(statistic)), factor_(std::move(factor)),
          own_(std::move(own)), which_(which), weights_(weights) {}

    const T& common() const { return common_; }
    const S& statistic() const { return statistic_; }
    Factor factor(Index k) const { return factor_(k); }
    Own own(Index k) const { return own_(k); }

    std::span<const Index> which() const { return which_; }
    double weight(Index k) const { return weights_[static_cast<std::size_t>(k)]; }
    /// Components of s, and of the t_k.
    Index common_size() const { return statistic_.size(); }
    Index own_size() const { return which_.empty() ? 0 : Index(own_(which_.front()).size()); }

    /// The whole target and statistic of k, for engines that know one target at a time.
    auto target(Index k) const { return Product(common_, factor_(k)); }
    auto joint(Index k) const { return Stack(statistic_, own_(k)); }
    /// What the engine keeps of k, among one state for each.
    template <class States>
    static auto& state(States& states, Index k) {
        return states[static_cast<std::size_t>(k)];
    }

    /// The same batch of fewer data.
    Batch part(std::span<const Index> which) const {
        Batch fewer = *this;
        fewer.which_ = which;
        return fewer;
    }

private:
    T common_;
    S statistic_;
    MakeFactor factor_;
    MakeOwn own_;
    std::span<const Index> which_;
    std::span<const double> weights_;
};

/// A batch of one target, with nothing of its own.
template <Target T, class S>
class SingleBatch {
public:
    using Common = T;
    using Factor = NeutralFactor;
    using Statistic = S;
    using Own = EmptyStatistic;

    static constexpr bool is_single = true;  ///< Marks a batch of one target.

    /// One target, without factor.
    SingleBatch(T target, S statistic) : target_(std::move(target)), statistic_(std::move(statistic)) {}

    const T& common() const { return target_; }
    const S& statistic() const { return statistic_; }
    Factor factor(Index) const { return {}; }
    Own own(Index) const { return {}; }
    std::span<const Index> which() const { return which_; }
    double weight(Index) const { return 1.0; }
    /// Number of components of the statistic.
    Index common_size() const { return statistic_.size(); }
    Index own_size() const { return 0; }
    const T& target(Index) const { return target_; }
    const S& joint(Index) const { return statistic_; }
    /// The only state.
    template <class State>
    static State& state(State& only, Index) {
        return only;
    }
    /// Itself: there is but one target.
    SingleBatch part(std::span<const Index>) const { return *this; }

private:
    T target_;
    S statistic_;
    static constexpr std::array<Index, 1> which_{0};
};

/// Sums over a batch; statistics (s, t), s first.
struct BatchMoments {
    Vector mean;                          ///< sum_k w_k E_k[(s, t_k)]
    Matrix covariance;                    ///< sum_k w_k Cov_k[(s, t_k)], if wanted
    Vector noise;                         ///< squared standard errors of `mean`; zero from an exact engine
    std::optional<double> log_partition;  ///< sum_k w_k log Z_k; absent if the engine does not know it
    Vector log_partitions;                ///< log Z_k of each, in the order of which(), if wanted

    /// Nothing yet, of so many components.
    static BatchMoments zero(Index size, Want want) {
        const Index d = want == Want::log_partitions ? 0 : size;
        const Index pairs = want == Want::covariances ? d : 0;
        return {Vector::Zero(d), Matrix::Zero(pairs, pairs), Vector::Zero(d), 0.0, Vector()};
    }

    /// Adds one target's.
    void add(const Moments& m, double weight) {
        for (Index l = 0; l < mean.size(); ++l) {
            mean[l] += weight * m.mean[l];
            noise[l] += weight * weight * m.standard_error[l] * m.standard_error[l];
            if (covariance.size() == 0) continue;
            for (Index k = 0; k < mean.size(); ++k) covariance(k, l) += weight * m.covariance(k, l);
        }
        if (log_partition && m.log_partition)
            *log_partition += weight * *m.log_partition;
        else
            log_partition.reset();
    }

    /// Adds another chunk's, but for the log Z_k of each.
    [[gnu::cold]] BatchMoments& operator+=(const BatchMoments& other) {
        linalg::add(mean, other.mean);
        linalg::add(covariance, other.covariance);
        linalg::add(noise, other.noise);
        if (log_partition && other.log_partition)
            *log_partition += *other.log_partition;
        else
            log_partition.reset();
        return *this;
    }
};

/// Does a whole chunk itself, on one thread: expect_batch(batch, want, states, key), with a Want or a
/// Wanted<W>.
template <class E, class B, class States>
concept BatchEngine = requires(const E engine, const B batch, States& states, const StreamKey& key) {
    { engine.expect_batch(batch, Wanted<Want::means>{}, states, key) } -> std::same_as<BatchMoments>;
};

namespace detail {
/// Has expect_batch in another form: one that can be called, or a template of these types.
template <class E, class B, class States>
concept WrongExpectBatch = !BatchEngine<E, B, States> &&
                           (
                               requires(E engine, B& batch, States& states, const StreamKey& key) {
                                   engine.expect_batch(batch, Wanted<Want::means>{}, states, key);
                               } || requires { &E::template expect_batch<B, States>; } ||
                               requires { &E::template expect_batch<B, Want::means, States>; } ||
                               requires { &E::template expect_batch<B, Wanted<Want::means>, States>; });

/// Of an engine that batches are given to.
template <class E, class B, class States>
struct BatchEngineParts {
    static constexpr bool asked = true;
    static_assert(!WrongExpectBatch<E, B, States>,
                  "predcg: expect_batch(batch, want, states, key) of an engine would be passed over: it is "
                  "const, takes the batch, a predcg::Want or predcg::Wanted<W> of any W, the states that can "
                  "be changed, and a predcg::StreamKey, and returns predcg::BatchMoments");
};

/// log Z, or its lower bound from an engine that knows no more.
template <class Engine, class T>
    requires PartitionOrBound<Engine, T>
double log_partition_or_bound(const Engine& engine, const T& target) {
    if constexpr (NormalisingEngine<Engine, T>)
        return engine.log_partition(target);
    else
        return engine.lower_bound(target);
}

template <class Engine, class Common, class Factor>
auto batch_state() {
    if constexpr (HasBatchState<Engine>)
        return std::type_identity<typename Engine::BatchState>{};
    else
        return std::type_identity<typename Engine::template State<Product<Common, Factor>>>{};
}

template <class Engine, class T>
inline constexpr bool is_partition_or_bound = PartitionOrBound<Engine, std::remove_cvref_t<T>>;

/// Target after target. The stream of target k has the key's index + k.
template <Want want, class Engine, class B, class States>
BatchMoments expect_one_by_one(const Engine& engine, const B& batch, States& states, const StreamKey& key) {
    BatchMoments sums = BatchMoments::zero(batch.common_size() + batch.own_size(), want);
    if constexpr (want == Want::log_partitions) {
        sums.log_partitions.resize(std::ssize(batch.which()));
        Index at = 0;
        for (const Index k : batch.which()) {
            if constexpr (is_partition_or_bound<Engine, decltype(batch.target(k))>)
                sums.log_partitions[at] = log_partition_or_bound(engine, batch.target(k));
            else
                sums.log_partitions[at] = std::numeric_limits<double>::quiet_NaN();  // unknown
            *sums.log_partition += batch.weight(k) * sums.log_partitions[at++];
        }
    } else {
        for (const Index k : batch.which()) {
            StreamKey own = key;
            own.index += static_cast<std::uint64_t>(k);
            sums.add(engine.expect(batch.target(k), batch.joint(k), batch.state(states, k), own),
                     batch.weight(k));
        }
    }
    return sums;
}
}  // namespace detail

/// What an engine keeps between calls for one target of a batch: State of the whole target, or, for an engine
/// that takes batches only, its BatchState. Of such an engine log Z is known where it says so:
/// `static constexpr bool normalises_batches = true;`.
template <class Engine, class Common, class Factor>
using batch_state_t = typename decltype(detail::batch_state<Engine, Common, Factor>())::type;

/// Forms the sums of data that are spread over processes (learning/spread_data.hpp): the same in all of them.
class SpreadSums {
public:
    SpreadSums() = default;
    SpreadSums(const SpreadSums&) = delete;
    SpreadSums& operator=(const SpreadSums&) = delete;
    virtual ~SpreadSums() = default;

    /// Data of a chunk are at most so many.
    virtual Index chunk() const = 0;
    /// The number of the first datum of this process, among all.
    virtual Index first() const = 0;
    /// The sum of all processes' chunks, but for the log Z_k of each datum, which are this process's own.
    /// With an error in the place of the chunks it throws in every process.
    virtual BatchMoments sum(std::vector<BatchMoments> chunks, const std::exception_ptr& error) const = 0;
    /// Whether it is so in any process.
    virtual bool any(bool here) const = 0;
    /// Whether this is the first process.
    virtual bool is_first() const = 0;
    /// Number of data of all processes.
    virtual Index count() const = 0;
    /// The bytes of every process, by rank, in all of them.
    virtual std::vector<std::string> gather(const std::string& bytes) const = 0;
};

namespace detail {
/// Data of a chunk: what the engine says; without a word, all that may be for an engine that does chunks
/// itself, and few for one that does target by target.
template <class States, class Engine, class B>
Index chunk_in(const Engine& engine, const B& batch) {
    static_assert(
        !requires { engine.chunk(batch); } || HasChunk<Engine, B>,
        "predcg: chunk(batch) of the engine would be passed over: it returns predcg::Index");
    if constexpr (HasChunk<Engine, B>)
        return std::clamp<Index>(engine.chunk(batch), 1, largest_chunk);
    else
        return BatchEngine<Engine, B, States> ? largest_chunk : 4;
}

/// The log Z_k of all chunks, one after the other.
[[gnu::cold]] inline Vector log_partitions_of(const std::vector<BatchMoments>& chunks) {
    Index count = 0;
    for (const BatchMoments& chunk : chunks) count += chunk.log_partitions.size();
    Vector all(count);
    auto* end = all.data();
    for (const BatchMoments& chunk : chunks)
        end = std::copy(chunk.log_partitions.begin(), chunk.log_partitions.end(), end);
    return all;
}

/// A power of two divides the parts of spread data, whatever the engine likes.
inline Index size_of_chunks(Index liked, const SpreadSums* spread) {
    if (!spread) return liked;
    return static_cast<Index>(std::bit_floor(static_cast<std::size_t>(std::min(liked, spread->chunk()))));
}

/// The sum of all chunks, in order.
[[gnu::cold]] inline BatchMoments sum_of(std::vector<BatchMoments> chunks) {
    Vector log_partitions = log_partitions_of(chunks);
    BatchMoments sum = std::move(chunks.front());
    for (std::size_t k = 1; k < chunks.size(); ++k) sum += chunks[k];
    sum.log_partitions = std::move(log_partitions);
    return sum;
}

/// The same of chunks that chunk(context, k) makes, on all threads; compiled once a program.
[[gnu::cold]] inline BatchMoments sum_of_chunks(Index number, Want want, const SpreadSums* spread,
                                                BatchMoments (*chunk)(const void* context, Index k),
                                                const void* context) {
    if (!spread && want != Want::log_partitions && threads() == 1) {
        BatchMoments sum = chunk(context, 0);  // the same sums, and no memory for those of all chunks
        for (Index k = 1; k < number; ++k) sum += chunk(context, k);
        return sum;
    }
    std::vector<BatchMoments> chunks(static_cast<std::size_t>(number));
    std::exception_ptr error;
    try {
        parallel_for(number, [&](Index k) { chunks[static_cast<std::size_t>(k)] = chunk(context, k); });
    } catch (...) {
        if (!spread) throw;
        error = std::current_exception();
    }
    return spread ? spread->sum(std::move(chunks), error) : sum_of(std::move(chunks));
}
}  // namespace detail

/// Moments of a batch: chunk by chunk on up to threads() threads, each by the engine's expect_batch or, if it
/// has none, one by one. Engine, targets and statistics are used by several threads at the same time: what is
/// const in them must not change.
/// `states` is one state for each datum, or the one of a SingleBatch. log_partitions needs an engine that
/// knows log Z, or a bound on it, which then stands in its place.
template <Want want, class Engine, class B, class States>
BatchMoments expect(const Engine& engine, const B& batch, States& states, const StreamKey& key,
                    const SpreadSums* spread = nullptr) {
    [[maybe_unused]] constexpr bool asked = detail::BatchEngineParts<Engine, B, States>::asked;
    const auto of_chunk = [&](const B& chunk) {
        if constexpr (BatchEngine<Engine, B, States>)
            return engine.expect_batch(chunk, Wanted<want>{}, states, key);
        else
            return detail::expect_one_by_one<want>(engine, chunk, states, key);
    };
    if constexpr (requires { requires B::is_single; }) {
        return of_chunk(batch);
    } else {
        const std::span<const Index> which = batch.which();
        const Index size = detail::size_of_chunks(detail::chunk_in<States>(engine, batch), spread);
        const Index count = std::ssize(which);
        if (count <= size && !spread) return of_chunk(batch);
        const auto chunk = [&](Index k) {
            return of_chunk(
                batch.part(which.subspan(static_cast<std::size_t>(k * size),
                                         static_cast<std::size_t>(std::min(size, count - k * size)))));
        };
        return detail::sum_of_chunks(
            (count + size - 1) / size, want, spread,
            [](const void* context, Index k) { return (*static_cast<const decltype(chunk)*>(context))(k); },
            &chunk);
    }
}

namespace detail {
/// Whether an engine takes moments of batches of these parts.
template <class Engine, class Common, class Statistic, class Factor, class Own>
constexpr bool takes_batches() {
    using B = Batch<Common, Statistic, Factor (*)(Index), Own (*)(Index)>;
    if constexpr (HasBatchState<Engine>) {
        using States = std::vector<typename Engine::BatchState>;
        return BatchEngineParts<Engine, B, States>::asked && BatchEngine<Engine, B, States>;
    } else if constexpr (requires { typename Product<Common, Factor>; })
        return ExpectationEngine<Engine, Product<Common, Factor>, Stack<Statistic, Own>>;
    else
        return false;
}

/// Whether it knows the log Z of each target.
template <class Engine, class Common, class Factor>
constexpr bool normalises_batches() {
    if constexpr (HasBatchState<Engine>)
        return NormalisesBatches<Engine>;
    else
        return NormalisingEngine<Engine, Product<Common, Factor>>;
}

/// Whether it knows the log Z of each target, or a bound on it.
template <class Engine, class Common, class Factor>
constexpr bool bounds_batches() {
    if constexpr (HasBatchState<Engine>)
        return normalises_batches<Engine, Common, Factor>();
    else
        return PartitionOrBound<Engine, Product<Common, Factor>>;
}
}  // namespace detail

}  // namespace predcg
