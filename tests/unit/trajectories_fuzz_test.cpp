// Damaged files of every kind: an end or an error, nothing else. A million of them are a validation study.
#include <gtest/gtest.h>

#include "mutations.hpp"
#include "test_seed.hpp"

namespace trajectories_fuzz_test {
namespace {

TEST(DamagedTrajectories, EndOrThrow) {
    const auto files = support::valid_files(PREDCG_EXAMPLE_DATA);
    predcg::Index errors = 0, frames = 0;
    for (std::uint64_t k = 0; k < 8000; ++k) {
        auto rng = predcg::make_stream(test_seed(), predcg::Purpose::check, k);
        const auto which = static_cast<std::size_t>(k % files.size());
        SCOPED_TRACE(k);
        try {
            const auto outcome = support::read_all(files[which].format, support::mutated(files, which, rng));
            errors += outcome.error ? 1 : 0;
            frames += outcome.frames;
        } catch (const std::exception& error) {
            FAIL() << error.what();
        }
    }
    EXPECT_GT(errors, 4000) << "most damage is found";
    EXPECT_GT(frames, 4000) << "and what stands before it is read";
}

TEST(DamagedTrajectories, UndamagedOnesAreRead) {
    const auto files = support::valid_files(PREDCG_EXAMPLE_DATA);
    const predcg::Index frames[]{7, 1, 2, 2, 2, 2, 2, 2};
    ASSERT_EQ(files.size(), std::size(frames));
    for (std::size_t k = 0; k < files.size(); ++k) {
        const auto outcome = support::read_all(files[k].format, files[k].bytes);
        EXPECT_FALSE(outcome.error) << k;
        EXPECT_EQ(outcome.frames, frames[k]) << k;
    }
}

}  // namespace
}  // namespace trajectories_fuzz_test
