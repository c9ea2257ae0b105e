#pragma once
// Philox 4x32-10, a counter-based random engine.
// Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011);
// interface and parameters of C++26 [rand.eng.philox], which no supported compiler has yet.
#include <predcg/core/vector_types.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <istream>
#include <limits>
#include <ostream>
#include <string>

namespace predcg {

/// Uniform random bit generator with 32-bit output and a state of 4 counter words, 2 key words.
///
/// Equal in output to `std::philox4x32` (10000th output of the default engine: 1955073260). One
/// extension, `set_key`, sets both key words: the standard's `seed(value)` sets the first alone.
/// Period 2^130 outputs a key; cost about 10 multiplications of 32x32 bits an output.
class Philox4x32 {
public:
    using result_type = std::uint_fast32_t;      ///< What a call gives: 32 random bits.
    using Words = std::array<std::uint32_t, 4>;  ///< Four outputs.

    static constexpr std::size_t word_size = 32;    ///< Bits of a word.
    static constexpr std::size_t word_count = 4;    ///< Words of a block.
    static constexpr std::size_t round_count = 10;  ///< Rounds of the cipher.
    /// Seed of the default constructor, as the standard has it.
    static constexpr result_type default_seed = 20111115U;

    /// Smallest output.
    static constexpr result_type min() { return 0; }
    /// Largest output.
    static constexpr result_type max() { return std::numeric_limits<std::uint32_t>::max(); }

    Philox4x32() : Philox4x32(default_seed) {}
    /// As `seed(value)`.
    explicit Philox4x32(result_type value) { seed(value); }

    void seed(result_type value = default_seed) {
        set_key({static_cast<std::uint32_t>(value), 0});
        set_counter({0, 0, 0, 0});
    }

    /// Both key words, in the order of the paper. The next output is the first of the next block.
    void set_key(const std::array<std::uint32_t, 2>& key) {
        key_ = key;
        next_ = word_count;
    }

    /// The counter as the standard writes it: most significant word first. The next output is the first
    /// of that counter's block.
    void set_counter(const Words& counter) {
        for (std::size_t j = 0; j < word_count; ++j) counter_[word_count - 1 - j] = counter[j];
        next_ = word_count;
    }

    /// The next output.
    result_type operator()() {
        if (next_ == word_count) refill();
        return output_[next_++];
    }

    /// Two outputs at once, the first in the lower half.
    std::uint64_t next_pair() {
        if (next_ == word_count) refill();
        if (next_ + 1 == word_count) {
            const std::uint64_t low = (*this)();
            return static_cast<std::uint64_t>((*this)()) << 32 | low;
        }
        next_ += 2;
        return static_cast<std::uint64_t>(output_[next_ - 1]) << 32 | output_[next_ - 2];
    }

    /// The next `count` outputs, those of operator() in their order, several blocks at once.
    void generate(std::uint32_t* to, std::size_t count) {
        for (; count > 0 && next_ != word_count; --count) *to++ = static_cast<std::uint32_t>((*this)());
#if PREDCG_HAS_VECTOR_TYPES
        constexpr std::size_t words = blocks_at_once * word_count, few = 2 * word_count;
        if (count > few) {
            const RoundKeys keys(key_);
            const std::size_t room = (max() - counter_[0]) / blocks_at_once;  // in the counter's first word
            const std::size_t times = std::min(count / words, room);
            several_blocks<vectors>(keys, to, times);
            counter_[0] += static_cast<std::uint32_t>(times * blocks_at_once);
            to += times * words;
            count -= times * words;
            if (count > few && times < room) {
                if (count <= lanes * word_count)
                    last_blocks<1>(keys, to, count);
                else
                    last_blocks<vectors>(keys, to, count);
                return;
            }
        }
#endif
        for (; count > 0; --count) *to++ = static_cast<std::uint32_t>((*this)());
    }

    /// Leaves out `count` outputs; costs no more than one.
    void discard(unsigned long long count) {
        for (; count > 0 && next_ != word_count; --count) ++next_;
        advance(count / word_count);
        for (count %= word_count; count > 0; --count) (*this)();
    }

    /// Whether all further outputs are the same.
    friend bool operator==(const Philox4x32& a, const Philox4x32& b) {
        return a.key_ == b.key_ && a.counter_ == b.counter_ && a.next_ == b.next_;
    }

    /// Key, counter and place in the block, in decimal whatever the stream's flags and locale.
    friend std::ostream& operator<<(std::ostream& out, const Philox4x32& e) {
        std::string text;
        for (auto word : e.key_) text += std::to_string(word) + ' ';
        for (auto word : e.counter_) text += std::to_string(word) + ' ';
        return out << text + std::to_string(e.next_);
    }

    friend std::istream& operator>>(std::istream& in, Philox4x32& e) {
        const auto flags = in.flags(std::ios::dec | std::ios::skipws);
        Philox4x32 read;
        for (auto& word : read.key_) in >> word;
        for (auto& word : read.counter_) in >> word;
        in >> read.next_;
        in.flags(flags);
        if (in && read.next_ <= word_count) {
            if (read.next_ != word_count) {  // the block in use belongs to the counter before
                read.advance(~0ULL, ~0ULL);
                read.output_ = read.bijection();
                read.increment();
            }
            e = read;
        } else {
            in.setstate(std::ios::failbit);
        }
        return in;
    }

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.key_, self.counter_, self.output_, self.next_);
    }

private:
    void refill() {
        output_ = bijection();
        increment();
        next_ = 0;
    }

    Words bijection() const {
        constexpr std::uint64_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;
        constexpr std::uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;
        Words x = counter_;
        std::uint32_t k0 = key_[0], k1 = key_[1];
        for (std::size_t round = 0; round < round_count; ++round) {
            const std::uint64_t p0 = multiplier0 * x[0], p1 = multiplier1 * x[2];
            x = {static_cast<std::uint32_t>(p1 >> 32) ^ x[1] ^ k0, static_cast<std::uint32_t>(p1),
                 static_cast<std::uint32_t>(p0 >> 32) ^ x[3] ^ k1, static_cast<std::uint32_t>(p0)};
            k0 += weyl0;
            k1 += weyl1;
        }
        return x;
    }

#if PREDCG_HAS_VECTOR_TYPES
    using Lanes = detail::VectorOfWords;
    static constexpr std::size_t lanes = detail::integer_bytes / sizeof(std::uint64_t);
    // So many hide what a product takes, and have room in 32 registers or, mostly, 16 of shorter vectors.
    static constexpr std::size_t vectors = detail::integer_bytes == 64 ? 4 : 3;
    static constexpr std::size_t blocks_at_once = vectors * lanes;

    /// The two key words of every round, in all lanes.
    struct RoundKeys {
        explicit RoundKeys(const std::array<std::uint32_t, 2>& key) {
            std::uint32_t k0 = key[0], k1 = key[1];
            for (auto& round : words) {
                round[0] = Lanes{} + k0;
                round[1] = Lanes{} + k1;
                k0 += 0x9E3779B9U;
                k1 += 0xBB67AE85U;
            }
        }
        Lanes words[round_count][2];
    };

    /// Blocks side by side in so many vectors, several times: words in the lower halves of their 64 bits. The
    /// counter stays.
    template <std::size_t Vectors>
    void several_blocks(const RoundKeys& keys, std::uint32_t* to, std::size_t times) const {
        const Lanes multiplier0 = Lanes{} + 0xD2511F53U, multiplier1 = Lanes{} + 0xCD9E8D57U;
        const Lanes zero{};
        Lanes first_words{};
        for (std::size_t lane = 0; lane < lanes; ++lane) first_words[lane] = counter_[0] + lane;
        for (; times > 0; --times, first_words = first_words + Vectors * lanes) {
            Lanes x[Vectors][word_count];
            for (std::size_t v = 0; v < Vectors; ++v) {
                x[v][0] = first_words + v * lanes;
                for (std::size_t word = 1; word < word_count; ++word) x[v][word] = zero + counter_[word];
            }
#pragma GCC unroll 10
            for (std::size_t round = 0; round < round_count; ++round)  // NOLINT(modernize-loop-convert)
                for (std::size_t v = 0; v < Vectors; ++v) {            // NOLINT(modernize-loop-convert)
                    const Lanes p0 = detail::multiply_low(multiplier0, x[v][0]);
                    const Lanes p1 = detail::multiply_low(multiplier1, x[v][2]);
                    const Lanes second = x[v][1] ^ keys.words[round][0];
                    const Lanes last = x[v][3] ^ keys.words[round][1];
                    x[v][0] = (p1 >> 32) ^ second;  // upper halves do not matter
                    x[v][1] = p1;
                    x[v][2] = (p0 >> 32) ^ last;
                    x[v][3] = p0;
                }
#pragma GCC unroll 4
            for (std::size_t v = 0; v < Vectors; ++v) {  // NOLINT(modernize-loop-convert)
                Lanes pairs[2];                          // of words, in the order of the blocks
                detail::interleave(detail::join_low(x[v][0], x[v][1]), detail::join_low(x[v][2], x[v][3]),
                                   pairs);
                for (const Lanes& pair : pairs) {
                    std::memcpy(to, &pair, sizeof pair);
                    to += 2 * lanes;
                }
            }
        }
    }

    /// Fewer outputs than several_blocks makes: the last block may be used in part.
    template <std::size_t Vectors>
    void last_blocks(const RoundKeys& keys, std::uint32_t* to, std::size_t count) {
        std::uint32_t made[Vectors * lanes * word_count];
        several_blocks<Vectors>(keys, made, 1);
        std::memcpy(to, made, count * sizeof *to);
        const std::size_t used = count % word_count;
        next_ = used == 0 ? word_count : used;
        std::memcpy(output_.data(), made + (count - next_), sizeof output_);
        counter_[0] += static_cast<std::uint32_t>((count + word_count - 1) / word_count);
    }
#endif

    void increment() {
        for (auto& word : counter_)
            if (++word != 0) return;
    }

    void advance(std::uint64_t low, std::uint64_t high = 0) {
        const std::uint64_t old_low = counter_[0] | (std::uint64_t{counter_[1]} << 32);
        const std::uint64_t old_high = counter_[2] | (std::uint64_t{counter_[3]} << 32);
        const std::uint64_t new_low = old_low + low;
        const std::uint64_t new_high = old_high + high + (new_low < old_low ? 1 : 0);
        counter_ = {static_cast<std::uint32_t>(new_low), static_cast<std::uint32_t>(new_low >> 32),
                    static_cast<std::uint32_t>(new_high), static_cast<std::uint32_t>(new_high >> 32)};
    }

    std::array<std::uint32_t, 2> key_{};
    Words counter_{};
    Words output_{};
    std::size_t next_ = word_count;
};

}  // namespace predcg
