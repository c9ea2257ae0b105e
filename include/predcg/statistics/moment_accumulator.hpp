#pragma once
#include <predcg/core/linalg.hpp>
#include <predcg/core/moments.hpp>

#include <cmath>
#include <limits>
#include <utility>

namespace predcg::statistics {

/// Weighted mean and covariance in one pass, with weights given by their logarithms.
///
/// Update of D. H. D. West, Comm. ACM 22 (1979) 532, which does not cancel, and its pairwise form for
/// merging (Chan, Golub, LeVeque 1983): `within` is the covariance of the group that is added.
class MomentAccumulator {
public:
    /// Of vectors of this length.
    explicit MomentAccumulator(Index size)
        : mean_(Vector::Zero(size)), difference_(size), scatter_(Matrix::Zero(size, size)) {}

    template <VectorLike V>
    void add(double log_weight, const V& value) {
        const double weight = rescaled(log_weight);
        if (weight == 0.0) return;
        merge_mean(weight, value);
    }

    /// A group of configurations with its own mean and covariance.
    void add(double log_weight, const Vector& mean, const Matrix& within) {
        const double weight = rescaled(log_weight);
        if (weight == 0.0) return;
        merge_mean(weight, mean);
        for (Index k = 0; k < scatter_.size(); ++k) scatter_.data()[k] += weight * within.data()[k];
    }

    /// log of the sum of all weights.
    double log_weight() const { return largest_ + std::log(sum_); }

    /// Mean and covariance of what was added.
    Moments moments() const {
        Moments m{mean_, scatter_, Vector::Zero(mean_.size()), log_weight()};
        linalg::divide(m.covariance, sum_);
        return m;
    }

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.largest_, self.sum_, self.mean_, self.scatter_);
    }

private:
    double rescaled(double log_weight) {
        if (log_weight == -std::numeric_limits<double>::infinity()) return 0.0;
        if (log_weight == largest_) return 1.0;
        if (!(log_weight <= largest_)) {
            const double factor = std::exp(largest_ - log_weight);
            sum_ *= factor;
            linalg::multiply(scatter_, factor);
            largest_ = log_weight;
        }
        return std::exp(log_weight - largest_);
    }

    template <VectorLike V>
    void merge_mean(double weight, const V& value) {
        const double before = sum_;
        sum_ += weight;
        for (Index k = 0; k < mean_.size(); ++k) {
            difference_[k] = value[k] - mean_[k];
            mean_[k] += (weight / sum_) * difference_[k];
        }
        if (before == 0.0) return;
        const double share = before * weight / sum_;
        for (Index l = 0; l < mean_.size(); ++l)
            for (Index k = 0; k < mean_.size(); ++k)
                scatter_(k, l) += share * (difference_[k] * difference_[l]);  // symmetric to the last bit
    }

    double largest_ = -std::numeric_limits<double>::infinity();
    double sum_ = 0.0;
    Vector mean_, difference_;
    Matrix scatter_;
};

}  // namespace predcg::statistics
