// Configurations in R^n of any type: kernels, derivatives, maps and checks see their coordinates.
#include <predcg/core/space.hpp>
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/kernels/random_walk.hpp>
#include <predcg/kernels/trajectory.hpp>
#include <predcg/models/gaussian/block_average.hpp>
#include <predcg/models/gaussian/linear_map.hpp>
#include <predcg/relative_entropy/mapped_data.hpp>
#include <predcg/structure/autodiff.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/structure/product.hpp>
#include <predcg/structure/with_terms.hpp>
#include <predcg/testing/check_map.hpp>
#include <predcg/testing/check_potential.hpp>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace real_coordinates_test {

/// What a simulation code might have: not sized by a number of points, with more than coordinates.
template <class S>
struct Site {
    S x{}, y{}, z{};
    int kind = 7;
};
template <class S>
struct Host {
    std::vector<Site<S>> sites;
    double time = 2.5;
};

}  // namespace real_coordinates_test

template <class S>
struct predcg::RealCoordinates<real_coordinates_test::Host<S>> {
    template <class T>
    static auto with_scalar(const real_coordinates_test::Host<S>& X) {
        return real_coordinates_test::Host<T>{std::vector<real_coordinates_test::Site<T>>(X.sites.size())};
    }
    static void each(auto& X, auto&& f) {
        for (auto& site : X.sites) f(site.x), f(site.y), f(site.z);
    }
};

namespace real_coordinates_test {
using namespace predcg;

namespace {

template <class S>
using PointsOf = std::vector<std::array<S, 3>>;
using Points = PointsOf<double>;
using Vectors = std::vector<Eigen::Vector3d>;
using Columns = Eigen::Matrix3Xd;

static_assert(RealConfiguration<Vector> && RealConfiguration<Points> && RealConfiguration<Vectors> &&
              RealConfiguration<Columns> && RealConfiguration<Host<double>> &&
              RealConfiguration<std::vector<double>> && RealConfiguration<Eigen::Vector2d>);
static_assert(!RealConfiguration<std::vector<int>> && !RealConfiguration<double> &&
              !RealConfiguration<std::vector<std::vector<char>>> && !RealConfiguration<std::array<float, 3>>);

constexpr Index beads = 4, n = 3 * beads;

template <class X>
X blank() {
    if constexpr (std::is_same_v<X, Host<double>>)
        return Host<double>{std::vector<Site<double>>(static_cast<std::size_t>(beads))};
    else
        return blank_points<X>(beads);
}

template <class C>
struct Scalar {};
template <class S, int rows, int columns>
struct Scalar<Eigen::Matrix<S, rows, columns>> {
    using type = S;
};
template <class P>
struct Scalar<std::vector<P>> : Scalar<P> {};
template <class S>
struct Scalar<std::array<S, 3>> {
    using type = S;
};
template <class S>
struct Scalar<Host<S>> {
    using type = S;
};

/// Two scalars: theta_0/2 sum of squares + theta_1/4 sum of (x_{k+3} - x_k)^4, whatever X is.
template <class X>
struct Quartic {
    PointSpace<X> points{blank<X>()};

    const PointSpace<X>& space() const { return points; }
    Index parameter_count() const { return 2; }

    template <class C, class T>
    auto energy(const C& configuration, const VectorOf<T>& theta) const
        -> std::common_type_t<typename Scalar<C>::type, T> {
        using S = typename Scalar<C>::type;
        std::vector<S> x;
        RealCoordinates<C>::each(configuration, [&](const S& number) { x.push_back(number); });
        std::common_type_t<S, T> U = 0.0;
        for (std::size_t k = 0; k < x.size(); ++k) {
            U += 0.5 * (theta[0] * (x[k] * x[k]));
            if (k >= 3) {
                const S apart = (x[k] - x[k - 3]) * (x[k] - x[k - 3]);
                U += 0.25 * (theta[1] * (apart * apart));
            }
        }
        return U;
    }
};

/// The same by hand, into a configuration.
template <class X>
struct ByHand {
    PointSpace<X> points{blank<X>()};

    const PointSpace<X>& space() const { return points; }
    Index parameter_count() const { return 2; }
    double energy(const X& configuration, const Vector& theta) const {
        return Quartic<X>{}.energy(configuration, theta);
    }
    double energy_and_gradient(const X& configuration, const Vector& theta, X& gradient) const {
        std::array<double, n> x{};
        std::size_t k = 0;
        RealCoordinates<X>::each(configuration, [&](const double& number) { x[k++] = number; });
        double U = 0.0;
        std::array<double, n> slope{};
        for (std::size_t i = 0; i < x.size(); ++i) {
            U += 0.5 * theta[0] * x[i] * x[i];
            slope[i] += theta[0] * x[i];
            if (i >= 3) {
                const double d = x[i] - x[i - 3];
                U += 0.25 * theta[1] * d * d * d * d;
                slope[i] += theta[1] * d * d * d;
                slope[i - 3] -= theta[1] * d * d * d;
            }
        }
        k = 0;
        RealCoordinates<X>::each(gradient, [&](double& number) { number = slope[k++]; });
        return U;
    }
};

template <class X>
class OfEveryType : public testing::Test {
protected:
    Vector theta = Vector{{0.8, 0.6}};
    X drawn(std::uint32_t index = 0) const {
        auto rng = make_stream(test_seed(), Purpose::check, index);
        return PointSpace<X>(blank<X>()).random(rng);
    }
};
using Types = testing::Types<Vector, Points, Vectors, Columns, Host<double>>;
TYPED_TEST_SUITE(OfEveryType, Types);

TYPED_TEST(OfEveryType, IsReadAndWritten) {
    TypeParam X = this->drawn();
    const Vector read = coordinates_of(X);
    EXPECT_EQ(coordinate_count(X), n);
    EXPECT_EQ(PointSpace<TypeParam>(X).size(), n);
    set_coordinates(X, Vector(2.0 * read));
    EXPECT_EQ(coordinates_of(X), Vector(2.0 * read));
}

TYPED_TEST(OfEveryType, DerivativesAgree) {
    const auto X = this->drawn();
    const Vector& at = this->theta;
    const auto both = with_autodiff(Quartic<TypeParam>{});
    const auto outer = with_autodiff(with_state_autodiff(Quartic<TypeParam>{}));
    const auto inner = with_state_autodiff(with_autodiff(Quartic<TypeParam>{}));
    const auto some = with_terms(both, {0, 1});
    const Vector slope = detail::energy_gradient_vector(ByHand<TypeParam>{}, X, at);
    const double quadratic = 0.5 * coordinates_of(X).squaredNorm();
    for (const auto* potential : {&both, &outer})
        support::expect_close(potential->energy_gradient(X, at), slope, 1e-12);
    support::expect_close(inner.energy_gradient(X, at), slope, 1e-12);
    support::expect_close(some.energy_gradient(X, at), slope, 1e-12);
    TypeParam gradient = X;
    EXPECT_NEAR(inner.energy_and_gradient(X, at, gradient), both.energy(X, at), 1e-12);
    support::expect_close(coordinates_of(gradient), slope, 1e-12);
    EXPECT_NEAR(both.parameter_gradient(X, at)[0], quadratic, 1e-12);
    support::expect_close(inner.parameter_gradient(X, at), both.parameter_gradient(X, at), 1e-15);
    EXPECT_EQ(check_coarse_potential(both, at), Findings{});
    EXPECT_EQ(check_coarse_potential(inner, at), Findings{});
    EXPECT_EQ(check_coarse_potential(ByHand<TypeParam>{}, at), Findings{});
}

/// The same chain whatever the coordinates are in.
template <class X, class Kernel>
std::vector<Vector> path(const Kernel& kernel, const Vector& theta) {
    const ByHand<X> potential;
    auto rng = make_stream(test_seed(), Purpose::check);
    std::vector<Vector> seen;
    for (const X& at : trajectory(kernel, boltzmann(potential, theta, 1.1),
                                  {.samples = 20, .warm_up = 100, .thinning = 2}, rng))
        seen.push_back(coordinates_of(at));
    return seen;
}

TYPED_TEST(OfEveryType, ChainsAreTheSame) {
    EXPECT_EQ((path<TypeParam>(Hamiltonian{}, this->theta)), (path<Vector>(Hamiltonian{}, this->theta)));
    EXPECT_EQ((path<TypeParam>(RandomWalk{}, this->theta)), (path<Vector>(RandomWalk{}, this->theta)));
}

TYPED_TEST(OfEveryType, LinearMapsTakeIt) {
    const gaussian::BasicLinearMap<TypeParam, Points> map(
        gaussian::block_map<>({.coarse_beads = 2, .level = 2, .dimension = 3}).W(), 1.0, blank<TypeParam>());
    const gaussian::LinearMap plain = gaussian::block_map({.coarse_beads = 2, .level = 2, .dimension = 3});
    EXPECT_EQ(check_map(map, PointSpace<Points>(2), Vector::Constant(1, 0.3)), Findings{});
    const auto x = this->drawn();
    const auto form = map.prepare(x);
    EXPECT_EQ(form.projected, plain.prepare(coordinates_of(x)).projected);
    EXPECT_EQ(map.coarse_size(form), 6);
    auto rng = make_stream(test_seed(), Purpose::check), same = make_stream(test_seed(), Purpose::check);
    const Vector X{{1.0, 2.0, 3.0, 4.0, 5.0, 6.0}}, eta = Vector::Constant(1, -0.5);
    EXPECT_EQ(coordinates_of(map.sample({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, eta, rng)),
              plain.sample(X, eta, same));
}

// A product of densities, one by hand into a configuration, one whose gradient is a vector.
TYPED_TEST(OfEveryType, ProductsHaveTheSumOfGradients) {
    struct Factor {
        double log_density(const TypeParam& X) const { return -coordinates_of(X).squaredNorm(); }
        Vector log_density_gradient(const TypeParam& X) const { return -2.0 * coordinates_of(X); }
    };
    const ByHand<TypeParam> potential;
    const Product product(boltzmann(potential, this->theta, 1.3), Factor{});
    const auto X = this->drawn();
    const Vector slope = -1.3 * detail::energy_gradient_vector(potential, X, this->theta);
    support::expect_close(product.log_density_gradient(X), Vector(slope - 2.0 * coordinates_of(X)), 1e-12);
    Vector sum = Vector::Zero(n);
    TypeParam room = X;
    EXPECT_NEAR(product.add_log_density_gradient(X, sum, room), product.log_density(X), 1e-12);
    support::expect_close(sum, product.log_density_gradient(X), 1e-12);
}

TEST(RealCoordinates, WhatElseAConfigurationHoldsStays) {
    Host<double> start = blank<Host<double>>();
    start.time = 9.0;
    start.sites[2].kind = 5;
    const PointSpace<Host<double>> space(start);
    auto rng = make_stream(test_seed(), Purpose::check);
    const auto X = space.random(rng);
    EXPECT_EQ(X.time, 9.0);
    EXPECT_EQ(X.sites[2].kind, 5);
}

/// One scalar for X and theta.
struct OneScalar {
    PointSpace<> points{2};
    const PointSpace<>& space() const { return points; }
    Index parameter_count() const { return 1; }
    template <class T>
    T energy(const std::vector<std::array<T, 3>>& X, const VectorOf<T>& theta) const {
        T sum = 0.0;
        for (const auto& x : X) sum += theta[0] * theta[0] * x[0] * x[0] + x[1] * x[1] + x[2] * x[2];
        return sum;
    }
};

TEST(AutoDiff, OneScalarForBoth) {
    const auto potential = with_autodiff(OneScalar{});
    EXPECT_EQ(check_coarse_potential(potential, Vector{{1.5}}), Findings{});
    const Points X{{1.0, 2.0, 3.0}, {-2.0, 0.5, 1.0}};
    const Vector theta{{1.5}};
    EXPECT_NEAR(potential.parameter_gradient(X, theta)[0], 2.0 * 1.5 * 5.0, 1e-13);
    EXPECT_NEAR(potential.parameter_hessian(X, theta)(0, 0), 2.0 * 5.0, 1e-13);
    EXPECT_NEAR(potential.energy_gradient(X, theta)[3], 2.0 * 2.25 * -2.0, 1e-13);
}

// The block average of points is a deterministic map; its size is a number of coordinates.
TEST(MappedData, CoordinatesOfPoints) {
    const MappedData mapped(
        gaussian::block_average<Points, Points>({.coarse_beads = 2, .level = 2, .dimension = 3}));
    const auto form = mapped.prepare(Points{{0, 1, 2}, {2, 3, 4}, {1, 1, 1}, {3, 3, 3}});
    EXPECT_EQ(form.image, (Points{{1, 2, 3}, {2, 2, 2}}));
    EXPECT_EQ(mapped.coarse_size(form), 6);
}

/// A gradient of another length than X is said, not read past its end.
struct WrongLength {
    PointSpace<> points{2};
    const PointSpace<>& space() const { return points; }
    double log_density(const Points&) const { return 0.0; }
    Points log_density_gradient(const Points& X) const { return Points(X.size() + 1); }
};

TEST(RealCoordinates, AGradientOfAnotherLengthIsRefused) {
    auto rng = make_stream(test_seed(), Purpose::check);
    EXPECT_THROW(trajectory(Hamiltonian{}, WrongLength{}, {.samples = 1}, rng), ArgumentError);
    EXPECT_THROW(blank_points<Points>(2, 2), ArgumentError);
}

// Letters that are numbers are no coordinates.
using Letters = LatticeSpace<double, 2>;
struct OnLattice {
    Letters space() const { return Letters({-1.0, 1.0}, 3); }
    double log_density(const std::vector<double>&) const { return 0.0; }
    Vector log_density_gradient(const std::vector<double>&) const { return Vector::Zero(3); }
};
static_assert(!Sampler<Hamiltonian, OnLattice> && !Sampler<RandomWalk, OnLattice>);
static_assert(Sampler<Hamiltonian, WrongLength>);

TEST(RealCoordinates, PointsThatTheTypeDoesNotHaveAreRefused) {
    EXPECT_EQ(support::thrown<ArgumentError>([] { PointSpace<Eigen::Matrix3Xd>(5, 2); }).argument(),
              "dimension");
    EXPECT_EQ(
        support::thrown<ArgumentError>([] { PointSpace<Eigen::Matrix<double, 3, 4>>(5, 3); }).argument(),
        "points");
    EXPECT_EQ(support::thrown<ArgumentError>([] { PointSpace<Eigen::Vector4d>(5, 1); }).argument(),
              "points times dimension");
    EXPECT_EQ(PointSpace<Eigen::Matrix3Xd>(5, 3).size(), 15);
}

// Derivatives by X: vectors, or matrices that X can be, with their numbers in the same order.
static_assert(GradientLike<Vector, Eigen::Matrix3Xd> && GradientLike<Eigen::Matrix3Xd, Matrix> &&
              GradientLike<const Matrix&, Matrix> && GradientLike<Vector, Vector>);
static_assert(!GradientLike<Eigen::RowVectorXd, Vector> && !GradientLike<Matrix, Vector> &&
              !GradientLike<Eigen::Matrix2Xd, Eigen::Matrix3Xd> &&
              !GradientLike<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>, Matrix>);

}  // namespace
}  // namespace real_coordinates_test
