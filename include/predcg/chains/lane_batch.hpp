#pragma once
// A batch of chains that have most of their tables in common, by lanes.
#include <predcg/chains/class_rows.hpp>
#include <predcg/chains/pass.hpp>
#include <predcg/engines/batch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Messages of all starts are kept at all sites: beyond the processor's cache lanes do not pay.
inline bool lanes_pay(const ChainShape& shape) {
    return static_cast<double>(shape.states) * static_cast<double>(shape.starts()) *
               static_cast<double>(shape.sites) <=
           1e5;
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

/// The window that holds those of all parts of a batch's data: made(k) is the one of datum k.
template <class B, class Made>
Window window_of_all(const B& batch, Made&& made) {
    Window window;
    for (const Index k : batch.which()) window = common_window(window, made(k).window());
    return window;
}

/// Weights of the windows of factors, relative to the first, or to the largest where some are forbidden.
template <class Space, class Factor>
class LaneWeights {
public:
    LaneWeights(const Space& space, const ChainShape& shape)
        : space_(space), shape_(shape), rows_(shape.codes() + 2),
          weights_(static_cast<std::size_t>(shape.sites * shape.codes())) {}

    /// Log weight that a chain's weights are relative to, summed over sites; the largest spread of log
    /// weights at a site, infinite where one is NaN or infinite or all are forbidden; is one forbidden?
    struct Summary {
        double shift = 0.0, spread = 0.0;
        bool forbidden = false;
    };

    void begin() { rows_.template begin<Factor>(); }

    Summary fill(const Factor& factor, Index lane) {
        const Index codes = shape_.codes(), width = Window(factor.window()).width;
        double shift = 0.0, spread = 0.0, least = 0.0;
        double* to = &weights_.front()[lane];
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

    const Space& space_;
    ChainShape shape_;
    ClassRows rows_;
    std::vector<Lanes> weights_;  // codes of all sites
    std::vector<letter_t<Space>> letters_;
};

/// What the chains' own statistics are at their windows.
///
/// Components that are an affine function of the first, with one slope at all sites of all chains, are not
/// tabulated: their moments follow from its.
template <class Space, class Own>
class LaneStatistics {
public:
    LaneStatistics(const Space& space, const ChainShape& shape, Index size)
        : space_(space), shape_(shape), size_(size), rows_((2 * shape.codes() + 1) * size),
          slopes_(at(size), unknown), offsets_(at(size)) {
        if (size > 0) slopes_[0] = independent;
        arrange();
    }

    void begin() {
        rows_.template begin<Own>();
        arranged_ = true;
    }
    /// Whether what was filled since begin() stands: a new row may have shown that another component has to
    /// be tabulated.
    bool arranged() {
        if (!arranged_) arrange();
        return std::exchange(arranged_, true);
    }

    void fill(const Own& own, Index lane) {
        const Index width = Window(own.window()).width, numbers = shape_.codes() * tabulated();
        const bool any = tabulated() < size_, many = tabulated() + 1 < size_;
        double* to = &values_.front()[lane];
        double last = 0.0;  // offset of the last component, the only one with an offset if there are not many
        for (Lanes& offset : offsets_) offset[lane] = 0.0;
        rows_.visit(
            own, shape_, [&](Index site, double* made) { tabulate_row(own, width, site, made); },
            [&](Index, Index, const double* row) {
                put(row, numbers, to);
                if (any) last += row[offsets_from() + last_offset_];
                if (many)
                    for (Index k = 0; k < last_offset_; ++k) offsets_[at(k)][lane] += row[offsets_from() + k];
            });
        if (any) offsets_[at(last_offset_)][lane] = last;
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
            for (Index k = 0; k < size_; ++k) values[code * size_ + k] = value[k];
            for (Index k = 1; k < size_; ++k) compare(values, code, k);
        });
        arrange(row);
    }

    /// Which components are tabulated, and all rows, after slopes have changed.
    [[gnu::cold]] void arrange() {
        places_.clear();
        for (Index k = 0; k < size_; ++k)
            if (is_independent(k))
                places_.push_back(k);
            else
                last_offset_ = k;
        values_.assign(at(shape_.sites * shape_.codes() * tabulated()), Lanes::of(0.0));
        rows_.for_each([this](double* row) { arrange(row); });
    }

    void arrange(double* row) const {
        const double* values = row + values_from();
        double* offsets = row + offsets_from();
        for (Index code = 0; code < shape_.codes(); ++code)
            for (const Index k : places_) *row++ = values[code * size_ + k];
        for (Index k = 0; k < size_; ++k)
            offsets[k] = is_independent(k) ? 0.0 : values[k] - slope(k) * values[0];
    }

    /// Is component k at a window still the affine function of the first that it was?
    void compare(const double* row, Index code, Index k) {
        double& slope = slopes_[static_cast<std::size_t>(k)];
        const double first = row[code * size_] - row[0], other = row[code * size_ + k] - row[k];
        const double before = slope;
        if (slope == unknown && first != 0.0) slope = other / first;
        if (slope != independent && other != (slope == unknown ? 0.0 : slope * first)) slope = independent;
        if (slope != before) arranged_ = false;
    }

    const Space& space_;
    ChainShape shape_;
    Index size_;
    ClassRows rows_;
    bool arranged_ = true;
    Index last_offset_ = 0;
    std::vector<double> slopes_;
    std::vector<Lanes> offsets_;
    std::vector<Index> places_;  // components that are tabulated
    std::vector<Lanes> values_;
    std::vector<letter_t<Space>> letters_;
};

/// Sums over targets k = common target times factors, lane by lane, in blocks.
///
/// Weights are not balanced; targets where the range of a double might not do are done alone: with R the
/// largest ratio of messages' entries, exp(2 (width-1) spread), and T the change of their sum between two
/// scalings, nothing exceeds R T^2, and what falls below 1 / (R T) is small against the sum.
template <class B, Want want>
class LaneSums {
    using Space = space_t<typename B::Common>;

public:
    /// `common`: the tables of the common target; shapes of the windows of factors and own statistics.
    LaneSums(const B& batch, const ChainProblem& common, const ChainShape& factor_shape,
             const ChainShape& own_shape)
        : batch_(batch), common_(common),
          statistics_(common.shape, batch.common().space(), batch.statistic()),
          weights_(batch.common().space(), factor_shape),
          own_(batch.common().space(), own_shape, want == Want::log_partitions ? 0 : batch.own_size()),
          sums_(BatchMoments::zero(size(), want)) {
        if constexpr (want == Want::log_partitions) sums_.log_partitions.resize(std::ssize(batch.which()));
        if constexpr (want == Want::means) {
            pooled_.assign(static_cast<std::size_t>(common.shape.sites * common.shape.codes()),
                           Lanes::of(0.0));
            own_sum_.assign(static_cast<std::size_t>(own_.size()), Lanes::of(0.0));
        }
        if constexpr (want == Want::covariances) {
            mean_.assign(static_cast<std::size_t>(size()), Lanes::of(0.0));
            covariance_.assign(static_cast<std::size_t>(size() * (size() + 1) / 2), Lanes::of(0.0));
        }
    }

    /// alone(k) gives the moments of what no lane can hold; for log_partitions log Z is enough. The pass is of
    /// the common tables' shape, with all starts.
    template <class Pass, class Alone>
    BatchMoments run(Pass pass, Alone&& alone) {
        const bool ring = common_.shape.periodic;
        for (Index first = 0; first < std::ssize(batch_.which()); first += lane_count) {
            const Index period = fill(first);
            pass.set_ends([ring](Index s, Index a) { return Lanes::of(!ring || s == a ? 1.0 : 0.0); },
                          [](Index s, Index a) { return Lanes::of(s == a ? 1.0 : 0.0); }, period);
            const typename Pass::Weights weights{common_.weights, weights_.data(), weights_.codes()};
            take(first, pass.forward(weights), alone);
            for (Index lane = 0; lane < lane_count; ++lane)
                if (!taken_[static_cast<std::size_t>(lane)]) pass.drop(lane);
            const typename Pass::Statistics statistics{statistics_, batch_.common_size(), own_.data(),
                                                       own_.tabulated(), own_.codes()};
            if constexpr (want == Want::means) {
                own_mean_.assign(static_cast<std::size_t>(own_.size()), Lanes::of(0.0));
                pass.means(weights, chances_, statistics, pooled_.data(), own_mean_.data());
                add_means();
            }
            if constexpr (want == Want::covariances) {
                pass.moments(weights, statistics);
                add_moments(pass.mean(), pass.covariance());
            }
        }
        if constexpr (want == Want::means) finish_means();
        if constexpr (want == Want::covariances) finish_moments();
        return std::move(sums_);
    }

private:
    Index size() const { return batch_.common_size() + own_.size(); }

    bool in_range(double spread, bool forbidden) const {
        const double length = static_cast<double>(common_.shape.sites);
        return spread * reach(common_.shape) <= largest_change && !((forbidden || common_.weights.forbidden()) &&
                                                     length * (spread + std::log(static_cast<double>(common_.shape.letters))) > largest_change);
    }

    /// Fills the lanes. Returns after how many sites messages are to be scaled.
    [[gnu::noinline]] Index fill(Index first) {
        const auto which = batch_.which();
        lanes_ = std::min(lane_count, std::ssize(which) - first);
        const auto at = [&](Index lane) { return which[static_cast<std::size_t>(first + lane)]; };
        shift_ = Lanes::of(common_.weights.log_shift());
        double worst = 0.0;
        weights_.begin();
        for (Index lane = 0; lane < lane_count; ++lane) {
            bool& taken = taken_[static_cast<std::size_t>(lane)];
            taken = false;
            if (lane < lanes_) {
                const auto filled = weights_.fill(batch_.factor(at(lane)), lane);
                const double spread = filled.spread + common_.weights.spread();
                taken = in_range(spread, filled.forbidden);
                if (taken) {
                    worst = std::max(worst, spread);
                    shift_[lane] += filled.shift;
                }
            }
            if (!taken) weights_.clear(lane);
        }
        if (own_.size() > 0) do {
                own_.begin();
                for (Index lane = 0; lane < lanes_; ++lane) own_.fill(batch_.own(at(lane)), lane);
            } while (!own_.arranged());
        return scaling_period(common_.shape, worst);
    }

    /// log Z of the lanes, and what no lane could hold alone; chances_ are then the weights of those in lanes.
    template <class Alone>
    [[gnu::noinline]] void take(Index first, Lanes log_z, Alone& alone) {
        log_z += shift_;
        chances_ = Lanes::of(0.0);
        for (Index lane = 0; lane < lanes_; ++lane) {
            const Index k = batch_.which()[static_cast<std::size_t>(first + lane)];
            bool& taken = taken_[static_cast<std::size_t>(lane)];
            taken = taken && std::isfinite(log_z[lane]);
            if (taken) {
                chances_[lane] = batch_.weight(k);
                *sums_.log_partition += batch_.weight(k) * log_z[lane];
            } else {
                const Moments all = alone(k);
                log_z[lane] = all.log_partition.value();
                if constexpr (want == Want::log_partitions)
                    *sums_.log_partition += batch_.weight(k) * log_z[lane];
                else
                    sums_.add(all, batch_.weight(k));
            }
            if constexpr (want == Want::log_partitions) sums_.log_partitions[first + lane] = log_z[lane];
        }
    }

    void add_means() {
        for (Index k = 0; k < own_.size(); ++k)
            own_sum_[static_cast<std::size_t>(k)] +=
                own_.slope(k) * own_mean_[static_cast<std::size_t>(own_.place(k))] + chances_ * own_.offset(k);
    }

    void finish_means() {
        const Index common = batch_.common_size(), codes = common_.shape.codes();
        for (Index k = 0; k < own_.size(); ++k)
            sums_.mean[common + k] += own_sum_[static_cast<std::size_t>(k)].sum();
        for (Index site = 0; site < common_.shape.sites; ++site)
            for (Index code = 0; code < codes; ++code) {
                const double probability = pooled_[static_cast<std::size_t>(site * codes + code)].sum();
                if (probability == 0.0) continue;
                const double* value = statistics_.at(site) + code * common;
                for (Index k = 0; k < common; ++k) sums_.mean[k] += probability * value[k];
            }
    }

    void add_moments(const Lanes* means, const Lanes* covariances) {
        const Index common = batch_.common_size();
        const auto place = [&](Index k) { return k < common ? k : common + own_.place(k - common); };
        const auto slope = [&](Index k) { return k < common ? 1.0 : own_.slope(k - common); };
        auto sum = covariance_.begin();
        for (Index k = 0; k < size(); ++k) {
            const Index row = place(k);
            Lanes mean = slope(k) * means[row];
            if (k >= common) mean += own_.offset(k - common);
            mean_[static_cast<std::size_t>(k)] += chances_ * mean;
            for (Index l = 0; l <= k; ++l, ++sum) {
                const Index column = place(l), high = std::max(row, column), low = std::min(row, column);
                *sum += (slope(k) * slope(l)) * chances_ * covariances[high * (high + 1) / 2 + low];
            }
        }
    }

    void finish_moments() {
        auto packed = covariance_.begin();
        for (Index k = 0; k < size(); ++k) {
            sums_.mean[k] += mean_[static_cast<std::size_t>(k)].sum();
            for (Index l = 0; l <= k; ++l, ++packed) {
                const double value = packed->sum();
                sums_.covariance(k, l) += value;
                if (l < k) sums_.covariance(l, k) += value;
            }
        }
    }

    const B& batch_;
    const ChainProblem& common_;
    StatisticTables statistics_;
    LaneWeights<Space, typename B::Factor> weights_;
    LaneStatistics<Space, typename B::Own> own_;
    BatchMoments sums_;
    Index lanes_ = 0;
    std::array<bool, static_cast<std::size_t>(lane_count)> taken_{};  // lanes whose results count
    Lanes shift_{}, chances_{};                                                 // their weights; 0: none
    std::vector<Lanes> pooled_, own_mean_, own_sum_;                  // of means
    std::vector<Lanes> mean_, covariance_;                            // of covariances, weighted sums
};

}  // namespace predcg::detail
