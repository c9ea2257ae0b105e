#pragma once
// Statistics of replicas: windows are counted in lanes.
#include <predcg/chains/lanes.hpp>
#include <predcg/chains/shape.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/scratch.hpp>
#include <predcg/core/vector_types.hpp>
#include <predcg/kernels/replicas.hpp>

#include <algorithm>

namespace predcg::detail {

/// Sums of statistics over the windows of every replica: windows are counted, then counts are multiplied by
/// what the statistic is there.
class ReplicaCounts {
public:
    /// Windows of so many letters, at sites that have one of the groups of values.
    ReplicaCounts(const ChainShape& shape, Index size) : shape_(shape), codes_(shape.codes()), size_(size) {}

    /// `group(site)` names what the statistic is at a site; `value(group)` are its components at the windows
    /// of the group's sites, code by code. Adds to values[k * lanes/8 ...] for component k.
    template <class Group, class ValueAt>
    void add(const Replicas& replicas, Index groups, Group&& group, ValueAt&& value, Scratch<Lanes>& values,
             Index first) {
        const Index blocks = replicas.blocks;
        if (size_ == 0) return;
        sites_.resize(groups);
        counts_.resize(groups * codes_ * blocks);
        constexpr Index most = 127;  // what a signed byte counts to
        for (Index from = 0; from < shape_.sites; from += most) {
            std::fill_n(sites_.data(), groups, 0);
            std::fill_n(counts_.data(), groups * codes_ * blocks, Bytes::of(0));
            const Index to = std::min(from + most, shape_.sites);
            for (Index i = from, end = from; i < to; i = end) {  // sites of one group, one after the other
                const Index g = group(i);
                end = i + 1;
                while (end < to && group(end) == g) ++end;
                sites_[g] += end - i;
                Bytes* counts = counts_.data() + g * codes_ * blocks;
                if (shape_.letters == 2 && shape_.width == 1)
                    count<2, 1>(replicas, i, end, counts);
                else if (shape_.letters == 2 && shape_.width == 2)
                    count<2, 2>(replicas, i, end, counts);
                else
                    count<0, 0>(replicas, i, end, counts);
            }
            for (Index b = 0; b < blocks; ++b) {
                terms_ = 0;
                for (Index g = 0; g < groups; ++g)
                    if (sites_[g] > 0) convert(g, b, blocks, value(g), values, first);
                multiply(b, blocks, values, first);
            }
        }
    }

private:
    static constexpr Index packs = Bytes::lanes / 8;
    static constexpr Index most_terms = 32;

    /// Counts the windows of sites, but for those with code 0. Letters and width of compile time, or 0.
    template <Index Letters, Index Width>
    void count(const Replicas& replicas, Index from, Index to, Bytes* counts) {
        constexpr Index most_codes = Letters == 0 ? 64 : Width == 1 ? Letters : Letters * Letters;
        const Index q = Letters > 0 ? Letters : shape_.letters, width = Width > 0 ? Width : shape_.width;
        const Index blocks = replicas.blocks, codes = Letters > 0 ? most_codes : codes_;
        for (Index b = 0; b < blocks; ++b)
            for (std::size_t p = 0; p < Bytes::parts; ++p) {
                Bytes sums[most_codes];  // their first parts
                for (Index c = 1; c < codes; ++c) sums[c].part[0] = counts[c * blocks + b].part[p];
                for (Index site = from; site < to; ++site) {
                    VectorOfBytes code = replicas.site(site)[b].part[p];
                    for (Index k = 1; k < width; ++k) {
                        Index j = site + k;
                        if (j >= shape_.sites) j = shape_.periodic ? j - shape_.sites : -1;
                        code = times(code, q);
                        if (j >= 0) code = static_cast<VectorOfBytes>(code + replicas.site(j)[b].part[p]);
                    }
                    VectorOfBytes number{};
                    for (Index c = 1; c < codes; ++c) {
                        number = static_cast<VectorOfBytes>(number + 1);
                        sums[c].part[0] = static_cast<VectorOfBytes>(sums[c].part[0] - equal(code, number));
                    }
                }
                for (Index c = 1; c < codes; ++c) counts[c * blocks + b].part[p] = sums[c].part[0];
            }
    }

    /// A group's counts in a block as numbers, where there are any: the value elsewhere may be anything.
    void convert(Index group, Index b, Index blocks, const double* value, Scratch<Lanes>& values,
                 Index first) {
        const Bytes* counts = counts_.data() + group * codes_ * blocks + b;
        Bytes none = Bytes::of(static_cast<int>(sites_[group]));  // windows with code 0
        for (Index c = 1; c < codes_; ++c)
            for (std::size_t p = 0; p < Bytes::parts; ++p)
                none.part[p] = static_cast<VectorOfBytes>(none.part[p] - counts[c * blocks].part[p]);
        for (Index c = 0; c < codes_; ++c) {
            const Bytes bytes = c == 0 ? none : counts[c * blocks];
            if (!any(bytes)) continue;
            if (terms_ == most_terms) multiply(b, blocks, values, first);
            auto* numbers = reinterpret_cast<double*>(numbers_ + terms_ * packs);
            for (Index lane = 0; lane < Bytes::lanes; ++lane) numbers[lane] = bytes[lane];
            value_[terms_++] = value + c * size_;
        }
    }

    /// Adds the terms that are there, and forgets them.
    void multiply(Index b, Index blocks, Scratch<Lanes>& values, Index first) {
        for (Index k = 0; k < size_; ++k)
            for (Index j = 0; j < packs; ++j) {
                Lanes& to = values[((first + k) * blocks + b) * packs + j];
                Lanes sum = to;
                for (Index t = 0; t < terms_; ++t) sum += value_[t][k] * numbers_[t * packs + j];
                to = sum;
            }
        terms_ = 0;
    }

    ChainShape shape_;
    Index codes_, size_;
    Scratch<Index> sites_;  // of the groups
    Scratch<Bytes> counts_;
    Lanes numbers_[most_terms * packs];     // terms of a block of lanes: counts,
    const double* value_[most_terms] = {};  // what they are multiplied with,
    Index terms_ = 0;                       // and how many
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
        deviation_.resize(size * packs_);
    }

    /// values: component by component, packs of lanes; lanes from `lanes` on are not looked at.
    void add(const Scratch<Lanes>& values) {
        if (samples_ == 0.0) {
            centre_.resize(size_);
            for (Index k = 0; k < size_; ++k) centre_[k] = values[k * packs_][0];
        }
        samples_ += static_cast<double>(lanes_);
        const Index packs = (lanes_ + 7) / 8;
        for (Index k = 0; k < size_; ++k) {
            Lanes* d = deviation_.data() + k * packs;
            Lanes sum = sum_[k];
            for (Index j = 0; j < packs; ++j) d[j] = -centre_[k] + values[k * packs_ + j];
            for (Index lane = lanes_ - 8 * (packs - 1); lane < 8; ++lane) d[packs - 1][lane] = 0.0;
            for (Index j = 0; j < packs; ++j) sum += d[j];
            sum_[k] = sum;
        }
        Lanes* product = products_.data();
        for (Index k = 0; k < size_; ++k)
            for (Index l = 0; l <= k; ++l, ++product) {
                const Lanes *a = deviation_.data() + k * packs, *b = deviation_.data() + l * packs;
                Lanes sum = *product;
                for (Index j = 0; j < packs; ++j) sum += a[j] * b[j];
                *product = sum;
            }
    }

    /// Of all samples; the covariance with 1/samples. Ends the sum.
    void moments(Moments& m) {
        m.mean = centre_;
        m.covariance.resize(size_, size_);
        m.standard_error.resize(size_);
        Vector& shift = centre_;
        for (Index k = 0; k < size_; ++k) {
            shift[k] = sum_[k].sum() / samples_;
            m.mean[k] += shift[k];
        }
        const Lanes* product = products_.data();
        for (Index k = 0; k < size_; ++k)
            for (Index l = 0; l <= k; ++l, ++product)
                m.covariance(k, l) = m.covariance(l, k) = product->sum() / samples_ - shift[k] * shift[l];
    }

private:
    Index size_ = 0, lanes_ = 0, packs_ = 0;
    double samples_ = 0.0;
    Vector centre_;
    Scratch<Lanes> sum_, products_, deviation_;
};

}  // namespace predcg::detail
