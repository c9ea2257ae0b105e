#pragma once
// A batch of chains that have most of their tables in common, by lanes.
#include <predcg/chains/lane_tables.hpp>
#include <predcg/chains/pass.hpp>
#include <predcg/chains/small_ring.hpp>
#include <predcg/core/scratch.hpp>
#include <predcg/engines/batch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Sums of probabilities in the cells of statistics that count (CellStatistic): first for each class of sites
/// and window, which lie together, then in the cells.
template <class Space, class Own>
class LaneCells {
public:
    [[gnu::cold]] LaneCells(const Space& space, const ChainShape& shape, Index cells, Index most)
        : space_(space), shape_(shape), most_(most), rows_(shape.codes() * most), begins_(shape.sites),
          sums_(Vector::Zero(cells)) {}

    /// Adds the chances, codes a site, of those of the first so many lanes that are `taken`, whose statistics
    /// are own(lane).
    template <class F, class Taken>
    void add(Index lanes, F&& own, const Taken& taken, const Lanes* chances) {
        fill_lanes(
            rows_, shape_, begins_, lanes, own,
            [&](Index site, double* row, const Own& of) { find(of, site, row); },
            [&] {
                Lanes sum = Lanes::of(0.0);
                begins_.for_each_site([&](const std::uint32_t* at) {
                    sum += Lanes::gathered<RowBegins::block>(rows_.data(), at);
                });
                return sum.sum();
            });
        Index which[lane_count], count = 0;
        for (Index lane = 0; lane < lanes; ++lane)
            if (taken[static_cast<std::size_t>(lane)]) which[count++] = lane;
        if (shape_.codes() == 4)
            add_chances<4>(which, count, chances);
        else
            add_chances<0>(which, count, chances);
        if constexpr (!ClassifiedSites<Own>) finish();  // before other rows
    }
    /// The sums in the cells.
    [[gnu::cold]] const Vector& finish() {
        rows_.for_each([&](const double* row) {
            double* const by_code = by_row_.data() + (row - rows_.data());
            for (Index code = 0; code < shape_.codes(); ++code, row += most_) {
                for (Index k = 0; k < most_; ++k)
                    if (row[k] >= 0.0) sums_[static_cast<Index>(row[k])] += by_code[code];
                by_code[code] = 0.0;
            }
        });
        return sums_;
    }

private:
    /// Of so many codes, or of any number where that is 0.
    template <Index Codes>
    void add_chances(const Index* which, Index count, const Lanes* chance) {
        const Index codes = Codes > 0 ? Codes : shape_.codes();
        double* const sums = by_row_.data();
        begins_.for_each_site([&](const std::uint32_t* at) {
            for (Index j = 0; j < count; ++j) {
                const Index lane = which[j];
                double* const to = sums + at[lane * RowBegins::block];
                for (Index code = 0; code < codes; ++code) to[code] += chance[code][lane];
            }
            chance += codes;
        });
    }

    /// The cells of a site's windows, -1 where there are no more.
    [[gnu::cold]] void find(const Own& own, Index site, double* row) {
        const Index end = row - rows_.data() + shape_.codes() * most_, before = by_row_.size();
        if (before < end) {
            by_row_.resize(2 * end, before);
            std::fill(by_row_.begin() + before, by_row_.end(), 0.0);
        }
        std::fill(row, row + shape_.codes() * most_, -1.0);
        const Index width = Window(own.window()).width;
        windows_of(shape_, space_, site, letters_, [&](Index code, auto window) {
            double* to = row + code * most_;
            own.for_each_cell(site, narrow(window, width),
                              [&](Index cell) { *to++ = static_cast<double>(cell); });
        });
    }

    Space space_;
    ChainShape shape_;
    Index most_;
    ClassRows rows_;
    RowBegins begins_;
    Scratch<double> by_row_;  // chances of the codes, where the class's row begins
    Vector sums_;
    WindowLetters<letter_t<Space>> letters_;
};

/// The window that holds those of all parts of a batch's data: made(k) is the one of datum k.
template <class B, class Made>
Window window_of_all(const B& batch, Made&& made) {
    Window window;
    for (const Index k : batch.which()) window = common_window(window, made(k).window());
    return window;
}

/// What the batch's parts say of themselves.
struct LaneParts {
    bool factor_has_classes, own_has_classes;
    Index most_cells;  // of a window, of own statistics that are counted; else 0
};
/// Bytes of the tables and messages of LaneSums with d statistics, at most, but for what their blocks are
/// rounded up (core/scratch.hpp).
inline double lane_bytes(const ChainShape& shape, const ChainShape& factor_shape, const ChainShape& own_shape,
                         double d, const LaneParts& parts) {
    const auto number = [](Index n) { return static_cast<double>(n); };
    const double sites = number(shape.sites), lanes = number(lane_count);
    const double blocks = number(shape.states) * number(shape.starts());
    const double messages = std::min(sites * blocks, 65536.0 + sites * blocks / 16.0);
    const double windows = std::min(sites * number(shape.codes()), 16384.0) + number(shape.codes());
    const double of_factors = number(stretch_of(shape.sites, parts.factor_has_classes));
    const double of_own = number(stretch_of(shape.sites, parts.own_has_classes));
    const double tables = of_factors * number(factor_shape.codes()) + of_own * number(own_shape.codes()) * d;
    // Where rows begin, and rows of parts without classes: of 2^k numbers, and while they grow three times as
    // many.
    const auto rows = [&](double of, bool has_classes, double numbers) {
        return lanes * of * (4.0 + (has_classes ? 0.0 : 6.0 * sizeof(double) * numbers));
    };
    double all = sizeof(Lanes) * (messages + windows + tables + sites * (number(own_shape.codes()) + 1.0) +
                                  (3.0 * d + 8.0) * blocks * number(shape.letters)) +
                 rows(of_factors, parts.factor_has_classes, number(factor_shape.codes()) + 2.0) +
                 rows(of_own, parts.own_has_classes, (2.0 * number(own_shape.codes()) + 1.0) * d);
    if (parts.most_cells > 0)
        all += 2.0 * rows(sites, parts.own_has_classes, number(own_shape.codes()) * number(parts.most_cells));
    return all;
}

/// Sums over targets k = common target times factors, lane by lane, in blocks.
///
/// Weights are not balanced; targets where the range of a double might not do are done alone: with R the
/// largest ratio of messages' entries, exp(2 (width-1) spread), and T the change of their sum between two
/// scalings, nothing exceeds R T^2, and what falls below 1 / (R T) is small against the sum.
template <class B, Want want>
class LaneSums {
    using Space = space_t<typename B::Common>;
    /// Own statistics count cells; they are summed apart.
    static constexpr bool counts = want == Want::means && CellStatistic<typename B::Own>;

public:
    /// `common`: the tables of the common target; shapes of the windows of factors and own statistics.
    [[gnu::cold]] LaneSums(const B& batch, const ChainProblem& common, const ChainShape& factor_shape,
                           const ChainShape& own_shape)
        : batch_(batch), common_(common),
          statistics_(common.shape, batch.common().space(), statistic_of(batch)),
          weights_(batch.common().space(), factor_shape),
          own_(batch.common().space(), own_shape,
               want == Want::log_partitions || counts ? 0 : batch.own_size()),
          sums_(BatchMoments::zero(
              batch.common_size() + (want == Want::log_partitions ? 0 : batch.own_size()), want)) {
        if constexpr (counts)
            cells_.emplace(batch.common().space(), own_shape, batch.own_size(),
                           Index(batch.own(batch.which().front()).most_cells()));
        if constexpr (want == Want::log_partitions) sums_.log_partitions.resize(std::ssize(batch.which()));
        if constexpr (want == Want::means) {
            pooled_.assign(statistics_.count() * common.shape.codes(), Lanes::of(0.0));
            own_sum_.assign(own_.size(), Lanes::of(0.0));
        }
        if constexpr (want == Want::covariances) {
            mean_.assign(size(), Lanes::of(0.0));
            covariance_.assign(size() * (size() + 1) / 2, Lanes::of(0.0));
        }
    }

    /// alone(k) gives the moments of what no lane can hold; for log_partitions log Z is enough. The pass is
    /// of the common tables' shape, with all starts.
    template <class Pass, class Alone>
    BatchMoments run(Pass pass, Alone&& alone) {
        for (Index first = 0; first < std::ssize(batch_.which()); first += lane_count) {
            pass.set_all_ends(fill(first));
            StretchTables own_weights(
                weights_.data(), weights_.codes(), common_.shape.sites, weights_.stretch(),
                [](void* self, Index site) { static_cast<LaneSums*>(self)->load_weights(site); }, this);
            StretchTables own_values(
                own_.data(), own_.codes() * own_.tabulated(), common_.shape.sites, own_.stretch(),
                [](void* self, Index site) { static_cast<LaneSums*>(self)->load_statistics(site); }, this);
            const PassWeights weights{common_.weights, &own_weights, weights_.codes()};
            take(first, pass.forward(weights), alone);
            for (Index lane = 0; lane < lane_count; ++lane)
                if (!taken_[static_cast<std::size_t>(lane)]) pass.drop(lane);
            const PassStatistics statistics{statistics_, batch_.common_size(), &own_values, own_.tabulated(),
                                            own_.codes()};
            if (std::none_of(taken_.begin(), taken_.end(), [](bool taken) { return taken; })) continue;
            if constexpr (want == Want::means) {
                own_mean_.assign(own_.size(), Lanes::of(0.0));
                if constexpr (counts) {
                    pass.means(weights, chances_, statistics, pooled_.data(), nullptr, true);
                    cells_->add(lanes_, own_statistics(), taken_, pass.chances());
                } else {
                    pass.means(weights, chances_, statistics, pooled_.data(), own_mean_.data());
                    add_means();
                }
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
    /// Of log Z none is wanted.
    static auto statistic_of(const B& batch) {
        if constexpr (want == Want::log_partitions)
            return EmptyStatistic{};
        else
            return batch.statistic();
    }

    /// Of the data in the lanes.
    auto factors() const {
        return [this](Index lane) { return batch_.factor(in_lane(lane)); };
    }
    auto own_statistics() const {
        return [this](Index lane) { return batch_.own(in_lane(lane)); };
    }
    Index in_lane(Index lane) const { return batch_.which()[static_cast<std::size_t>(first_ + lane)]; }
    /// Stretches of a long chain's tables.
    void load_weights(Index site) { weights_.load(site, lanes_, factors()); }
    void load_statistics(Index site) {
        if (own_.size() > 0) own_.load(site, lanes_, own_statistics());
    }

    /// Fills the lanes. Returns after how many sites messages are to be scaled.
    Index fill(Index first) {
        first_ = first;
        lanes_ = std::min(lane_count, std::ssize(batch_.which()) - first);
        const auto summary = weights_.fill(lanes_, factors());
        shift_ = common_.weights.log_shift() + summary.shift;
        double worst = 0.0;
        for (Index lane = 0; lane < lane_count; ++lane) {
            const auto k = static_cast<std::size_t>(lane);
            const double spread = summary.spread[k] + common_.weights.spread();
            taken_[k] = lane < lanes_ &&
                        in_range(common_.shape, spread, summary.forbidden[k] || common_.weights.forbidden());
            if (taken_[k])
                worst = std::max(worst, spread);
            else if (lane < lanes_ ||
                     !taken_[static_cast<std::size_t>(lanes_ - 1)])  // lanes beyond are as the last
                weights_.clear(lane);
        }
        if (own_.size() > 0) own_.fill(lanes_, own_statistics());
        if (!statistics_.all_finite() || !own_.all_finite())
            taken_ = {};  // only alone are forbidden windows known
        return scaling_period(common_.shape, worst);
    }

    /// log Z of the lanes, and what no lane could hold alone; chances_ are then the weights of those in
    /// lanes.
    template <class Alone>
    void take(Index first, Lanes log_z, Alone& alone) {
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
            own_sum_[k] += own_.slope(k) * own_mean_[own_.place(k)] + chances_ * own_.offset(k);
    }

    [[gnu::cold]] void finish_means() {
        const Index common = batch_.common_size();
        for (Index k = 0; k < own_.size(); ++k) sums_.mean[common + k] += own_sum_[k].sum();
        for (Index k = 0; k < pooled_.size(); ++k) statistics_.add(k, pooled_[k].sum(), sums_.mean.data());
        if constexpr (counts) {
            const Vector& cells = cells_->finish();
            for (Index k = 0; k < cells.size(); ++k) sums_.mean[common + k] += cells[k];
        }
    }

    void add_moments(const Lanes* means, const Lanes* covariances) {
        const Index common = batch_.common_size();
        const auto place = [&](Index k) { return k < common ? k : common + own_.place(k - common); };
        const auto slope = [&](Index k) { return k < common ? 1.0 : own_.slope(k - common); };
        auto* sum = covariance_.begin();
        for (Index k = 0; k < size(); ++k) {
            const Index row = place(k);
            Lanes mean = slope(k) * means[row];
            if (k >= common) mean += own_.offset(k - common);
            mean_[k] += chances_ * mean;
            for (Index l = 0; l <= k; ++l, ++sum) {
                const Index column = place(l), high = std::max(row, column), low = std::min(row, column);
                *sum += (slope(k) * slope(l)) * chances_ * covariances[high * (high + 1) / 2 + low];
            }
        }
    }

    [[gnu::cold]] void finish_moments() {
        auto* packed = covariance_.begin();
        for (Index k = 0; k < size(); ++k) {
            sums_.mean[k] += mean_[k].sum();
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
    std::optional<LaneCells<Space, typename B::Own>> cells_{};
    BatchMoments sums_;
    Index first_ = 0, lanes_ = 0;                                     // data in the lanes
    std::array<bool, static_cast<std::size_t>(lane_count)> taken_{};  // lanes whose results count
    Lanes shift_{}, chances_{};                                       // their weights; 0: none
    Scratch<Lanes> pooled_, own_mean_, own_sum_;                      // of means
    Scratch<Lanes> mean_, covariance_;                                // of covariances, weighted sums
};

}  // namespace predcg::detail
