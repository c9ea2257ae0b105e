#pragma once
// Block priors, and the pair of blocks that a fit takes. Coordinates: z = beta theta_c / s_c for the coarse
// block, z = eta / s_m for the map's.
#include <predcg/concepts/model_parts.hpp>
#include <predcg/concepts/prior.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/logistic.hpp>

#include <cmath>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
template <class F>
Vector each(Vector z, F&& f) {
    for (double& x : z) x = f(x);
    return z;
}
template <class F>
Matrix diagonal(const Vector& z, F&& f) {
    Matrix m = Matrix::Zero(z.size(), z.size());
    for (Index k = 0; k < z.size(); ++k) m(k, k) = f(z[k]);
    return m;
}
/// Of a normal whose precision is a number.
inline void require_sd(double sd, const char* function) {
    require_positive(sd, function, "sd");
    require(1.0 / (sd * sd) > 0.0 && std::isfinite(1.0 / (sd * sd)), function, "sd", sd,
            "from 1e-150 to 1e150, so that sd^2 is a number; Flat where there is to be no prior");
}
}  // namespace detail

/// log density 0 everywhere: improper; the estimate is the maximum of the likelihood.
struct Flat {
    double log_density(const Vector&) const { return 0.0; }
    Vector gradient(const Vector& z) const { return Vector::Zero(z.size()); }
    Matrix hessian(const Vector& z) const { return Matrix::Zero(z.size(), z.size()); }
    bool proper() const { return false; }
};

/// Independent normals: z_k ~ N(mean, sd^2).
struct Normal {
    double mean = 0.0;
    double sd = 1.0;

    double log_density(const Vector& z) const {
        require_finite(mean, "Normal", "mean");
        detail::require_sd(sd, "Normal");
        double sum = -static_cast<double>(z.size()) * (std::log(sd) + 0.5 * std::log(2.0 * std::numbers::pi));
        for (const double x : z) sum -= 0.5 * (x - mean) * (x - mean) / (sd * sd);
        return sum;
    }
    Vector gradient(const Vector& z) const {
        return detail::each(z, [this](double x) { return (mean - x) / (sd * sd); });
    }
    Matrix hessian(const Vector& z) const {
        return detail::diagonal(z, [this](double) { return -1.0 / (sd * sd); });
    }
    bool proper() const { return true; }
};

/// Independent normals, each with its own mean and sd: z_k ~ N(mean_k, sd_k^2). Throws ArgumentError for
/// vectors of another length than z, and a mean or sd that is no number, or not > 0.
struct Normals {
    Vector mean;
    Vector sd;

    double log_density(const Vector& z) const {
        require_equal(mean.size(), z.size(), "Normals", "length of mean", "the number of parameters");
        require_equal(sd.size(), z.size(), "Normals", "length of sd", "the number of parameters");
        double sum = -0.5 * static_cast<double>(z.size()) * std::log(2.0 * std::numbers::pi);
        for (Index k = 0; k < z.size(); ++k) {
            require_finite(mean[k], "Normals", "mean");
            detail::require_sd(sd[k], "Normals");
            const double off = (z[k] - mean[k]) / sd[k];
            sum -= 0.5 * off * off + std::log(sd[k]);
        }
        return sum;
    }
    Vector gradient(const Vector& z) const {
        Vector slope = z;
        for (Index k = 0; k < z.size(); ++k) slope[k] = (mean[k] - z[k]) / (sd[k] * sd[k]);
        return slope;
    }
    Matrix hessian(const Vector& z) const {
        Matrix m = Matrix::Zero(z.size(), z.size());
        for (Index k = 0; k < z.size(); ++k) m(k, k) = -1.0 / (sd[k] * sd[k]);
        return m;
    }
    bool proper() const { return true; }
    /// Of the parameters at these places alone.
    Normals selected(const std::vector<Index>& places) const {
        return {linalg::selected(mean, places), linalg::selected(sd, places)};
    }
};

/// Independent normals restricted to z_k >= lower, normalised there.
struct TruncatedNormal {
    double mean = 0.0;
    double sd = 1.0;
    double lower = 0.0;

    double log_density(const Vector& z) const {
        const double untruncated = Normal{mean, sd}.log_density(z);
        require(lower < std::numeric_limits<double>::infinity(), "TruncatedNormal", "lower", lower,
                "a number below infinity");
        for (const double x : z)
            if (x < lower) return -std::numeric_limits<double>::infinity();
        const double mass = 0.5 * std::erfc((lower - mean) / (sd * std::numbers::sqrt2));
        return untruncated - static_cast<double>(z.size()) * std::log(mass);
    }
    Vector gradient(const Vector& z) const { return Normal{mean, sd}.gradient(z); }
    Matrix hessian(const Vector& z) const { return Normal{mean, sd}.hessian(z); }
    bool proper() const { return true; }
    double lower_bound() const { return lower; }
};

/// Independent normals, each restricted to lower_k <= z_k <= upper_k and normalised there; infinite bounds
/// are none. Outside the density is zero: fits do not go there, and chains stay inside. Throws ArgumentError
/// for vectors of another length than z, a mean or sd that is no number, or not > 0, and bounds that hold no
/// mass.
struct TruncatedNormals {
    Vector mean;
    Vector sd;
    Vector lower;
    Vector upper;

    double log_density(const Vector& z) const {
        double sum = normals().log_density(z);
        require_equal(lower.size(), z.size(), "TruncatedNormals", "length of lower",
                      "the number of parameters");
        require_equal(upper.size(), z.size(), "TruncatedNormals", "length of upper",
                      "the number of parameters");
        for (Index k = 0; k < z.size(); ++k) {
            const double mass = mass_of(k);
            require(mass > 0.0, "TruncatedNormals", "mass between the bounds", mass, "a number > 0");
            if (!(z[k] >= lower[k] && z[k] <= upper[k])) return -std::numeric_limits<double>::infinity();
            sum -= std::log(mass);
        }
        return sum;
    }
    Vector gradient(const Vector& z) const { return normals().gradient(z); }
    Matrix hessian(const Vector& z) const { return normals().hessian(z); }
    bool proper() const { return true; }
    /// Of the parameters at these places alone.
    TruncatedNormals selected(const std::vector<Index>& places) const {
        return {linalg::selected(mean, places), linalg::selected(sd, places), linalg::selected(lower, places),
                linalg::selected(upper, places)};
    }
    /// Without the bounds.
    Normals normals() const { return {mean, sd}; }

private:
    /// Phi(b) - Phi(a), from the tail where both bounds are in one.
    double mass_of(Index k) const {
        double a = (lower[k] - mean[k]) / (sd[k] * std::numbers::sqrt2),
               b = (upper[k] - mean[k]) / (sd[k] * std::numbers::sqrt2);
        if (b < 0.0) a = -std::exchange(b, -a);
        return 0.5 * (a > 0.0 ? std::erfc(a) - std::erfc(b) : std::erf(b) - std::erf(a));
    }
};

/// Beta(a, b) on p = logistic(z): density of z proportional to p^a (1-p)^b, the Jacobian included.
struct LogitBeta {
    double a = 1.0;  ///< First parameter of the Beta density.
    double b = 1.0;  ///< Second parameter of the Beta density.

    double log_density(const Vector& z) const {
        require_positive(a, "LogitBeta", "a");
        require_positive(b, "LogitBeta", "b");
        const double log_beta = std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
        double sum = 0.0;
        for (double x : z) sum += -a * log1p_exp(-x) - b * log1p_exp(x) - log_beta;
        return sum;
    }
    Vector gradient(const Vector& z) const {
        return detail::each(z, [this](double x) { return a - (a + b) * logistic(x); });
    }
    Matrix hessian(const Vector& z) const {
        return detail::diagonal(z, [this](double x) { return -(a + b) * logistic(x) * logistic(-x); });
    }
    bool proper() const { return true; }
};

/// Independent priors of the coarse parameters (on beta theta_c / s_c) and the map's (on eta / s_m).
template <BlockPrior Coarse, BlockPrior Map>
struct BlockPriors {
    Coarse coarse;
    Map map;
};
/// The types follow from the blocks.
template <class Coarse, class Map>
BlockPriors(Coarse, Map) -> BlockPriors<Coarse, Map>;

using FlatPrior = BlockPriors<Flat, Flat>;  ///< No prior knowledge, of either block: maximum likelihood.

/// The weak prior for maps whose eta is a logit: beta theta_k ~ N(0, 2^2), eta ~ N(1, 2^2) truncated to
/// eta >= 0. The restriction fixes the label of the coarse letters: with a linear term the flip (X, eta,
/// theta_lin, theta_mn) -> (-X, -eta, -theta_lin - 4 mu, -theta_mn) of the Ising chain leaves the likelihood
/// unchanged. Not for maps with another coordinate (a log of a scale): give those blocks of their own.
using WeakPrior = BlockPriors<Normal, TruncatedNormal>;

/// No prior knowledge: maximum likelihood.
inline FlatPrior flat_prior() { return {{}, {}}; }
/// Proper, and wide: what WeakPrior says.
inline WeakPrior weak_prior() { return {{.mean = 0.0, .sd = 2.0}, {.mean = 1.0, .sd = 2.0, .lower = 0.0}}; }

/// The weak prior of a map that states its own (a member weak_prior()): normals of sd 2 for beta theta_c, and
/// what the map says for eta.
template <class Map>
    requires HasWeakPrior<Map>
auto weak_prior(const Map& map) {
    return BlockPriors{Normal{.mean = 0.0, .sd = 2.0}, map.weak_prior()};
}
/// That of a map that says nothing.
template <class Map>
WeakPrior weak_prior(const Map&) {
    return weak_prior();
}

namespace detail {
/// The prior of the parameters at these places alone; itself where it says the same of all.
template <BlockPrior P>
P of_places(const P& prior, [[maybe_unused]] const std::vector<Index>& places) {
    if constexpr (SelectsPlaces<P>)
        return prior.selected(places);
    else
        return prior;
}
}  // namespace detail

/// The bound of a block's support, -infinity where there is none.
template <BlockPrior P>
double lower_bound(const P& prior) {
    if constexpr (HasLowerBound<P>)
        return prior.lower_bound();
    else
        return -std::numeric_limits<double>::infinity();
}

}  // namespace predcg
