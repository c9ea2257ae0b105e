#pragma once
// The pass of a transfer matrix (pass.hpp) for a ring of two letters with windows of two: a vector of the
// processor at a time, its messages in registers.
#include <predcg/chains/pass_tables.hpp>

#include <algorithm>
#include <limits>

namespace predcg::detail {

/// As ChainPass, of all starts. Messages of the two starts a, in states s, are numbered 2 a + s, as are what
/// there is one of for each of them.
///
/// Martingale differences (ChainPass) need only what is to come from state 1 less what is to come from state
/// 0, which stays small on the longest chain.
class SmallRingPass {
    using V = VectorOfDoubles;

public:
    /// Chains in the first so many lanes alone; the others' results are undefined.
    [[gnu::cold]] explicit SmallRingPass(const ChainShape& shape, Index lanes = lane_count)
        : sites_(shape.sites), length_(stretch_of(shape.sites)),
          parts_((lanes + Lanes::width - 1) / Lanes::width), kept_((sites_ - 1) / length_ * 4 + 4),
          messages_(4 * length_) {}

    /// Messages are scaled every `period` sites.
    void set_all_ends(Index period) {
        period_ = period;
        scale_.resize(sites_ / period);
    }

    /// log of the weight of all paths, but for common.log_shift(); -infinity where there is none.
    Lanes forward(const PassWeights& weights) {
        Lanes log_weight = Lanes::of(0.0);
        one_hot(left_);
        for (Index begin = 0; begin < sites_; begin += length_) {
            std::copy_n(left_, 4, kept_.data() + begin / length_ * 4);
            go_forward(weights, begin,
                       [&](Index scaling) { log_weight += scale_messages(left_, 4, scale_[scaling]).log(); });
        }
        end_ = left_[0] + left_[3];
        return log_weight + end_.log();
    }

    /// After forward(): the lane has no part in what follows, whatever its numbers are.
    void drop(Index lane) { end_[lane] = std::numeric_limits<double>::infinity(); }

    /// After forward(): adds `factor` times the probabilities of the windows to `pooled`, codes of all tables
    /// of the common statistics, and the sums of the own statistics times these to `own_mean`. The
    /// probabilities are kept for chances(), where the chain is short enough (keeps_chances).
    void means(const PassWeights& weights, const Lanes& factor, const PassStatistics& statistics,
               Lanes* pooled, Lanes* own_mean, bool = true) {
        const bool is_one = statistics.common.count() == 1;
        go_back(weights, factor, [&](Index begin, Index end, Index part) {
            if (is_one)
                means_back(weights, begin, end, part, pooled);
            else
                for (Index i = end - 1; i >= begin; --i) means_back(weights, i, i + 1, part, pooled + 4 * i);
            add_own_means(statistics, begin, end, part, own_mean);
        });
    }

    /// Whether a chain of such a shape is one stretch, with windows of two for what is kept.
    static bool keeps_chances(const ChainShape& shape, const ChainShape& own_shape) {
        return shape.is_smallest_ring() && own_shape.codes() == 4 && stretch_of(shape.sites) == shape.sites;
    }
    /// After means(): `factor` times the probabilities of the windows, four a site.
    const Lanes* chances() const { return messages_.data(); }

    /// After forward(): mean()[k] and covariance()[k (k+1)/2 + l], l <= k, of the statistics.
    void moments(const PassWeights& weights, const PassStatistics& statistics) {
        const Index d = statistics.size();
        tabulate_changes(statistics);
        sums_.assign(parts_ * Sums::size_for(d), V{});
        go_back(weights, Lanes::of(1.0), [&](Index begin, Index end, Index part) {
            if (d == 2)
                moments_back<2>(weights, statistics, begin, end, part);
            else if (d == 3)
                moments_back<3>(weights, statistics, begin, end, part);
            else
                moments_back<0>(weights, statistics, begin, end, part);
        });
        mean_.resize(d);
        covariance_.resize(d * (d + 1) / 2);
        for (Index part = 0; part < parts_; ++part) finish(d, part);
    }
    const Lanes* mean() const { return mean_.data(); }
    const Lanes* covariance() const { return covariance_.data(); }

private:
    static void one_hot(Lanes* messages) {
        for (Index j = 0; j < 4; ++j) messages[j] = Lanes::of(j == 0 || j == 3 ? 1.0 : 0.0);
    }
    bool is_scaled(Index site) const { return (site + 1) % period_ == 0 && site + 1 < sites_; }

    /// The weights of a site's windows 00, 01, 10, 11, without a branch: own ones of one letter are looked up
    /// twice. Of the sites from `begin` on, in one stretch.
    class Windows {
    public:
        Windows(const PassWeights& weights, Index begin, Index part)
            : begin_(begin), common_(weights.common.at(begin)),
              step_(weights.common.at(1) - weights.common.at(0)), part_(part) {
            if (!weights.own) return;
            own_ = weights.own->at(begin);
            own_step_ = weights.own_codes;
            if (own_step_ == 4)
                for (Index code = 0; code < 4; ++code) place_[code] = code;
        }
        V operator()(Index site, Index code) const {
            const Index k = site - begin_;
            return common_[k * step_ + code] * own_[k * own_step_ + place_[code]].part[part_];
        }

    private:
        inline static const Lanes ones_[2] = {Lanes::of(1.0), Lanes::of(1.0)};
        Index begin_;
        const double* common_;
        Index step_, part_;
        const Lanes* own_ = ones_;
        Index own_step_ = 0;
        Index place_[4] = {0, 0, 1, 1};
    };

    /// From left_ before site `begin` to behind the last site of its stretch, whose messages are written;
    /// after(k) scales them the k-th time.
    template <class After>
    void go_forward(const PassWeights& weights, Index begin, After&& after) {
        const Index behind = std::min(begin + length_, sites_);
        for (Index from = begin; from < behind;) {
            const Index to = std::min(behind, from / period_ * period_ + period_);
            for (Index part = 0; part < parts_; ++part)
                step_forward(weights, from, to, part, messages_.data() + (from - begin) * 4);
            if (is_scaled(to - 1)) after((to - 1) / period_);
            from = to;
        }
    }

    void step_forward(const PassWeights& weights, Index begin, Index end, Index part, Lanes* to) {
        V a0 = left_[0].part[part], a1 = left_[1].part[part];
        V b0 = left_[2].part[part], b1 = left_[3].part[part];
        const Windows window(weights, begin, part);
        for (Index i = begin; i < end; ++i, to += 4) {
            to[0].part[part] = a0;
            to[1].part[part] = a1;
            to[2].part[part] = b0;
            to[3].part[part] = b1;
            const V w[4] = {window(i, 0), window(i, 1), window(i, 2), window(i, 3)};
            const V a = a0 * w[1] + a1 * w[3], b = b0 * w[1] + b1 * w[3];
            a0 = a0 * w[0] + a1 * w[2];
            b0 = b0 * w[0] + b1 * w[2];
            a1 = a;
            b1 = b;
        }
        left_[0].part[part] = a0;
        left_[1].part[part] = a1;
        left_[2].part[part] = b0;
        left_[3].part[part] = b1;
    }

    /// Calls back(begin, end, part) for sites end-1 .. begin, from the last to the first. Messages before the
    /// site are in messages_, those behind it, times factor / end_, in right_.
    template <class Back>
    void go_back(const PassWeights& weights, const Lanes& factor, Back&& back) {
        const Lanes end = factor * end_.inverse_or_zero();
        one_hot(right_);
        for (Lanes& message : right_) message *= end;
        for (Index behind = sites_; behind > 0; behind = first_) {
            first_ = (behind - 1) / length_ * length_;
            if (behind < sites_) {
                std::copy_n(kept_.data() + first_ / length_ * 4, 4, left_);
                go_forward(weights, first_, [&](Index scaling) {
                    for (Lanes& message : left_) message *= scale_[scaling];
                });
            }
            for (Index to = behind; to > first_;) {
                const Index from = std::max(first_, (to - 1) / period_ * period_);
                if (is_scaled(to - 1))
                    for (Lanes& message : right_) message *= scale_[(to - 1) / period_];
                for (Index part = 0; part < parts_; ++part) back(from, to, part);
                to = from;
            }
        }
    }

    /// Adds the probabilities of windows to pooled[code], and writes them where the messages before each site
    /// were.
    void means_back(const PassWeights& weights, Index begin, Index end, Index part, Lanes* pooled) {
        V a0 = right_[0].part[part], a1 = right_[1].part[part];
        V b0 = right_[2].part[part], b1 = right_[3].part[part];
        V sum[4] = {};
        const Windows window(weights, begin, part);
        Lanes* left = messages_.data() + (end - 1 - first_) * 4;
        for (Index i = end - 1; i >= begin; --i, left -= 4) {
            const V w[4] = {window(i, 0), window(i, 1), window(i, 2), window(i, 3)};
            const V p0 = left[0].part[part], p1 = left[1].part[part];
            const V q0 = left[2].part[part], q1 = left[3].part[part];
            const V of0 = w[0] * (p0 * a0 + q0 * b0);
            const V of1 = w[1] * (p0 * a1 + q0 * b1);
            const V of2 = w[2] * (p1 * a0 + q1 * b0);
            const V of3 = w[3] * (p1 * a1 + q1 * b1);
            sum[0] += of0;
            sum[1] += of1;
            sum[2] += of2;
            sum[3] += of3;
            left[0].part[part] = of0;
            left[1].part[part] = of1;
            left[2].part[part] = of2;
            left[3].part[part] = of3;
            const V a = w[2] * a0 + w[3] * a1, b = w[2] * b0 + w[3] * b1;
            a0 = w[0] * a0 + w[1] * a1;
            b0 = w[0] * b0 + w[1] * b1;
            a1 = a;
            b1 = b;
        }
        for (Index code = 0; code < 4; ++code) pooled[code].part[part] += sum[code];
        right_[0].part[part] = a0;
        right_[1].part[part] = a1;
        right_[2].part[part] = b0;
        right_[3].part[part] = b1;
    }

    /// With the probabilities that means_back wrote.
    void add_own_means(const PassStatistics& statistics, Index begin, Index end, Index part,
                       Lanes* own_mean) const {
        const Index size = statistics.own_size, step = statistics.own_codes * size;
        for (Index k = 0; k < size; ++k) {
            V sum{};
            const Lanes* chance = messages_.data() + (begin - first_) * 4;
            const Lanes* value = statistics.own->at(begin) + size + k;
            for (Index i = begin; i < end; ++i, chance += 4, value += step)
                if (statistics.own_codes == 2)
                    sum += (chance[2].part[part] + chance[3].part[part]) * value->part[part];
                else
                    sum += chance[1].part[part] * value->part[part] +
                           chance[2].part[part] * value[size].part[part] +
                           chance[3].part[part] * value[2 * size].part[part];
            own_mean[k].part[part] += sum;
        }
    }

    /// How far letters change common statistics: at 01 and 00, at 11 and 10, at 10 and 00; and the mean's
    /// part that is the same for all paths, those of windows 00.
    void tabulate_changes(const PassStatistics& statistics) {
        const StatisticTables& common = statistics.common;
        const Index size = statistics.common_size;
        changes_.resize(common.count() * size * 3);
        constants_.assign(size, 0.0);
        const double sites = common.count() == 1 ? static_cast<double>(sites_) : 1.0;
        for (Index table = 0; table < common.count(); ++table)
            for (Index k = 0; k < size; ++k) {
                const double* at = common.of_table(table) + k;
                double* change = changes_.data() + (table * size + k) * 3;
                change[0] = at[size] - at[0];
                change[1] = at[3 * size] - at[2 * size];
                change[2] = at[2 * size] - at[0];
                constants_[k] += sites * at[0];
            }
    }

    /// Of a vector of lanes, for d statistics.
    struct Sums {
        V *covariance, *mean;
        V* apart;  // what is to come from state 0 of start 1 less that of start 0
        V* steps;  // what is to come from state 1 less that from state 0, by statistic and start

        Sums(V* at, Index d)
            : covariance(at), mean(at + d * (d + 1) / 2), apart(mean + d), steps(apart + d) {}
        static Index size_for(Index d) { return d * (d + 1) / 2 + 4 * d; }
    };

    /// Of d statistics, or of Size where it is not 0: then they stay in registers.
    template <Index Size>
    void moments_back(const PassWeights& weights, const PassStatistics& statistics, Index begin, Index end,
                      Index part) {
        const Index common = statistics.common_size, own = statistics.own_size, codes = statistics.own_codes;
        const Index d = Size > 0 ? Size : common + own;
        const Sums kept(sums_.data() + part * Sums::size_for(d), d);
        [[maybe_unused]] V room[Size > 0 ? Size * (Size + 1) / 2 + 4 * Size : 1];
        V near[Size > 0 ? 7 * Size : 1];
        if constexpr (Size > 0)
            std::copy_n(kept.covariance, Sums::size_for(d), room);
        else
            differences_.resize(7 * d);
        const Sums sums = Size > 0 ? Sums(room, d) : kept;
        V* const difference = Size > 0 ? near : differences_.data();
        V* const change = difference + 4 * d;
        std::fill_n(change, 3 * d, V{});
        V right[4];
        for (Index j = 0; j < 4; ++j) right[j] = right_[j].part[part];
        const Windows window(weights, begin, part);
        const Lanes* const values = own > 0 ? statistics.own->at(begin) : nullptr;
        for (Index i = end - 1; i >= begin; --i) {
            const Lanes* left = messages_.data() + (i - first_) * 4;
            const V w[4] = {window(i, 0), window(i, 1), window(i, 2), window(i, 3)};
            V share[4], chance[4];  // of letter 1; those of the product of two differences
            for (Index a = 0; a < 4; a += 2) {
                const V way[2] = {w[0] * right[a], w[2] * right[a]};
                const V other[2] = {w[1] * right[a + 1], w[3] * right[a + 1]};
                for (Index s = 0; s < 2; ++s) right[a + s] = way[s] + other[s];
                for (Index s = 0; s < 2; ++s) {
                    share[a + s] = other[s] / (right[a + s] + std::numeric_limits<double>::min());
                    chance[a + s] = left[a + s].part[part] * way[s] * share[a + s];
                }
            }
            if (i == end - 1 || statistics.common.count() > 1) {
                const double* from = changes_.data() + statistics.common.table_of(i) * common * 3;
                for (Index k = 0; k < 3 * common; ++k) change[k] = from[k] - V{};
            }
            const Lanes* const value = values + (i - begin) * codes * own;
            for (Index k = 0; k < own; ++k) {
                V* const to = change + 3 * (common + k);
                if (codes == 2) {
                    to[2] = value[own + k].part[part];
                } else {
                    to[0] = value[own + k].part[part];
                    to[2] = value[2 * own + k].part[part];
                    to[1] = value[3 * own + k].part[part] - to[2];
                }
            }
            for (Index k = 0; k < d; ++k) {
                V come[2];
                for (Index a = 0; a < 2; ++a) {
                    const V step = sums.steps[2 * k + a];
                    const V first = change[3 * k] + step, second = change[3 * k + 1] + step;
                    difference[4 * k + 2 * a] = first;
                    difference[4 * k + 2 * a + 1] = second;
                    come[a] = share[2 * a] * first;
                    sums.steps[2 * k + a] = change[3 * k + 2] - come[a] + share[2 * a + 1] * second;
                }
                sums.mean[k] += come[0];
                sums.apart[k] += come[1] - come[0];
            }
            V* sum = sums.covariance;
            for (Index k = 0; k < d; ++k) {
                V weighted[4];
                for (Index j = 0; j < 4; ++j) weighted[j] = chance[j] * difference[4 * k + j];
                for (Index l = 0; l <= k; ++l, ++sum)
                    for (Index j = 0; j < 4; ++j) *sum += weighted[j] * difference[4 * l + j];
            }
        }
        if constexpr (Size > 0) std::copy_n(room, Sums::size_for(d), kept.covariance);
        for (Index j = 0; j < 4; ++j) right_[j].part[part] = right[j];
    }

    /// Mean over the starts, and the covariance between them. Paths of start a begin in state a.
    void finish(Index d, Index part) {
        const Sums sums(sums_.data() + part * Sums::size_for(d), d);
        const V second = right_[3].part[part], product = right_[0].part[part] * second;
        const auto apart = [&](Index k) -> V { return sums.apart[k] + sums.steps[2 * k + 1]; };
        for (Index k = 0, at = 0; k < d; ++k) {
            mean_[k].part[part] = sums.mean[k] + second * apart(k);
            if (k < constants_.size()) mean_[k].part[part] += constants_[k] - V{};
            for (Index l = 0; l <= k; ++l, ++at)
                covariance_[at].part[part] = sums.covariance[at] + product * apart(k) * apart(l);
        }
    }

    Index sites_, length_, period_ = 1;  // length_: of the stretches whose messages are kept at one time
    Index parts_;
    Index first_ = 0;  // of the present stretch
    Lanes left_[4], right_[4], end_;
    Scratch<Lanes> kept_;      // messages before the stretches
    Scratch<Lanes> messages_;  // before the sites of the present stretch
    Scratch<Lanes> scale_;     // inverse sums that messages were divided by
    Scratch<double> changes_, constants_;
    Scratch<V> sums_, differences_;
    Scratch<Lanes> mean_, covariance_;
};

}  // namespace predcg::detail
