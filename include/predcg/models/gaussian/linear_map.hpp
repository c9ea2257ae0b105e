#pragma once
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/random.hpp>
#include <predcg/core/real_coordinates.hpp>
#include <predcg/models/gaussian/stiffness.hpp>
#include <predcg/priors/priors.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg::gaussian {

/// x | X ~ N(W X, sigma^2 I) with a known matrix W (fine x coarse coordinates) and eta = log sigma, its one
/// parameter (sigma in the unit of x). x and X are vectors, or of any type that RealCoordinates knows, by
/// their coordinates in its order; samples are then copies of `shape` with other coordinates.
template <RealConfiguration Fine = Vector, RealConfiguration Coarse = Vector>
class BasicLinearMap {
public:
    using fine_type = Fine;
    using coarse_type = Coarse;

    /// W^T x and |x|^2.
    struct Prepared {
        Vector projected;      ///< W^T x.
        double squared = 0.0;  ///< x^T x.
    };

    /// `length`: a typical sigma, where fits begin. Throws ArgumentError for an empty W, or a length that is
    /// not a number > 0.
    explicit BasicLinearMap(Matrix W, double length = 1.0, Fine shape = {})
        : length_(length), W_(std::move(W)), transposed_(linalg::transposed(W_)),
          normal_(linalg::product(transposed_, W_)), shape_(std::move(shape)) {
        require(W_.size() > 0, "gaussian::LinearMap", "size of W", W_.size(), "at least one row and column");
        require_positive(length, "gaussian::LinearMap", "length");
        if constexpr (!std::is_same_v<Fine, Vector>)
            require_equal(coordinate_count(shape_), W_.rows(), "gaussian::LinearMap",
                          "coordinates of the shape", "the rows of W");
    }

    /// The matrix: fine by coarse coordinates.
    const Matrix& W() const { return W_; }
    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const { return {"log_sigma"}; }
    Vector start() const { return Vector::Constant(1, std::log(length_)); }
    /// Standard deviation of the noise, exp(eta_0).
    static double sigma(const Vector& eta) { return std::exp(eta[0]); }

    std::vector<std::string> natural_names() const { return {"sigma"}; }
    NaturalParameter natural(Index, double eta) const {
        const double sigma = std::exp(eta);
        return {sigma, sigma, sigma};
    }
    /// log, of a value that is at least 1e-300.
    double unconstrained(Index, double sigma) const { return std::log(std::max(sigma, 1e-300)); }

    /// Throws ArgumentError for a wrong number of coordinates, or one that is not finite.
    Prepared prepare(const Fine& fine) const { return prepared(coordinates_of(fine)); }
    /// Of other types with coordinates, as views of a host's memory (core/strided.hpp).
    template <ReadableCoordinates X>
    Prepared prepare(const X& fine) const {
        return prepared(coordinates_of(fine));
    }

    Index coarse_size(const Prepared&) const { return W_.cols(); }

    /// p_cf(x | ., eta) as a factor in X.
    class Likelihood {
    public:
        /// log p_cf as a quadratic form in X.
        explicit Likelihood(QuadraticForm form) : form_(std::move(form)) {}
        double log_density(const Coarse& X) const { return form_(coordinates_of(X)); }
        Vector log_density_gradient(const Coarse& X) const { return form_.gradient(coordinates_of(X)); }
        const QuadraticForm& quadratic() const { return form_; }

    private:
        QuadraticForm form_;
    };

    Likelihood likelihood(const Prepared& x, const Vector& eta) const {
        const double precision = std::exp(-2.0 * eta[0]);
        const double n = static_cast<double>(W_.rows());
        return Likelihood(
            {linalg::scaled(normal_, -precision), linalg::scaled(x.projected, precision),
             -0.5 * precision * x.squared - n * (0.5 * std::log(2.0 * std::numbers::pi) + eta[0])});
    }

    /// |x - W X|^2.
    class Residual {
    public:
        /// As a quadratic form in X.
        explicit Residual(QuadraticForm form) : form_(std::move(form)) {}
        Index size() const { return 1; }
        Vector operator()(const Coarse& X) const { return Vector::Constant(1, form_(coordinates_of(X))); }
        const QuadraticForm& quadratic(Index) const { return form_; }

    private:
        QuadraticForm form_;
    };

    Residual sufficient_statistic(const Prepared& x) const {
        return Residual({linalg::scaled(normal_, 2.0), linalg::scaled(x.projected, -2.0), x.squared});
    }

    /// -T / (2 sigma^2) - count n (log sigma + 1/2 log 2 pi).
    Expansion expected_log_density(const Vector& T, double count, const Vector& eta) const {
        const double precision = std::exp(-2.0 * eta[0]);
        const double n = count * static_cast<double>(W_.rows());
        return {-0.5 * precision * T[0] - n * (eta[0] + 0.5 * std::log(2.0 * std::numbers::pi)),
                Vector::Constant(1, precision * T[0] - n), Matrix::Constant(1, 1, -2.0 * precision * T[0])};
    }

    /// sigma^2 = T / (count n) under a flat prior; none for other priors.
    template <class MapPrior>
    std::optional<Vector> maximiser(const Vector& T, double count, const MapPrior&) const {
        if constexpr (std::is_same_v<MapPrior, Flat>) {
            const double variance = T[0] / (count * static_cast<double>(W_.rows()));
            if (variance > 0.0) return Vector::Constant(1, 0.5 * std::log(variance));
        }
        return std::nullopt;
    }

    /// Throws ArgumentError for a wrong number of coordinates.
    template <RandomBits R>
    Fine sample(const Coarse& X, const Vector& eta, R& rng) const {
        const Vector coordinates = coordinates_of(X);
        require_equal(coordinates.size(), W_.cols(), "gaussian::LinearMap::sample",
                      "number of coarse coordinates");
        Vector x = linalg::product(W_, coordinates);
        for (double& coordinate : x) coordinate += sigma(eta) * standard_normal(rng);
        Fine fine = shape_;
        set_coordinates(fine, x);
        return fine;
    }

    /// E x = W E X, E x x^T = W E[X X^T] W^T + sigma^2 I.
    SiteMoments fine_moments(const SiteMoments& coarse, const Vector& eta) const {
        SiteMoments fine{linalg::product(W_, coarse.mean), Matrix()};
        if (coarse.second.size() == 0) return fine;
        Matrix second = linalg::product(W_, linalg::product(coarse.second.matrix(), transposed_));
        for (Index i = 0; i < W_.rows(); ++i) second(i, i) += sigma(eta) * sigma(eta);
        fine.second = std::move(second);
        return fine;
    }

private:
    Prepared prepared(const Vector& x) const {
        require_equal(x.size(), W_.rows(), "gaussian::LinearMap::prepare", "number of fine coordinates");
        for (const double value : x) require_finite(value, "gaussian::LinearMap::prepare", "coordinate");
        return {linalg::product(transposed_, x), linalg::squared_norm(x)};
    }

    double length_;
    Matrix W_, transposed_, normal_;
    Fine shape_;
};

/// The map between vectors.
using LinearMap = BasicLinearMap<>;

/// Settings of gaussian::block_map.
struct BlockMapSettings {
    Index coarse_beads = 8;
    Index level = 2;
    Index dimension = 1;
    double length = 1.0;  ///< a typical sigma, in the unit of x
};

/// Every fine bead sits, up to noise, at its block's coarse bead.
template <RealConfiguration Fine = Vector, RealConfiguration Coarse = Vector>
BasicLinearMap<Fine, Coarse> block_map(const BlockMapSettings& s = {}) {
    require(s.coarse_beads >= 1, "gaussian::block_map", "coarse_beads", s.coarse_beads, "an integer >= 1");
    require(s.level >= 1, "gaussian::block_map", "level", s.level, "an integer >= 1");
    require(s.dimension >= 1, "gaussian::block_map", "dimension", s.dimension, "an integer >= 1");
    Matrix W = Matrix::Zero(s.coarse_beads * s.level, s.coarse_beads);
    for (Index i = 0; i < W.rows(); ++i) W(i, i / s.level) = 1.0;
    return BasicLinearMap<Fine, Coarse>(expanded(W, s.dimension), s.length,
                                        blank_points<Fine>(W.rows(), s.dimension));
}

}  // namespace predcg::gaussian
