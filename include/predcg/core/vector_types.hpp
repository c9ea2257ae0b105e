#pragma once
// Vectors of the processor, where the compiler has types for them (g++ and clang). Told so, they do not have
// to find out by themselves, and g++ 12 finds otherwise: it computes across lanes. PREDCG_PLAIN_LANES does
// without: the same numbers, by plain loops.
#include <predcg/core/compiler.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && !defined(PREDCG_PLAIN_LANES)
#define PREDCG_HAS_VECTOR_TYPES 1
#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSSE3__)
#include <tmmintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif
#else
#define PREDCG_HAS_VECTOR_TYPES 0
#endif

// Behind a lambda's parameters: its body stands where it is called.
#if defined(__GNUC__)
#define PREDCG_ALWAYS_INLINE __attribute__((always_inline))
#else
#define PREDCG_ALWAYS_INLINE
#endif

namespace predcg::detail {

#if PREDCG_HAS_VECTOR_TYPES
#if defined(__AVX512F__)
inline constexpr std::size_t vector_width = 8;  // doubles
#elif defined(__AVX__)
inline constexpr std::size_t vector_width = 4;
#else
inline constexpr std::size_t vector_width = 2;
#endif
#if defined(__AVX512F__) && defined(__AVX512BW__)
inline constexpr std::size_t integer_bytes = 64;
#elif defined(__AVX2__)
inline constexpr std::size_t integer_bytes = 32;
#else
inline constexpr std::size_t integer_bytes = 16;
#endif
using VectorOfDoubles [[gnu::vector_size(8 * vector_width)]] = double;
using VectorOfBytes [[gnu::vector_size(integer_bytes)]] = signed char;
using VectorOfWords [[gnu::vector_size(integer_bytes)]] = std::uint64_t;
using BitsOfDoubles [[gnu::vector_size(8 * vector_width)]] = std::uint64_t;
/// At most 32 of them: half of a vector, where vectors are longer.
using FewBytes[[gnu::vector_size(integer_bytes < 32 ? integer_bytes : 32)]] = signed char;

/// Products of the lower halves.
inline VectorOfWords multiply_low(VectorOfWords a, VectorOfWords b) {
    // The compiler's own product of whole words is 2.5 times as slow.
#if defined(__AVX512F__) && defined(__AVX512BW__)
    return reinterpret_cast<VectorOfWords>(  // without a mask g++ 12 warns of its own header
        _mm512_maskz_mul_epu32(0xFF, reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
    return reinterpret_cast<VectorOfWords>(
        _mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#elif defined(__SSE2__)
    return reinterpret_cast<VectorOfWords>(
        _mm_mul_epu32(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
    return (a & 0xFFFFFFFFU) * (b & 0xFFFFFFFFU);
#endif
}

#if defined(__AVX2__) || defined(__SSSE3__)
#define PREDCG_HAS_BYTE_SHUFFLE 1
/// Entries of a table of 16, which stands in every 16 bytes of a vector; of each place the lowest 4 bits
/// count. Places are not negative.
template <class V>
V shuffle(V table, V places) {
#if defined(__AVX512F__) && defined(__AVX512BW__)
    if constexpr (sizeof(V) == 64)
        return reinterpret_cast<V>(
            _mm512_shuffle_epi8(reinterpret_cast<__m512i>(table), reinterpret_cast<__m512i>(places)));
    else
#endif
#if defined(__AVX2__)
        return reinterpret_cast<V>(
            _mm256_shuffle_epi8(reinterpret_cast<__m256i>(table), reinterpret_cast<__m256i>(places)));
#else
    return reinterpret_cast<V>(
        _mm_shuffle_epi8(reinterpret_cast<__m128i>(table), reinterpret_cast<__m128i>(places)));
#endif
}
#endif

/// The sign of every lane as a bit.
template <class V>
std::uint64_t bits_of(V v) {
#if defined(__AVX512F__) && defined(__AVX512BW__)
    if constexpr (sizeof(V) == 64)
        return _mm512_movepi8_mask(reinterpret_cast<__m512i>(v));
    else
#endif
#if defined(__AVX2__)
        return static_cast<std::uint32_t>(_mm256_movemask_epi8(reinterpret_cast<__m256i>(v)));
#elif defined(__SSE2__)
    return static_cast<std::uint32_t>(_mm_movemask_epi8(reinterpret_cast<__m128i>(v)));
#else
    std::uint64_t bits = 0;
    for (std::size_t lane = 0; lane < sizeof(V); ++lane) bits |= (v[lane] < 0 ? std::uint64_t{1} : 0) << lane;
    return bits;
#endif
}

/// Words of the lower halves of a, and those of b above.
inline VectorOfWords join_low(VectorOfWords a, VectorOfWords b) {
    using Halves [[gnu::vector_size(integer_bytes)]] = std::uint32_t;
    const auto low = reinterpret_cast<Halves>(a), high = reinterpret_cast<Halves>(b << 32);
#if defined(__AVX512F__) && defined(__AVX512BW__)
    return reinterpret_cast<VectorOfWords>(
        __builtin_shufflevector(low, high, 0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31));
#elif defined(__AVX2__)
    return reinterpret_cast<VectorOfWords>(__builtin_shufflevector(low, high, 0, 9, 2, 11, 4, 13, 6, 15));
#else
    return reinterpret_cast<VectorOfWords>(__builtin_shufflevector(low, high, 0, 5, 2, 7));
#endif
}

/// a_0, b_0, a_1, b_1, ...: two vectors.
inline void interleave(VectorOfWords a, VectorOfWords b, VectorOfWords* to) {
#if defined(__AVX512F__) && defined(__AVX512BW__)
    to[0] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    to[1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#elif defined(__AVX2__)
    to[0] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    to[1] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#else
    to[0] = __builtin_shufflevector(a, b, 0, 2);
    to[1] = __builtin_shufflevector(a, b, 1, 3);
#endif
}

/// So many bytes, not negative, as numbers: they stand in the fraction of 2^52.
inline VectorOfDoubles doubles_of_bytes(const signed char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, vector_width);
    BitsOfDoubles shifts;
    for (std::size_t lane = 0; lane < vector_width; ++lane) shifts[lane] = 8 * lane;
    const BitsOfDoubles bits = ((BitsOfDoubles{} + word) >> shifts & 255) | 0x4330000000000000U;
    return reinterpret_cast<VectorOfDoubles>(bits) - 0x1p52;
}

using PairOfDoubles [[gnu::vector_size(16)]] = double;

/// from[at[0]], from[at[step]], ... and from[at[0] + 1], from[at[step] + 1], ...: each two by one load.
template <std::ptrdiff_t step>
void load_pairs(const double* from, const std::uint32_t* at, VectorOfDoubles& first,
                VectorOfDoubles& second) {
    const auto pair = [&](std::ptrdiff_t k) {
        PairOfDoubles p;
        std::memcpy(&p, from + at[k * step], sizeof p);
        return p;
    };
#if defined(__AVX512F__)
    const auto four = [&](std::ptrdiff_t k) {
        return __builtin_shufflevector(__builtin_shufflevector(pair(k), pair(k + 2), 0, 1, 2, 3),
                                       __builtin_shufflevector(pair(k + 4), pair(k + 6), 0, 1, 2, 3), 0, 1, 2,
                                       3, 4, 5, 6, 7);
    };
    const auto even = four(0), odd = four(1);
    first = __builtin_shufflevector(even, odd, 0, 8, 2, 10, 4, 12, 6, 14);
    second = __builtin_shufflevector(even, odd, 1, 9, 3, 11, 5, 13, 7, 15);
#elif defined(__AVX__)
    const auto even = __builtin_shufflevector(pair(0), pair(2), 0, 1, 2, 3);
    const auto odd = __builtin_shufflevector(pair(1), pair(3), 0, 1, 2, 3);
    first = __builtin_shufflevector(even, odd, 0, 4, 2, 6);
    second = __builtin_shufflevector(even, odd, 1, 5, 3, 7);
#else
    first = __builtin_shufflevector(pair(0), pair(1), 0, 2);
    second = __builtin_shufflevector(pair(0), pair(1), 1, 3);
#endif
}
#else
inline constexpr std::size_t vector_width = 1, integer_bytes = 1;
using VectorOfDoubles = double;
using BitsOfDoubles = std::uint64_t;
using VectorOfBytes = signed char;
using FewBytes = signed char;

inline std::uint64_t bits_of(VectorOfBytes v) { return v < 0 ? 1 : 0; }

inline double doubles_of_bytes(const signed char* byte) { return *byte; }

template <std::ptrdiff_t>
void load_pairs(const double* from, const std::uint32_t* at, double& first, double& second) {
    first = from[*at];
    second = from[*at + 1];
}
#endif

#if !defined(PREDCG_HAS_BYTE_SHUFFLE)
#define PREDCG_HAS_BYTE_SHUFFLE 0
#endif

}  // namespace predcg::detail
