#pragma once
// Single-site kernels on many replicas of a chain or graph side by side: letters as bytes, one a lane.
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
#include <limits>
#include <map>
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
    }

    /// Places to look at, for so many letters and neighbours.
    static double places(const ReplicaMoves& moves, Index letters, Index neighbours, bool counts) {
        const double base = static_cast<double>(counts ? neighbours + 1 : letters);
        return std::pow(base, static_cast<double>(counts ? letters - 1 : neighbours)) *
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
        requires requires(const Surroundings& around) { around.coloured_order(); }
    {
        return around_.coloured_order();
    }

private:
    /// Letters and neighbours of compile time, or 0.
    template <Index Letters, Index Neighbours, bool LooksAtLetter, bool Counts>
    void sweep_as(Replicas& replicas, Philox4x32& rng) {
        const Index blocks = replicas.blocks;
        const Index at_once = std::max<Index>(1, 128 / blocks);  // sites whose random bytes are made together
        random_.resize(at_once * blocks);
        nothing_.assign(blocks, Bytes::of(0));
        const Bytes* random = nullptr;
        Index left = sites_, ready = 0;
        detail::sweep(*this, moves_.order, rng, [&](Index i) {
            if (ready == 0) {
                ready = std::min(at_once, left);
                left -= ready;
                random = random_.data();
                rng.generate(reinterpret_cast<std::uint32_t*>(random_.data()),
                             static_cast<std::size_t>(ready * blocks * 8));
            }
            update<Letters, Neighbours, LooksAtLetter, Counts>(i, replicas, random, rng);
            random += blocks;
            --ready;
        });
    }

    template <Index Letters, Index Neighbours, bool LooksAtLetter, bool Counts>
    void update(Index i, Replicas& replicas, const Bytes* random, Philox4x32& rng) {
        constexpr Index states = Letters == 0 ? 0
                                 : Counts     ? power(Neighbours + 1, Letters - 1)
                                              : power(Letters, Neighbours);
        constexpr Index places = states * (LooksAtLetter ? Letters : 1);
        const Index q = Letters > 0 ? Letters : letters_, d = Letters > 0 ? Neighbours : neighbours_;
        const Index blocks = replicas.blocks;
        const Bytes* neighbours[most_neighbours] = {};
        const Index* list = neighbour_.data() + i * d;
        for (Index k = 0; k < d; ++k) neighbours[k] = list[k] >= 0 ? replicas.site(list[k]) : nothing_.data();
        const Thresholds& thresholds = tables_[static_cast<std::size_t>(table_of_site_[i])];
        Bytes* x = replicas.site(i);
        for (Index b = 0; b < blocks; ++b)
            for (std::size_t p = 0; p < Bytes::parts; ++p) {
                VectorOfBytes place{};
                for (Index k = 0; k < d; ++k) {
                    const VectorOfBytes there = neighbours[k][b].part[p];
                    if constexpr (!Counts)
                        place = static_cast<VectorOfBytes>(times(place, q) + there);
                    else if constexpr (Letters == 2)
                        place = static_cast<VectorOfBytes>(place + there);
                    else
                        place = static_cast<VectorOfBytes>(place + worth(there, q, d));
                }
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

    /// What a neighbour's letter adds to the place, where letters are counted: 0, 1, d + 1, (d + 1)^2, ...
    static VectorOfBytes worth(const VectorOfBytes& letter, Index q, Index d) {
        VectorOfBytes sum{};
        Index step = 1;
        for (Index a = 1; a < q; ++a, step *= d + 1)
            sum = static_cast<VectorOfBytes>(sum |
                                             (equal(letter, VectorOfBytes{} + static_cast<signed char>(a)) &
                                              (VectorOfBytes{} + static_cast<signed char>(step))));
        return sum;
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
            const auto first = static_cast<std::size_t>(lane_of(place, lane) * (letters_ - 1));
            const std::uint64_t more = rng();
            Index letter = 0;
            for (std::size_t at = first; at < first + static_cast<std::size_t>(letters_ - 1); ++at) {
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
        made.begin(neighbourhoods_ * seen * (q - 1));
        std::vector<Index> around(static_cast<std::size_t>(neighbours_));
        std::vector<double> row, log_weights(static_cast<std::size_t>(q)), probabilities(log_weights);
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
        made.finish(q - 1);
        return tables_used_++;
    }

    ReplicaMoves moves_;
    const Space& space_;
    const Surroundings& around_;
    Index sites_, letters_, neighbours_;
    bool counts_;
    Index neighbourhoods_ = 1, tables_used_ = 0;
    std::vector<Thresholds> tables_;
    std::vector<Index> table_of_kind_;  // for every class and kind of site; -1: none yet
    std::map<std::vector<double>, Index>
        tables_seen_{};  // by log weights and kind, of a factor without classes
    Scratch<Index> neighbour_, table_of_site_;
    Scratch<Bytes> nothing_, random_;
    std::vector<double> key_;
    std::vector<letter_t<Space>> window_;
};

}  // namespace predcg::detail
