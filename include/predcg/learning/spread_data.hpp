#pragma once
// Data that several processes hold, a part each.
#include <predcg/core/exact_sum.hpp>
#include <predcg/core/processes.hpp>
#include <predcg/learning/prepared_data.hpp>

#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
/// Data of a chunk, of so many altogether: a power of two from 8 (what lanes hold) to largest_chunk, so that
/// there are 64 chunks and more where there are data enough.
inline Index spread_chunk(Index count) {
    Index chunk = 8;
    while (chunk < largest_chunk && 128 * chunk <= count) chunk *= 2;
    return chunk;
}
}  // namespace detail

/// A contiguous part of the data: first, first + 1, ..., first + count - 1.
struct Share {
    Index first = 0, count = 0;  ///< number of the first datum, and how many
};

/// The part of `count` data that process `rank` of `size` may hold: whole chunks, as evenly as they go.
/// Throws ArgumentError where there are fewer chunks than processes.
inline Share share_of(Index count, Index rank, Index size) {
    require_range(size, 1, std::numeric_limits<Index>::max(), "share_of", "size");
    require_range(rank, 0, size - 1, "share_of", "rank");
    const Index chunk = detail::spread_chunk(count), chunks = (count + chunk - 1) / chunk;
    require(size <= chunks, "share_of", "number of processes", size,
            "at most " + to_text(chunks) + ", the chunks of " + to_text(chunk) + " in " + to_text(count) +
                " data");
    const auto begin = [&](Index r) { return std::min(count, (r * chunks / size) * chunk); };
    return {begin(rank), begin(rank + 1) - begin(rank)};
}
/// The share of this process.
inline Share share_of(Index count, const Processes& processes) {
    return share_of(count, processes.rank(), processes.size());
}

namespace detail {

/// Chunks are summed exactly (ExactSum): in whatever process they are.
class SpreadOverProcesses final : public SpreadSums {
public:
    SpreadOverProcesses(Processes processes, Index first, Index count)
        : processes_(std::move(processes)), first_(first), count_(count), chunk_(spread_chunk(count)) {}

    Index chunk() const override { return chunk_; }
    Index first() const override { return first_; }
    Index count() const override { return count_; }
    bool any(bool here) const override { return processes_.sum(Index{here}) > 0; }
    bool is_first() const override { return processes_.rank() == 0; }

    [[gnu::cold]] std::vector<std::string> gather(const std::string& bytes) const override {
        // Their number, and eight in a word.
        std::vector<std::int64_t> own(1 + (bytes.size() + sizeof(own[0]) - 1) / sizeof(own[0]));
        own[0] = std::ssize(bytes);
        std::memcpy(own.data() + 1, bytes.data(), bytes.size());
        std::vector<std::string> all;
        for (const auto& words : processes_.gather(own)) {
            std::string& one = all.emplace_back(static_cast<std::size_t>(words[0]), ' ');
            std::memcpy(one.data(), words.data() + 1, one.size());
        }
        return all;
    }

    BatchMoments sum(std::vector<BatchMoments> chunks, const std::exception_ptr& error) const override {
        processes_.agree(error);
        Vector log_partitions = log_partitions_of(chunks);
        BatchMoments sum = std::move(chunks.front());
        sum.log_partitions = std::move(log_partitions);
        const Index d = sum.mean.size();
        const bool pairs = sum.covariance.size() > 0;
        // Means, noises, log Z and the number of chunks that do not know it, covariances on and below the
        // diagonal.
        std::vector<ExactSum> sums(static_cast<std::size_t>(2 * d + 2 + (pairs ? d * (d + 1) / 2 : 0)));
        const auto add = [&](const BatchMoments& chunk) {
            auto next = sums.begin();
            for (const double mean : chunk.mean) (next++)->add(mean);
            for (const double noise : chunk.noise) (next++)->add(noise);
            (next++)->add(chunk.log_partition.value_or(0.0));
            (next++)->add(chunk.log_partition ? 0.0 : 1.0);
            for (Index l = 0; pairs && l < d; ++l)
                for (Index k = l; k < d; ++k) (next++)->add(chunk.covariance(k, l));
        };
        add(sum);
        for (std::size_t k = 1; k < chunks.size(); ++k) add(chunks[k]);
        std::vector<std::int64_t> words;
        words.reserve(sums.size() * ExactSum::word_count);
        for (ExactSum& one : sums) words.insert(words.end(), one.words().begin(), one.words().end());
        processes_.sum(words);
        std::vector<double> totals;
        for (std::size_t k = 0; k < sums.size(); ++k) {
            std::copy_n(words.begin() + static_cast<std::ptrdiff_t>(k * ExactSum::word_count),
                        ExactSum::word_count, sums[k].words().begin());
            totals.push_back(sums[k].value());
        }
        auto next = totals.begin();
        for (double& mean : sum.mean) mean = *next++;
        for (double& noise : sum.noise) noise = *next++;
        sum.log_partition = *next++;
        if (*next++ > 0.0) sum.log_partition.reset();
        for (Index l = 0; pairs && l < d; ++l)
            for (Index k = l; k < d; ++k) sum.covariance(k, l) = sum.covariance(l, k) = *next++;
        return sum;
    }

private:
    Processes processes_;
    Index first_, count_, chunk_;
};

}  // namespace detail

/// This process's part of the data, made ready: what learner.prepare(configurations, beta, weights) gives,
/// but for equal data, which are not merged, and with sums over all processes. The parts follow each other by
/// rank. Collective, and so is everything that evaluates the learner's problem with the result: fits, full
/// and Laplace posteriors, exact evidence. All processes must do the same, with equal models and settings;
/// each gets the same result. What needs all data in one process refuses them: minibatches, the exchange
/// posterior, leave-one-out, score_model. Predictive checks, the error budget and effective numbers of data
/// take configurations, and want all of them.
///
/// Results are the same bytes for any number of processes and threads if every part is a share_of all data.
/// Of other parts results differ by rounding.
///
/// Throws ArgumentError where a process has no data, or weights that are not > 0, and for another beta than
/// that of process 0; the other processes then throw ProcessError or ArgumentError. Cost: a learner.prepare
/// for each datum, and 4 sums over processes.
template <class Learner, InputRange Range>
typename Learner::Data prepare_spread(const Learner& learner, const Processes& processes,
                                      const Range& configurations, double beta,
                                      std::span<const double> weights = {}) {
    constexpr const char* name = "prepare_spread";
    using Configuration = std::remove_cvref_t<decltype(*std::begin(configurations))>;
    typename Learner::Data data;
    std::exception_ptr error;
    try {
        for (const double w : weights)
            require(std::isfinite(w) && w > 0.0, name, "weight", w, "a finite number > 0");
        for (const Configuration& x : configurations) {
            const std::size_t k = data.forms.size();
            if (!weights.empty())
                require_range(static_cast<Index>(k), 0, std::ssize(weights) - 1, name, "place of a datum",
                              "one of the weights'");
            auto one = learner.prepare(std::span(&x, 1), beta);
            data.forms.push_back(std::move(one.forms.front()));
            data.weights.push_back(weights.empty() ? 1.0 : weights[k]);
        }
        if (!weights.empty())
            require_equal(std::ssize(data.forms), std::ssize(weights), name, "number of data",
                          "the number of weights");
        require(!data.forms.empty(), name, "number of data of a process", 0, "at least one in each process");
        require_positive(beta, name, "beta");
    } catch (...) {
        error = std::current_exception();
    }
    processes.agree(error);
    detail::Record own;
    own.put(std::ssize(data.forms));
    own.put(beta);
    const auto all = processes.gather(own.words);
    Index first = 0, count = 0;
    for (Index r = 0; r < processes.size(); ++r) {
        detail::RecordReader read(all[static_cast<std::size_t>(r)]);
        if (r == processes.rank()) first = count;
        count += read.index();
        const double theirs = read.number();
        require(theirs == detail::RecordReader(std::span(all[0]).subspan(1)).number(), name, "beta", theirs,
                "that of process 0");
    }
    data.all.resize(data.forms.size());
    std::iota(data.all.begin(), data.all.end(), Index{0});
    data.beta = beta;
    ExactSum total;
    for (const double w : data.weights) total.add(w);
    processes.sum(total.words());
    data.count = total.value();
    data.spread = std::make_shared<detail::SpreadOverProcesses>(processes, first, count);
    return data;
}

}  // namespace predcg
