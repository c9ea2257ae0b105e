// The checks of user types find what they are for: energies that are no doubles, derivatives by X or theta
// that are wrong.
#include <predcg/core/space.hpp>
#include <predcg/testing/check_map.hpp>
#include <predcg/testing/check_potential.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <vector>

namespace check_findings_test {
using namespace predcg;

namespace {

using Spins = std::vector<int>;
const LatticeSpace<int, 2> spins(std::array{-1, 1}, 4);

template <class Number>
struct Lattice {
    LatticeSpace<int, 2> space() const { return spins; }
    Number energy(const Spins& x) const { return static_cast<Number>(x[0] * x[1] + x[2]); }
    Number energy_difference(const Spins& x, Index i, int v) const {
        Spins y = x;
        y[static_cast<std::size_t>(i)] = v;
        return energy(y) - energy(x);
    }
};

template <class Number>
struct CoarseLattice {
    LatticeSpace<int, 2> space() const { return spins; }
    Index parameter_count() const { return 1; }
    Vector features(const Spins& X) const { return Vector::Constant(1, X[0]); }
    Number base_energy(const Spins& X) const { return static_cast<Number>(X[1]); }
    Number energy(const Spins& X, const Vector& theta) const {
        return static_cast<Number>(theta[0] * X[0] + X[1]);
    }
    Number energy_difference(const Spins& X, Index i, int v, const Vector& theta) const {
        Spins Y = X;
        Y[static_cast<std::size_t>(i)] = v;
        return energy(Y, theta) - energy(X, theta);
    }
};

TEST(CheckFindings, EnergiesThatAreNoDoubles) {
    const std::string integer =
        " returns an integer, which cuts off what lies behind the point; return double";
    const std::string single = " returns a float, which has 7 digits; return double";
    EXPECT_EQ(check_fine_potential(Lattice<double>{}), Findings{});
    EXPECT_EQ(check_fine_potential(Lattice<int>{}),
              (Findings{"energy(x)" + integer, "energy_difference(x, i, v)" + integer}));
    EXPECT_EQ(check_fine_potential(Lattice<float>{}),
              (Findings{"energy(x)" + single, "energy_difference(x, i, v)" + single}));
    const Vector theta = Vector::Constant(1, 2.0);  // whole, so that nothing is lost
    EXPECT_EQ(check_coarse_potential(CoarseLattice<double>{}, theta), Findings{});
    EXPECT_EQ(check_coarse_potential(CoarseLattice<int>{}, theta),
              (Findings{"energy(X, theta)" + integer, "base_energy(X)" + integer,
                        "energy_difference(X, i, v, theta)" + integer}));
}

/// U = |x|^4 / 4, with dU/dx times `factor`.
struct Quartic {
    double factor = 1.0;

    RealSpace<> space() const { return RealSpace<>(3); }
    double energy(const Vector& x) const { return 0.25 * x.squaredNorm() * x.squaredNorm(); }
    Vector energy_gradient(const Vector& x) const { return factor * x.squaredNorm() * x; }
};

struct CoarseQuartic {
    double factor = 1.0;

    RealSpace<> space() const { return RealSpace<>(3); }
    Index parameter_count() const { return 1; }
    Vector features(const Vector& X) const { return Vector::Constant(1, Quartic{}.energy(X)); }
    Vector energy_gradient(const Vector& X, const Vector& theta) const {
        return factor * theta[0] * Quartic{}.energy_gradient(X);
    }
};

/// x ~ N(X, 1), with the likelihood's derivative by X times `factor`.
struct Shift {
    using fine_type = Vector;
    using coarse_type = Vector;
    double factor = 1.0;

    Index parameter_count() const { return 0; }
    struct Likelihood {
        Vector x;
        double factor;
        double log_density(const Vector& X) const {
            return -0.5 * (x - X).squaredNorm() -
                   0.5 * std::log(2.0 * std::numbers::pi) * static_cast<double>(x.size());
        }
        Vector log_density_gradient(const Vector& X) const { return factor * (x - X); }
    };
    Likelihood likelihood(const Vector& x, const Vector&) const { return {x, factor}; }
    Vector sample(const Vector& X, const Vector&, auto& rng) const {
        return X + standard_normal_vector(rng, X.size());
    }
};

void found(const Findings& findings, const std::string& what) {
    ASSERT_FALSE(findings.empty()) << what;
    EXPECT_EQ(findings[0].substr(0, what.size()), what);
    EXPECT_NE(findings[0].find("the central difference of"), std::string::npos) << findings[0];
}

TEST(CheckFindings, WrongDerivativesByX) {
    const Vector theta = Vector::Constant(1, 0.8), eta(0);
    EXPECT_EQ(check_fine_potential(Quartic{}), Findings{});
    EXPECT_EQ(check_coarse_potential(CoarseQuartic{}, theta), Findings{});
    EXPECT_EQ(check_map(Shift{}, RealSpace<>(3), eta), Findings{});
    for (const double factor : {-1.0, 0.5, 1.001}) {
        found(check_fine_potential(Quartic{factor}), "energy_gradient(x)[0]");
        found(check_coarse_potential(CoarseQuartic{factor}, theta), "energy_gradient(X, theta)[0]");
        found(check_map(Shift{factor}, RealSpace<>(3), eta), "likelihood(x, eta).log_density_gradient(X)[0]");
    }
}

/// U = theta X_1 for theta < 1, times `factor` where it is asked as a whole.
struct UpToOne {
    double factor = 1.0;

    LatticeSpace<int, 2> space() const { return spins; }
    Index parameter_count() const { return 1; }
    bool admissible(const Vector& theta) const { return theta[0] < 1.0; }
    Vector features(const Spins& X) const { return Vector::Constant(1, X[0]); }
    double energy(const Spins& X, const Vector& theta) const {
        return admissible(theta) ? factor * theta[0] * X[0] : std::numeric_limits<double>::quiet_NaN();
    }
};

/// U = exp(theta) X_1, with its derivative by theta times `factor`.
struct Exponential {
    double factor = 1.0;

    LatticeSpace<int, 2> space() const { return spins; }
    Index parameter_count() const { return 1; }
    double energy(const Spins& X, const Vector& theta) const { return std::exp(theta[0]) * X[0]; }
    Vector parameter_gradient(const Spins& X, const Vector& theta) const {
        return Vector::Constant(1, factor * energy(X, theta));
    }
};

TEST(CheckFindings, WrongDerivativesByTheta) {
    const Vector theta = Vector::Constant(1, 0.8);
    EXPECT_EQ(check_coarse_potential(UpToOne{}, theta), Findings{});
    EXPECT_EQ(check_coarse_potential(Exponential{}, theta), Findings{});
    for (const double factor : {-1.0, 0.5, 1.001}) {
        const Findings findings = check_coarse_potential(UpToOne{factor}, theta);
        ASSERT_FALSE(findings.empty());
        EXPECT_EQ(findings[0].substr(0, 16), "energy(X, theta)");
        EXPECT_NE(findings[0].find("theta . features(X)"), std::string::npos) << findings[0];
        found(check_coarse_potential(Exponential{factor}, theta), "parameter_gradient(X, theta)[0]");
    }
}

/// A ring whose pairs have a left and a right, and lists of neighbours whose order is the same everywhere or
/// turns at odd sites.
struct Sided {
    bool turns = false;

    LatticeSpace<int, 3> space() const { return LatticeSpace<int, 3>({0, 1, 2}, 6); }
    Index parameter_count() const { return 1; }
    bool translation_invariant() const { return true; }
    Eigen::Matrix<double, 1, 1> features(const std::vector<int>& X) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < 6; ++i) sum += X[i] * X[(i + 1) % 6] * X[(i + 1) % 6];
        return Eigen::Matrix<double, 1, 1>(sum);
    }
    double energy_difference(const std::vector<int>& X, Index i, int v, const Vector& theta) const {
        auto changed = X;
        changed[static_cast<std::size_t>(i)] = v;
        return theta.dot(features(changed) - features(X));
    }
    NeighbourList neighbours() const {
        std::vector<std::vector<Index>> lists;
        for (Index i = 0; i < 6; ++i) {
            lists.push_back({(i + 5) % 6, (i + 1) % 6});
            if (turns && i % 2 == 1) std::swap(lists.back()[0], lists.back()[1]);
        }
        return NeighbourList(lists);
    }
};

TEST(CheckFindings, NeighboursThatAreNotAlikeAtAllSites) {
    const Vector theta = Vector::Constant(1, 0.7);
    EXPECT_EQ(check_coarse_potential(Sided{false}, theta), Findings{});
    const Findings findings = check_coarse_potential(Sided{true}, theta);
    ASSERT_FALSE(findings.empty());
    EXPECT_NE(findings.front().find("as translation_invariant() is true"), std::string::npos);
}

/// A part of chains that says of site i that it is of class `first` + i, of `classes`.
struct Numbered {
    Index first, classes;

    Window window() const { return {1, Boundary::periodic}; }
    Index site_class(Index i) const { return first + i; }
    Index class_count() const { return classes; }
};

TEST(CheckFindings, ClassesOfSitesThatAreNone) {
    Philox4x32 rng = make_stream(1, Purpose::check);
    const auto found = [&](const Numbered& part) {
        detail::FindingList list;
        detail::ClassesSeen<LatticeSpace<int, 2>> seen;
        seen.check(
            list, "part", part, spins,
            [](Index, std::span<const int> w) { return Vector::Constant(1, w[0]); }, rng);
        return list.take();
    };
    EXPECT_EQ(found({0, 4}), Findings{});
    EXPECT_EQ(found({0, 3}), Findings{"part.site_class(i) is 3, but class_count() is 3"});
    EXPECT_EQ(found({-1, 4}), Findings{"part.site_class(i) is -1, but class_count() is 4"});
}

// Relative to the larger of what is expected, the scale, and 1.
TEST(CheckFindings, ToleranceIsRelativeToTheScale) {
    const auto found = [](double value, double expected, double scale) {
        detail::FindingList list;
        list.close("f", value, "g", expected, 1e-3, scale);
        return list.take().size();
    };
    EXPECT_EQ(found(1000.9, 1000.0, 1.0), 0u);
    EXPECT_EQ(found(1001.1, 1000.0, 1.0), 1u);
    EXPECT_EQ(found(0.9, 0.0, 1000.0), 0u);
    EXPECT_EQ(found(1.1, 0.0, 1000.0), 1u);
    EXPECT_EQ(found(0.0009, 0.0, 0.0), 0u);
    EXPECT_EQ(found(0.0011, 0.0, 0.0), 1u);
}

// The second derivative of exp, where theta is 0, small and large.
TEST(CheckFindings, DifferencesHaveAStepOfTheSizeOfTheParameter) {
    const Vector theta{{0.0, 1e-6, 20.0}};
    const Matrix hessian =
        detail::difference_hessian(theta, [](const Vector& at) { return Vector(at.array().exp()); });
    const Matrix expected = Vector(theta.array().exp()).asDiagonal();
    EXPECT_NEAR(hessian(0, 0), 1.0, 1e-9);
    EXPECT_NEAR(hessian(1, 1), expected(1, 1), 1e-9);
    EXPECT_NEAR(hessian(2, 2) / expected(2, 2), 1.0, 1e-8);
    EXPECT_NEAR((hessian - Matrix(hessian.diagonal().asDiagonal())).norm(), 0.0, 1e-30);
}

}  // namespace
}  // namespace check_findings_test
