#pragma once
#include <predcg/core/types.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace predcg {

/// Calls f(k) for k = 0..count-1 on up to `threads` threads; each takes the next k that is left. f must write
/// only to what belongs to k; whoever sums up does so afterwards, in the order of k, so that results do not
/// depend on the number of threads. After an exception no more is begun; of several, that of the smallest k
/// is thrown again.
template <class F>
void parallel_for(Index count, Index threads, F&& f) {
    threads = std::clamp<Index>(threads, 1, std::max<Index>(count, 1));
    if (threads == 1) {
        for (Index k = 0; k < count; ++k) f(k);
        return;
    }
    std::atomic<Index> next{0};
    std::atomic<bool> failed{false};
    std::vector<std::pair<Index, std::exception_ptr>> errors(static_cast<std::size_t>(threads));
    const auto work = [&](Index t) {
        while (!failed) {
            const Index k = next++;
            if (k >= count) return;
            try {
                f(k);
            } catch (...) {
                errors[static_cast<std::size_t>(t)] = {k, std::current_exception()};
                failed = true;
                return;
            }
        }
    };
    std::vector<std::jthread> workers;
    for (Index t = 1; t < threads; ++t) workers.emplace_back(work, t);
    work(0);
    workers.clear();  // joins
    const std::pair<Index, std::exception_ptr>* first = nullptr;
    for (const auto& error : errors)
        if (error.second && (!first || error.first < first->first)) first = &error;
    if (first) std::rethrow_exception(first->second);
}

}  // namespace predcg
