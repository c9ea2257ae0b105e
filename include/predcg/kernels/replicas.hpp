#pragma once
// Single-site kernels on many replicas of a chain or graph side by side: letters as bytes, one a lane.
#include <predcg/chains/shape.hpp>
#include <predcg/chains/tables.hpp>
#include <predcg/concepts/site_classes.hpp>
#include <predcg/core/random.hpp>
#include <predcg/core/scratch.hpp>
#include <predcg/core/vector_types.hpp>
#include <predcg/kernels/single_site.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <utility>
#include <vector>

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
        const auto entry = [&](Index place) { return place < places ? entry_of(place) : 0; };
        for (Index r = 0; r < rows(places); ++r)
            for (Index lane = 0; lane < row_size; ++lane)
                *table++ = static_cast<signed char>(
#if PREDCG_HAS_BYTE_SHUFFLE
                    entry(16 * r + lane % 16)
#elif PREDCG_HAS_VECTOR_TYPES
                    r == 0 ? entry(0) : entry(0) ^ entry(r)
#else
                    entry(r)
#endif
                );
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

/// P(X_i <= a | what the move looks at) for all letters but the last, in units of 2^-48. A random byte is
/// compared with the upper 8 bits; where it equals them another one with the next 8, and then 32 bits with
/// the rest. 1 is 255, 255 and 2^32, which no 32 bits reach.
class Thresholds {
public:
    void begin(Index size) {
        whole_.clear();
        whole_.reserve(static_cast<std::size_t>(size));
    }
    void append(double probability) {
        whole_.push_back(static_cast<std::uint64_t>(std::llround(probability * 0x1p48)));
    }
    /// By place to look at and threshold.
    const std::vector<std::uint64_t>& values() const { return whole_; }

    /// Tables that lanes look up, of so many thresholds a place: for each the upper 8 bits, then the next,
    /// less 128.
    void write(signed char* table, Index thresholds) const {
        const Index places = std::ssize(whole_) / thresholds;
        for (Index a = 0; a < thresholds; ++a)
            for (const int shift : {40, 32}) {
                ByteTable::fill(table, places, [&](Index place) {
                    const std::uint64_t whole = whole_[static_cast<std::size_t>(place * thresholds + a)];
                    const std::uint64_t most = (std::uint64_t{1} << 48) - 1;
                    return static_cast<signed char>(static_cast<int>(std::min(whole, most) >> shift & 255) -
                                                    128);
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
        for (Index k = 0; k < thresholds; ++k)
            letter += bits >= whole_[static_cast<std::size_t>(place * thresholds + k)] ? 1 : 0;
        return letter;
    }

private:
    std::vector<std::uint64_t> whole_;
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

/// What a chain's sites have in common for replicas: neighbours, and the log weights that they give.
class ChainSurroundings {
public:
    ChainSurroundings(const ChainShape& shape, const WeightTables& weights, bool invariant)
        : shape_(shape), weights_(weights), invariant_(invariant) {
        powers_.assign(static_cast<std::size_t>(shape.width), 1);
        for (Index k = shape.width - 2; k >= 0; --k)
            powers_[static_cast<std::size_t>(k)] = powers_[static_cast<std::size_t>(k + 1)] * shape.letters;
    }

    Index sites() const { return shape_.sites; }
    Index letters() const { return shape_.letters; }
    /// Whether neighbourhoods are told apart by how often they have each letter.
    bool counts() const { return false; }
    /// Neighbours of a site, and the k-th of them; -1: there is none, in its place stands letter 0.
    Index neighbours() const { return 2 * range(); }
    Index neighbour(Index i, Index k) const {
        const Index j = i + k - range() + (k < range() ? 0 : 1);
        if (shape_.periodic) return (j + shape_.sites) % shape_.sites;
        return j < shape_.sites ? std::max<Index>(j, -1) : -1;
    }
    Index range() const { return shape_.width - 1; }
    bool periodic() const { return shape_.periodic; }

    /// Sites alike: all of a translation-invariant ring; inside an open chain.
    Index kinds() const { return !invariant_ ? shape_.sites : shape_.periodic ? 1 : 2 * range() + 1; }
    Index kind(Index site) const {
        if (!invariant_) return site;
        if (shape_.periodic) return 0;
        const Index from_end = shape_.sites - 1 - site;
        return site < range() ? 1 + site : from_end < range() ? 1 + range() + from_end : 0;
    }

    /// Log weights of a site's letters, given those of its neighbours.
    void log_weights(Index site, const std::vector<Index>& around, std::vector<double>& to) const {
        for (Index a = 0; a < shape_.letters; ++a) to[static_cast<std::size_t>(a)] = weight(site, around, a);
    }

private:
    /// Sum of the log weights of the windows that hold a site.
    double weight(Index site, const std::vector<Index>& around, Index here) const {
        double sum = 0.0;
        for (Index back = 0; back < shape_.width; ++back) {
            const Index j = site - back;  // first site of the window
            if (j < 0 && !shape_.periodic) break;
            Index code = 0;
            for (Index k = 0; k < shape_.width; ++k) {
                if (!shape_.periodic && j + k >= shape_.sites) continue;  // cut
                const Index at = range() - back + k;
                const Index letter =
                    k == back ? here : around[static_cast<std::size_t>(at < range() ? at : at - 1)];
                code += letter * powers_[static_cast<std::size_t>(k)];
            }
            sum += std::log(weights_.at(j < 0 ? j + shape_.sites : j)[code]);
        }
        return sum;
    }

    ChainShape shape_;
    const WeightTables& weights_;
    bool invariant_;
    std::vector<Index> powers_;
};

/// Moves of a kernel for targets common x factor, for factors of single sites: a table for every class of the
/// factor and kind of site.
template <class Space, class Factor, class Surroundings>
class ReplicaTables {
public:
    ReplicaTables(const ReplicaMoves& moves, const Space& space, const Surroundings& around)
        : moves_(moves), space_(space), around_(around), sites_(around.sites()), letters_(around.letters()),
          neighbours_(around.neighbours()), counts_(around.counts()), neighbour_(sites_ * neighbours_),
          table_of_site_(sites_) {
        for (Index i = 0, at = 0; i < sites_; ++i)
            for (Index k = 0; k < neighbours_; ++k) neighbour_[at++] = around.neighbour(i, k);
        // Digits of the base q; or, for counts, letters a > 0 are worth (neighbours + 1)^(a - 1).
        for (Index k = counts_ ? 1 : 0; k < (counts_ ? letters_ : neighbours_); ++k)
            neighbourhoods_ *= counts_ ? neighbours_ + 1 : letters_;
        places_ = neighbourhoods_ * (moves.look_at_letter ? letters_ : 1);
    }

    /// Places to look at, for so many letters and neighbours.
    static double places(const ReplicaMoves& moves, Index letters, Index neighbours, bool counts) {
        return power(static_cast<double>(counts ? neighbours + 1 : letters),
                     counts ? letters - 1 : neighbours) *
               (moves.look_at_letter ? static_cast<double>(letters) : 1.0);
    }
    /// Whether replicas pay on a chain: few places to look at, whose number fits a byte, and few tables.
    static bool pay(const ReplicaMoves& moves, const ChainShape& shape, bool invariant) {
        const double letters = static_cast<double>(shape.letters), sites = static_cast<double>(shape.sites);
        const double there = places(moves, shape.letters, 2 * (shape.width - 1), false);
        const double tables = invariant && ClassifiedSites<Factor> ? 1.0 : sites;
        return shape.letters >= 2 && shape.letters <= most_letters && shape.sites > 2 * (shape.width - 1) &&
               there <= 64.0 && tables * there * letters <= 65536.0;
    }
    static constexpr Index most_letters = 8, most_places = 127, most_neighbours = 16;
    static constexpr Index sites_of_spare = 16;  // of which a lane has one tie in 16, and two in 500

    /// Makes it the tables of this factor.
    void set(const Factor& factor) {
        if constexpr (ClassifiedSites<Factor>) {
            const Index classes = factor.class_count(), kinds = around_.kinds();
            if (std::ssize(table_of_kind_) < classes * kinds)
                table_of_kind_.resize(static_cast<std::size_t>(classes * kinds), -1);
            for (Index site = 0; site < sites_; ++site) {
                const Index site_class = factor.site_class(site);
                if (!(site_class >= 0 && site_class < classes))
                    argument_error("ClassifiedSites", "site_class(" + to_text(site) + ")",
                                   to_text(site_class), "0 to class_count() - 1");
                Index& table =
                    table_of_kind_[static_cast<std::size_t>(site_class * kinds + around_.kind(site))];
                if (table < 0) table = tabulate(site, factor);
                table_of_site_[site] = table;
            }
        } else {  // sites are alike where the factor turns out to be the same
            if (tables_used_ > 4 * sites_) {
                tables_used_ = 0;
                tables_seen_.clear();
            }
            for (Index site = 0; site < sites_; ++site) {
                weigh(site, factor, key_);
                key_.push_back(static_cast<double>(around_.kind(site)));
                auto found = tables_seen_.find(key_);
                if (found == tables_seen_.end())
                    found = tables_seen_.emplace(key_, tabulate(site, factor)).first;
                table_of_site_[site] = found->second;
            }
        }
    }

    /// One sweep. A random order is the same for all lanes.
    void sweep(Replicas& replicas, Philox4x32& rng) {
        const Index q = letters_, d = neighbours_;
        const bool looks = moves_.look_at_letter;
        if (counts_) {
            if (looks)
                sweep_as<0, 0, true, true>(replicas, rng);
            else if (q == 2 && d == 4)
                sweep_as<2, 4, false, true>(replicas, rng);
            else if (q == 2 && d == 6)
                sweep_as<2, 6, false, true>(replicas, rng);
            else
                sweep_as<0, 0, false, true>(replicas, rng);
        } else if (looks)
            q == 2 && d == 2 ? sweep_as<2, 2, true, false>(replicas, rng)
                             : sweep_as<0, 0, true, false>(replicas, rng);
        else if (q == 2 && d == 2)
            sweep_as<2, 2, false, false>(replicas, rng);
        else if (q == 3 && d == 2)
            sweep_as<3, 2, false, false>(replicas, rng);
        else if (q == 2 && d == 4)
            sweep_as<2, 4, false, false>(replicas, rng);
        else
            sweep_as<0, 0, false, false>(replicas, rng);
    }

    // What detail::sweep asks for.
    Index sites() const { return sites_; }
    Index range() const { return around_.range(); }
    bool periodic() const { return around_.periodic(); }
    decltype(auto) coloured_order() const
        requires HasColouredOrder<Surroundings>
    {
        return around_.coloured_order();
    }

private:
    /// Letters and neighbours of compile time, or 0.
    template <Index Letters, Index Neighbours, bool LooksAtLetter, bool Counts>
    void sweep_as(Replicas& replicas, Philox4x32& rng) {
        // Sites that do not see each other: nobody waits for the letter that was drawn last.
        const SweepOrder order =
            moves_.order == SweepOrder::automatic ? SweepOrder::checkerboard : moves_.order;
        if (order_.empty() || order == SweepOrder::random) {
            order_.clear();
            detail::sweep(*this, order, rng, [this](Index i) { order_.push_back(i); });
        }
        const Index blocks = replicas.blocks;
        constexpr Index most = sites_of_spare;
        random_.resize((most + 1) * blocks);  // a row for each of so many sites, before them one for all
        used_.resize(blocks);
        nothing_.assign(blocks, Bytes::of(0));
        for (Index first = 0; first < sites_; first += most) {
            const Index count = std::min(most, sites_ - first);
            rng.generate(reinterpret_cast<std::uint32_t*>(random_.data()),
                         static_cast<std::size_t>((count + 1) * blocks * (Bytes::lanes / 4)));
            std::fill_n(used_.data(), blocks, Bytes{});
            const Bytes* random = random_.data();
            for (Index k = first; k < first + count; ++k)
                update<Letters, Neighbours, LooksAtLetter, Counts>(order_[static_cast<std::size_t>(k)],
                                                                   replicas, random += blocks, rng);
        }
    }

    template <Index Letters, Index Neighbours, bool LooksAtLetter, bool Counts>
    [[gnu::always_inline]] void update(Index i, Replicas& replicas, const Bytes* random, Philox4x32& rng) {
        constexpr Index states = Letters == 0 ? 0
                                 : Counts     ? power(Neighbours + 1, Letters - 1)
                                              : power(Letters, Neighbours);
        const Index places = states > 0 ? states * (LooksAtLetter ? Letters : 1) : places_;
        const Index q = Letters > 0 ? Letters : letters_, d = Letters > 0 ? Neighbours : neighbours_;
        const Bytes* neighbours[Letters > 0 ? Neighbours : most_neighbours];
        if constexpr (Letters == 0) std::fill_n(neighbours, most_neighbours, nullptr);
        const Index* list = neighbour_.data() + i * d;
        for (Index k = 0; k < d; ++k) neighbours[k] = list[k] >= 0 ? replicas.site(list[k]) : nothing_.data();
        const Index table_of_site = table_of_site_[i], step = ByteTable::size(places);
        const signed char* const table = look_up_.data() + table_of_site * (2 * (q - 1) * step);
        Bytes* x = replicas.site(i);
        const Bytes* const spare = random_.data();
        Bytes* const used = used_.data();
        for_vectors(replicas.blocks, [&]<class V>(Index at, V) PREDCG_ALWAYS_INLINE {
            V place{};
            for (Index k = 0; k < d; ++k) {
                const V there = load<V>(neighbours[k], at);
                if constexpr (!Counts)
                    place = static_cast<V>(times(place, q) + there);
                else if constexpr (Letters == 2)
                    place = static_cast<V>(place + there);
                else
                    place = static_cast<V>(place + worth(there, q, d));
            }
            if constexpr (LooksAtLetter) place = static_cast<V>(times(place, q) + load<V>(x, at));
            // A byte decides, and where it equals the threshold's a second one, which is a lane's only once
            // for all sites: the letter drawn next in that lane needs others.
            const V first = load<V>(random, at), second = load<V>(spare, at);
            V letter = static_cast<V>(V{} + static_cast<signed char>(q - 1));
            V tied{}, open{};
            for (Index a = 0; a < q - 1; ++a) {
                const V upper = ByteTable::at(table + 2 * a * step, places, place);
                const V middle = ByteTable::at(table + (2 * a + 1) * step, places, place);
                const V same = equal(first, upper);
                letter = static_cast<V>(letter + (greater(upper, first) | (same & greater(middle, second))));
                tied = static_cast<V>(tied | same);
                open = static_cast<V>(open | (same & equal(middle, second)));
            }
            const V before = load<V>(used, at);
            store(static_cast<V>(before | tied), used, at);
            store(letter, x, at);
            open = static_cast<V>(open | (before & tied));
            if (const std::uint64_t lanes = bits_of(open); lanes != 0) [[unlikely]]
                resolve(tables_[static_cast<std::size_t>(table_of_site)], lanes, place, before,
                        {random, spare, x}, at, rng);
        });
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
    [[gnu::cold]] void resolve(const Thresholds& thresholds, std::uint64_t lanes, V places, V used,
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
            rows.letters[block][at] = static_cast<signed char>(thresholds.letter(
                byte_of(places, lane), letters_ - 1, rows.random[block][at], second, third));
        }
    }

    /// Log weights of a site's letters by the factor.
    void weigh(Index site, const Factor& factor, std::vector<double>& row) {
        const Index width = Window(factor.window()).width;
        const ChainShape single{sites_, letters_, 1, 1, false};
        row.resize(static_cast<std::size_t>(letters_));
        windows_of(single, space_, site, window_, [&](Index code, auto window) {
            row[static_cast<std::size_t>(code)] = factor.local_log_density(site, narrow(window, width));
        });
        double top = -std::numeric_limits<double>::infinity();
        for (const double weight : row) {
            if (std::isnan(weight)) throw NumericalError("sampling: the log density is NaN");
            top = std::max(top, weight);
        }
        if (std::isinf(top))
            throw NumericalError("sampling: the log density of every letter at a site is " + to_text(top));
    }

    /// Letters around a site that has a neighbourhood; false: there is none of that number.
    bool decode(Index site, Index code, std::vector<Index>& around) const {
        const Index d = neighbours_;
        if (!counts_) {
            for (Index k = d - 1; k >= 0; --k, code /= letters_)
                around[static_cast<std::size_t>(k)] = code % letters_;
        } else {
            Index k = 0;
            for (Index a = 1; a < letters_; ++a, code /= d + 1)
                for (Index n = code % (d + 1); n > 0; --n) {
                    if (k == d) return false;
                    around[static_cast<std::size_t>(k++)] = a;
                }
            std::fill(around.begin() + k, around.end(), 0);
        }
        for (Index k = 0; k < d; ++k)
            if (neighbour_[site * d + k] < 0 && around[static_cast<std::size_t>(k)] != 0) return false;
        return true;
    }

    /// Thresholds of a site.
    [[gnu::cold]] Index tabulate(Index site, const Factor& factor) {
        const Index q = letters_;
        if (tables_used_ == std::ssize(tables_)) tables_.emplace_back();
        Thresholds& made = tables_[static_cast<std::size_t>(tables_used_)];
        const Index seen = moves_.look_at_letter ? q : 1;  // letters here that make a difference
        made.begin(places_ * (q - 1));
        auto& [around, row, log_weights, probabilities] = room_;
        around.resize(static_cast<std::size_t>(neighbours_));
        log_weights.resize(static_cast<std::size_t>(q));
        probabilities.resize(static_cast<std::size_t>(q));
        weigh(site, factor, row);
        for (Index code = 0; code < neighbourhoods_; ++code) {
            const bool is_there = decode(site, code, around);
            if (is_there) around_.log_weights(site, around, log_weights);
            for (std::size_t a = 0; is_there && a < row.size(); ++a) log_weights[a] += row[a];
            for (Index here = 0; here < seen; ++here) {
                if (is_there)
                    moves_.weigh(log_weights.data(), q, here, probabilities.data());
                else
                    std::fill(probabilities.begin(), probabilities.end(), 1.0);
                cumulate(probabilities.data(), q);
                for (Index a = 0; a < q - 1; ++a) made.append(probabilities[static_cast<std::size_t>(a)]);
            }
        }
        const Index size = 2 * (q - 1) * ByteTable::size(places_), before = tables_used_ * size;
        if (look_up_.size() < before + size) look_up_.resize(2 * (before + size), before);
        made.write(look_up_.data() + before, q - 1);
        return tables_used_++;
    }

    ReplicaMoves moves_;
    const Space& space_;
    const Surroundings& around_;
    Index sites_, letters_, neighbours_;
    bool counts_;
    Index neighbourhoods_ = 1, places_ = 1, tables_used_ = 0;
    std::vector<Thresholds> tables_;
    Scratch<signed char> look_up_;      // their tables, one after the other
    std::vector<Index> table_of_kind_;  // for every class and kind of site; -1: none yet
    std::map<std::vector<double>, Index>
        tables_seen_{};  // by log weights and kind, of a factor without classes
    Scratch<Index> neighbour_, table_of_site_;
    struct Room {
        std::vector<Index> around;
        std::vector<double> row, log_weights, probabilities;
    };
    Room room_{};  // to make a table in
    Scratch<Bytes> nothing_, random_, used_;
    std::vector<Index> order_;  // of the sites in a sweep
    std::vector<double> key_;
    std::vector<letter_t<Space>> window_;
};

}  // namespace predcg::detail
