#pragma once
// Several processes that work on the same thing: what is asked of a layer that connects them, and what is
// made of it.
#include <predcg/core/error.hpp>
#include <predcg/core/parallel.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace predcg {

/// What connects processes: MPI (predcg/mpi.hpp), or a host program's own layer. All processes call sum with
/// the same number of integers, in the same order of calls; afterwards each holds the sums over all
/// processes. The order of the terms does not matter, as they are integers. What is lacking of a broadcast or
/// a gather is made of sums with zeros.
template <class C>
concept Communicator = std::copy_constructible<C> && requires(const C c, std::span<std::int64_t> numbers) {
    { c.rank() } -> std::convertible_to<Index>;
    { c.size() } -> std::convertible_to<Index>;
    c.sum(numbers);
};

/// An error in another process; `what` is its message and rank.
class [[gnu::visibility("default")]] ProcessError : public std::runtime_error {
public:
    /// What failed, in words.
    [[gnu::cold]] explicit ProcessError(const std::string& what) : std::runtime_error(what) {}
};

/// A number of processes by any communicator. Copies stand for the same processes. All members but rank and
/// size are collective: every process must call them, in the same order, each from one thread.
class Processes {
public:
    /// Keeps a communicator (concept Communicator).
    template <class C>
        requires(!std::same_as<C, Processes>) && Communicator<C>
    explicit Processes(C communicator) : layer_(std::make_shared<Layer<C>>(std::move(communicator))) {
        require_range(size(), 1, std::numeric_limits<std::int32_t>::max(), "Processes", "size()");
        require_range(rank(), 0, size() - 1, "Processes", "rank()");
    }

    Index rank() const { return layer_->rank(); }
    /// Number of processes.
    Index size() const { return layer_->size(); }
    /// Sums over all processes, in place.
    void sum(std::span<std::int64_t> numbers) const { layer_->sum(numbers); }
    Index sum(Index number) const {
        std::int64_t sum_of[1]{number};
        sum(sum_of);
        return sum_of[0];
    }

    /// The words of every process, by rank. Costs two sums, the second as long as all words together.
    [[gnu::cold]] std::vector<std::vector<std::int64_t>> gather(std::span<const std::int64_t> words) const {
        std::vector<std::int64_t> lengths(static_cast<std::size_t>(size()));
        const auto own = static_cast<std::size_t>(rank());
        lengths[own] = std::ssize(words);
        sum(lengths);
        std::vector<std::int64_t> all(
            static_cast<std::size_t>(std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0})));
        std::copy(words.begin(), words.end(),
                  all.begin() + std::accumulate(lengths.begin(), lengths.begin() + rank(), std::int64_t{0}));
        sum(all);
        std::vector<std::vector<std::int64_t>> of_each(lengths.size());
        auto at = all.cbegin();
        for (std::size_t k = 0; k < lengths.size(); ++k) {
            of_each[k].assign(at, at + lengths[k]);
            at += lengths[k];
        }
        return of_each;
    }

    /// Returns where no process has an error; else throws in all. Where all errors are NumericalErrors it is
    /// such a one, where some are Stopped it is that, else ProcessError; with a process's own error where
    /// that is of the kind that is thrown. Costs one sum without errors.
    void agree(const std::exception_ptr& own) const;

private:
    struct AnyLayer {
        AnyLayer() = default;
        AnyLayer(const AnyLayer&) = delete;
        AnyLayer& operator=(const AnyLayer&) = delete;
        virtual ~AnyLayer() = default;
        virtual Index rank() const = 0;
        virtual Index size() const = 0;
        virtual void sum(std::span<std::int64_t> numbers) const = 0;
    };
    template <class C>
    struct Layer final : AnyLayer {
        explicit Layer(C c) : communicator(std::move(c)) {}
        Index rank() const override { return static_cast<Index>(communicator.rank()); }
        Index size() const override { return static_cast<Index>(communicator.size()); }
        void sum(std::span<std::int64_t> numbers) const override { communicator.sum(numbers); }
        C communicator;
    };

    std::shared_ptr<const AnyLayer> layer_;
};

namespace detail {

/// Values as words, to be sent: exact, whatever they are.
class Record {
public:
    std::vector<std::int64_t> words{};

    void put(Index value) { words.push_back(value); }
    void put(double value) { words.push_back(std::bit_cast<std::int64_t>(value)); }
    void put(std::string_view text) {
        put(static_cast<Index>(text.size()));
        for (const char c : text) put(static_cast<Index>(c));
    }
};

/// Reads a record's values in the order in which they were put.
class RecordReader {
public:
    explicit RecordReader(std::span<const std::int64_t> words) : words_(words) {}

    Index index() { return next(); }
    double number() { return std::bit_cast<double>(next()); }
    std::string text() {
        std::string text(static_cast<std::size_t>(index()), ' ');
        for (char& c : text) c = static_cast<char>(index());
        return text;
    }

private:
    std::int64_t next() {
        const std::int64_t first = words_.front();
        words_ = words_.subspan(1);
        return first;
    }
    std::span<const std::int64_t> words_;
};

/// What errors make all processes do, from the least on: a fit may step back from a NumericalError, who asked
/// for a stop waits for Stopped.
enum class ErrorKind : Index { numerical, stop, other };

/// An error's message and kind.
[[gnu::cold]] inline std::pair<std::string, ErrorKind> described(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const NumericalError& e) {
        return {e.what(), ErrorKind::numerical};
    } catch (const Stopped& e) {
        return {e.what(), ErrorKind::stop};
    } catch (const std::exception& e) {
        return {e.what(), ErrorKind::other};
    } catch (...) {
        return {"an unknown exception", ErrorKind::other};
    }
}

/// The records f(k) of k = 0..count-1, in every process. Process r of P makes those with k % P == r, on its
/// threads, and errors are agreed on when each has done its part. Without processes, all of them here.
[[gnu::cold]] inline std::vector<Record> share_out(const std::optional<Processes>& processes, Index count,
                                                   const std::function<Record(Index)>& f) {
    std::vector<Record> records(static_cast<std::size_t>(count));
    const Index P = processes ? processes->size() : 1, rank = processes ? processes->rank() : 0;
    const auto place = [](Index k) { return static_cast<std::size_t>(k); };
    std::exception_ptr error;
    try {
        parallel_for((count - rank + P - 1) / P,
                     [&](Index j) { records[place(rank + j * P)] = f(rank + j * P); });
    } catch (...) {
        if (!processes) throw;
        error = std::current_exception();
    }
    if (!processes) return records;
    processes->agree(error);
    Record mine;
    for (Index k = rank; k < count; k += P) {
        mine.put(static_cast<Index>(records[place(k)].words.size()));
        for (const std::int64_t word : records[place(k)].words) mine.words.push_back(word);
    }
    const auto all = processes->gather(mine.words);
    for (Index r = 0; r < P; ++r) {
        auto at = all[place(r)].begin();
        for (Index k = r; k < count; k += P) {
            const Index length = *at++;
            records[place(k)].words.assign(at, at + length);
            at += length;
        }
    }
    return records;
}

}  // namespace detail

[[gnu::cold]] inline void Processes::agree(const std::exception_ptr& own) const {
    using detail::ErrorKind;
    std::int64_t errors[3]{0, 0, 0};  // of each kind
    std::pair<std::string, ErrorKind> described{"", ErrorKind::numerical};
    if (own) {
        described = detail::described(own);
        ++errors[static_cast<Index>(described.second)];
    }
    sum(errors);
    if (errors[0] + errors[1] + errors[2] == 0) return;
    const ErrorKind worst = errors[2] > 0   ? ErrorKind::other
                            : errors[1] > 0 ? ErrorKind::stop
                                            : ErrorKind::numerical;
    const bool is_worst = own && described.second == worst;
    detail::Record message;
    if (is_worst) message.put(described.first);
    const auto messages = gather(message.words);
    if (is_worst) std::rethrow_exception(own);
    for (Index r = 0; r < size(); ++r) {
        const auto& words = messages[static_cast<std::size_t>(r)];
        if (words.empty()) continue;
        const std::string process = "process " + to_text(r) + " of " + to_text(size());
        if (worst == ErrorKind::stop) throw Stopped(process);
        const std::string text = process + ": " + detail::RecordReader(words).text();
        if (worst == ErrorKind::numerical) throw NumericalError(text);
        throw ProcessError(text);
    }
}

}  // namespace predcg
