#pragma once
// Mean and variance of numbers, vectors or matrices that come one after the other.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <cmath>

namespace predcg::statistics {

/// Mean and variance, entry by entry, of numbers (V = double), vectors or matrices that come one after the
/// other; nothing cancels (B. P. Welford, Technometrics 4 (1962) 419).
template <class V>
class RunningMoments {
public:
    /// `value` has the shape of the first one.
    void add(const V& value) {
        ++count_;
        if constexpr (RealValue<V>) {
            update(value, mean_, scatter_);
        } else {
            if (count_ == 1) mean_ = scatter_ = V::Zero(value.rows(), value.cols());
            for (Index k = 0; k < value.size(); ++k)
                update(value.data()[k], mean_.data()[k], scatter_.data()[k]);
        }
    }

    Index count() const { return count_; }

    const V& mean() const { return mean_; }

    /// sum (x - mean)^2.
    const V& scatter() const { return scatter_; }

    /// scatter / (n - 1); NaN for one value.
    [[gnu::cold]] V variance() const {
        return each([this](double s) { return count_ < 2 ? detail::undefined : s / (n() - 1.0); });
    }

    /// Of the mean, if the values are independent: sqrt(scatter / (n (n - 1))); NaN for one value.
    [[gnu::cold]] V standard_error() const {
        return each(
            [this](double s) { return count_ < 2 ? detail::undefined : std::sqrt(s / (n() * (n() - 1.0))); });
    }

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.count_, self.mean_, self.scatter_);
    }

private:
    double n() const { return static_cast<double>(count_); }

    void update(double value, double& centre, double& sum) const {
        const double difference = value - centre;
        centre += difference / n();
        sum += difference * (value - centre);
    }

    /// f of every entry of the scatter.
    template <class F>
    V each(F&& f) const {
        if constexpr (RealValue<V>) {
            return f(scatter_);
        } else {
            V result = scatter_;
            for (Index k = 0; k < result.size(); ++k) result.data()[k] = f(result.data()[k]);
            return result;
        }
    }

    Index count_ = 0;
    V mean_{}, scatter_{};
};

}  // namespace predcg::statistics
