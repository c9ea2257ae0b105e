#pragma once
// Statistics of replicas: windows are counted in lanes.
#include <predcg/chains/lanes.hpp>
#include <predcg/chains/shape.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/scratch.hpp>
#include <predcg/core/vector_types.hpp>
#include <predcg/kernels/replicas.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Sums of statistics over the windows of every replica: windows at which the statistic is the same are
/// counted, then counts are multiplied by what it is there.
class ReplicaCounts {
public:
    /// Windows of so many letters, for a statistic of so many components.
    ReplicaCounts(const ChainShape& shape, Index size) : shape_(shape), codes_(shape.codes()), size_(size) {
        if (size == 0) return;
        groups_.reserve(4);
        values_.reserve(static_cast<std::size_t>(8 * size));
        order_.reserve(8);
        of_code_.reserve(static_cast<std::size_t>(codes_));
    }

    /// A new group of sites: what the statistic is at their windows, code by code. Its number. Ordered: sums
    /// do not depend on which group came first.
    [[gnu::cold]] Index learn(const double* value, bool ordered) {
        if (size_ == 0) return 0;
        Group group;
        // Groups share classes as long as the numbers of all of them fit a byte.
        const Index known = classes_ + codes_ <= 64 ? 0 : classes_;
        group.first = known + codes_;
        group.last = 0;
        of_code_.clear();
        for (Index code = 0; code < codes_; ++code) {
            const double* row = value + code * size_;
            Index number = known;
            while (number < classes_ && compare(row, values_.data() + number * size_) != 0) ++number;
            if (number == classes_) append(row, ordered);
            of_code_.push_back(number);
            group.first = std::min(group.first, number);
            group.last = std::max(group.last, number);
        }
        const Index size = ByteTable::size(codes_), begin = std::ssize(groups_) * size;
        if (look_up_.size() < begin + size) look_up_.resize(2 * (begin + size), begin);
        ByteTable::fill(look_up_.data() + begin, codes_, [&](Index code) {
            return static_cast<signed char>(of_code_[static_cast<std::size_t>(code)] - group.first);
        });
        groups_.push_back(group);
        return std::ssize(groups_) - 1;
    }
    void forget() {
        classes_ = 0;
        most_ = 0.0;
        has_equal_ = false;
        groups_.clear();
        values_.clear();
        order_.clear();
    }

    /// Whether the statistic's sums are whole numbers of a size that 16 bits hold.
    bool is_whole() const { return most_ * static_cast<double>(shape_.sites) <= 4095.0; }

    /// Adds to values[k * lanes/8 ...] for component k; `group(site)` is the number of a site's group.
    template <class GroupOf>
    void add(const Replicas& replicas, GroupOf&& group, Lanes* values) {
        count_and(replicas, group, [&](Index c, Index k, double value) {
            multiply(c, value, replicas.blocks * packs, values + k * replicas.blocks * packs);
        });
    }
    /// The same where they are whole numbers: values[k * lanes ...].
    template <class GroupOf>
    void add_whole(const Replicas& replicas, GroupOf&& group, std::int16_t* values) {
        count_and(replicas, group, [&](Index c, Index k, double value) {
            const auto whole = static_cast<std::int16_t>(value);
            for (Index b = 0; b < replicas.blocks; ++b) {
                const Bytes counts = counts_[c * replicas.blocks + b];
                std::int16_t* const to = values + (k * replicas.blocks + b) * Bytes::lanes;
                for (Index lane = 0; lane < Bytes::lanes; ++lane)
                    to[lane] = static_cast<std::int16_t>(to[lane] + whole * counts[lane]);
            }
        });
    }

private:
    static constexpr Index packs = Bytes::lanes / 8;

    /// Where the statistic is the same.
    struct Group {
        Index first = 0, last = 0;  // smallest and largest class
    };

    /// By bits, of which there is an order whatever the numbers are.
    int compare(const double* a, const double* b) const {
        return std::memcmp(a, b, static_cast<std::size_t>(size_) * sizeof *a);
    }
    void append(const double* row, bool ordered) {
        auto at = order_.end();
        while (ordered && at != order_.begin() && compare(row, values_.data() + at[-1] * size_) < 0) --at;
        has_equal_ =
            has_equal_ || (at != order_.begin() && compare(row, values_.data() + at[-1] * size_) == 0);
        order_.insert(at, classes_++);
        values_.insert(values_.end(), row, row + size_);
        for (Index k = 0; k < size_; ++k)
            most_ = std::max(most_, row[k] == std::rint(row[k]) ? std::abs(row[k])
                                                                : std::numeric_limits<double>::infinity());
    }

    /// Calls use(class, component, value) after windows were counted, as often as bytes can count them.
    template <class GroupOf, class Use>
    void count_and(const Replicas& replicas, GroupOf&& group, Use&& use) {
        if (size_ == 0) return;
        const Index blocks = replicas.blocks;
        counts_.resize(classes_ * blocks);
        constexpr Index most = 127;
        for (Index from = 0; from < shape_.sites; from += most) {
            const Index to = std::min(from + most, shape_.sites);
            const bool pairs = shape_.letters == 2 && shape_.width == 2;
            const bool single = shape_.letters == 2 && shape_.width == 1;
            if (classes_ == 2 && pairs)
                count<2, 2, 2>(replicas, from, to, group);
            else if (classes_ <= 4 && pairs)
                count<2, 2, 4>(replicas, from, to, group);
            else if (classes_ <= 4 && single)
                count<2, 1, 4>(replicas, from, to, group);
            else
                count<0, 0, 0>(replicas, from, to, group);
            count_rest(to - from, blocks);
            if (has_equal_) join_equal(blocks);
            for (Index k = 0; k < size_; ++k)
                for (const Index c : order_) use(c, k, values_[static_cast<std::size_t>(c * size_ + k)]);
        }
    }

    /// Counts the windows of sites, but for those of class 0. Letters, width and classes of compile time, or
    /// 0.
    template <Index Letters, Index Width, Index Classes, class GroupOf>
    void count(const Replicas& replicas, Index from, Index to, GroupOf&& group) {
        constexpr Index some_codes = Letters == 0 ? 0 : Width == 1 ? Letters : Letters * Letters;
        const Index codes = Letters == 0 ? codes_ : some_codes;
        const Index q = Letters > 0 ? Letters : shape_.letters, width = Width > 0 ? Width : shape_.width;
        const Index blocks = replicas.blocks;
        if constexpr (Classes == 0) std::fill_n(counts_.data(), classes_ * blocks, Bytes::of(0));
        for_vectors(blocks, [&]<class V>(Index at, V) PREDCG_ALWAYS_INLINE {
            V sums[Classes > 0 ? Classes : 1] = {};
            for (Index site = from; site < to; ++site) {
                V code = load<V>(replicas.site(site), at);
                for (Index k = 1; k < width; ++k) {
                    Index j = site + k;
                    if (j >= shape_.sites) j = shape_.periodic ? j - shape_.sites : -1;
                    code = times(code, q);
                    if (j >= 0) code = static_cast<V>(code + load<V>(replicas.site(j), at));
                }
                const Index number_of_group = group(site);
                const Group& of = groups_[static_cast<std::size_t>(number_of_group)];
                const V found =
                    ByteTable::at(look_up_.data() + number_of_group * ByteTable::size(codes), codes, code);
                if constexpr (Classes > 0) {
                    const V number = static_cast<V>(found + static_cast<signed char>(of.first));
                    for (Index c = 1; c < Classes; ++c)
                        sums[c] = static_cast<V>(
                            sums[c] - equal(number, static_cast<V>(V{} + static_cast<signed char>(c))));
                } else {
                    for (Index c = std::max<Index>(of.first, 1); c <= of.last; ++c) {
                        Bytes* counts = counts_.data() + c * blocks;
                        const V here =
                            equal(found, static_cast<V>(V{} + static_cast<signed char>(c - of.first)));
                        store(static_cast<V>(load<V>(counts, at) - here), counts, at);
                    }
                }
            }
            if constexpr (Classes > 0)
                for (Index c = 1; c < std::min(Classes, classes_); ++c)
                    store(sums[c], counts_.data() + c * blocks, at);
        });
    }

    /// Classes with equal values, which follow one another: the last gets the counts of all.
    [[gnu::cold]] void join_equal(Index blocks) {
        for (std::size_t at = 1; at < order_.size(); ++at) {
            const Index before = order_[at - 1], here = order_[at];
            if (compare(values_.data() + before * size_, values_.data() + here * size_) != 0) continue;
            for (Index b = 0; b < blocks; ++b)
                for (Index lane = 0; lane < Bytes::lanes; ++lane) {
                    signed char& count = counts_[before * blocks + b][lane];
                    signed char& all = counts_[here * blocks + b][lane];
                    all = static_cast<signed char>(all + count);
                    count = 0;
                }
        }
    }

    /// Windows of class 0.
    void count_rest(Index sites, Index blocks) {
        for_vectors(blocks, [&]<class V>(Index at, V) PREDCG_ALWAYS_INLINE {
            V rest = static_cast<V>(V{} + static_cast<signed char>(sites));
            for (Index c = 1; c < classes_; ++c)
                rest = static_cast<V>(rest - load<V>(counts_.data() + c * blocks, at));
            store(rest, counts_.data(), at);
        });
    }

    /// Adds the counts of a class times a value. Where there are none the value may be anything.
    void multiply(Index c, double value, Index all, Lanes* to) const {
        const auto* counts = reinterpret_cast<const signed char*>(counts_.data() + c * (all / packs));
        if (!std::isfinite(value)) {
            for (Index lane = 0; lane < 8 * all; ++lane)
                if (counts[lane] != 0) to[lane / 8][lane % 8] += value * counts[lane];
            return;
        }
        for (Index pack = 0; pack < all; ++pack) to[pack] += value * Lanes::of_bytes(counts + 8 * pack);
    }

    ChainShape shape_;
    Index codes_, size_, classes_ = 0;
    double most_ = 0.0;       // largest of the values; infinite where one is no whole number
    bool has_equal_ = false;  // there are classes with equal values
    std::vector<Group> groups_;
    Scratch<signed char> look_up_;  // of the groups: a window's class, less the first
    std::vector<double> values_;    // of the classes
    std::vector<Index> order_;      // in which classes are summed
    std::vector<Index> of_code_;
    Scratch<Bytes> counts_;
};

/// Mean and covariance of samples that come several at a time, one a lane. Deviations from the first sample
/// are summed, so that little cancels.
class ReplicaMoments {
public:
    void begin(Index size, Index lanes) {
        size_ = size;
        lanes_ = lanes;
        packs_ = (lanes + Bytes::lanes - 1) / Bytes::lanes * (Bytes::lanes / 8);
        samples_ = 0.0;
        sum_.assign(size, Lanes::of(0.0));
        products_.assign(size * (size + 1) / 2, Lanes::of(0.0));
        deviation_.resize(size);
        whole_products_.assign(size * (size + 1) / 2, 0);
        whole_sums_.assign(size, 0);
        kept_.resize(packs_ * 8);
        for (Index lane = 0; lane < packs_ * 8; ++lane)
            kept_[lane] = static_cast<std::int16_t>(lane < lanes ? -1 : 0);
    }

    /// values: component by component, packs of lanes; lanes from `lanes` on are not looked at.
    void add(const Scratch<Lanes>& values) {
        if (samples_ == 0.0) {
            centre_.resize(size_);
            for (Index k = 0; k < size_; ++k) centre_[k] = values[k * packs_][0];
        }
        samples_ += static_cast<double>(lanes_);
        if (size_ == 2)
            add_as<2>(values.data());
        else
            add_as<0>(values.data());
    }

    /// The same of whole numbers up to 4095: component by component, all lanes. They are changed.
    void add_whole(std::int16_t* values) {
        const Index lanes = packs_ * 8;
        if (samples_ == 0.0) {
            centre_.resize(size_);
            for (Index k = 0; k < size_; ++k) centre_[k] = values[k * lanes];
        }
        samples_ += static_cast<double>(lanes_);
        for (Index first = 0; first < lanes; first += Bytes::lanes) {
            std::int64_t* product = whole_products_.data();
            for (Index k = 0; k < size_; ++k) {
                std::int16_t* const a = values + k * lanes + first;
                const auto centre = static_cast<std::int16_t>(centre_[k]);
                std::int32_t sum = 0;
                for (Index lane = 0; lane < Bytes::lanes; ++lane) {
                    a[lane] = static_cast<std::int16_t>((a[lane] - centre) & kept_[first + lane]);
                    sum += a[lane];
                }
                whole_sums_[k] += sum;
                for (Index l = 0; l <= k; ++l, ++product) {
                    const std::int16_t* const b = values + l * lanes + first;
                    std::int32_t products = 0;
                    for (Index lane = 0; lane < Bytes::lanes; ++lane)
                        products += std::int32_t{a[lane]} * std::int32_t{b[lane]};
                    *product += products;
                }
            }
        }
    }

    /// Of all samples; the covariance with 1/samples. Ends the sum.
    void moments(Moments& m) {
        m.mean = centre_;
        m.covariance.resize(size_, size_);
        m.standard_error.resize(size_);
        Vector& shift = centre_;
        for (Index k = 0; k < size_; ++k) {
            shift[k] = (sum_[k].sum() + static_cast<double>(whole_sums_[k])) / samples_;
            m.mean[k] += shift[k];
        }
        for (Index k = 0, at = 0; k < size_; ++k)
            for (Index l = 0; l <= k; ++l, ++at)
                m.covariance(k, l) = m.covariance(l, k) =
                    (products_[at].sum() + static_cast<double>(whole_products_[at])) / samples_ -
                    shift[k] * shift[l];
    }

private:
    /// Components of compile time, or 0.
    template <Index Size>
    void add_as(const Lanes* values) {
        const Index size = Size > 0 ? Size : size_, packs = (lanes_ + 7) / 8;
        Lanes few[Size > 0 ? Size : 1];
        Lanes* const d = Size > 0 ? few : deviation_.data();
        for (Index j = 0; j < packs; ++j) {
            for (Index k = 0; k < size; ++k) {
                d[k] = -centre_[k] + values[k * packs_ + j];
                if (j == packs - 1) d[k].keep_first(lanes_ - 8 * j);
                sum_[k] += d[k];
            }
            Lanes* product = products_.data();
            for (Index k = 0; k < size; ++k)
                for (Index l = 0; l <= k; ++l, ++product) *product += d[k] * d[l];
        }
    }

    Index size_ = 0, lanes_ = 0, packs_ = 0;
    double samples_ = 0.0;
    Vector centre_;
    Scratch<Lanes> sum_, products_, deviation_;
    Scratch<std::int64_t> whole_sums_, whole_products_;
    Scratch<std::int16_t> kept_;  // all bits, or none
};

}  // namespace predcg::detail
