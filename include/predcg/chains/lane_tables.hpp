#pragma once
// The tables of chains that go side by side, lane by lane.
#include <predcg/chains/class_rows.hpp>
#include <predcg/chains/lanes.hpp>
#include <predcg/chains/pass_tables.hpp>
#include <predcg/core/scratch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace predcg::detail {

/// A message of all starts is carried from site to site: beyond the processor's cache lanes do not pay. One
/// chain alone has a start in each lane, where there are more than two.
inline bool lanes_pay(const ChainShape& shape, Index chains) {
    return static_cast<double>(shape.states) * static_cast<double>(shape.starts()) <= 16384.0 &&
           (chains > 1 || shape.starts() <= 2);
}

/// Rows side by side: of those of every site the numbers skip .. count-1 to `to`, count a site; the `summed`
/// numbers from count on are added to `sums`.
inline void gather(const double* rows, const RowBegins& begins, Index skip, Index count, Lanes* to,
                   Index summed, Lanes* sums) {
    constexpr Index step = RowBegins::block;
    if (count - skip == 1 && summed == 1) {  // two letters, windows of one
        Lanes sum = *sums;
        begins.for_each_site([&](const std::uint32_t* at) {
            const auto [value, other] = Lanes::gathered_pairs<step>(rows + skip, at);
            to[skip] = value;
            sum += other;
            to += count;
        });
        *sums = sum;
        return;
    }
    begins.for_each_site([&](const std::uint32_t* at) {
        for (Index k = skip; k < count; ++k) to[k] = Lanes::gathered<step>(rows + k, at);
        for (Index k = 0; k < summed; ++k) sums[k] += Lanes::gathered<step>(rows + count + k, at);
        to += count;
    });
}

/// Finds the rows of the covered sites of chains side by side, those of part(lane) for the first so many
/// lanes and the last one's for the others; make(site, row, part) fills a row that is new. gather() fills the
/// lanes and returns a sum over all rows; it is called again where rows were new.
template <class PartOf, class Make, class Gather>
void fill_lanes(ClassRows& rows, const ChainShape& shape, RowBegins& begins, Index lanes, PartOf& part,
                Make&& make, Gather&& gather) {
    rows.begin<decltype(part(0))>();
    const auto find = [&](Index lane, auto is_new) {
        const auto one = part(lane);
        const auto make_row = [&](Index site, double* row) { make(site, row, one); };
        if constexpr (is_new)
            rows.find_new(one, shape, make_row, begins, lane);
        else
            rows.find(one, shape, make_row, begins, lane);
    };
    for (Index lane = 0; lane < lanes; ++lane) find(lane, std::false_type());
    begins.repeat_last(lanes);
    if (ClassRows::were_met(gather())) return;
    for (Index lane = 0; lane < lanes; ++lane) find(lane, std::true_type());
    begins.repeat_last(lanes);
    gather();
}

/// A factor's row of a site: weights of the windows; the log weight that they are relative to; the spread of
/// their logarithms, negative where a window is forbidden, infinite where one is NaN or infinite or all are
/// forbidden. `letters` is where windows are written.
template <class Space, class Factor, class Letters>
[[gnu::cold]] void tabulate_factor(const Space& space, const ChainShape& shape, const Factor& factor,
                                   Index site, Letters& letters, double* row) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const Index codes = shape.codes(), width = Window(factor.window()).width;
    double top = -infinity, least = infinity;
    bool forbidden = false, impossible = false;
    std::fill(row, row + codes, -infinity);
    windows_of(shape, space, site, letters, [&](Index code, auto window) {
        const double value = factor.local_log_density(site, narrow(window, width));
        row[code] = value;
        if (!(value < infinity)) impossible = true;  // NaN or infinite
        if (value == -infinity) {
            forbidden = true;
            return;
        }
        top = std::max(top, value);
        least = std::min(least, value);
    });
    if (top == -infinity || impossible) {
        std::fill(row, row + codes, 1.0);
        row[codes] = 0.0;
        row[codes + 1] = infinity;
        return;
    }
    const double unit = forbidden ? top : row[0];
    for (Index code = 0; code < codes; ++code)
        row[code] = row[code] == unit ? 1.0 : std::exp(row[code] - unit);
    row[codes] = unit;
    row[codes + 1] = forbidden ? -std::max(top - least, std::numeric_limits<double>::min()) : top - least;
}

/// Weights of the windows of factors, relative to the first, or to the largest where some are forbidden.
template <class Space, class Factor>
class LaneWeights {
public:
    [[gnu::cold]] LaneWeights(const Space& space, const ChainShape& shape)
        : space_(space), shape_(shape), rows_(shape.codes() + 2),
          stretch_(stretch_of(shape.sites, ClassifiedSites<Factor>)), begins_(stretch_),
          weights_(stretch_ * shape.codes(), Lanes::of(1.0)) {}

    /// Log weights that the chains' weights are relative to, summed over sites; the largest spread of log
    /// weights at a site, infinite where one is NaN or infinite or all are forbidden; is one forbidden?
    struct Summary {
        Lanes shift;
        std::array<double, static_cast<std::size_t>(lane_count)> spread{};
        std::array<bool, static_cast<std::size_t>(lane_count)> forbidden{};
    };

    /// Fills the first so many lanes with the factors factor(lane), the others with the last one's: looks at
    /// all sites, and leaves the last stretch in data(). Where no spread that was met matters, all are said
    /// to have the largest.
    template <class F>
    Summary fill(Index lanes, F&& factor) {
        const Index codes = shape_.codes();
        std::array<double, static_cast<std::size_t>(lane_count)> least{};
        Summary summary;
        summary.shift = Lanes::of(0.0);
        cleared_ = {};
        for (Index first = 0; first < shape_.sites; first += stretch_) {
            load(first, lanes, factor, summary.shift);
            for (Index lane = 0; lane < lanes; ++lane) {
                const auto at = static_cast<std::size_t>(lane);
                double& spread = summary.spread[at];
                if (spread_ <= harmless && !forbidden_) {
                    spread = std::max(spread, spread_);
                    continue;
                }
                for (Index site = begins_.first(); site < begins_.behind(); ++site) {
                    const double here = rows_.data()[begins_.at(lane, site) + codes + 1];
                    spread = std::max(spread, here);
                    least[at] = std::min(least[at], here);
                }
            }
        }
        for (std::size_t lane = 0; lane < static_cast<std::size_t>(lanes); ++lane) {
            summary.spread[lane] = std::max(summary.spread[lane], -least[lane]);
            summary.forbidden[lane] = least[lane] < 0.0;
        }
        return summary;
    }

    /// Puts the stretch of sites from `first` on into data() again, for the same lanes and factors.
    template <class F>
    void load(Index first, Index lanes, F&& factor) {
        Lanes shift = Lanes::of(0.0);
        load(first, lanes, factor, shift);
        for (Index lane = 0; lane < lane_count; ++lane)
            if (cleared_[static_cast<std::size_t>(lane)]) clear(lane);
    }

    /// A lane without a chain.
    void clear(Index lane) {
        cleared_[static_cast<std::size_t>(lane)] = true;
        for (Lanes& weight : weights_) weight[lane] = 1.0;
    }

    /// Codes of the stretch's sites.
    const Lanes* data() const { return weights_.data(); }
    Index codes() const { return shape_.codes(); }
    Index stretch() const { return stretch_; }

private:
    static constexpr double harmless = 20.0;  // a spread that does no harm where it is too large

    /// A stretch; adds to `shift`.
    template <class F>
    void load(Index first, Index lanes, F& factor, Lanes& shift) {
        const Index codes = shape_.codes();
        const Lanes before = shift;
        begins_.cover(first, std::min(stretch_, shape_.sites - first));
        fill_lanes(
            rows_, shape_, begins_, lanes, factor,
            [&](Index site, double* row, const Factor& of) { tabulate_row(of, site, row); },
            [&] {
                const Index skip = forbidden_ ? 0 : 1;  // weights of the first windows are 1 else
                shift = before;
                gather(rows_.data(), begins_, skip, codes, weights_.data(), 1, &shift);
                return shift.sum();
            });
    }

    [[gnu::cold]] void tabulate_row(const Factor& factor, Index site, double* row) {
        tabulate_factor(space_, shape_, factor, site, letters_, row);
        const double spread = row[shape_.codes() + 1];
        spread_ = std::max(spread_, std::abs(spread));
        forbidden_ = forbidden_ || spread < 0.0;
    }

    Space space_;
    ChainShape shape_;
    ClassRows rows_;
    double spread_ = 0.0;     // the largest that was met
    bool forbidden_ = false;  // a window that is was met
    std::array<bool, static_cast<std::size_t>(lane_count)> cleared_{};
    Index stretch_;
    RowBegins begins_;
    Scratch<Lanes> weights_;  // codes of the stretch's sites
    WindowLetters<letter_t<Space>> letters_;
};

/// What the chains' own statistics are at their windows, less what they are at a site's first window, which
/// is summed apart.
///
/// Components whose differences are a multiple of the first's, by one factor at all sites of all chains, are
/// not tabulated: their moments follow from its.
template <class Space, class Own>
class LaneStatistics {
public:
    [[gnu::cold]] LaneStatistics(const Space& space, const ChainShape& shape, Index size)
        : space_(space), shape_(shape), size_(size), rows_((2 * shape.codes() + 1) * size),
          slopes_(size, unknown), constants_(size), offsets_(size), offsets_before_(size),
          stretch_(stretch_of(shape.sites, ClassifiedSites<Own>)), begins_(stretch_), places_(size) {
        if (size > 0) slopes_[0] = independent;
        arrange();
    }

    /// Whether all that was met is a number.
    bool all_finite() const { return finite_; }

    /// As LaneWeights. What is met on the way may change what is tabulated: then all begins anew.
    template <class F>
    void fill(Index lanes, F&& own) {
        Index before = 0;
        do {
            before = changes_;
            std::fill_n(offsets_.data(), size_, Lanes::of(0.0));
            for (Index first = 0; first < shape_.sites; first += stretch_)
                load(first, lanes, own, offsets_.data());
        } while (changes_ != before && stretch_ < shape_.sites);
        if (constants_vary_) return;
        const double sites = static_cast<double>(shape_.sites);
        for (Index k = 1; k < size_; ++k) offsets_[k] = sites * constants_[k] + slope(k) * offsets_[0];
    }

    /// As LaneWeights.
    template <class F>
    void load(Index first, Index lanes, F&& own) {
        Scratch<Lanes> offsets(size_, Lanes::of(0.0));
        load(first, lanes, own, offsets.data());
    }

    /// Tabulated values of the stretch's sites: codes x tabulated().
    const Lanes* data() const { return values_.data(); }
    Index codes() const { return shape_.codes(); }
    Index stretch() const { return stretch_; }
    Index tabulated() const { return tabulated_; }
    Index size() const { return size_; }
    /// Component k is slope(k) times the tabulated component place(k), plus offset(k).
    Index place(Index k) const {
        const Index* const end = places_.begin() + tabulated_;
        const Index* const found = std::find(places_.begin(), end, k);
        return found == end ? 0 : found - places_.begin();
    }
    double slope(Index k) const {
        const double s = slopes_[k];
        return s == unknown ? 0.0 : s == independent ? 1.0 : s;
    }
    const Lanes& offset(Index k) const { return offsets_[k]; }

private:
    static constexpr double independent = std::numeric_limits<double>::infinity();
    static constexpr double unknown = -independent;  // nothing has varied yet

    // A row holds what is tabulated, then offsets; all values, component by component at every window, at its
    // end.
    Index values_from() const { return (shape_.codes() + 1) * size_; }
    bool is_independent(Index k) const { return slopes_[k] == independent; }

    /// A stretch; adds to `offsets`.
    template <class F>
    void load(Index first, Index lanes, F& own, Lanes* offsets) {
        begins_.cover(first, std::min(stretch_, shape_.sites - first));
        std::copy_n(offsets, size_, offsets_before_.data());
        fill_lanes(
            rows_, shape_, begins_, lanes, own,
            [&](Index site, double* row, const Own& of) { tabulate_row(of, site, row); },
            [&] {
                if (!arranged_) arrange();
                std::copy_n(offsets_before_.data(), size_, offsets);
                gather(rows_.data(), begins_, tabulated_, shape_.codes() * tabulated_, values_.data(),
                       constants_vary_ ? size_ : 1, offsets);  // 0 at the first window
                return offsets[0].sum();
            });
    }

    [[gnu::cold]] void tabulate_row(const Own& own, Index site, double* row) {
        const Index width = Window(own.window()).width;
        double* values = row + values_from();
        windows_of(shape_, space_, site, letters_, [&](Index code, auto window) {
            const auto value = own.local(site, narrow(window, width));
            for (Index k = 0; k < size_; ++k) {
                values[code * size_ + k] = value[k];
                finite_ = finite_ && std::isfinite(values[code * size_ + k]);
            }
            for (Index k = 1; k < size_; ++k) compare(values, code, k);
        });
        arrange(row);
    }

    /// Which components are tabulated, and all rows, after slopes have changed.
    [[gnu::cold]] void arrange() {
        arranged_ = true;
        ++changes_;
        constants_met_ = constants_vary_ = false;
        tabulated_ = 0;
        for (Index k = 0; k < size_; ++k)
            if (is_independent(k)) places_[tabulated_++] = k;
        values_.assign(stretch_ * shape_.codes() * tabulated(), Lanes::of(0.0));
        rows_.for_each([this](double* row) { arrange(row); });
    }

    void arrange(double* row) {
        const double* values = row + values_from();
        double* offsets = row + shape_.codes() * tabulated_;
        for (Index code = 0; code < shape_.codes(); ++code)
            for (Index j = 0; j < tabulated_; ++j)
                *row++ = values[code * size_ + places_[j]] - values[places_[j]];
        for (Index k = 0; k < size_; ++k) {
            offsets[k] = values[k];
            const double constant = values[k] - slope(k) * values[0];
            if (!constants_met_) constants_[k] = constant;
            if (constants_vary_ || k == 0 || (!is_independent(k) && constant == constants_[k])) continue;
            constants_vary_ = true;
            ++changes_;
        }
        constants_met_ = true;
    }

    /// Are the differences of component k at a window still the multiple of the first's that they were?
    void compare(const double* values, Index code, Index k) {
        double& slope = slopes_[k];
        const double first = values[code * size_] - values[0], other = values[code * size_ + k] - values[k];
        const double before = slope;
        if (slope == unknown && first != 0.0) slope = other / first;
        if (slope != independent && !(other == (slope == unknown ? 0.0 : slope * first))) slope = independent;
        if (slope != before) arranged_ = false;
    }

    Space space_;
    ChainShape shape_;
    Index size_;
    ClassRows rows_;
    bool arranged_ = true, finite_ = true;
    bool constants_met_ = false, constants_vary_ = false;  // not the same at the first windows of all sites
    Index changes_ = 0;                                    // of what is tabulated, and how
    Scratch<double> slopes_, constants_;                   // of component k by the first
    Scratch<Lanes> offsets_, offsets_before_;
    Index stretch_;
    RowBegins begins_;
    Scratch<Index> places_;  // components that are tabulated, and so many of them
    Index tabulated_ = 0;
    Scratch<Lanes> values_;
    WindowLetters<letter_t<Space>> letters_;
};

}  // namespace predcg::detail
