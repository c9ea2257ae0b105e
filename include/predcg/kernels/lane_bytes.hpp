#pragma once
// Letters of many replicas as bytes, one a lane: vectors of them, and tables that they look up.
#include <predcg/core/types.hpp>
#include <predcg/core/vector_types.hpp>

#include <algorithm>
#include <cstring>

namespace predcg::detail {

/// Bytes of 32 lanes, whatever the processor's vectors hold, so that numbers do not depend on it.
struct alignas(32) Bytes {
    static constexpr Index lanes = 32;
    signed char lane[lanes];

    signed char& operator[](Index k) { return lane[k]; }
    signed char operator[](Index k) const { return lane[k]; }

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        for (auto& letter : self.lane) visit(letter);
    }

    static Bytes of(int value) {
        Bytes b;
        std::fill_n(b.lane, lanes, static_cast<signed char>(value));
        return b;
    }
};

/// base^exponent, for small whole exponents.
template <class T>
constexpr T power(T base, Index exponent) {
    T product = 1;
    for (; exponent > 0; --exponent) product *= base;
    return product;
}

/// Calls f(first lane, {}) for all lanes of so many blocks, by vectors of the type of the second argument.
template <class F>
[[gnu::always_inline]] inline void for_vectors(Index blocks, F&& f) {
    constexpr Index wide = sizeof(VectorOfBytes), few = sizeof(FewBytes);
    Index at = 0;
    for (; at + wide <= blocks * Bytes::lanes; at += wide) f(at, VectorOfBytes{});
    if constexpr (few < wide)
        for (; at < blocks * Bytes::lanes; at += few) f(at, FewBytes{});
}
template <class V>
V load(const Bytes* blocks, Index lane) {
    V v;
    std::memcpy(&v, reinterpret_cast<const signed char*>(blocks) + lane, sizeof v);
    return v;
}
template <class V>
void store(V v, Bytes* blocks, Index lane) {
    std::memcpy(reinterpret_cast<signed char*>(blocks) + lane, &v, sizeof v);
}

// Comparisons: -1 where true, else 0.
template <class V>
V equal(V a, V b) {
#if PREDCG_HAS_VECTOR_TYPES
    return a == b;
#else
    return static_cast<V>(-(a == b));
#endif
}
template <class V>
V greater(V a, V b) {
#if PREDCG_HAS_VECTOR_TYPES
    return a > b;
#else
    return static_cast<V>(-(a > b));
#endif
}
template <class V>
V choose(V mask, V a, V b) {
    return static_cast<V>((mask & a) | (~mask & b));
}
/// By sums: there are few processors with products of bytes.
template <class V>
V times(V a, Index q) {
    V product = a;
    for (Index k = 1; k < q; ++k) product = static_cast<V>(product + a);
    return product;
}

/// Tables of bytes that lanes look up: with a shuffle of bytes rows of 16 places; else a row for every place,
/// with its difference to the first.
struct ByteTable {
    static constexpr Index rows(Index places) {
        return PREDCG_HAS_BYTE_SHUFFLE ? (places + 15) / 16 : places;
    }
    static constexpr Index row_size = sizeof(VectorOfBytes);
    static constexpr Index size(Index places) { return rows(places) * row_size; }

    /// entry_of(place) for all places.
    template <class F>
    static void fill(signed char* table, Index places, F&& entry_of) {
#if PREDCG_HAS_BYTE_SHUFFLE
        for (Index first = 0; first < places; first += 16, table += row_size) {
            for (Index place = 0; place < 16; ++place)
                table[place] = static_cast<signed char>(first + place < places ? entry_of(first + place) : 0);
            for (Index lane = 16; lane < row_size; lane += 16) std::memcpy(table + lane, table, 16);
        }
#else
        const auto at_first = static_cast<signed char>(entry_of(0));
        for (Index place = 0; place < places; ++place, table += row_size) {
            const auto entry = static_cast<signed char>(entry_of(place));
            std::fill_n(table, row_size,
                        PREDCG_HAS_VECTOR_TYPES && place > 0 ? static_cast<signed char>(at_first ^ entry)
                                                             : entry);
        }
#endif
    }

    /// The entries at a place of each lane.
    template <class V>
    static V at(const signed char* table, Index places, V place) {
        const auto row = [table](Index r) {
            V v;
            std::memcpy(&v, table + r * row_size, sizeof v);
            return v;
        };
#if PREDCG_HAS_BYTE_SHUFFLE
        V found = shuffle(row(0), place);
        for (Index r = 1; r < rows(places); ++r)
            found = choose(greater(place, V{} + static_cast<signed char>(16 * r - 1)), shuffle(row(r), place),
                           found);
        return found;
#elif PREDCG_HAS_VECTOR_TYPES
        V found = row(0), number{};
        for (Index r = 1; r < rows(places); ++r) {
            number = number + 1;
            found ^= equal(place, number) & row(r);
        }
        return found;
#else
        (void)places;
        return row(place);
#endif
    }
};

}  // namespace predcg::detail
