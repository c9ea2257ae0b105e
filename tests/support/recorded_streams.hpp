#pragma once
// Every random stream that the library makes while a test listens: make_stream calls the macro that is
// defined here, in what includes this before any header of the library. The programs are compiled so wherever
// tests are built.
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

namespace support {

/// seed, purpose, index, iteration, call
using StreamIdentity = std::array<std::uint64_t, 5>;

/// Streams by identity, with how often each was made.
using StreamCounts = std::map<StreamIdentity, int>;

/// Collects identities between start and stop, from any number of threads.
class StreamRecorder {
public:
    void start() {
        const std::lock_guard lock(mutex_);
        counts_.clear();
        records_ = true;
    }
    StreamCounts stop() {
        const std::lock_guard lock(mutex_);
        records_ = false;
        return std::exchange(counts_, {});
    }
    template <class Key>
    void note(const Key& key) {
        if (!records_.load(std::memory_order_relaxed)) return;
        const std::lock_guard lock(mutex_);
        if (records_)
            ++counts_[{key.seed, static_cast<std::uint64_t>(key.purpose), key.index, key.iteration,
                       key.call}];
    }

private:
    std::mutex mutex_;
    std::atomic<bool> records_ = false;
    StreamCounts counts_;
};

inline StreamRecorder& stream_recorder() {
    static StreamRecorder recorder;
    return recorder;
}

template <class Key>
void record_stream(const Key& key) {
    stream_recorder().note(key);
}

}  // namespace support

#define PREDCG_STREAM_RECORDER(key) ::support::record_stream(key)
