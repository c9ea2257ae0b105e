#pragma once
// Parameters that are values of a smooth function along a line.
#include <predcg/concepts/prior.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/random.hpp>

#include <cmath>
#include <numbers>
#include <utility>

namespace predcg {

/// Second differences are independent normals, and z is 0 beyond its end:
///
///     e_k = z_k - 2 z_{k+1} + z_{k+2} ~ N(0, sd_k^2),   k = 1..p,   z_{p+1} = z_{p+2} = 0.
///
/// z -> e has determinant 1, so the density is proper and normalised as it stands: a random walk of the slope
/// from the end backwards, whose spread grows with the distance from what is known. O(p).
class SmoothNormal {
public:
    /// Throws ArgumentError unless each sd is finite and > 0.
    explicit SmoothNormal(Vector sd) : sd_(std::move(sd)) {
        for (const double x : sd_) require_positive(x, "SmoothNormal", "sd");
    }

    /// sd_k of the second differences.
    const Vector& sd() const { return sd_; }

    double log_density(const Vector& z) const {
        const Vector e = differences(z);
        double sum = -0.5 * static_cast<double>(z.size()) * std::log(2.0 * std::numbers::pi);
        for (Index k = 0; k < z.size(); ++k) sum -= 0.5 * e[k] * e[k] / (sd_[k] * sd_[k]) + std::log(sd_[k]);
        return sum;
    }
    Vector gradient(const Vector& z) const {
        Vector e = differences(z), slope = Vector::Zero(z.size());
        for (Index k = 0; k < z.size(); ++k) {
            e[k] /= sd_[k] * sd_[k];
            for (Index a = 0; a < 3 && k + a < z.size(); ++a) slope[k + a] -= weight(a) * e[k];
        }
        return slope;
    }
    Matrix hessian(const Vector& z) const {
        require_size(z);
        Matrix h = Matrix::Zero(z.size(), z.size());
        for (Index k = 0; k < z.size(); ++k)
            for (Index a = 0; a < 3 && k + a < z.size(); ++a)
                for (Index b = 0; b < 3 && k + b < z.size(); ++b)
                    h(k + a, k + b) -= weight(a) * weight(b) / (sd_[k] * sd_[k]);
        return h;
    }
    bool proper() const { return true; }

    /// Independent draws of e, and z from them. `count` is the number of parameters.
    template <RandomBits R>
    Vector draw(Index count, R& rng) const {
        Vector z = standard_normal_vector(rng, count);
        require_size(z);
        for (Index k = count - 1; k >= 0; --k) {
            z[k] *= sd_[k];
            if (k + 1 < count) z[k] += 2.0 * z[k + 1];
            if (k + 2 < count) z[k] -= z[k + 2];
        }
        return z;
    }

private:
    static double weight(Index a) { return a == 1 ? -2.0 : 1.0; }
    void require_size(const Vector& z) const {
        require_equal(sd_.size(), z.size(), "SmoothNormal", "length of sd", "the number of parameters");
    }
    Vector differences(const Vector& z) const {
        require_size(z);
        Vector e = z;
        for (Index k = 0; k + 1 < z.size(); ++k) e[k] -= 2.0 * z[k + 1];
        for (Index k = 0; k + 2 < z.size(); ++k) e[k] += z[k + 2];
        return e;
    }

    Vector sd_;
};

}  // namespace predcg
