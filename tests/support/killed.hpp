#pragma once
// Work that is killed, and goes on from its checkpoint.
#include <predcg/core/checkpoint.hpp>
#include <predcg/learning/estimate.hpp>
#include <predcg/posterior/posterior.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace support {

struct Killed {};

/// What a disk has: the bytes that were written last.
struct Disk {
    std::string bytes{};
    int writes = 0, resumed = 0;
};

/// Runs work(place) until it ends, killed at every `stride`-th write, and resumed from what was written.
/// Returns what the last run returned. Throws std::runtime_error where twenty runs in a row get no further.
template <class Work>
auto with_kills(Work&& work, int stride, Disk& disk) {
    std::string before;
    for (int in_vain = 0;; ++disk.resumed) {
        int left = stride;
        const auto kept = std::make_shared<predcg::Checkpoint>(
            "work",
            [&](std::string_view bytes) {
                if (left == 0) throw Killed{};  // no thread survives
                disk.bytes = bytes;
                ++disk.writes;
                if (--left == 0) throw Killed{};
            },
            std::chrono::seconds(0));
        if (!disk.bytes.empty()) kept->resume(disk.bytes);
        try {
            return work(predcg::CheckpointPlace(kept));
        } catch (const Killed&) {
            in_vain = disk.bytes == before ? in_vain + 1 : 0;
            if (in_vain == 20) throw std::runtime_error("work that is killed does not go on where it was");
            before = disk.bytes;
        }
    }
}

/// All that an estimate holds, but text.
inline std::string bytes_of(const predcg::Estimate& e) {
    predcg::detail::ByteWriter write;
    write(e.status, e.iterations, e.parameters, e.trace, e.starts, e.likelihood.gradient,
          e.likelihood.complete, e.likelihood.missing, e.remarks);
    return write.bytes;
}
inline std::string bytes_of(const predcg::PosteriorResult& p) {
    predcg::detail::ByteWriter write;
    write(p.draws, p.chains, p.acceptance, p.mean, p.remarks);
    return write.bytes;
}

/// Of work that gives bytes.
inline const std::string& bytes_of(const std::string& bytes) { return bytes; }

/// work(place) with kills gives the bytes of work({}).
template <class Work>
void expect_the_same(Work&& work, int stride, int least) {
    const std::string undisturbed = bytes_of(work(predcg::CheckpointPlace{}));
    Disk disk;
    EXPECT_EQ(bytes_of(with_kills(work, stride, disk)), undisturbed);
    EXPECT_GE(disk.resumed, least);
    const int writes = disk.writes;
    EXPECT_EQ(bytes_of(with_kills(work, 1 << 20, disk)), undisturbed) << "of work that was done";
    EXPECT_LE(disk.writes, writes + 12);  // nothing is done again
}

}  // namespace support
