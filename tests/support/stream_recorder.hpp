#pragma once
// What a test asks of the random streams that the library makes. To be included before any header of the
// library.
#include "recorded_streams.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

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

inline std::set<int> numbers_of(const std::vector<Purpose>& purposes) {
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

/// Streams that are made more than once on purpose, of these purposes alone.
struct SharedStreams {
    std::string_view where;
    std::vector<Purpose> purposes;
    int most;  ///< times that one of them is made, as more would be an accident; 0: as often as is asked
    std::string_view why;
};

/// All that there are.
inline const std::vector<SharedStreams>& shared_on_purpose() {
    static const std::vector<SharedStreams> all{
        {"mean field", {Purpose::mean_field}, 0, "q is to depend on target and settings alone"},
        {"levels of an exact hierarchy",
         {Purpose::start},
         0,
         "the ends of exact fits do not depend on starts"},
        {"terms", {Purpose::start}, 2, "the first fit and the last have the same settings"},
        {"methods", {Purpose::start}, 3, "methods differ by how they learn, not by chance"},
        {"statistics of a theta", {Purpose::predict}, 2, "all see the same draws of (X, x)"},
        {"weighted fit", {Purpose::start}, 2, "the fit of the same data without weights begins there"},
        {"study coverage",
         {Purpose::generate, Purpose::start},
         3,
         "posteriors are compared on the same data and fits"},
        {"study coverage with weights",
         {Purpose::generate, Purpose::start, Purpose::posterior},
         3,
         "data with weights and without are compared by the same numbers"},
        {"study maps",
         {Purpose::generate, Purpose::start, Purpose::posterior},
         54,
         "maps are compared by the same numbers, and the data set of a number has one seed in every chain"},
    };
    return all;
}

/// f() makes streams for exactly these purposes, and those of `shared` alone more than once, each of them.
template <class F>
void expect_streams(std::initializer_list<Purpose> purposes, const std::vector<Purpose>& shared, int most,
                    F&& f) {
    const StreamCounts counts = streams_of(std::forward<F>(f));
    EXPECT_EQ(purposes_of(counts), numbers_of(purposes));
    const StreamCounts twice = repeated(counts);
    EXPECT_EQ(purposes_of(twice), numbers_of(shared)) << "made more than once: " << to_words(twice);
    int times = twice.empty() ? 0 : 1;
    for (const auto& [identity, count] : twice) times = std::max(times, static_cast<int>(count));
    if (most > 0 || twice.empty()) {
        EXPECT_EQ(times, most) << to_words(twice);
    }
}

/// f() makes streams for exactly these purposes, and none of them twice.
template <class F>
void expect_distinct_streams(std::initializer_list<Purpose> purposes, F&& f) {
    expect_streams(purposes, {}, 0, std::forward<F>(f));
}

/// f() makes streams for exactly these purposes, and those of shared_on_purpose() alone more than once.
template <class F>
void expect_shared_streams(std::initializer_list<Purpose> purposes, std::string_view where, F&& f) {
    const auto& all = shared_on_purpose();
    const auto found = std::ranges::find(all, where, &SharedStreams::where);
    ASSERT_NE(found, all.end()) << where;
    expect_streams(purposes, found->purposes, found->most, std::forward<F>(f));
}

}  // namespace support
