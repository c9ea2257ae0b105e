#pragma once
// Sums of E-steps of several processes that learn online.
#include <predcg/core/exact_sum.hpp>
#include <predcg/core/processes.hpp>
#include <predcg/learning/expected_statistics.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace predcg::detail {

/// A sum of ExpectedStatistics without rounding (ExactSum): the same for any order, and any processes that
/// hold the terms. log_evidence is left out.
class SharedSums {
public:
    [[gnu::cold]] void add(const ExpectedStatistics& seen) {
        map_ = seen.map.size();
        sums_.resize(numbers(seen.coarse.size()));
        auto next = sums_.begin();
        each(seen, [&](double term) { (next++)->add(term); });
    }

    /// Over all processes; empty where none has anything. p: coarse parameters. Collective.
    [[gnu::cold]] ExpectedStatistics over(const Processes& processes, Index p) {
        const std::int64_t own[1]{map_};
        for (const auto& words : processes.gather(own)) map_ = std::max(map_, Index{words[0]});
        if (map_ < 0) return {};
        sums_.resize(numbers(p));
        std::vector<std::int64_t> words;
        words.reserve(sums_.size() * ExactSum::word_count);
        for (ExactSum& one : sums_) words.insert(words.end(), one.words().begin(), one.words().end());
        processes.sum(words);
        auto from = words.cbegin();
        for (ExactSum& one : sums_) {
            std::copy_n(from, ExactSum::word_count, one.words().begin());
            from += ExactSum::word_count;
        }
        const Index all = p + map_;
        ExpectedStatistics total;
        total.coarse = Vector::Zero(p);
        total.map = Vector::Zero(map_);
        total.covariance = Matrix::Zero(all, all);
        total.coarse_hessian = Matrix::Zero(p, p);
        total.noise = Vector::Zero(all);
        auto next = sums_.cbegin();
        each(total, [&](double& sum) { sum = (next++)->value(); });
        return total;
    }

private:
    std::size_t numbers(Index p) const {
        const Index all = p + map_;
        return static_cast<std::size_t>(1 + p + map_ + all * all + p * p + all);
    }

    template <class Statistics, class F>
    static void each(Statistics& s, F&& f) {
        f(s.count);
        const auto of = [&](auto& values) {
            for (Index k = 0; k < values.size(); ++k) f(values.data()[k]);
        };
        of(s.coarse);
        of(s.map);
        of(s.covariance);
        of(s.coarse_hessian);
        of(s.noise);
    }

    Index map_ = -1;  // statistics of the map; nothing was added where negative
    std::vector<ExactSum> sums_{};
};

}  // namespace predcg::detail
