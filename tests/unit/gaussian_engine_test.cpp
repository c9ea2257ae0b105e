// GaussianEngine on random quadratic targets and statistics, against explicit inverses, determinants and
// Isserlis' theorem.
#include <predcg/core/space.hpp>
#include <predcg/engines/gaussian.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "gaussian_by_hand.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace gaussian_engine_test {
using namespace predcg;
using support::expect_close;

namespace {

struct Target {
    QuadraticForm form;
    RealSpace<> space() const { return RealSpace<>(form.b.size()); }
    double log_density(const Vector& X) const { return form(X); }
    const QuadraticForm& quadratic() const { return form; }
};

struct Forms {
    std::vector<QuadraticForm> forms;
    Index size() const { return static_cast<Index>(forms.size()); }
    const QuadraticForm& quadratic(Index k) const { return forms[static_cast<std::size_t>(k)]; }
};

/// -1/2 X^T P X + b^T X + c with a well-conditioned P.
Target random_target(std::mt19937_64& rng, Index n) {
    const Matrix m = by_hand::random_matrix(rng, n, n);
    return {{-(by_hand::times(m, by_hand::transposed(m)) + Matrix::Identity(n, n)),
             by_hand::random_vector(rng, n), by_hand::random_between(rng, -3.0, 3.0)}};
}

Forms random_forms(std::mt19937_64& rng, Index n, Index count) {
    Forms forms;
    for (Index k = 0; k < count; ++k) {
        const Matrix m = by_hand::random_matrix(rng, n, n);
        forms.forms.push_back({m + m.transpose(), by_hand::random_vector(rng, n), 0.5});
    }
    return forms;
}

/// E[(f - Ef)(g - Eg)] by the moments of a centred normal y: E y_i y_j = S_ij and Isserlis' fourth moments.
double covariance_by_isserlis(const QuadraticForm& f, const QuadraticForm& g, const Vector& mean,
                              const Matrix& S) {
    const Index n = mean.size();
    const Vector a = by_hand::times(f.A, mean) + f.b,
                 b = by_hand::times(g.A, mean) + g.b;  // f = f(mean) + a.y + 1/2 y^T A y
    double sum = a.dot(Vector(by_hand::times(S, b)));
    for (Index i = 0; i < n; ++i)
        for (Index j = 0; j < n; ++j)
            for (Index k = 0; k < n; ++k)
                for (Index l = 0; l < n; ++l)
                    sum += 0.25 * f.A(i, j) * g.A(k, l) * (S(i, k) * S(j, l) + S(i, l) * S(j, k));
    return sum;
}

TEST(GaussianEngine, PartitionMeanAndCovariance) {
    auto rng = test_rng(1);
    for (Index n = 1; n <= 6; ++n)
        for (int repeat = 0; repeat < 5; ++repeat) {
            const Target target = random_target(rng, n);
            const Forms forms = random_forms(rng, n, 3);
            const Matrix S = by_hand::Inverted(-target.form.A).inverse;
            const Vector mean = by_hand::times(S, target.form.b);
            const std::string what = "n = " + std::to_string(n);
            const double log_partition = 0.5 * by_hand::Inverted(2.0 * by_hand::pi * S).log_determinant +
                                         0.5 * target.form.b.dot(mean) + target.form.c;
            expect_close(GaussianEngine{}.log_partition(target), log_partition, 1e-11, what);
            const Moments m = GaussianEngine{}.expect(target, forms);
            expect_close(m.log_partition.value(), log_partition, 1e-11, what);
            expect_close(m.standard_error, Vector(Vector::Zero(3)), 0.0, what);
            for (Index k = 0; k < 3; ++k) {
                const QuadraticForm& f = forms.quadratic(k);
                const double expected =
                    0.5 * by_hand::times(f.A, S + by_hand::outer(mean, mean)).trace() + f.b.dot(mean) + f.c;
                expect_close(m.mean[k], expected, 1e-10, what);
                for (Index l = 0; l < 3; ++l)
                    expect_close(m.covariance(k, l), covariance_by_isserlis(f, forms.quadratic(l), mean, S),
                                 1e-10, what);
            }
            const SiteMoments sites = GaussianEngine{}.site_moments(target, 2);
            expect_close(sites.mean, mean, 1e-11, what);
            expect_close(sites.second.matrix(), Matrix(S + by_hand::outer(mean, mean)), 1e-11, what);
            EXPECT_EQ(GaussianEngine{}.site_moments(target, 1).second.size(), 0);
            expect_close(GaussianEngine{}.site_moments(target, 1).mean, mean, 1e-11, what);
        }
}

// The density integrates to exp(log_partition): Simpson's rule in one dimension.
TEST(GaussianEngine, PartitionByQuadrature) {
    auto rng = test_rng(2);
    const Target target = random_target(rng, 1);
    const double mean = -target.form.b[0] / target.form.A(0, 0), sd = 1.0 / std::sqrt(-target.form.A(0, 0));
    const int steps = 4000;
    const double h = 24.0 * sd / steps;
    double sum = 0.0;
    for (int k = 0; k <= steps; ++k)
        sum += (k == 0 || k == steps ? 1.0
                : k % 2 == 1         ? 4.0
                                     : 2.0) *
               std::exp(target.log_density(Vector::Constant(1, mean - 12.0 * sd + k * h)));
    expect_close(GaussianEngine{}.log_partition(target), std::log(sum * h / 3.0), 1e-10);
}

TEST(GaussianEngine, SamplesHaveTheTargetsMoments) {
    auto rng = test_rng(3);
    const Index n = 4, draws = 20000;
    const Target target = random_target(rng, n);
    const Matrix S = by_hand::Inverted(-target.form.A).inverse;
    const Vector mean = by_hand::times(S, target.form.b);
    const auto sampler = GaussianEngine{}.sampler(target);
    Vector sum = Vector::Zero(n);
    Matrix second = Matrix::Zero(n, n);
    for (Index k = 0; k < draws; ++k) {
        const Vector y = sampler.draw(rng) - mean;
        sum += y;
        second += by_hand::outer(y, y);
    }
    const double N = static_cast<double>(draws);
    for (Index i = 0; i < n; ++i) {
        expect_z(sum[i] / N, 0.0, std::sqrt(S(i, i) / N), "mean");
        for (Index j = 0; j <= i; ++j)  // Var(y_i y_j) = S_ii S_jj + S_ij^2
            expect_z(second(i, j) / N, S(i, j), std::sqrt((S(i, i) * S(j, j) + S(i, j) * S(i, j)) / N),
                     "covariance");
    }
}

TEST(GaussianEngine, ImproperTargetsAreRefused) {
    const auto refused = [](const Matrix& A) {
        const Target target{{A, Vector::Zero(A.rows()), 0.0}};
        const Forms none;
        const GaussianEngine engine;
        for (const std::string& message :
             {std::string(support::thrown<NumericalError>([&] { engine.log_partition(target); }).what()),
              std::string(support::thrown<NumericalError>([&] { engine.expect(target, none); }).what()),
              std::string(support::thrown<NumericalError>([&] { engine.site_moments(target, 2); }).what()),
              std::string(support::thrown<NumericalError>([&] { engine.sampler(target); }).what())})
            EXPECT_NE(message.find("not positive definite"), std::string::npos) << message;
    };
    refused(Matrix::Zero(1, 1));
    refused(Matrix::Identity(3, 3));
    refused(-Matrix{{1.0, 2.0}, {2.0, 1.0}});
    refused(Matrix::Constant(2, 2, NAN));
    for (const double bond : {1.0, 0.7, 1.0 / 3.0, 1e-3, 12345.6789})  // translations cost nothing: no tether
        for (Index beads = 2; beads <= 12; ++beads)
            for (const Boundary boundary : {Boundary::open, Boundary::periodic})
                refused(-by_hand::chain_stiffness(beads, 1, bond, 0.2 * bond, 0.0, boundary));
}

/// X of n sites, whose form is never asked for.
struct Large {
    Index n;
    RealSpace<> space() const { return RealSpace<>(n); }
    double log_density(const Vector&) const { return 0.0; }
    QuadraticForm quadratic() const {
        ADD_FAILURE() << "before the limit was looked at";
        return {};
    }
};

TEST(GaussianEngine, ObeysItsLimitOfMemory) {
    const GaussianEngine engine;
    const Large target{50'000};
    const auto cost = [](auto&& work) { return support::thrown<CostError>(work).cost(); };
    EXPECT_EQ(cost([&] { (void)engine.log_partition(target); }), 4e10);
    EXPECT_EQ(cost([&] { (void)engine.site_moments(target, 1); }), 4e10);
    EXPECT_EQ(cost([&] { (void)engine.site_moments(target, 2); }), 1e11);
    EXPECT_EQ(cost([&] { (void)engine.sampler(target); }), 4e10);
}

}  // namespace
}  // namespace gaussian_engine_test
