#pragma once
// Statistics of replicas: windows are counted in lanes.
#include <predcg/chains/lanes.hpp>
#include <predcg/chains/shape.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/vector_types.hpp>
#include <predcg/kernels/replicas.hpp>

#include <algorithm>
#include <vector>

namespace predcg::detail {

/// Sums of statistics over the windows of every replica: windows are counted, then counts are multiplied by
/// what the statistic is there.
class ReplicaCounts {
public:
    /// Windows of so many letters, at sites that have one of the groups of values.
    ReplicaCounts(const ChainShape& shape, Index size) : shape_(shape), size_(size) {}

    /// `group(site)` names what the statistic is at a site; `value(site)` are its components at the site's
    /// windows, code by code. Adds to values[k * lanes/8 ...] for component k.
    template <class Group, class ValueAt>
    void add(const Replicas& replicas, Index groups, Group&& group, ValueAt&& value,
             std::vector<Lanes>& values, Index first) {
        const Index codes = shape_.codes(), blocks = replicas.blocks;
        if (size_ == 0) return;
        counts_.resize(static_cast<std::size_t>(groups * codes * blocks));
        at_.assign(static_cast<std::size_t>(groups), nullptr);
        nothing_.resize(static_cast<std::size_t>(blocks), Bytes::of(0));
        letters_.resize(static_cast<std::size_t>(shape_.width));
        constexpr Index most = 127;  // what a signed byte counts to
        for (Index from = 0; from < shape_.sites; from += most) {
            std::fill(counts_.begin(), counts_.end(), Bytes::of(0));
            const Index to = std::min(from + most, shape_.sites);
            for (Index i = from; i < to; ++i) {
                const Index g = group(i);
                at_[static_cast<std::size_t>(g)] = value(i);
                Bytes* counts = counts_.data() + g * codes * blocks;
                if (shape_.letters == 2 && shape_.width == 1)
                    count<2, 1>(replicas, i, counts);
                else if (shape_.letters == 2 && shape_.width == 2)
                    count<2, 2>(replicas, i, counts);
                else
                    count<0, 0>(replicas, i, counts);
            }
            for (Index g = 0; g < groups; ++g)
                if (at_[static_cast<std::size_t>(g)])
                    multiply(counts_.data() + g * codes * blocks, at_[static_cast<std::size_t>(g)], blocks,
                             values, first);
        }
    }

private:
    /// Counts the windows of a site. Letters and width of compile time, or 0.
    template <Index Letters, Index Width>
    void count(const Replicas& replicas, Index site, Bytes* counts) {
        const Index q = Letters > 0 ? Letters : shape_.letters, width = Width > 0 ? Width : shape_.width;
        const Index blocks = replicas.blocks;
        Index codes = 1;
        for (Index k = 0; k < width; ++k) codes *= q;
        for (Index k = 0; k < width; ++k) {
            Index j = site + k;
            if (j >= shape_.sites) j = shape_.periodic ? j - shape_.sites : -1;
            letters_[static_cast<std::size_t>(k)] = j < 0 ? nothing_.data() : replicas.site(j);
        }
        for (Index b = 0; b < blocks; ++b)
            for (std::size_t p = 0; p < Bytes::parts; ++p) {
                VectorOfBytes code = letters_[0][b].part[p];
                for (Index k = 1; k < width; ++k)
                    code = static_cast<VectorOfBytes>(times(code, q) +
                                                      letters_[static_cast<std::size_t>(k)][b].part[p]);
                VectorOfBytes number{};
                for (Index c = 0; c < codes; ++c, number = static_cast<VectorOfBytes>(number + 1)) {
                    VectorOfBytes& sum = counts[c * blocks + b].part[p];
                    sum = static_cast<VectorOfBytes>(sum - equal(code, number));
                }
            }
    }

    void multiply(const Bytes* counts, const double* value, Index blocks, std::vector<Lanes>& values,
                  Index first) {
        constexpr Index packs = Bytes::lanes / 8;
        numbers_.resize(static_cast<std::size_t>(shape_.codes() * packs));
        is_met_.resize(static_cast<std::size_t>(shape_.codes()));
        for (Index b = 0; b < blocks; ++b) {
            for (Index c = 0; c < shape_.codes(); ++c) {
                is_met_[static_cast<std::size_t>(c)] = any(counts[c * blocks + b]);
                const auto* bytes = reinterpret_cast<const unsigned char*>(counts + c * blocks + b);
                auto* numbers = reinterpret_cast<double*>(numbers_.data() + c * packs);
                for (Index lane = 0; lane < Bytes::lanes; ++lane) numbers[lane] = bytes[lane];
            }
            for (Index k = 0; k < size_; ++k)
                for (Index j = 0; j < packs; ++j) {
                    Lanes& to = values[static_cast<std::size_t>(((first + k) * blocks + b) * packs + j)];
                    Lanes sum = to;
                    for (Index c = 0; c < shape_.codes(); ++c)
                        if (is_met_[static_cast<std::size_t>(c)])  // the value of others may be anything
                            sum += value[c * size_ + k] * numbers_[static_cast<std::size_t>(c * packs + j)];
                    to = sum;
                }
        }
    }

    ChainShape shape_;
    Index size_;
    std::vector<Bytes> counts_, nothing_;
    std::vector<Lanes> numbers_;  // counts of a block of lanes
    std::vector<char> is_met_;    // windows that occur in it
    std::vector<const double*> at_;
    std::vector<const Bytes*> letters_;
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
        sum_.assign(static_cast<std::size_t>(size), Lanes::of(0.0));
        products_.assign(static_cast<std::size_t>(size * (size + 1) / 2), Lanes::of(0.0));
        deviation_.resize(static_cast<std::size_t>(size));
    }

    /// values: component by component, packs of lanes; lanes from `lanes` on are not looked at.
    void add(const std::vector<Lanes>& values) {
        if (samples_ == 0.0) {
            centre_.resize(size_);
            for (Index k = 0; k < size_; ++k) centre_[k] = values[static_cast<std::size_t>(k * packs_)][0];
        }
        samples_ += static_cast<double>(lanes_);
        for (Index j = 0; 8 * j < lanes_; ++j) {
            for (Index k = 0; k < size_; ++k) {
                Lanes& d = deviation_[static_cast<std::size_t>(k)];
                d = -centre_[k] + values[static_cast<std::size_t>(k * packs_ + j)];
                for (Index lane = lanes_ - 8 * j; lane < 8; ++lane) d[lane] = 0.0;
                sum_[static_cast<std::size_t>(k)] += d;
            }
            Lanes* product = products_.data();
            for (Index k = 0; k < size_; ++k)
                for (Index l = 0; l <= k; ++l, ++product)
                    *product +=
                        deviation_[static_cast<std::size_t>(k)] * deviation_[static_cast<std::size_t>(l)];
        }
    }

    /// Of all samples; the covariance with 1/samples. Ends the sum.
    void moments(Moments& m) {
        m.mean = centre_;
        m.covariance.resize(size_, size_);
        m.standard_error.resize(size_);
        Vector& shift = centre_;
        for (Index k = 0; k < size_; ++k) {
            shift[k] = sum_[static_cast<std::size_t>(k)].sum() / samples_;
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
    std::vector<Lanes> sum_, products_, deviation_;
};

}  // namespace predcg::detail
