#pragma once
// Statistics of replicas: windows are counted in lanes.
#include <predcg/chains/lanes.hpp>
#include <predcg/chains/shape.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/scratch.hpp>
#include <predcg/core/vector_types.hpp>
#include <predcg/kernels/replica_sweeps.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace predcg::detail {

/// Sums of statistics over the windows of every replica. What the statistic is at the windows of a site is
/// told once for all sites where it is the same: a group. Small whole numbers are looked up as bytes and
/// added; else windows at which the statistic is the same are counted, then counts are multiplied by what it
/// is there.
class ReplicaCounts {
public:
    /// Windows of so many letters, for a statistic of so many components.
    ReplicaCounts(const ChainShape& shape, Index size)
        : shape_(shape), codes_(shape.codes()), size_(size),
          is_small_(ByteTable::rows(codes_) * size <= most_rows) {}

    /// A new group of sites: what the statistic is at their windows, code by code. Its number. Ordered: sums
    /// do not depend on which group came first.
    [[gnu::cold]] Index learn(const double* value, bool ordered) {
        if (size_ == 0) return 0;
        ordered_ = ordered;
        const Index count = codes_ * size_, before = known_ * count;
        given_.grow(before + count);
        std::copy_n(value, count, given_.data() + before);
        for (Index k = 0; k < count; ++k) {
            const double size = std::abs(value[k]);
            most_ = std::max(most_, size == std::rint(size) ? size : std::numeric_limits<double>::infinity());
        }
        if (is_whole()) {
            const Index step = ByteTable::size(codes_), begin = known_ * size_ * step;
            values_.grow(begin + size_ * step);
            for (Index k = 0; k < size_; ++k)
                ByteTable::fill(values_.data() + begin + k * step, codes_,
                                [&](Index code) { return static_cast<int>(value[code * size_ + k]); });
        }
        return known_++;
    }
    void forget() {
        known_ = classified_ = classes_ = 0;
        most_ = 0.0;
        has_equal_ = false;
    }

    /// Whether the statistic's values are small whole numbers, and its sums whole numbers up to 4095.
    bool is_whole() const {
        return is_small_ && most_ <= 127.0 && most_ * static_cast<double>(shape_.sites) <= 4095.0;
    }

    /// Adds to values[k * lanes/8 ...] for component k; `group` has the number of every site's group.
    void add(const Replicas& replicas, const Index* group, Lanes* values) {
        if (size_ == 0) return;
        while (classified_ < known_) classify(given_.data() + classified_ * codes_ * size_);
        const Index blocks = replicas.blocks;
        counts_.resize(classes_ * blocks);
        constexpr Index most = 127;  // windows that a byte counts
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
                for (Index at = 0; at < classes_; ++at)
                    multiply(order_[at], class_values_[order_[at] * size_ + k], blocks * packs,
                             values + k * blocks * packs);
        }
    }

    /// The same where is_whole(): sets values[k * lanes ...].
    void sum_whole(const Replicas& replicas, const Index* group, std::int16_t* values) const {
        const bool pairs = shape_.letters == 2 && shape_.width == 2;
        const bool single = shape_.letters == 2 && shape_.width == 1;
        const Index at_once = most_ > 0.0 ? static_cast<Index>(127.0 / most_) : shape_.sites;
        for (Index from = 0; from < shape_.sites; from += at_once) {
            const Index to = std::min(from + at_once, shape_.sites);
            Index k = 0;
            for (; k + 1 < size_; k += 2)
                single  ? sum<2, 1, 2>(replicas, from, to, group, k, values)
                : pairs ? sum<2, 2, 2>(replicas, from, to, group, k, values)
                        : sum<0, 0, 2>(replicas, from, to, group, k, values);
            if (k < size_)
                single  ? sum<2, 1, 1>(replicas, from, to, group, k, values)
                : pairs ? sum<2, 2, 1>(replicas, from, to, group, k, values)
                        : sum<0, 0, 1>(replicas, from, to, group, k, values);
        }
    }

private:
    static constexpr Index packs = Bytes::lanes / 8;
    static constexpr Index most_rows = 32;  // of tables to look up at a site

    /// Where the statistic is the same.
    struct Group {
        Index first = 0, last = 0;  // smallest and largest class
    };

    /// Finds the classes of a group's windows.
    [[gnu::cold]] void classify(const double* value) {
        // Groups share classes as long as the numbers of all of them fit a byte.
        const Index known = classes_ + codes_ <= 64 ? 0 : classes_;
        Group group{known + codes_, 0};
        of_code_.resize(codes_);
        for (Index code = 0; code < codes_; ++code) {
            const double* row = value + code * size_;
            Index number = known;
            while (number < classes_ && compare(row, class_values_.data() + number * size_) != 0) ++number;
            if (number == classes_) append(row);
            of_code_[code] = number;
            group.first = std::min(group.first, number);
            group.last = std::max(group.last, number);
        }
        const Index size = ByteTable::size(codes_), begin = classified_ * size;
        look_up_.grow(begin + size);
        ByteTable::fill(look_up_.data() + begin, codes_,
                        [&](Index code) { return static_cast<int>(of_code_[code] - group.first); });
        groups_.grow(classified_ + 1);
        groups_[classified_++] = group;
    }

    /// By bits, of which there is an order whatever the numbers are.
    int compare(const double* a, const double* b) const {
        return std::memcmp(a, b, static_cast<std::size_t>(size_) * sizeof *a);
    }
    void append(const double* row) {
        order_.grow(classes_ + 1);
        Index at = classes_;
        while (ordered_ && at > 0 && compare(row, class_values_.data() + order_[at - 1] * size_) < 0) --at;
        has_equal_ =
            has_equal_ || (at > 0 && compare(row, class_values_.data() + order_[at - 1] * size_) == 0);
        std::copy_backward(order_.begin() + at, order_.begin() + classes_, order_.begin() + classes_ + 1);
        order_[at] = classes_++;
        class_values_.grow(classes_ * size_);
        std::copy_n(row, size_, class_values_.data() + (classes_ - 1) * size_);
    }

    /// Codes of the windows at a site, in the lanes at `at`. Letters and width of compile time, or 0.
    template <Index Letters, Index Width, class V>
    [[gnu::always_inline]] V code(const Replicas& replicas, Index site, Index at) const {
        const Index q = Letters > 0 ? Letters : shape_.letters, width = Width > 0 ? Width : shape_.width;
        V code = load<V>(replicas.site(site), at);
        for (Index k = 1; k < width; ++k) {
            Index j = site + k;
            if (j >= shape_.sites) j = shape_.periodic ? j - shape_.sites : -1;
            code = times(code, q);
            if (j >= 0) code = static_cast<V>(code + load<V>(replicas.site(j), at));
        }
        return code;
    }

    /// Sums of so many components from k on over the windows of sites that bytes can sum.
    template <Index Letters, Index Width, Index Components>
    void sum(const Replicas& replicas, Index from, Index to, const Index* group, Index k,
             std::int16_t* values) const {
        constexpr Index at_once = 2;  // vectors, where there are so many
        const Index lanes = replicas.blocks * Bytes::lanes;
        Index at = 0;
        for (constexpr Index wide = at_once * sizeof(VectorOfBytes); at + wide <= lanes; at += wide)
            sum_lanes<Letters, Width, Components, VectorOfBytes, at_once>(replicas, from, to, group, k, at,
                                                                          values);
        for (constexpr Index wide = sizeof(VectorOfBytes); at + wide <= lanes; at += wide)
            sum_lanes<Letters, Width, Components, VectorOfBytes, 1>(replicas, from, to, group, k, at, values);
        if constexpr (sizeof(FewBytes) < sizeof(VectorOfBytes))
            if (at < lanes)
                sum_lanes<Letters, Width, Components, FewBytes, 1>(replicas, from, to, group, k, at, values);
    }

    /// The same of the lanes of so many vectors.
    template <Index Letters, Index Width, Index Components, class V, Index Vectors>
    [[gnu::always_inline]] void sum_lanes(const Replicas& replicas, Index from, Index to, const Index* group,
                                          Index k, Index at, std::int16_t* values) const {
        constexpr Index some_codes = Letters == 0 ? 0 : Width == 1 ? Letters : Letters * Letters;
        constexpr Index size = sizeof(V);
        const Index codes = Letters == 0 ? codes_ : some_codes, step = ByteTable::size(codes);
        const Index lanes = replicas.blocks * Bytes::lanes, group_step = size_ * step;
        const signed char* const tables = values_.data() + k * step;
        V sums[Components][Vectors] = {};
        const auto add = [&](const signed char* table, Index v, V window) PREDCG_ALWAYS_INLINE {
            for (Index c = 0; c < Components; ++c)
                sums[c][v] = static_cast<V>(sums[c][v] + ByteTable::at(table + c * step, codes, window));
        };
        const Bytes* x = replicas.site(from);
        if constexpr (Letters == 2 && Width <= 2) {
            const Index inside = Width == 1 ? to : std::min(to, shape_.sites - 1);
            for (Index site = from; site < inside; ++site, x += replicas.blocks)
                for (Index v = 0; v < Vectors; ++v) {
                    V window = load<V>(x, at + v * size);
                    if constexpr (Width == 2)
                        window =
                            static_cast<V>(window + window + load<V>(x + replicas.blocks, at + v * size));
                    add(tables + group[site] * group_step, v, window);
                }
            if (inside < to)
                for (Index v = 0; v < Vectors; ++v)
                    add(tables + group[inside] * group_step, v,
                        code<Letters, Width, V>(replicas, inside, at + v * size));
        } else {
            for (Index site = from; site < to; ++site)
                for (Index v = 0; v < Vectors; ++v)
                    add(tables + group[site] * group_step, v,
                        code<Letters, Width, V>(replicas, site, at + v * size));
        }
        for (Index c = 0; c < Components; ++c)
            for (Index v = 0; v < Vectors; ++v) {
                signed char bytes[sizeof(V)];
                std::memcpy(bytes, &sums[c][v], sizeof(V));
                std::int16_t* const all = values + (k + c) * lanes + at + v * size;
                for (Index lane = 0; lane < size; ++lane)
                    all[lane] = static_cast<std::int16_t>((from == 0 ? 0 : all[lane]) + bytes[lane]);
            }
    }

    /// Counts the windows of sites, but for those of class 0. Letters, width and classes of compile time, or
    /// 0.
    template <Index Letters, Index Width, Index Classes>
    void count(const Replicas& replicas, Index from, Index to, const Index* group) {
        constexpr Index some_codes = Letters == 0 ? 0 : Width == 1 ? Letters : Letters * Letters;
        const Index codes = Letters == 0 ? codes_ : some_codes;
        const Index blocks = replicas.blocks;
        if constexpr (Classes == 0) std::fill_n(counts_.data(), classes_ * blocks, Bytes::of(0));
        for_vectors(blocks, [&]<class V>(Index at, V) PREDCG_ALWAYS_INLINE {
            V sums[Classes > 0 ? Classes : 1] = {};
            for (Index site = from; site < to; ++site) {
                const V window = code<Letters, Width, V>(replicas, site, at);
                const Group& of = groups_[group[site]];
                const V found =
                    ByteTable::at(look_up_.data() + group[site] * ByteTable::size(codes), codes, window);
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
        for (Index at = 1; at < classes_; ++at) {
            const Index before = order_[at - 1], here = order_[at];
            if (compare(class_values_.data() + before * size_, class_values_.data() + here * size_) != 0)
                continue;
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
    Index codes_, size_, known_ = 0;  // known_: groups
    bool is_small_, ordered_ = false;
    double most_ = 0.0;            // largest of the values; infinite where one is no whole number
    Scratch<double> given_;        // of the groups: what the statistic is at the windows
    Scratch<signed char> values_;  // the same as bytes, component by component
    // Where windows are counted:
    Index classified_ = 0, classes_ = 0;
    bool has_equal_ = false;  // there are classes with equal values
    Scratch<Group> groups_;
    Scratch<signed char> look_up_;  // of the groups: a window's class, less the first
    Scratch<double> class_values_;
    Scratch<Index> order_, of_code_;  // in which classes are summed; class of a window
    Scratch<Bytes> counts_;
};

/// Mean and covariance of samples that come several at a time, one a lane. Deviations from the first sample
/// are summed, so that little cancels.
class ReplicaMoments {
public:
    void begin(Index size, Index lanes) {
        size_ = size;
        lanes_ = lanes;
        samples_ = 0.0;
        is_whole_ = false;
    }

    /// values: component by component, packs of lanes; lanes from `lanes` on are not looked at.
    void add(const Scratch<Lanes>& values) {
        packs_ = (lanes_ + Bytes::lanes - 1) / Bytes::lanes * (Bytes::lanes / 8);
        if (samples_ == 0.0) {
            centre_.resize(size_);
            for (Index k = 0; k < size_; ++k) centre_[k] = values[k * packs_][0];
            sum_.assign(size_, Lanes::of(0.0));
            products_.assign(size_ * (size_ + 1) / 2, Lanes::of(0.0));
            deviation_.resize(size_);
        }
        samples_ += static_cast<double>(lanes_);
        if (size_ == 2)
            add_as<2>(values.data());
        else
            add_as<0>(values.data());
    }

    /// The same of whole numbers up to 4095: component by component, lanes of whole blocks. Lanes from
    /// `lanes` on become 0.
    void add_whole(std::int16_t* values) {
        const Index blocks = (lanes_ + Bytes::lanes - 1) / Bytes::lanes, all = blocks * Bytes::lanes;
        if (samples_ == 0.0) {
            is_whole_ = true;
            centre_.resize(size_);
            for (Index k = 0; k < size_; ++k) centre_[k] = values[k * all];
            whole_sums_.assign(size_, 0);
            whole_products_.assign(size_ * (size_ + 1) / 2, 0);
        }
        samples_ += static_cast<double>(lanes_);
        for (Index k = 0; k < size_; ++k) std::fill(values + k * all + lanes_, values + (k + 1) * all, 0);
        constexpr Index at_once = 4;  // blocks whose products 32 bits sum
        for (Index first = 0; first < blocks; first += at_once) {
            const Index lanes = std::min(at_once, blocks - first) * Bytes::lanes;
            std::int64_t* product = whole_products_.data();
            for (Index k = 0; k < size_; ++k) {
                const std::int16_t* const a = values + k * all + first * Bytes::lanes;
                std::int32_t sum = 0;
                for (Index lane = 0; lane < lanes; ++lane) sum += a[lane];
                whole_sums_[k] += sum;
                for (Index l = 0; l <= k; ++l, ++product) {
                    const std::int16_t* const b = values + l * all + first * Bytes::lanes;
                    std::int32_t products = 0;
                    for (Index lane = 0; lane < lanes; ++lane)
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
        for (Index k = 0, at = 0; k < size_; ++k)
            for (Index l = 0; l <= k; ++l, ++at)
                m.covariance(k, l) = m.covariance(l, k) = product(k, l, at) / samples_;
        for (Index k = 0; k < size_; ++k) {
            shift[k] = (is_whole_ ? static_cast<double>(deviation(k)) : sum_[k].sum()) / samples_;
            m.mean[k] += shift[k];
        }
        for (Index l = 0; l < size_; ++l)
            for (Index k = 0; k < size_; ++k) m.covariance(k, l) -= shift[k] * shift[l];
    }

private:
    /// Sums of deviations from the first sample, of whole numbers, and of their products.
    std::int64_t deviation(Index k) const {
        return whole_sums_[k] - static_cast<std::int64_t>(samples_) * static_cast<std::int64_t>(centre_[k]);
    }
    double product(Index k, Index l, Index at) const {
        if (!is_whole_) return products_[at].sum();
        return static_cast<double>(whole_products_[at] -
                                   static_cast<std::int64_t>(centre_[k]) * whole_sums_[l] -
                                   static_cast<std::int64_t>(centre_[l]) * deviation(k));
    }

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
    bool is_whole_ = false;
    Vector centre_;
    Scratch<Lanes> sum_, products_, deviation_;
    Scratch<std::int64_t> whole_sums_, whole_products_;
};

}  // namespace predcg::detail
