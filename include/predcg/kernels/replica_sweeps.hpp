#pragma once
// Sweeps of single-site kernels over many replicas side by side, by tables of what a move does. Nothing here
// knows a model, so that a program compiles it once.
#include <predcg/core/random.hpp>
#include <predcg/core/scratch.hpp>
#include <predcg/kernels/lane_bytes.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace predcg::detail {

/// P(X_i <= a | what the move looks at) for all letters but the last, in units of 2^-48. A random byte is
/// compared with the upper 8 bits; where it equals them another one with the next 8, and then 32 bits with
/// the rest. 1 is 255, 255 and 2^32, which no 32 bits reach.
class Thresholds {
public:
    void append(double probability) {
        whole_.grow(count_ + 1);
        whole_[count_++] = static_cast<std::uint64_t>(std::llround(probability * 0x1p48));
    }
    void clear() { count_ = 0; }
    /// By place to look at and threshold.
    std::span<const std::uint64_t> values() const {
        return {whole_.data(), static_cast<std::size_t>(count_)};
    }

    /// Tables that lanes look up, of so many places from the first on, and so many thresholds a place: for
    /// each the upper 8 bits, then the next, less 128.
    void write(signed char* table, Index first, Index places, Index thresholds) const {
        for (Index a = 0; a < thresholds; ++a)
            for (const int shift : {40, 32}) {
                ByteTable::fill(table, places, [&](Index place) {
                    const std::uint64_t whole = whole_[(first + place) * thresholds + a];
                    const std::uint64_t most = (std::uint64_t{1} << 48) - 1;
                    return static_cast<int>(std::min(whole, most) >> shift & 255) - 128;
                });
                table += ByteTable::size(places);
            }
    }

    /// The letter at a place that has so many thresholds, of all 48 random bits.
    Index letter(Index place, Index thresholds, signed char first, signed char second,
                 std::uint32_t third) const {
        const std::uint64_t bits = static_cast<std::uint64_t>(first + 128) << 40 |
                                   static_cast<std::uint64_t>(second + 128) << 32 | third;
        Index letter = 0;
        for (Index k = 0; k < thresholds; ++k) letter += bits >= whole_[place * thresholds + k] ? 1 : 0;
        return letter;
    }

private:
    Index count_ = 0;
    Scratch<std::uint64_t> whole_;
};

/// The replicas of one target.
struct Replicas {
    Index count = 0, blocks = 0;
    std::vector<Bytes> letters{};  // places in the alphabet; blocks of every site

    bool empty() const { return letters.empty(); }
    Bytes* site(Index i) { return letters.data() + i * blocks; }
    const Bytes* site(Index i) const { return letters.data() + i * blocks; }

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.count, self.blocks, self.letters);
    }
};

/// Moves replicas by tables, which whoever derives from it makes.
class ReplicaSweeps {
public:
    static constexpr Index most_neighbours = 16;
    static constexpr Index sites_of_spare = 16;  // of which a lane has one tie in 16, and two in 500

protected:
    ReplicaSweeps(Index sites, Index letters, Index neighbours, bool counts, bool looks_at_letter)
        : sites_(sites), letters_(letters), neighbours_(neighbours), counts_(counts), looks_(looks_at_letter),
          neighbour_(sites * neighbours), table_of_site_(sites), order_(sites) {
        // Digits of the base q; or, for counts, letters a > 0 are worth (neighbours + 1)^(a - 1).
        for (Index k = counts ? 1 : 0; k < (counts ? letters : neighbours); ++k)
            neighbourhoods_ *= counts ? neighbours + 1 : letters;
        places_ = neighbourhoods_ * (looks_ ? letters : 1);
    }

    /// Makes a table of the thresholds that were appended since the last one: its number.
    [[gnu::cold]] Index add_table() {
        const Index size = table_size(), before = tables_ * size;
        look_up_.grow(before + size);
        thresholds_.write(look_up_.data() + before, tables_ * places_, places_, letters_ - 1);
        return tables_++;
    }
    void forget_tables() {
        tables_ = 0;
        thresholds_.clear();
    }

    /// Visits the sites in their order.
    void move(Replicas& replicas, Philox4x32& rng) {
        const Index q = letters_, d = neighbours_;
        if (counts_) {
            if (looks_)
                move_as<0, 0, true, true>(replicas, rng);
            else if (q == 2 && d == 4)
                move_as<2, 4, false, true>(replicas, rng);
            else if (q == 2 && d == 6)
                move_as<2, 6, false, true>(replicas, rng);
            else
                move_as<0, 0, false, true>(replicas, rng);
        } else if (looks_)
            q == 2 && d == 2 ? move_as<2, 2, true, false>(replicas, rng)
                             : move_as<0, 0, true, false>(replicas, rng);
        else if (q == 2 && d == 2)
            move_as<2, 2, false, false>(replicas, rng);
        else if (q == 3 && d == 2)
            move_as<3, 2, false, false>(replicas, rng);
        else if (q == 2 && d == 4)
            move_as<2, 4, false, false>(replicas, rng);
        else
            move_as<0, 0, false, false>(replicas, rng);
    }

    Index sites_, letters_, neighbours_;
    bool counts_, looks_;
    Index neighbourhoods_ = 1, places_ = 1, tables_ = 0;
    Scratch<Index> neighbour_, table_of_site_, order_;  // order_: of the sites in a sweep
    Thresholds thresholds_;                             // of the tables, one after the other

private:
    Index table_size() const { return 2 * (letters_ - 1) * ByteTable::size(places_); }

    /// Letters and neighbours of compile time, or 0.
    template <Index Letters, Index Neighbours, bool LooksAtLetter, bool Counts>
    [[gnu::noinline]] void move_as(Replicas& replicas, Philox4x32& rng) {
        using M = Moves<Letters, Neighbours, LooksAtLetter, Counts>;
        const Index blocks = replicas.blocks;
        constexpr Index most = sites_of_spare;
        random_.resize((most + 1) * blocks);  // a row for each of so many sites, before them one for all
        if (nothing_.size() != blocks) nothing_.assign(blocks, Bytes::of(0));
        for (Index first = 0; first < sites_; first += most) {
            const Index count = std::min(most, sites_ - first);
            rng.generate(reinterpret_cast<std::uint32_t*>(random_.data()),
                         static_cast<std::size_t>((count + 1) * blocks * (Bytes::lanes / 4)));
            if constexpr (Letters > 0 && !LooksAtLetter && !Counts && PREDCG_HAS_VECTOR_TYPES) {
                if (blocks == 1) {
                    visit_few<M, 1, FewBytes>(order_.data() + first, count, replicas, rng);
                    continue;
                }
                if (blocks == 2) {
                    visit_few<M, 2, VectorOfBytes>(order_.data() + first, count, replicas, rng);
                    continue;
                }
            }
            visit<M>(order_.data() + first, count, replicas, rng);
        }
    }

    /// Sizes, and what a move looks at.
    template <Index Letters, Index Neighbours, bool LooksAtLetter, bool Counts>
    struct Moves {
        const ReplicaSweeps& all;

        static constexpr Index most_neighbours = Letters > 0 ? Neighbours : ReplicaSweeps::most_neighbours;
        Index q() const { return Letters > 0 ? Letters : all.letters_; }
        Index d() const { return Letters > 0 ? Neighbours : all.neighbours_; }
        Index places() const {
            if constexpr (Letters == 0) return all.places_;
            return (Counts ? power(Neighbours + 1, Letters - 1) : power(Letters, Neighbours)) *
                   (LooksAtLetter ? Letters : 1);
        }

        /// The place to look at of the lanes at `at`, for the site with letters x.
        template <class V>
        [[gnu::always_inline]] V place(const Bytes* const* neighbours, const Bytes* x, Index at) const {
            V place{};
            for (Index k = 0; k < d(); ++k) {
                const V there = load<V>(neighbours[k], at);
                if constexpr (!Counts)
                    place = static_cast<V>(times(place, q()) + there);
                else if constexpr (Letters == 2)
                    place = static_cast<V>(place + there);
                else
                    place = static_cast<V>(place + worth(there, q(), d()));
            }
            if constexpr (LooksAtLetter) place = static_cast<V>(times(place, q()) + load<V>(x, at));
            return place;
        }
    };

    template <class V>
    struct Drawn {
        V letter, tied, open;  // tied: the second byte was used; open: neither decided
    };

    /// A byte decides, and where it equals the threshold's a second one.
    template <class M, class V>
    [[gnu::always_inline]] static Drawn<V> draw(const M& moves, const signed char* table, V place, V first,
                                                V second) {
        const Index places = moves.places(), step = ByteTable::size(places), q = moves.q();
        Drawn<V> drawn{static_cast<V>(V{} + static_cast<signed char>(q - 1)), V{}, V{}};
        for (Index a = 0; a < q - 1; ++a) {
            const V upper = ByteTable::at(table + 2 * a * step, places, place);
            const V middle = ByteTable::at(table + (2 * a + 1) * step, places, place);
            const V same = equal(first, upper);
            drawn.letter =
                static_cast<V>(drawn.letter + (greater(upper, first) | (same & greater(middle, second))));
            drawn.tied = static_cast<V>(drawn.tied | same);
            drawn.open = static_cast<V>(drawn.open | (same & equal(middle, second)));
        }
        return drawn;
    }

    /// Letters of the sites around one; where there is none, letter 0.
    template <class M>
    [[gnu::always_inline]] void look(const M& moves, Index site, const Replicas& replicas,
                                     const Bytes** neighbours) const {
        if constexpr (M::most_neighbours == ReplicaSweeps::most_neighbours)
            std::fill_n(neighbours, most_neighbours, nullptr);
        const Index* list = neighbour_.data() + site * moves.d();
        for (Index k = 0; k < moves.d(); ++k)
            neighbours[k] = list[k] >= 0 ? replicas.site(list[k]) : nothing_.data();
    }

    /// Of second bytes a lane has one for all sites: the letter drawn next in that lane needs others.
    template <class M>
    void visit(const Index* order, Index count, Replicas& replicas, Philox4x32& rng) {
        const M moves{*this};
        const Index size = table_size();
        used_.assign(replicas.blocks, Bytes{});
        const Bytes* const spare = random_.data();
        Bytes* const used = used_.data();
        for (Index k = 0; k < count; ++k) {
            const Index i = order[k], number = table_of_site_[i];
            const Bytes* neighbours[M::most_neighbours];
            look(moves, i, replicas, neighbours);
            const signed char* const table = look_up_.data() + number * size;
            const Bytes* const random = spare + (k + 1) * replicas.blocks;
            Bytes* const x = replicas.site(i);
            for_vectors(replicas.blocks, [&]<class V>(Index at, V) PREDCG_ALWAYS_INLINE {
                const V place = moves.template place<V>(neighbours, x, at);
                const Drawn<V> drawn = draw(moves, table, place, load<V>(random, at), load<V>(spare, at));
                const V before = load<V>(used, at);
                store(static_cast<V>(before | drawn.tied), used, at);
                store(drawn.letter, x, at);
                const V open = static_cast<V>(drawn.open | (before & drawn.tied));
                if (const std::uint64_t lanes = bits_of(open); lanes != 0) [[unlikely]]
                    resolve(number, lanes, place, before, {random, spare, x}, at, rng);
            });
        }
    }

    /// The same of so few lanes that second bytes, and which of them were used, stay in registers: nobody
    /// waits for the site before.
    template <class M, Index Blocks, class V>
    void visit_few(const Index* order, Index count, Replicas& replicas, Philox4x32& rng) {
        constexpr Index vectors = Blocks * Bytes::lanes / static_cast<Index>(sizeof(V));
        const M moves{*this};
        const Index size = table_size();
        const Bytes* const spare = random_.data();
        V second[vectors], used[vectors];
        for (Index v = 0; v < vectors; ++v) {
            second[v] = load<V>(spare, v * static_cast<Index>(sizeof(V)));
            used[v] = V{};
        }
        const Bytes* random = spare;
        for (Index k = 0; k < count; ++k) {
            const Index i = order[k], number = table_of_site_[i];
            const Bytes* neighbours[M::most_neighbours];
            look(moves, i, replicas, neighbours);
            const signed char* const table = look_up_.data() + number * size;
            random += Blocks;
            Bytes* const x = replicas.letters.data() + i * Blocks;
            V place[vectors], before[vectors], open[vectors], any{};
            for (Index v = 0; v < vectors; ++v) {
                const Index at = v * static_cast<Index>(sizeof(V));
                place[v] = moves.template place<V>(neighbours, x, at);
                const Drawn<V> drawn = draw(moves, table, place[v], load<V>(random, at), second[v]);
                store(drawn.letter, x, at);
                before[v] = used[v];
                used[v] = used[v] | drawn.tied;
                open[v] = drawn.open | (before[v] & drawn.tied);
                any = any | open[v];
            }
            if (bits_of(any) != 0) [[unlikely]]
                for (Index v = 0; v < vectors; ++v)
                    resolve(number, bits_of(open[v]), place[v], before[v], {random, spare, x},
                            v * static_cast<Index>(sizeof(V)), rng);
        }
    }

    /// What a neighbour's letter adds to the place, where letters are counted: 0, 1, d + 1, (d + 1)^2, ...
    template <class V>
    static V worth(V letter, Index q, Index d) {
        V sum{};
        Index step = 1;
        for (Index a = 1; a < q; ++a, step *= d + 1)
            sum = static_cast<V>(sum | (equal(letter, static_cast<V>(V{} + static_cast<signed char>(a))) &
                                        static_cast<V>(V{} + static_cast<signed char>(step))));
        return sum;
    }

    struct Rows {
        const Bytes *random, *spare;
        Bytes* letters;
    };

    /// Letters of lanes that 16 bits did not decide, or whose second byte has decided before.
    template <class V>
    [[gnu::cold, gnu::noinline]] void resolve(Index table, std::uint64_t lanes, V places, V used,
                                              const Rows& rows, Index first, Philox4x32& rng) const {
        const auto byte_of = [](const V& v, int lane) {
            return reinterpret_cast<const signed char*>(&v)[lane];
        };
        for (; lanes != 0; lanes &= lanes - 1) {
            const int lane = std::countr_zero(lanes);
            const Index block = (first + lane) / Bytes::lanes, at = (first + lane) % Bytes::lanes;
            const auto third = static_cast<std::uint32_t>(rng());
            const signed char second = byte_of(used, lane) != 0
                                           ? static_cast<signed char>(static_cast<int>(rng() & 255) - 128)
                                           : rows.spare[block][at];
            rows.letters[block][at] = static_cast<signed char>(
                thresholds_.letter(table * places_ + byte_of(places, lane), letters_ - 1,
                                   rows.random[block][at], second, third));
        }
    }

    Scratch<signed char> look_up_;  // the tables, one after the other
    Scratch<Bytes> nothing_, random_, used_;
};

}  // namespace predcg::detail
