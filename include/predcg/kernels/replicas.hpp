#pragma once
// Heat bath on many replicas of a chain side by side: letters as bytes, one a lane.
#include <predcg/chains/class_rows.hpp>
#include <predcg/chains/tables.hpp>
#include <predcg/core/random.hpp>
#include <predcg/core/vector_types.hpp>
#include <predcg/kernels/conditionals.hpp>

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
inline VectorOfBytes not_less(const VectorOfBytes& a, const VectorOfBytes& b) {
#if PREDCG_HAS_VECTOR_TYPES
    return a >= b;
#else
    return static_cast<signed char>(-(a >= b));
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
inline bool any(const VectorOfBytes& mask) {
#if PREDCG_HAS_VECTOR_TYPES
    std::uint64_t words[integer_bytes / 8], all = 0;
    std::memcpy(words, &mask, integer_bytes);
    for (const std::uint64_t w : words) all |= w;
    return all != 0;
#else
    return mask != 0;
#endif
}

inline bool any(const Bytes& mask) {
    bool some = false;
    for (const VectorOfBytes& part : mask.part) some = some || any(part);
    return some;
}

/// P(X_i <= a | neighbourhood) for all letters but the last, in units of 2^-40: the upper 8 bits, less 128,
/// and the 32 below, which count where a random byte equals the upper ones. 1 is 255 and 2^32 below.
struct Thresholds {
    std::vector<Bytes> upper;          // neighbourhood x letter
    std::vector<std::uint64_t> lower;  // the same

    void append(double probability) {
        const auto whole = static_cast<std::uint64_t>(std::llround(probability * 0x1p40));
        const std::uint64_t top = std::min<std::uint64_t>(whole >> 32, 255);
        upper.push_back(Bytes::of(static_cast<int>(top) - 128));
        lower.push_back(whole - (top << 32));
    }
};

/// The replicas of one target.
struct Replicas {
    Index count = 0, blocks = 0;
    std::vector<Bytes> letters{};  // places in the alphabet; blocks of every site

    bool empty() const { return letters.empty(); }
    Bytes* site(Index i) { return letters.data() + i * blocks; }
    const Bytes* site(Index i) const { return letters.data() + i * blocks; }
};

/// Conditionals of targets common x factor, for factors of single sites: a table for every class of the
/// factor and place at an open end.
template <class Space, class Factor>
class ReplicaTables {
public:
    ReplicaTables(const Space& space, const ChainShape& shape, const WeightTables& common, bool invariant)
        : space_(space), shape_(shape), common_(common), invariant_(invariant), rows_(shape.letters),
          thresholds_of_(static_cast<std::size_t>(shape.sites)) {
        for (Index k = 0; k < 2 * range(); ++k) neighbourhoods_ *= shape.letters;
        powers_.assign(static_cast<std::size_t>(shape.width), 1);
        for (Index k = shape.width - 2; k >= 0; --k)
            powers_[static_cast<std::size_t>(k)] = powers_[static_cast<std::size_t>(k + 1)] * shape.letters;
        for (Index m = 0; m < neighbourhoods_; ++m) numbers_.push_back(Bytes::of(static_cast<int>(m)));
    }

    /// Whether replicas pay: few neighbourhoods, whose number fits a byte, and few tables.
    static bool pay(const ChainShape& shape, bool invariant) {
        const double letters = static_cast<double>(shape.letters), sites = static_cast<double>(shape.sites);
        const double neighbourhoods = std::pow(letters, 2.0 * static_cast<double>(shape.width - 1));
        const double tables = invariant && ClassifiedSites<Factor> ? 1.0 : sites;
        return shape.letters >= 2 && shape.letters <= 8 && shape.sites > 2 * (shape.width - 1) &&
               neighbourhoods <= 64.0 && tables * neighbourhoods * letters <= 65536.0;
    }

    /// Makes it the tables of this factor.
    void set(const Factor& factor) {
        rows_.template begin<Factor>();
        if constexpr (!ClassifiedSites<Factor>) tables_used_ = 0;
        const Index width = Window(factor.window()).width;
        const ChainShape single{shape_.sites, shape_.letters, 1, 1, false};
        rows_.visit(
            factor, single,
            [&](Index site, double* row) {
                windows_of(single, space_, site, letters_, [&](Index code, auto window) {
                    row[code] = factor.local_log_density(site, narrow(window, width));
                });
                double top = -std::numeric_limits<double>::infinity();
                for (Index a = 0; a < shape_.letters; ++a) {
                    if (std::isnan(row[a])) throw NumericalError("sampling: the log density is NaN");
                    top = std::max(top, row[a]);
                }
                if (std::isinf(top))
                    throw NumericalError("sampling: the log density of every letter at a site is " +
                                         to_text(top));
            },
            [&](Index site, Index k, const double* row) {
                Index& table = thresholds_of_[static_cast<std::size_t>(site)];
                if constexpr (ClassifiedSites<Factor>) {
                    const auto key = static_cast<std::size_t>(k * patterns() + pattern(site));
                    if (key >= places_.size()) places_.resize(key + 1, -1);
                    if (places_[key] < 0) places_[key] = tabulate(site, row);
                    table = places_[key];
                } else {
                    table = tabulate(site, row);
                }
            });
    }

    /// One sweep in the order of the sites.
    void sweep(Replicas& replicas, Philox4x32& rng) {
        const Index blocks = replicas.blocks, q = shape_.letters, n = shape_.sites;
        neighbours_.resize(static_cast<std::size_t>(2 * range()));
        nothing_.resize(static_cast<std::size_t>(blocks), Bytes::of(0));
        const Index at_once = std::max<Index>(1, 128 / blocks);  // sites whose random bytes are made together
        random_.resize(static_cast<std::size_t>(at_once * blocks));
        for (Index i = 0; i < n; ++i) {
            if (i % at_once == 0)
                rng.generate(reinterpret_cast<std::uint32_t*>(random_.data()),
                             static_cast<std::size_t>(std::min(at_once, n - i) * blocks * 8));
            for (Index k = 0, at = 0; k <= 2 * range(); ++k) {
                if (k == range()) continue;
                Index j = i + k - range();
                if (shape_.periodic) j = j < 0 ? j + n : j < n ? j : j - n;
                neighbours_[static_cast<std::size_t>(at++)] =
                    j >= 0 && j < n ? replicas.site(j) : nothing_.data();
            }
            const Thresholds& thresholds =
                tables_[static_cast<std::size_t>(thresholds_of_[static_cast<std::size_t>(i)])];
            const Bytes* random = random_.data() + i % at_once * blocks;
            Bytes* x = replicas.site(i);
            if (q == 2 && range() == 1)
                update<2, 2>(thresholds, random, x, blocks, rng);
            else
                update<0, 0>(thresholds, random, x, blocks, rng);
        }
    }

private:
    Index range() const { return shape_.width - 1; }
    /// Sites alike but for the factor: all of a translation-invariant ring; inside an open chain.
    Index patterns() const { return !invariant_ ? shape_.sites : shape_.periodic ? 1 : 2 * range() + 1; }
    Index pattern(Index site) const {
        if (!invariant_) return site;
        if (shape_.periodic) return 0;
        const Index from_end = shape_.sites - 1 - site;
        return site < range() ? 1 + site : from_end < range() ? 1 + range() + from_end : 0;
    }

    /// Letters that letters and neighbours determine, or 0 for a number of run time.
    template <Index Letters, Index Neighbours>
    void update(const Thresholds& thresholds, const Bytes* random, Bytes* x, Index blocks, Philox4x32& rng) {
        const Index q = Letters > 0 ? Letters : shape_.letters;
        const Index neighbours = Neighbours > 0 ? Neighbours : 2 * range();
        const Index count = neighbourhoods_;
        for (Index b = 0; b < blocks; ++b) {
            bool is_tied = false;
            for (std::size_t p = 0; p < Bytes::parts; ++p) {
                VectorOfBytes where{};
                for (Index k = 0; k < neighbours; ++k)
                    where = static_cast<VectorOfBytes>(times(where, q) +
                                                       neighbours_[static_cast<std::size_t>(k)][b].part[p]);
                const VectorOfBytes u = random[b].part[p];
                VectorOfBytes letter{}, tied{};
                for (Index a = 0; a < q - 1; ++a) {
                    const Bytes* upper = thresholds.upper.data() + a;
                    VectorOfBytes threshold = upper->part[p];
                    for (Index m = 1; m < (Letters > 0 ? 4 : count); ++m) {
                        upper += q - 1;
                        threshold = choose(equal(where, numbers_[static_cast<std::size_t>(m)].part[p]),
                                           upper->part[p], threshold);
                    }
                    letter = static_cast<VectorOfBytes>(letter - not_less(u, threshold));
                    tied = static_cast<VectorOfBytes>(tied | equal(u, threshold));
                }
                x[b].part[p] = letter;
                tied_.part[p] = tied;
                is_tied |= any(tied);
            }
            if (is_tied) resolve(thresholds, random[b], x[b], b, rng);
        }
    }

    /// Lanes whose byte equals a threshold's: 32 bits more decide.
    [[gnu::noinline]] void resolve(const Thresholds& thresholds, const Bytes& random, Bytes& x, Index block,
                                   Philox4x32& rng) const {
        for (Index first = 0; first < Bytes::lanes; first += 8) {
            std::uint64_t eight = 0;
            std::memcpy(&eight, reinterpret_cast<const char*>(tied_.part) + first, sizeof eight);
            if (eight == 0) continue;
            for (Index lane = first; lane < first + 8; ++lane)
                if (tied_[lane] != 0) resolve_lane(thresholds, random, x, block, lane, rng);
        }
    }
    void resolve_lane(const Thresholds& thresholds, const Bytes& random, Bytes& x, Index block, Index lane,
                      Philox4x32& rng) const {
        Index where = 0;
        for (const Bytes* neighbour : neighbours_) where = where * shape_.letters + neighbour[block][lane];
        const std::uint64_t more = rng();
        signed char letter = 0;
        for (Index a = 0; a < shape_.letters - 1; ++a) {
            const auto at = static_cast<std::size_t>(where * (shape_.letters - 1) + a);
            const signed char upper = thresholds.upper[at][lane];
            const bool is_below =
                random[lane] < upper || (random[lane] == upper && more < thresholds.lower[at]);
            letter = static_cast<signed char>(letter + (is_below ? 0 : 1));
        }
        x[lane] = letter;
    }

    /// Thresholds of a site with the factor's weights in `row`.
    [[gnu::cold]] Index tabulate(Index site, const double* row) {
        const Index q = shape_.letters;
        if (tables_used_ == std::ssize(tables_)) tables_.emplace_back();
        Thresholds& made = tables_[static_cast<std::size_t>(tables_used_)];
        made.upper.clear();
        made.lower.clear();
        std::vector<Index> around(static_cast<std::size_t>(2 * shape_.width - 1));
        std::vector<double> weights(static_cast<std::size_t>(q));
        for (Index code = 0; code < neighbourhoods_; ++code) {
            Index rest = code;
            for (Index k = 2 * range(); k >= 0; --k)
                if (k != range()) {
                    around[static_cast<std::size_t>(k)] = rest % q;
                    rest /= q;
                }
            double top = -std::numeric_limits<double>::infinity();
            for (Index a = 0; a < q; ++a) {
                around[static_cast<std::size_t>(range())] = a;
                double& log_weight = weights[static_cast<std::size_t>(a)];
                top = std::max(top, log_weight = row[a] + common_log_weight(site, around));
            }
            for (double& weight : weights) weight = weight < top ? std::exp(weight - top) : 1.0;
            cumulate(weights.data(), q);
            for (Index a = 0; a < q - 1; ++a) made.append(weights[static_cast<std::size_t>(a)]);
        }
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

    const Space& space_;
    ChainShape shape_;
    const WeightTables& common_;
    bool invariant_;
    ClassRows rows_;
    Index neighbourhoods_ = 1, tables_used_ = 0;
    std::vector<Index> powers_, places_;
    std::vector<Bytes> numbers_;
    std::vector<Thresholds> tables_;
    std::vector<Index> thresholds_of_;  // which of them, for every site
    std::vector<const Bytes*> neighbours_;
    std::vector<Bytes> nothing_, random_;
    std::vector<letter_t<Space>> letters_;
    Bytes tied_{};
};

}  // namespace predcg::detail
