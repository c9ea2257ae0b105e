#pragma once
// Results of the tasks of a study that survive: those that a checkpoint has are not made again.
#include "terminal/interrupt.hpp"

#include <predcg/core/checkpoint_place.hpp>
#include <predcg/core/parallel.hpp>

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cli::study {

/// What make() gives; Interrupted where that was stopped, whatever came of it.
template <class Make>
auto unless_interrupted(Make&& make) {
    try {
        auto found = make();
        stop_if_interrupted();
        return found;
    } catch (...) {
        stop_if_interrupted();
        throw;
    }
}

/// make(k, place) for k = 0 .. count - 1, on all threads; done() after each, and at once for those that were
/// kept. What was made is kept when one of the two throws. A task goes on from its own place, which is
/// forgotten when what came of it is kept, and what it gives after a stop is not kept. T is known to be saved
/// (predcg::Stored).
template <class T, class Make, class Done>
std::vector<T> kept_results(const predcg::CheckpointPlace& place, predcg::Index count, Make&& make,
                            Done&& done) {
    std::vector<std::optional<T>> made(static_cast<std::size_t>(count));
    if (place.restore(made))
        predcg::require_equal(std::ssize(made), count, "Checkpoint", "number of results",
                              "that of the checkpoint");
    std::mutex one_save;
    std::vector<predcg::CheckpointPlace> done_at;  // of tasks that are done and not yet forgotten
    constexpr std::size_t most = 64;
    for (std::size_t k = 0; k < made.size(); ++k)
        if (made[k]) place.within(std::to_string(k)).drop();
    const auto keep = [&] {
        place.keep(made);
        for (const predcg::CheckpointPlace& at : done_at) at.drop();
        done_at.clear();
    };
    try {
        predcg::parallel_for(count, [&](predcg::Index k) {
            std::optional<T>& own = made[static_cast<std::size_t>(k)];
            if (!own) {
                const predcg::CheckpointPlace at_work = place.within(std::to_string(k));
                T found = unless_interrupted([&]() -> T { return make(k, at_work); });
                const std::scoped_lock lock(one_save);
                own.emplace(std::move(found));
                done_at.push_back(at_work);
                if (place.is_due() || done_at.size() == most) keep();
            }
            done();
        });
    } catch (...) {
        keep();
        throw;
    }
    keep();
    std::vector<T> results;
    for (std::optional<T>& one : made) results.push_back(std::move(*one));
    return results;
}

/// The same of one result.
template <class T, class Make>
T kept_result(const predcg::CheckpointPlace& place, Make&& make) {
    return std::move(
        kept_results<T>(
            place, 1, [&](predcg::Index, const predcg::CheckpointPlace&) { return make(); }, [] {})
            .front());
}

}  // namespace cli::study
