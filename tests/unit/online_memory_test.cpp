// What online learning remembers, against the same sums by hand.
#include <predcg/core/bytes.hpp>
#include <predcg/learning/online_memory.hpp>

#include <gtest/gtest.h>

#include "close.hpp"

#include <cstdint>

namespace online_memory_test {
using namespace predcg;
using support::expect_close;

namespace {

/// A block of so many configurations whose score at z is slope - z.
detail::OnlineSums block(double count, Vector slope) {
    detail::OnlineSums sums = detail::OnlineSums::zero(slope.size());
    sums.count = count;
    sums.blocks = 1;
    sums.information = Matrix::Identity(slope.size(), slope.size());
    sums.slope = std::move(slope);
    return sums;
}

/// Parts whose scores a_p have variances c_p v and the same mean for a configuration:
/// E[sum_p (a_p - c_p sum a / C)^2] = v (C - sum_p c_p^2 / C), and the sum's variance is C v.
TEST(OnlineMemory, ScatterOfPartsIsTheVarianceOfTheirSum) {
    const Vector z{{0.3, -0.2}};
    detail::OnlineMemory memory(2);
    const std::vector<double> counts{2.0, 2.0, 5.0, 1.0};
    const std::vector<Vector> slopes{Vector{{1.0, 2.0}}, Vector{{-3.0, 0.5}}, Vector{{4.0, 1.0}},
                                     Vector{{0.5, -2.5}}};
    for (std::size_t p = 0; p < counts.size(); ++p) memory.add(block(counts[p], slopes[p]), 1e9);
    ASSERT_EQ(memory.used(), 4);
    for (const Index first : {0, 1, 2}) {
        double all = 0.0, squares = 0.0;
        Vector sum = Vector::Zero(2);
        for (std::size_t p = static_cast<std::size_t>(first); p < counts.size(); ++p) {
            all += counts[p];
            squares += counts[p] * counts[p];
            sum += slopes[p] - z;
        }
        Matrix expected = Matrix::Zero(2, 2);
        for (std::size_t p = static_cast<std::size_t>(first); p < counts.size(); ++p) {
            const Vector apart = slopes[p] - z - counts[p] / all * sum;
            expected += apart * apart.transpose() * all / (all - squares / all);
        }
        expect_close(memory.scatter(first, z), expected, 1e-12);
    }
}

/// One step more would not fit into an integer.
TEST(OnlineMemory, CountsThatCannotGoOnAreUnsound) {
    detail::OnlineMemory memory(1);
    memory.add(block(1.0, Vector{{0.5}}), 1e9);
    const auto is_sound_with = [&](std::int64_t blocks) {
        detail::ByteWriter write, number;
        write(memory);
        number(blocks);
        write.bytes.replace(16, 8, number.bytes);  // after `used` and `length`
        detail::OnlineMemory other(1);
        detail::ByteReader read(write.bytes, "test");
        read(other);
        return other.is_sound(1);
    };
    EXPECT_TRUE(is_sound_with(std::int64_t{1} << 60));
    EXPECT_FALSE(is_sound_with((std::int64_t{1} << 60) + 1));
}

}  // namespace
}  // namespace online_memory_test
