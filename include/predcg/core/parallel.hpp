#pragma once
#include <predcg/core/types.hpp>

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace predcg {

/// Calls f(k) for k = 0..count-1 on up to `threads` threads, each with one contiguous chunk. f must write
/// only to what belongs to k; whoever sums up does so afterwards, in the order of k, so that results do not
/// depend on the number of threads. The first exception, by chunk, is thrown again.
template <class F>
void parallel_for(Index count, Index threads, F&& f) {
    threads = std::clamp<Index>(threads, 1, std::max<Index>(count, 1));
    if (threads == 1) {
        for (Index k = 0; k < count; ++k) f(k);
        return;
    }
    std::vector<std::exception_ptr> errors(static_cast<std::size_t>(threads));
    const auto chunk = [&](Index t) {
        try {
            for (Index k = t * count / threads; k < (t + 1) * count / threads; ++k) f(k);
        } catch (...) {
            errors[static_cast<std::size_t>(t)] = std::current_exception();
        }
    };
    std::vector<std::jthread> workers;
    for (Index t = 1; t < threads; ++t) workers.emplace_back(chunk, t);
    chunk(0);
    workers.clear();  // joins
    for (const auto& error : errors)
        if (error) std::rethrow_exception(error);
}

}  // namespace predcg
