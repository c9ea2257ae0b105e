#pragma once
// Every random stream that the library makes while a test listens. To be included before any header of the
// library: make_stream calls the macro that is defined here.
#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

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
        const std::lock_guard lock(mutex_);
        if (records_)
            ++counts_[{key.seed, static_cast<std::uint64_t>(key.purpose), key.index, key.iteration,
                       key.call}];
    }

private:
    std::mutex mutex_;
    bool records_ = false;
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
#include <predcg/core/random.hpp>

namespace support {

using predcg::Purpose;

/// The streams that f() makes, but for those of blank configurations, whose numbers nobody reads.
template <class F>
StreamCounts streams_of(F&& f) {
    stream_recorder().start();
    f();
    StreamCounts counts = stream_recorder().stop();
    std::erase_if(counts,
                  [](const auto& c) { return c.first[1] == static_cast<std::uint64_t>(Purpose::blank); });
    return counts;
}

inline std::set<int> purposes_of(const StreamCounts& counts) {
    std::set<int> purposes;
    for (const auto& [identity, count] : counts) purposes.insert(static_cast<int>(identity[1]));
    return purposes;
}

inline std::set<int> numbers_of(std::initializer_list<Purpose> purposes) {
    std::set<int> numbers;
    for (const Purpose purpose : purposes) numbers.insert(static_cast<int>(purpose));
    return numbers;
}

/// Those that were made more than once.
inline StreamCounts repeated(StreamCounts counts) {
    std::erase_if(counts, [](const auto& c) { return c.second == 1; });
    return counts;
}

/// Some of the streams, in words.
inline std::string to_words(const StreamCounts& counts) {
    std::ostringstream words;
    words << counts.size() << " streams";
    int shown = 0;
    for (const auto& [identity, count] : counts) {
        if (++shown > 8) break;
        words << "\n  seed " << identity[0] << ", purpose " << identity[1] << ", index " << identity[2]
              << ", iteration " << identity[3] << ", call " << identity[4] << ": " << count << " times";
    }
    return words.str();
}

/// f() makes streams for exactly these purposes, and none of them twice.
template <class F>
void expect_distinct_streams(std::initializer_list<Purpose> purposes, F&& f) {
    const StreamCounts counts = streams_of(std::forward<F>(f));
    EXPECT_EQ(purposes_of(counts), numbers_of(purposes));
    const StreamCounts twice = repeated(counts);
    EXPECT_TRUE(twice.empty()) << "made more than once: " << to_words(twice);
}

/// f() makes streams for exactly these purposes, and makes those of `shared` alone more than once: uses that
/// see the same numbers on purpose.
template <class F>
void expect_shared_streams(std::initializer_list<Purpose> purposes, Purpose shared, F&& f) {
    const StreamCounts counts = streams_of(std::forward<F>(f));
    EXPECT_EQ(purposes_of(counts), numbers_of(purposes));
    const StreamCounts twice = repeated(counts);
    EXPECT_EQ(purposes_of(twice), numbers_of({shared})) << "made more than once: " << to_words(twice);
}

}  // namespace support
