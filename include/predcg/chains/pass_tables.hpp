#pragma once
// What the passes of a transfer matrix (pass.hpp, small_ring.hpp) work on, several chains side by side.
#include <predcg/chains/lanes.hpp>
#include <predcg/chains/tables.hpp>
#include <predcg/core/scratch.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace predcg::detail {

/// Tables of a long chain are there for a stretch at a time, so that they stay in the processor's nearer
/// caches: stretches of so many sites, or one of all. Parts without classes of sites would be asked about
/// every site anew: theirs are one.
inline Index stretch_of(Index sites, bool has_classes = true) {
    return sites <= 4096 || !has_classes ? sites : 512;
}

/// Tables of the chains' own, site after site, of the stretch that was asked for last.
class StretchTables {
public:
    /// put(from, first) puts those of the stretch from site `first` on at `data`, so many numbers a site. If
    /// all sites are one stretch, they are there.
    StretchTables(const Lanes* data, Index numbers, Index sites, Index stretch,
                  void (*put)(void* from, Index first), void* from)
        : data_(data), numbers_(numbers), stretch_(stretch), first_(stretch < sites ? sites : 0), put_(put),
          from_(from) {}

    /// Of a site, those of the rest of its stretch behind it; valid until another stretch is asked for.
    const Lanes* at(Index site) {
        if (static_cast<std::size_t>(site - first_) >= static_cast<std::size_t>(stretch_)) load(site);
        return data_ + (site - first_) * numbers_;
    }

private:
    [[gnu::cold]] void load(Index site) {
        first_ = site / stretch_ * stretch_;
        put_(from_, first_);
    }

    const Lanes* data_;
    Index numbers_, stretch_, first_;
    void (*put_)(void* from, Index first);
    void* from_;
};

/// What statistics are at the windows: those that the chains share, and the chains' own, whose windows may be
/// shorter. Own ones are 0 at the first window.
struct PassStatistics {
    const StatisticTables& common;
    Index common_size;
    StretchTables* own = nullptr;  ///< codes of own windows x own_size
    Index own_size = 0;
    Index own_codes = 1;

    Index size() const { return common_size + own_size; }
};

/// Weights of the windows: those that the chains share, times the chains' own, whose windows may be shorter.
struct PassWeights {
    const WeightTables& common;
    StretchTables* own = nullptr;  ///< codes of own windows; null: 1
    Index own_codes = 1;
};

/// Of the log of a message between two scalings, and half as much of the log of messages' ratios, so that all
/// stays within the range of a double.
inline constexpr double largest_change = 150.0;

/// States are reached from each other in so many windows.
inline double reach(const ChainShape& shape) {
    return static_cast<double>(std::max<Index>(1, shape.width - 1));
}

/// Whether messages of weights that are not balanced stay within the range of a double, where log weights at
/// a site differ by no more than `spread`.
inline bool in_range(const ChainShape& shape, double spread, bool forbidden) {
    return spread * reach(shape) <= largest_change &&
           !(forbidden &&
             static_cast<double>(shape.sites) * (spread + std::log(static_cast<double>(shape.letters))) >
                 largest_change);
}

/// After how many sites messages are scaled, where log weights at a site differ by no more than `spread`.
inline Index scaling_period(const ChainShape& shape, double spread) {
    if (spread * reach(shape) > largest_change) return 1;
    return std::max<Index>(
        1, static_cast<Index>(largest_change / (spread + std::log(static_cast<double>(shape.letters)))));
}

/// Divides so many messages by their sum, keeps the inverse, returns the sum; lanes without a path are left.
inline Lanes scale_messages(Lanes* messages, Index count, Lanes& inverse) {
    Lanes sum = messages[0];
    for (Index k = 1; k < count; ++k) sum += messages[k];
    for (Index l = 0; l < lane_count; ++l)
        if (!(sum[l] > 0.0)) sum[l] = 1.0;
    inverse = sum.inverse();
    for (Index k = 0; k < count; ++k) messages[k] *= inverse;
    return sum;
}

}  // namespace predcg::detail
