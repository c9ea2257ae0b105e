#pragma once
// The tables of chains that go side by side, lane by lane.
#include <predcg/chains/class_rows.hpp>
#include <predcg/chains/lanes.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace predcg::detail {

/// A message of all starts is carried from site to site: beyond the processor's cache lanes do not pay. One
/// chain alone has a start in each lane, where there are more than two.
inline bool lanes_pay(const ChainShape& shape, Index chains) {
    return static_cast<double>(shape.states) * static_cast<double>(shape.starts()) <= 16384.0 &&
           (chains > 1 || shape.starts() <= 2);
}

/// Puts numbers into one lane of packs that follow each other.
inline void put(const double* from, Index count, double*& to) {
    if (count == 2) {  // the smallest tables, and the most frequent
        to[0] = from[0];
        to[lane_count] = from[1];
    } else {
        for (Index k = 0; k < count; ++k) to[k * lane_count] = from[k];
    }
    to += count * lane_count;
}

/// Weights of the windows of factors, relative to the first, or to the largest where some are forbidden.
template <class Space, class Factor>
class LaneWeights {
public:
    [[gnu::cold]] LaneWeights(const Space& space, const ChainShape& shape)
        : space_(space), shape_(shape), rows_(shape.codes() + 2),
          weights_(static_cast<std::size_t>(shape.sites * shape.codes())) {}

    /// Log weight that a chain's weights are relative to, summed over sites; the largest spread of log
    /// weights at a site, infinite where one is NaN or infinite or all are forbidden; is one forbidden?
    struct Summary {
        double shift = 0.0, spread = 0.0;
        bool forbidden = false;
    };

    Summary fill(const Factor& factor, Index lane) {
        const Index codes = shape_.codes(), width = Window(factor.window()).width;
        double shift = 0.0, spread = 0.0, least = 0.0;
        double* to = &weights_.front()[lane];
        rows_.template begin<Factor>();
        rows_.visit(
            factor, shape_, [&](Index site, double* made) { tabulate_row(factor, width, site, made); },
            [&](Index, Index, const double* row) {
                put(row, codes, to);
                shift += row[codes];
                spread = std::max(spread, row[codes + 1]);
                least = std::min(least, row[codes + 1]);
            });
        return {shift, std::max(spread, -least), least < 0.0};
    }

    /// A lane without a chain.
    void clear(Index lane) {
        for (Lanes& weight : weights_) weight[lane] = 1.0;
    }

    /// Codes of all sites.
    const Lanes* data() const { return weights_.data(); }
    Index codes() const { return shape_.codes(); }

private:
    static constexpr double infinity = std::numeric_limits<double>::infinity();

    /// Weights; the log weight that they are relative to; the spread of their logarithms, negative where a
    /// window is forbidden.
    [[gnu::cold]] void tabulate_row(const Factor& factor, Index width, Index site, double* row) {
        const Index codes = shape_.codes();
        double top = -infinity, least = infinity;
        bool forbidden = false, impossible = false;
        std::fill(row, row + codes, -infinity);
        windows_of(shape_, space_, site, letters_, [&](Index code, auto window) {
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
            row[codes + 1] = infinity;
            return;
        }
        const double unit = forbidden ? top : row[0];
        for (Index code = 0; code < codes; ++code)
            row[code] = row[code] == unit ? 1.0 : std::exp(row[code] - unit);
        row[codes] = unit;
        row[codes + 1] = forbidden ? -std::max(top - least, std::numeric_limits<double>::min()) : top - least;
    }

    Space space_;
    ChainShape shape_;
    ClassRows rows_;
    std::vector<Lanes> weights_;  // codes of all sites
    std::vector<letter_t<Space>> letters_;
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
          slopes_(at(size), unknown), offsets_(at(size)) {
        if (size > 0) slopes_[0] = independent;
        arrange();
    }

    void begin() { arranged_ = true; }
    /// Whether what was filled since begin() stands: a new row may have shown that another component has to
    /// be tabulated.
    bool arranged() {
        if (!arranged_) arrange();
        return std::exchange(arranged_, true);
    }
    /// Whether all that was met is a number.
    bool all_finite() const { return finite_; }

    void fill(const Own& own, Index lane) {
        const Index width = Window(own.window()).width, numbers = shape_.codes() * tabulated();
        double* to = &values_.front()[lane];
        double first = 0.0, second = 0.0;  // of two components, the most frequent number
        const bool two = size_ > 1, more = size_ > 2;
        for (Lanes& offset : offsets_) offset[lane] = 0.0;
        rows_.template begin<Own>();
        rows_.visit(
            own, shape_, [&](Index site, double* made) { tabulate_row(own, width, site, made); },
            [&](Index, Index, const double* row) {
                put(row, numbers, to);
                const double* offsets = row + offsets_from();
                first += offsets[0];
                if (two) second += offsets[1];
                if (more)
                    for (Index k = 2; k < size_; ++k) offsets_[at(k)][lane] += offsets[k];
            });
        offsets_[0][lane] = first;
        if (two) offsets_[1][lane] = second;
    }

    /// Tabulated values: codes x tabulated(), site after site.
    const Lanes* data() const { return values_.data(); }
    Index codes() const { return shape_.codes(); }
    Index tabulated() const { return std::ssize(places_); }
    Index size() const { return size_; }
    /// Component k is slope(k) times the tabulated component place(k), plus offset(k).
    Index place(Index k) const {
        const auto found = std::find(places_.begin(), places_.end(), k);
        return found == places_.end() ? 0 : found - places_.begin();
    }
    double slope(Index k) const {
        const double s = slopes_[at(k)];
        return s == unknown ? 0.0 : s == independent ? 1.0 : s;
    }
    const Lanes& offset(Index k) const { return offsets_[at(k)]; }

private:
    static std::size_t at(Index k) { return static_cast<std::size_t>(k); }
    static constexpr double independent = std::numeric_limits<double>::infinity();
    static constexpr double unknown = -independent;  // nothing has varied yet

    // A row holds what is tabulated, then all values, component by component at every window, then offsets.
    Index values_from() const { return shape_.codes() * size_; }
    Index offsets_from() const { return 2 * shape_.codes() * size_; }
    bool is_independent(Index k) const { return slopes_[at(k)] == independent; }

    [[gnu::cold]] void tabulate_row(const Own& own, Index width, Index site, double* row) {
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
        places_.clear();
        for (Index k = 0; k < size_; ++k)
            if (is_independent(k)) places_.push_back(k);
        values_.assign(at(shape_.sites * shape_.codes() * tabulated()), Lanes::of(0.0));
        rows_.for_each([this](double* row) { arrange(row); });
    }

    void arrange(double* row) const {
        const double* values = row + values_from();
        double* offsets = row + offsets_from();
        for (Index code = 0; code < shape_.codes(); ++code)
            for (const Index k : places_) *row++ = values[code * size_ + k] - values[k];
        for (Index k = 0; k < size_; ++k) offsets[k] = values[k];
    }

    /// Are the differences of component k at a window still the multiple of the first's that they were?
    void compare(const double* values, Index code, Index k) {
        double& slope = slopes_[at(k)];
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
    std::vector<double> slopes_;
    std::vector<Lanes> offsets_;
    std::vector<Index> places_;  // components that are tabulated
    std::vector<Lanes> values_;
    std::vector<letter_t<Space>> letters_;
};

}  // namespace predcg::detail
