#pragma once
// Types that meet the concepts and no more: a world of real coordinates with quadratic energies.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/concepts/probabilistic_map.hpp>

#include "archetypes.hpp"

#include <numbers>

namespace archetype::real {

using predcg::QuadraticForm;
using predcg::SiteMoments;

/// Made from coordinates and read as such; nothing else.
template <class Tag>
class ShapeOf {
public:
    ShapeOf(Vector coordinates) : coordinates_(std::move(coordinates)) {}
    const Vector& coordinates() const { return coordinates_; }

private:
    Vector coordinates_;
};
using Shape = ShapeOf<struct CoarseTag>;
using Molecule = ShapeOf<struct FineTag>;

template <class Configuration, Index n>
class SpaceOf {
public:
    using configuration_type = Configuration;
    Count size() const { return n; }
    Configuration random(Philox4x32& rng) const { return predcg::standard_normal_vector(rng, n); }
};
inline constexpr Index shapes = 2, molecules = 4;

/// Converts to a quadratic form, and does nothing else.
using Form = Only<QuadraticForm>;

inline Matrix fine_stiffness() {
    Matrix K(4, 4);
    K << 2.0, -0.8, 0.0, 0.1, -0.8, 1.7, -0.5, 0.0, 0.0, -0.5, 1.9, -0.6, 0.1, 0.0, -0.6, 1.5;
    return K;
}

/// 1/2 x^T K x - 0.3 x_0.
class Fine {
public:
    SpaceOf<Molecule, molecules> space() const { return {}; }
    Real energy(const Molecule& x) const { return form()(x.coordinates()); }
    Form quadratic() const { return form(); }

private:
    static QuadraticForm form() { return {fine_stiffness(), -0.3 * Vector::Unit(4, 0), 0.0}; }
};

/// theta_0 (X_0^2 + X_1^2) / 2 + theta_1 (X_0 - X_1)^2 / 2.
class Linear {
public:
    SpaceOf<Shape, shapes> space() const { return {}; }
    Count parameter_count() const { return 2; }
    Eigen::Vector2d features(const Shape& X) const {
        return {form(0)(X.coordinates()), form(1)(X.coordinates())};
    }
    Form quadratic(const Vector& theta) const { return theta[0] * form(0) + theta[1] * form(1); }
    Form feature_quadratic(Index k) const { return form(k); }
    Only<bool> admissible(const Vector& theta) const {
        return theta[0] > 0.0 && theta[0] + 2.0 * theta[1] > 0.0;
    }
    Vector start() const { return Vector::Ones(2); }

private:
    static QuadraticForm form(Index k) {
        Matrix A(2, 2);
        A << 1.0, k == 0 ? 0.0 : -1.0, k == 0 ? 0.0 : -1.0, 1.0;
        return {A, Vector::Zero(2), 0.0};
    }
};

/// x = W X + sigma noise with W fixed, eta = log sigma.
class Map {
public:
    using fine_type = Molecule;
    using coarse_type = Shape;
    Count parameter_count() const { return 1; }

    static Matrix W() {
        Matrix w(4, 2);
        w << 1.0, 0.0, 0.8, 0.2, 0.2, 0.8, 0.0, 1.0;
        return w;
    }

    class Likelihood {
    public:
        explicit Likelihood(QuadraticForm f) : form_(std::move(f)) {}
        Real log_density(const Shape& X) const { return form_(X.coordinates()); }
        Form quadratic() const { return form_; }

    private:
        QuadraticForm form_;
    };
    Likelihood likelihood(const Molecule& x, const Vector& eta) const {
        QuadraticForm form = (-0.5 * std::exp(-2.0 * eta[0])) * residual(x);
        form.c -= molecules * (eta[0] + 0.5 * std::log(2.0 * std::numbers::pi));
        return Likelihood(form);
    }

    /// |x - W X|^2.
    class Residual {
    public:
        explicit Residual(QuadraticForm f) : form_(std::move(f)) {}
        Count size() const { return 1; }
        Eigen::Matrix<double, 1, 1> operator()(const Shape& X) const {
            return Eigen::Matrix<double, 1, 1>(form_(X.coordinates()));
        }
        Form quadratic(Index) const { return form_; }

    private:
        QuadraticForm form_;
    };
    Residual sufficient_statistic(const Molecule& x) const { return Residual(residual(x)); }

    predcg::Expansion expected_log_density(const Vector& T, double count, const Vector& eta) const {
        const double precision = std::exp(-2.0 * eta[0]), n = molecules * count;
        return {-0.5 * precision * T[0] - n * (eta[0] + 0.5 * std::log(2.0 * std::numbers::pi)),
                Vector::Constant(1, precision * T[0] - n), Matrix::Constant(1, 1, -2.0 * precision * T[0])};
    }

    Molecule sample(const Shape& X, const Vector& eta, Philox4x32& rng) const {
        return Vector(W() * X.coordinates() +
                      std::exp(eta[0]) * predcg::standard_normal_vector(rng, molecules));
    }

private:
    static QuadraticForm residual(const Molecule& x) {
        return {2.0 * W().transpose() * W(), -2.0 * W().transpose() * x.coordinates(),
                x.coordinates().squaredNorm()};
    }
};

/// The map with the one thing more that exact predictions need.
class MomentMap : public Map {
public:
    SiteMoments fine_moments(const SiteMoments& coarse, const Vector& eta) const {
        SiteMoments fine{W() * coarse.mean, Matrix()};
        if (coarse.second.size() > 0)
            fine.second = W() * coarse.second.matrix() * W().transpose() +
                          std::exp(2.0 * eta[0]) * Matrix::Identity(molecules, molecules);
        return fine;
    }
};

/// x_0 and x_3^2.
class FirstAndLast {
public:
    Eigen::Vector2d operator()(const Molecule& x) const {
        return {x.coordinates()[0], x.coordinates()[3] * x.coordinates()[3]};
    }
    Only<int> order() const { return 2; }
    Eigen::Vector2d from_moments(const SiteMoments& m) const { return {m.mean[0], m.second(3, 3)}; }
};

/// The same, for draws only.
class DrawnFirstAndLast {
public:
    Eigen::Vector2d operator()(const Molecule& x) const { return FirstAndLast()(x); }
};

}  // namespace archetype::real
