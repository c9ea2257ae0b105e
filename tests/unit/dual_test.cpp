// Numbers with derivatives, against central differences and closed forms; energies differentiated with them.
#include <predcg/core/dual.hpp>
#include <predcg/core/space.hpp>
#include <predcg/structure/autodiff.hpp>
#include <predcg/testing/findings.hpp>

#include "close.hpp"

#include <gtest/gtest.h>

namespace dual_test {
using namespace predcg;

namespace {

/// f(x, y), its derivatives along both, and the same by central differences of the next lower order.
template <class F>
void expect_derivatives(const std::string& what, F&& f, double x, double y) {
    const auto at = [&](double a, double b) {
        return f(DualNumber<2, 2>::variable(a, 0), DualNumber<2, 2>::variable(b, 1));
    };
    const auto here = at(x, y);
    EXPECT_DOUBLE_EQ(here.value(), f(x, y)) << what;
    const Vector z{{x, y}};
    for (int k = 0; k < 2; ++k) {
        const auto value = [&](const Vector& u) { return static_cast<double>(f(u[0], u[1])); };
        const double slope = detail::difference(value, z, k);
        EXPECT_NEAR(here.derivative(k), slope, 1e-9 * (1.0 + std::abs(slope))) << what << ", " << k;
        for (int l = 0; l < 2; ++l) {
            const auto derivative = [&](const Vector& u) { return at(u[0], u[1]).derivative(l); };
            const double bend = detail::difference(derivative, z, k);
            EXPECT_NEAR(here.second_derivative(k, l), bend, 1e-8 * (1.0 + std::abs(bend)))
                << what << ", " << k << l;
        }
    }
    const auto first = f(DualNumber<2, 1>::variable(x, 0), DualNumber<2, 1>::variable(y, 1));
    EXPECT_EQ(first.value(), here.value()) << what;
    for (int k = 0; k < 2; ++k) EXPECT_EQ(first.derivative(k), here.derivative(k)) << what;
}

#define PREDCG_EXPECT(expression, x, y)                                                                      \
    expect_derivatives(                                                                                      \
        #expression, [](const auto& a, const auto& b) { return (expression); }, (x), (y))

TEST(DualNumber, DerivativesOfFunctions) {
    using namespace std;  // as users do
    for (const auto& [x, y] : {std::pair{0.4, 0.7}, {0.9, 0.5}, {0.55, 0.95}}) {
        PREDCG_EXPECT(a + b - 2.0 * a * b, x, y);
        PREDCG_EXPECT((1.0 + a) / (b - 3.0) - a / 4.0 + 2.0 / b - 1.0, x, y);
        PREDCG_EXPECT(exp(a * b) + expm1(a - b), x, y);
        PREDCG_EXPECT(log(a + b) * log1p(a) + log10(b), x, y);
        PREDCG_EXPECT(sqrt(a * a + b) + cbrt(b), x, y);
        PREDCG_EXPECT(sin(a) * cos(b) + tan(a * b), x, y);
        PREDCG_EXPECT(asin(0.5 * a * b) + acos(0.5 * a) - atan(b), x, y);
        PREDCG_EXPECT(sinh(a) - cosh(b) * tanh(a * b), x, y);
        PREDCG_EXPECT(erf(a * b) - erfc(b), x, y);
        PREDCG_EXPECT(pow(a, 3) + pow(b, 2.5) * pow(2.0, a), x, y);
        PREDCG_EXPECT(pow(a, b), x, y);
        PREDCG_EXPECT(atan2(a, b) + hypot(a, 2.0 * b), x, y);
        PREDCG_EXPECT(abs(a - b) * fabs(b) - (-a), x, y);
        PREDCG_EXPECT(max(a, b) * min(a, b * b), x, y);
    }
    PREDCG_EXPECT(atan2(a, b), -0.3, -0.8);
    PREDCG_EXPECT(pow(a, 2) * pow(b, -3), -0.3, -0.8);
}

TEST(DualNumber, PowersAtZeroHaveTheirDerivatives) {
    const auto zero = DualNumber<1, 2>::variable(0.0, 0);
    for (const double c : {0.0, 1.0, 2.0, 3.0}) {
        const auto f = pow(zero, c);
        EXPECT_EQ(f.value(), c == 0.0 ? 1.0 : 0.0);
        EXPECT_EQ(f.derivative(0), c == 1.0 ? 1.0 : 0.0);
        EXPECT_EQ(f.second_derivative(0, 0), c == 2.0 ? 2.0 : 0.0);
    }
}

TEST(DualNumber, ComparesByValue) {
    const auto x = Dual::variable(2.0, 0);
    EXPECT_TRUE(x > 1.0 && 3.0 > x && x == 2.0 && x != 1.0 && x <= 2.0 && x >= 2.0 && !(x < 2.0));
    EXPECT_TRUE(isfinite(x) && !isnan(x));
    // Of equal numbers the first, as std::min and std::max do.
    const auto a = DualNumber<2, 1>::variable(2.0, 0), b = DualNumber<2, 1>::variable(2.0, 1);
    EXPECT_EQ(min(a, b).derivative(0), 1.0);
    EXPECT_EQ(max(a, b).derivative(0), 1.0);
}

TEST(DualNumber, EigenTakesIt) {
    VectorOf<Dual2> x(3);
    for (int k = 0; k < 3; ++k) x[k] = Dual2::variable(1.0 + k, k);
    const Vector w{{2.0, -1.0, 0.5}};
    const Dual2 f = x.squaredNorm() + x.dot(w.cast<Dual2>()) + (2.0 * x).sum() + x.norm();
    const double r = std::sqrt(14.0);
    for (int k = 0; k < 3; ++k) {
        EXPECT_NEAR(f.derivative(k), 2.0 * (1.0 + k) + w[k] + 2.0 + (1.0 + k) / r, 1e-13);
        EXPECT_NEAR(f.second_derivative(k, k), 2.0 + 1.0 / r - (1.0 + k) * (1.0 + k) / (r * r * r), 1e-13);
    }
}

/// U = sum_k theta_k^2 X_k mod n + prod of neighbours in theta: p parameters, every second derivative known.
struct ManyParameters {
    Index p;
    RealSpace<> space() const { return RealSpace<>(2); }
    Index parameter_count() const { return p; }
    template <class T>
    T energy(const Vector& X, const VectorOf<T>& theta) const {
        ++calls;
        T U = 0.0;
        for (Index k = 0; k < theta.size(); ++k)
            for (Index l = 0; l <= k; ++l)
                U += (X[0] + static_cast<double>(k) * X[1] - static_cast<double>(l)) * theta[k] * theta[l] *
                     theta[l];
        return U;
    }
    static inline int calls = 0;
};

TEST(AutoDiff, AnyNumberOfParameters) {
    const Vector X{{0.7, -1.3}};
    for (const Index p : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13}) {
        const auto potential = with_autodiff(ManyParameters{p});
        Vector theta(p);
        for (Index k = 0; k < p; ++k) theta[k] = 0.3 + 0.1 * static_cast<double>(k);
        Vector gradient = Vector::Zero(p);
        Matrix hessian = Matrix::Zero(p, p);
        for (Index k = 0; k < p; ++k)
            for (Index l = 0; l <= k; ++l) {
                const double c = X[0] + static_cast<double>(k) * X[1] - static_cast<double>(l);
                gradient[k] += c * theta[l] * theta[l];
                gradient[l] += 2.0 * c * theta[k] * theta[l];
                hessian(k, l) += 2.0 * c * theta[l];
                hessian(l, k) += 2.0 * c * theta[l];
                hessian(l, l) += 2.0 * c * theta[k];
            }
        ManyParameters::calls = 0;
        support::expect_close(potential.parameter_gradient(X, theta), gradient, 1e-12);
        EXPECT_LE(ManyParameters::calls, (p + 3) / 4) << p;
        ManyParameters::calls = 0;
        support::expect_close(potential.parameter_hessian(X, theta), hessian, 1e-12);
        EXPECT_LE(ManyParameters::calls, std::max<Index>(1, (p + 1) * (p + 1) / 8)) << p;
    }
}

}  // namespace
}  // namespace dual_test
