#pragma once
// Single-site kernels on many replicas of a chain side by side: letters as bytes, one a lane.
#include <predcg/chains/shape.hpp>
#include <predcg/chains/tables.hpp>
#include <predcg/concepts/site_classes.hpp>
#include <predcg/core/random.hpp>
#include <predcg/core/scratch.hpp>
#include <predcg/core/vector_types.hpp>
#include <predcg/kernels/single_site.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Bytes of 32 lanes, whatever the processor's vectors hold, so that numbers do not depend on it.
struct alignas(32) Bytes {
    static constexpr std::size_t parts = 32 / integer_bytes;
    static constexpr Index lanes = 32;
    VectorOfBytes part[parts];

    signed char& operator[](Index lane) { return reinterpret_cast<signed char*>(part)[lane]; }
    signed char operator[](Index lane) const { return reinterpret_cast<const signed char*>(part)[lane]; }

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        for (Index lane = 0; lane < lanes; ++lane) {
            signed char letter = self[lane];
            visit(letter);
            if constexpr (!std::is_const_v<Self>) self[lane] = letter;
        }
    }

    static Bytes of(int value) {
        Bytes b;
        for (VectorOfBytes& p : b.part) p = static_cast<signed char>(value) - VectorOfBytes{};
        return b;
    }
};

// Comparisons of a part: -1 where true, else 0.
inline VectorOfBytes equal(const VectorOfBytes& a, const VectorOfBytes& b) {
#if PREDCG_HAS_VECTOR_TYPES
    return a == b;
#else
    return static_cast<signed char>(-(a == b));
#endif
}
inline VectorOfBytes greater(const VectorOfBytes& a, const VectorOfBytes& b) {
#if PREDCG_HAS_VECTOR_TYPES
    return a > b;
#else
    return static_cast<signed char>(-(a > b));
#endif
}
inline VectorOfBytes choose(const VectorOfBytes& mask, const VectorOfBytes& a, const VectorOfBytes& b) {
    return static_cast<VectorOfBytes>((mask & a) | (~mask & b));
}
/// By sums: there are few processors with products of bytes.
inline VectorOfBytes times(const VectorOfBytes& a, Index q) {
    VectorOfBytes product = a;
    for (Index k = 1; k < q; ++k) product = static_cast<VectorOfBytes>(product + a);
    return product;
}
inline bool any(const Bytes& mask) {
    std::uint64_t words[4];
    std::memcpy(words, mask.part, sizeof words);
    return (words[0] | words[1] | words[2] | words[3]) != 0;
}

/// P(X_i <= a | what the move looks at) for all letters but the last, in units of 2^-40: the upper 8 bits,
/// less 128, and the 32 below, which count where a random byte equals the upper ones. 1 is 255 and 2^32
/// below.
class Thresholds {
public:
    std::vector<signed char> upper;    // places to look at x letter
    std::vector<std::uint64_t> lower;  // the same

    void begin(Index size) {
        upper.clear();
        lower.clear();
        upper.reserve(static_cast<std::size_t>(size));
        lower.reserve(static_cast<std::size_t>(size));
    }
    void append(double probability) {
        const auto whole = static_cast<std::uint64_t>(std::llround(probability * 0x1p40));
        const std::uint64_t top = std::min<std::uint64_t>(whole >> 32, 255);
        upper.push_back(static_cast<signed char>(static_cast<int>(top) - 128));
        lower.push_back(whole - (top << 32));
    }

    /// Makes what lanes look up of so many thresholds a place.
    void finish(Index thresholds) {
        places_ = std::ssize(upper) / thresholds;
        rows_ = rows_of(places_);
        table_.assign(static_cast<std::size_t>(rows_ * thresholds), Bytes::of(0));
        const auto entry = [&](Index place, Index a) {
            return place < places_ ? upper[static_cast<std::size_t>(place * thresholds + a)] : 0;
        };
        for (Index a = 0; a < thresholds; ++a)
            for (Index r = 0; r < rows_; ++r) {
                Bytes& row = table_[static_cast<std::size_t>(a * rows_ + r)];
#if PREDCG_HAS_BYTE_SHUFFLE
                for (Index lane = 0; lane < Bytes::lanes; ++lane)
                    row[lane] = static_cast<signed char>(entry(16 * r + lane % 16, a));
#elif PREDCG_HAS_VECTOR_TYPES
                row = Bytes::of(r == 0 ? entry(0, a) : entry(0, a) ^ entry(r, a));
#else
                row = Bytes::of(entry(r, a));
#endif
            }
    }

    /// The upper bits of threshold a at a place of each lane. Places of compile time, or 0.
    template <Index Places>
    VectorOfBytes look_up(const VectorOfBytes& at, Index a) const {
        const Index rows = Places > 0 ? rows_of(Places) : rows_;
        const Bytes* row = table_.data() + a * rows;
#if PREDCG_HAS_BYTE_SHUFFLE
        VectorOfBytes found = shuffle(row[0].part[0], at);
        for (Index r = 1; r < rows; ++r)
            found = choose(greater(at, VectorOfBytes{} + static_cast<signed char>(16 * r - 1)),
                           shuffle(row[r].part[0], at), found);
        return found;
#elif PREDCG_HAS_VECTOR_TYPES
        VectorOfBytes found = row[0].part[0], number{};
        for (Index r = 1; r < rows; ++r) {
            number = number + 1;
            found ^= equal(at, number) & row[r].part[0];
        }
        return found;
#else
        return row[at].part[0];
#endif
    }

private:
    /// With a shuffle of bytes 16 places are a row; else every place is one, as its difference to the first.
    static constexpr Index rows_of(Index places) {
        return PREDCG_HAS_BYTE_SHUFFLE ? (places + 15) / 16 : places;
    }

    Index places_ = 0, rows_ = 0;
    std::vector<Bytes> table_;  // threshold by threshold
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

/// Moves of a kernel for targets common x factor, for factors of single sites: a table for every class of the
/// factor and place at an open end.
template <class Space, class Factor>
class ReplicaTables {
public:
    ReplicaTables(const ReplicaMoves& moves, const Space& space, const ChainShape& shape,
                  const WeightTables& common, bool invariant)
        : moves_(moves), space_(space), shape_(shape), common_(common), invariant_(invariant),
          table_of_site_(shape.sites) {
        for (Index k = 0; k < 2 * range(); ++k) neighbourhoods_ *= shape.letters;
        powers_.assign(static_cast<std::size_t>(shape.width), 1);
        for (Index k = shape.width - 2; k >= 0; --k)
            powers_[static_cast<std::size_t>(k)] = powers_[static_cast<std::size_t>(k + 1)] * shape.letters;
    }

    /// Whether replicas pay: few places to look at, whose number fits a byte, and few tables.
    static bool pay(const ReplicaMoves& moves, const ChainShape& shape, bool invariant) {
        const double letters = static_cast<double>(shape.letters), sites = static_cast<double>(shape.sites);
        const Index looks_at = 2 * (shape.width - 1) + (moves.look_at_letter ? 1 : 0);
        const double places = std::pow(letters, static_cast<double>(looks_at));
        const double tables = invariant && ClassifiedSites<Factor> ? 1.0 : sites;
        return shape.letters >= 2 && shape.letters <= 8 && shape.sites > 2 * (shape.width - 1) &&
               places <= most_places && tables * places * letters <= 65536.0;
    }

    /// Makes it the tables of this factor.
    void set(const Factor& factor) {
        if constexpr (ClassifiedSites<Factor>) {
            const Index kinds = factor.class_count() * patterns();
            if (std::ssize(table_of_kind_) < kinds)
                table_of_kind_.resize(static_cast<std::size_t>(kinds), -1);
            for (Index site = 0; site < shape_.sites; ++site) {
                const Index kind = factor.site_class(site) * patterns() + pattern(site);
                if (!(kind >= 0 && kind < kinds))
                    argument_error("ClassifiedSites", "site_class(" + to_text(site) + ")",
                                   to_text(factor.site_class(site)), "0 to class_count() - 1");
                Index& table = table_of_kind_[static_cast<std::size_t>(kind)];
                if (table < 0) table = tabulate(site, factor);
                table_of_site_[site] = table;
            }
        } else {
            tables_used_ = 0;
            for (Index site = 0; site < shape_.sites; ++site) table_of_site_[site] = tabulate(site, factor);
        }
    }

    /// One sweep. A random order is the same for all lanes.
    void sweep(Replicas& replicas, Philox4x32& rng) {
        const Index q = shape_.letters;
        if (moves_.look_at_letter)
            q == 2 && range() == 1 ? sweep_as<2, 1, true>(replicas, rng)
                                   : sweep_as<0, 0, true>(replicas, rng);
        else if (q == 2 && range() == 1)
            sweep_as<2, 1, false>(replicas, rng);
        else if (q == 3 && range() == 1)
            sweep_as<3, 1, false>(replicas, rng);
        else if (q == 2 && range() == 2)
            sweep_as<2, 2, false>(replicas, rng);
        else
            sweep_as<0, 0, false>(replicas, rng);
    }

    // What detail::sweep asks for.
    Index sites() const { return shape_.sites; }
    Index range() const { return shape_.width - 1; }
    bool periodic() const { return shape_.periodic; }

private:
    static constexpr Index most_places = 64, most_neighbours = 6;  // 2^6 places

    /// Sites alike but for the factor: all of a translation-invariant ring; inside an open chain.
    Index patterns() const { return !invariant_ ? shape_.sites : shape_.periodic ? 1 : 2 * range() + 1; }
    Index pattern(Index site) const {
        if (!invariant_) return site;
        if (shape_.periodic) return 0;
        const Index from_end = shape_.sites - 1 - site;
        return site < range() ? 1 + site : from_end < range() ? 1 + range() + from_end : 0;
    }

    /// Letters and range of compile time, or 0.
    template <Index Letters, Index Range, bool LooksAtLetter>
    void sweep_as(Replicas& replicas, Philox4x32& rng) {
        const Index blocks = replicas.blocks;
        const Index at_once = std::max<Index>(1, 128 / blocks);  // sites whose random bytes are made together
        random_.resize(at_once * blocks);
        nothing_.assign(blocks, Bytes::of(0));
        const Bytes* random = nullptr;
        Index left = shape_.sites, ready = 0;
        detail::sweep(*this, moves_.order, rng, [&](Index i) {
            if (ready == 0) {
                ready = std::min(at_once, left);
                left -= ready;
                random = random_.data();
                rng.generate(reinterpret_cast<std::uint32_t*>(random_.data()),
                             static_cast<std::size_t>(ready * blocks * 8));
            }
            update<Letters, Range, LooksAtLetter>(i, replicas, random, rng);
            random += blocks;
            --ready;
        });
    }

    template <Index Letters, Index Range, bool LooksAtLetter>
    void update(Index i, Replicas& replicas, const Bytes* random, Philox4x32& rng) {
        constexpr Index places = Letters == 0 ? 0 : power(Letters, 2 * Range + (LooksAtLetter ? 1 : 0));
        const Index q = Letters > 0 ? Letters : shape_.letters, r = Letters > 0 ? Range : range();
        const Index n = shape_.sites, blocks = replicas.blocks;
        const Bytes* neighbours[most_neighbours] = {};
        for (Index k = -r, at = 0; k <= r; ++k) {
            if (k == 0) continue;
            Index j = i + k;
            if (shape_.periodic) j = j < 0 ? j + n : j < n ? j : j - n;
            neighbours[at++] = j >= 0 && j < n ? replicas.site(j) : nothing_.data();
        }
        const Thresholds& thresholds = tables_[static_cast<std::size_t>(table_of_site_[i])];
        Bytes* x = replicas.site(i);
        for (Index b = 0; b < blocks; ++b)
            for (std::size_t p = 0; p < Bytes::parts; ++p) {
                VectorOfBytes place{};
                for (Index k = 0; k < 2 * r; ++k)
                    place = static_cast<VectorOfBytes>(times(place, q) + neighbours[k][b].part[p]);
                if constexpr (LooksAtLetter)
                    place = static_cast<VectorOfBytes>(times(place, q) + x[b].part[p]);
                const VectorOfBytes u = random[b].part[p];
                VectorOfBytes letter =
                    static_cast<VectorOfBytes>(VectorOfBytes{} + static_cast<signed char>(q - 1));
                VectorOfBytes tied{};
                for (Index a = 0; a < q - 1; ++a) {
                    const VectorOfBytes threshold = thresholds.look_up<places>(place, a);
                    letter = static_cast<VectorOfBytes>(letter + greater(threshold, u));
                    tied = static_cast<VectorOfBytes>(tied | equal(u, threshold));
                }
                if (const std::uint32_t lanes = bits_of(tied); lanes != 0)
                    letter = resolve(thresholds, lanes, place, u, letter, rng);
                x[b].part[p] = letter;
            }
    }

    /// Letters of lanes whose byte equals a threshold's: 32 bits more decide.
    [[gnu::noinline]] VectorOfBytes resolve(const Thresholds& thresholds, std::uint32_t lanes,
                                            VectorOfBytes place, VectorOfBytes random, VectorOfBytes letters,
                                            Philox4x32& rng) const {
        const auto lane_of = [](VectorOfBytes& v, int lane) -> signed char& {
            return reinterpret_cast<signed char*>(&v)[lane];
        };
        for (; lanes != 0; lanes &= lanes - 1) {
            const int lane = std::countr_zero(lanes);
            const signed char u = lane_of(random, lane);
            const auto first = static_cast<std::size_t>(lane_of(place, lane) * (shape_.letters - 1));
            const std::uint64_t more = rng();
            Index letter = 0;
            for (std::size_t at = first; at < first + static_cast<std::size_t>(shape_.letters - 1); ++at) {
                const signed char upper = thresholds.upper[at];
                letter += u > upper || (u == upper && more >= thresholds.lower[at]) ? 1 : 0;
            }
            lane_of(letters, lane) = static_cast<signed char>(letter);
        }
        return letters;
    }

    static constexpr Index power(Index base, Index exponent) {
        return exponent == 0 ? 1 : base * power(base, exponent - 1);
    }

    /// Log weights of a site's letters by the factor.
    void weigh(Index site, const Factor& factor, std::vector<double>& row) {
        const Index width = Window(factor.window()).width;
        const ChainShape single{shape_.sites, shape_.letters, 1, 1, false};
        windows_of(single, space_, site, letters_, [&](Index code, auto window) {
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

    /// Thresholds of a site.
    [[gnu::cold]] Index tabulate(Index site, const Factor& factor) {
        const Index q = shape_.letters;
        if (tables_used_ == std::ssize(tables_)) tables_.emplace_back();
        Thresholds& made = tables_[static_cast<std::size_t>(tables_used_)];
        const Index seen = moves_.look_at_letter ? q : 1;  // letters here that make a difference
        made.begin(neighbourhoods_ * seen * (q - 1));
        std::vector<Index> around(static_cast<std::size_t>(2 * shape_.width - 1));
        std::vector<double> row(static_cast<std::size_t>(q)), log_weights(row), probabilities(row);
        weigh(site, factor, row);
        for (Index code = 0; code < neighbourhoods_; ++code) {
            Index rest = code;
            for (Index k = 2 * range(); k >= 0; --k)
                if (k != range()) {
                    around[static_cast<std::size_t>(k)] = rest % q;
                    rest /= q;
                }
            for (Index a = 0; a < q; ++a) {
                around[static_cast<std::size_t>(range())] = a;
                log_weights[static_cast<std::size_t>(a)] =
                    row[static_cast<std::size_t>(a)] + common_log_weight(site, around);
            }
            for (Index here = 0; here < seen; ++here) {
                moves_.weigh(log_weights.data(), q, here, probabilities.data());
                cumulate(probabilities.data(), q);
                for (Index a = 0; a < q - 1; ++a) made.append(probabilities[static_cast<std::size_t>(a)]);
            }
        }
        made.finish(q - 1);
        return tables_used_++;
    }

    /// Sum of the log weights of the windows that hold a site, given all letters around it.
    double common_log_weight(Index site, const std::vector<Index>& around) const {
        double sum = 0.0;
        for (Index back = 0; back < shape_.width; ++back) {
            const Index j = site - back;  // first site of the window
            if (j < 0 && !shape_.periodic) break;
            Index code = 0;
            for (Index k = 0; k < shape_.width; ++k) {
                const bool is_cut = !shape_.periodic && j + k >= shape_.sites;
                if (!is_cut)
                    code += around[static_cast<std::size_t>(range() - back + k)] *
                            powers_[static_cast<std::size_t>(k)];
            }
            sum += std::log(common_.at(j < 0 ? j + shape_.sites : j)[code]);
        }
        return sum;
    }

    ReplicaMoves moves_;
    const Space& space_;
    ChainShape shape_;
    const WeightTables& common_;
    bool invariant_;
    Index neighbourhoods_ = 1, tables_used_ = 0;
    std::vector<Index> powers_;
    std::vector<Thresholds> tables_;
    std::vector<Index>
        table_of_kind_;  // which of them, for every class and place at an open end; -1: none yet
    Scratch<Index> table_of_site_;
    Scratch<Bytes> nothing_, random_;
    std::vector<letter_t<Space>> letters_;
};

}  // namespace predcg::detail
