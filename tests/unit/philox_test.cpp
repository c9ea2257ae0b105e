// The random engine against published numbers and the promises of its interface.
#include <predcg/core/philox.hpp>
#include <predcg/core/random.hpp>

#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <vector>

namespace philox_test {
using predcg::Philox4x32;

namespace {

using Words = std::array<std::uint32_t, 4>;

std::vector<std::uint64_t> next(Philox4x32 engine, int count) {
    std::vector<std::uint64_t> outputs;
    for (int k = 0; k < count; ++k) outputs.push_back(engine());
    return outputs;
}

/// Engine at counter words c (least significant first, as Random123 writes them) and key k.
Philox4x32 engine_at(const Words& c, const std::array<std::uint32_t, 2>& k) {
    Philox4x32 engine;
    engine.set_key(k);
    engine.set_counter({c[3], c[2], c[1], c[0]});
    return engine;
}

static_assert(std::uniform_random_bit_generator<Philox4x32>);
static_assert(predcg::RandomBits<Philox4x32>);
static_assert(Philox4x32::min() == 0 && Philox4x32::max() == 0xFFFFFFFFu);

TEST(Philox, TenThousandthOutputOfTheStandard) {
    Philox4x32 engine;
    for (int k = 1; k < 10000; ++k) engine();
    EXPECT_EQ(engine(), 1955073260u);
    EXPECT_EQ(Philox4x32(), Philox4x32(20111115u));
}

// kat_vectors of Random123, philox4x32 with 10 rounds.
TEST(Philox, KnownAnswers) {
    const std::uint32_t ones = 0xFFFFFFFFu;
    using Outputs = std::vector<std::uint64_t>;
    EXPECT_EQ(next(engine_at({0, 0, 0, 0}, {0, 0}), 4),
              (Outputs{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    EXPECT_EQ(next(engine_at({ones, ones, ones, ones}, {ones, ones}), 4),
              (Outputs{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(next(engine_at({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}), 4),
              (Outputs{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, CounterIsSetMostSignificantWordFirst) {
    Philox4x32 second_block;
    second_block.set_counter({0, 0, 0, 1});
    Philox4x32 from_start;
    for (int k = 0; k < 4; ++k) from_start();
    EXPECT_EQ(second_block, from_start);
    EXPECT_EQ(second_block(), from_start());
}

TEST(Philox, CounterCarries) {
    const std::uint32_t ones = 0xFFFFFFFFu;
    for (const auto& [before, after] : std::vector<std::pair<Words, Words>>{
             {{ones, 0, 0, 0}, {0, 1, 0, 0}},
             {{ones, ones, 7, 0}, {0, 0, 8, 0}},
             {{ones, ones, ones, 5}, {0, 0, 0, 6}},
             {{ones, ones, ones, ones}, {0, 0, 0, 0}},
         }) {
        Philox4x32 stepped = engine_at(before, {3, 4}), skipped = stepped;
        for (int k = 0; k < 4; ++k) stepped();
        EXPECT_EQ(next(stepped, 4), next(engine_at(after, {3, 4}), 4));
        skipped.discard(4);
        EXPECT_EQ(skipped, stepped);
        EXPECT_EQ(next(skipped, 4), next(stepped, 4));
    }
}

TEST(Philox, DiscardIsRepeatedCalls) {
    const std::uint32_t ones = 0xFFFFFFFFu;
    for (const Words& c : {Words{0, 0, 0, 0}, Words{ones - 1, ones, ones, 2}})
        for (int used = 0; used < 6; ++used)
            for (int skip = 0; skip < 14; ++skip) {
                Philox4x32 called = engine_at(c, {5, 6});
                for (int k = 0; k < used; ++k) called();
                Philox4x32 discarded = called;
                discarded.discard(static_cast<unsigned long long>(skip));
                for (int k = 0; k < skip; ++k) called();
                EXPECT_EQ(discarded, called) << used << " + " << skip;
                EXPECT_EQ(next(discarded, 9), next(called, 9)) << used << " + " << skip;
            }
}

TEST(Philox, DiscardsMoreThanCanBeCalled) {
    // 2^63 outputs are 2^61 blocks: the counter's second word becomes 2^29.
    Philox4x32 engine = engine_at({0, 0, 0, 0}, {1, 2});
    engine.discard(1ULL << 63);
    EXPECT_EQ(engine, engine_at({0, 1u << 29, 0, 0}, {1, 2}));
}

TEST(Philox, StreamRoundTrip) {
    for (int used = 0; used < 10; ++used) {
        Philox4x32 written(42);
        for (int k = 0; k < used; ++k) written();
        std::stringstream text;
        text << written;
        Philox4x32 read(1);
        text >> read;
        ASSERT_TRUE(text) << used;
        EXPECT_EQ(read, written) << used;
        EXPECT_EQ(next(read, 9), next(written, 9)) << used;
    }
}

// [rand.req.eng]: the text is decimal whatever the stream was set to before, and the setting survives.
TEST(Philox, StreamTextDoesNotDependOnFlags) {
    const Philox4x32 engine = engine_at({11, 22, 33, 44}, {55, 66});
    std::ostringstream plain, set;
    plain << engine;
    set << std::hex << std::showbase;
    set.fill('*');
    set << engine;
    EXPECT_EQ(set.str(), plain.str());
    set << 255;
    EXPECT_EQ(set.str(), plain.str() + "0xff");
    std::istringstream in(plain.str());
    Philox4x32 read;
    in >> std::hex >> read;
    EXPECT_EQ(read, engine);
}

TEST(Philox, BadTextLeavesTheEngineAlone) {
    const Philox4x32 before(7);
    for (const char* bad : {"", "1 2 3", "1 2 3 4 5 6 x", "1 2 3 4 5 6 5", "1 2 3 4 5 99999999999 0"}) {
        Philox4x32 engine = before;
        std::istringstream in(bad);
        in >> engine;
        EXPECT_TRUE(in.fail()) << bad;
        EXPECT_EQ(engine, before) << bad;
    }
}

TEST(Philox, EqualityMeansTheSameFuture) {
    const Philox4x32 base = engine_at({1, 2, 3, 4}, {5, 6});
    EXPECT_EQ(base, engine_at({1, 2, 3, 4}, {5, 6}));
    for (int word = 0; word < 4; ++word) {
        Words c{1, 2, 3, 4};
        c[static_cast<std::size_t>(word)] += 1;
        EXPECT_NE(engine_at(c, {5, 6}), base) << word;
    }
    EXPECT_NE(engine_at({1, 2, 3, 4}, {6, 6}), base);
    EXPECT_NE(engine_at({1, 2, 3, 4}, {5, 7}), base);
    Philox4x32 advanced = base;
    advanced();
    EXPECT_NE(advanced, base);
    const Philox4x32 once = advanced;
    advanced();  // within the block: the counter stays
    EXPECT_NE(advanced, once);
}

TEST(Philox, SeedSetsTheFirstKeyWordAndRestarts) {
    Philox4x32 engine(1);
    engine();
    engine.seed(9);
    EXPECT_EQ(engine, Philox4x32(9));
    EXPECT_EQ(engine, engine_at({0, 0, 0, 0}, {9, 0}));
    engine.seed();
    EXPECT_EQ(engine, Philox4x32());
}

TEST(Philox, ManyOutputsAtOnceAreTheSame) {
    for (const std::uint32_t low : {0u, 5u, 0xFFFFFFF0u})  // the last: into the counter's next word
        for (const std::size_t count : {0, 1, 3, 4, 8, 9, 12, 31, 32, 33, 64, 65, 1000})
            for (int before = 0; before < 5; ++before) {
                Philox4x32 one = engine_at({low, 7, 0xFFFFFFFFu, 9}, {11, 12}), many = one;
                for (int k = 0; k < before; ++k) EXPECT_EQ(one(), many());
                std::vector<std::uint32_t> outputs(count);
                many.generate(outputs.data(), count);
                for (const std::uint32_t output : outputs) ASSERT_EQ(output, one());
                EXPECT_EQ(one(), many());
                EXPECT_EQ(one, many);
            }
}

}  // namespace
}  // namespace philox_test
