#pragma once
// Repetitions whose results survive.
#include <predcg/core/checkpoint_place.hpp>
#include <predcg/core/processes.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace predcg::detail {

/// The records of share_out; those that the checkpoint has are not made again. Each process keeps its own.
/// Throws ArgumentError for a checkpoint of another number of repetitions.
template <class F>
std::vector<Record> share_out_kept(const std::optional<Processes>& processes, const CheckpointPlace& place,
                                   Index count, F&& f) {
    std::vector<std::vector<std::int64_t>> made(static_cast<std::size_t>(count));
    if (place.restore(made))
        require_equal(std::ssize(made), count, "Checkpoint", "number of repetitions",
                      "that of the checkpoint");
    std::mutex one_save;
    const auto make = [&](Index k) {
        std::vector<std::int64_t>& words = made[static_cast<std::size_t>(k)];
        Record record;
        record.words = words;
        if (!words.empty()) return record;
        record = f(k);
        if (place) {
            const std::scoped_lock lock(one_save);
            words = record.words;
            place.offer(made);
        }
        return record;
    };
    try {
        auto records = share_out(processes, count, make);
        place.keep(made);
        return records;
    } catch (...) {
        place.keep(made);
        throw;
    }
}

}  // namespace predcg::detail
