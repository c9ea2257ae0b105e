#pragma once
// What a sample says of the normal it is from.
#include <predcg/core/error.hpp>
#include <predcg/core/random.hpp>

#include <boost/random/gamma_distribution.hpp>

#include <cmath>
#include <limits>

namespace predcg {

/// Mean and spread of weighted numbers y_i that are taken for normal, and the posterior of the normal's
/// parameters under the reference prior p(m, s) = 1/s: with n the sum of the weights and S the weighted sum
/// of squares about the mean,
///     S / s^2 ~ chi^2 with n - 1 degrees,  m | s ~ N(mean, s^2 / n),
/// a normal-inverse-gamma density, in any unit of y. Gelman, Carlin, Stern, Dunson, Vehtari, Rubin, Bayesian
/// Data Analysis (3rd ed. 2013) sec. 3.2.
class NormalSample {
public:
    /// One more number, that counts as `weight` independent ones. Throws ArgumentError for a number that is
    /// not finite and a weight that is not positive.
    void add(double y, double weight = 1.0) {
        require_finite(y, "NormalSample::add", "number");
        require_positive(weight, "NormalSample::add", "weight");
        count_ += weight;
        const double apart = y - mean_;
        mean_ += apart * weight / count_;
        squares_ += weight * apart * (y - mean_);
    }

    /// Sum of the weights.
    double count() const { return count_; }
    /// Mean of the numbers.
    double mean() const { return mean_; }
    /// Their standard deviation, S / (n - 1) under the root. NaN without more than one number.
    double sd() const { return std::sqrt(squares_ / degrees()); }
    /// Posterior standard deviation of m for n - 1 > 2, of a Student density. NaN else.
    double mean_error() const {
        return degrees() > 2.0 ? std::sqrt(squares_ / (count_ * (degrees() - 2.0)))
                               : std::numeric_limits<double>::quiet_NaN();
    }

    /// m and s.
    struct Parameters {
        double mean = 0.0, sd = 1.0;
    };
    /// A draw of the posterior. Throws ArgumentError unless n > 1 and not all numbers are equal.
    template <RandomBits R>
    Parameters draw(R& rng) const {
        require(degrees() > 0.0 && squares_ > 0.0, "NormalSample::draw", "sum of the weights", count_,
                "more than one, of numbers that are not all equal");
        // chi^2 is twice a gamma variable
        const double s =
            std::sqrt(0.5 * squares_ / boost::random::gamma_distribution<double>(0.5 * degrees())(rng));
        return {mean_ + s / std::sqrt(count_) * standard_normal(rng), s};
    }

private:
    double degrees() const { return count_ - 1.0; }

    double count_ = 0.0, mean_ = 0.0, squares_ = 0.0;
};

}  // namespace predcg
