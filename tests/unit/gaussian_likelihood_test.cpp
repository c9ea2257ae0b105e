// E-step, likelihood, gradient and information of Gaussian coarse-grainings against the joint normal
// distribution of x and X, written with explicit inverses.
#include <predcg/engines/gaussian.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/linear_map.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "differences.hpp"
#include "gaussian_by_hand.hpp"
#include "test_seed.hpp"

namespace gaussian_likelihood_test {
using namespace predcg;
using by_hand::Inverted;
using by_hand::outer;
using by_hand::times;
using by_hand::transposed;
using support::expect_close;

namespace {

/// A coarse potential with a mean that is not zero: theta_0 1/2 |X|^2 - theta_1 sum_i X_i + tether 1/2 |X|^2.
class TiltedWell {
public:
    TiltedWell(Index size, double tether) : space_(size), tether_(tether) {}
    const RealSpace<>& space() const { return space_; }
    Index parameter_count() const { return 2; }
    Vector features(const Vector& X) const { return Vector{{0.5 * X.squaredNorm(), -X.sum()}}; }
    double base_energy(const Vector& X) const { return 0.5 * tether_ * X.squaredNorm(); }
    QuadraticForm quadratic(const Vector& theta) const {
        const Index n = space_.size();
        return {(theta[0] + tether_) * Matrix::Identity(n, n), Vector::Constant(n, -theta[1]), 0.0};
    }
    QuadraticForm feature_quadratic(Index k) const {
        const Index n = space_.size();
        if (k == 0) return {Matrix::Identity(n, n), Vector::Zero(n), 0.0};
        return {Matrix::Zero(n, n), Vector::Constant(n, -1.0), 0.0};
    }

private:
    RealSpace<> space_;
    double tether_;
};

/// What the formulas need of a coarse model: U_c = 1/2 X^T K X - f^T X, and both derivatives by theta.
struct CoarseByHand {
    Matrix K;
    Vector f;
    std::vector<Matrix> dK;
    std::vector<Vector> df;
};

/// The coarse-graining at one point, straight from the joint normal distribution.
struct ByHand {
    CoarseByHand coarse;
    Matrix W;
    double beta, sigma;
    Matrix S = Inverted(beta * coarse.K).inverse;  // covariance of X
    Vector mean = beta * times(S, coarse.f);
    Matrix Wt = by_hand::transposed(W);
    Matrix C = times(W, S, Wt) + sigma * sigma * Matrix::Identity(W.rows(), W.rows());
    Inverted of_C{C};

    double log_likelihood(const std::vector<Vector>& data) const {
        double sum = 0.0;
        for (const Vector& x : data) sum += by_hand::log_normal_density(x, times(W, mean), C);
        return sum;
    }

    /// d log N(x; m, C) = r^T C^-1 dm + 1/2 tr[(C^-1 r r^T C^-1 - C^-1) dC].
    Vector gradient(const std::vector<Vector>& data) const {
        const auto p = static_cast<Index>(coarse.dK.size());
        Vector g = Vector::Zero(p + 1);
        for (const Vector& x : data) {
            const Vector a = times(of_C.inverse, x - times(W, mean));
            const Matrix inner = outer(a, a) - of_C.inverse;
            for (Index k = 0; k < p; ++k) {
                const auto at = static_cast<std::size_t>(k);
                const Matrix dS = -beta * times(S, coarse.dK[at], S);
                const Vector dm = beta * times(W, times(dS, coarse.f) + times(S, coarse.df[at]));
                g[k] += a.dot(dm) + 0.5 * times(inner, W, dS, Wt).trace();
            }
            g[p] += sigma * sigma * inner.trace();
        }
        return g;
    }

    /// sum_i E[dU_c/dtheta_k | x_i], by conditioning the joint distribution.
    Vector expected_features(const std::vector<Vector>& data) const {
        Vector sum = Vector::Zero(static_cast<Index>(coarse.dK.size()));
        for (const Vector& x : data) {
            const auto [m, V] = posterior(x);
            for (Index k = 0; k < sum.size(); ++k) {
                const auto at = static_cast<std::size_t>(k);
                sum[k] += 0.5 * times(coarse.dK[at], V + outer(m, m)).trace() - coarse.df[at].dot(m);
            }
        }
        return sum;
    }

    /// sum_i E[|x_i - W X|^2 | x_i].
    double expected_residual(const std::vector<Vector>& data) const {
        double sum = 0.0;
        for (const Vector& x : data) {
            const auto [m, V] = posterior(x);
            sum += (x - times(W, m)).squaredNorm() + times(W, V, Wt).trace();
        }
        return sum;
    }

    std::pair<Vector, Matrix> posterior(const Vector& x) const {
        const Matrix gain = times(S, Wt, of_C.inverse);
        return {mean + times(gain, x - times(W, mean)), S - times(gain, W, S)};
    }
};

template <class Coarse>
void expect_agreement(const Coarse& coarse, const CoarseByHand& coarse_by_hand, const Matrix& W, double beta,
                      const Parameters& at, std::mt19937_64& rng, const std::string& what) {
    std::vector<Vector> data;
    for (int k = 0; k < 4; ++k) data.push_back(by_hand::random_vector(rng, W.rows()));
    const ByHand exact{coarse_by_hand, W, beta, std::exp(at.eta[0])};
    const EMCoarseGrainer grainer{SamplesOnly<Vector>{}, coarse, gaussian::LinearMap(W), GaussianEngine{}};
    const auto prepared = grainer.prepare(data, beta);

    auto state = grainer.problem(prepared).state(at);
    const ExpectedStatistics statistics = grainer.problem(prepared).expect(state);
    EXPECT_EQ(statistics.count, 4.0);
    expect_close(statistics.coarse, exact.expected_features(data), 1e-10, what + " features");
    expect_close(statistics.map[0], exact.expected_residual(data), 1e-10, what + " residual");

    const LikelihoodExpansion e = grainer.problem(prepared).evaluate(at);
    expect_close(e.log_likelihood, exact.log_likelihood(data), 1e-10, what + " log-likelihood");
    expect_close(e.gradient, exact.gradient(data), 1e-10, what + " gradient");
    Vector point(at.theta.size() + 1);
    point << at.theta, at.eta;
    const Matrix hessian = differences::jacobian<Matrix>(
        [&](const Vector& there) {
            return grainer.problem(prepared).evaluate({there.head(there.size() - 1), there.tail(1)}).gradient;
        },
        point, 1e-3);
    expect_close(e.observed(), Matrix(-hessian), 1e-7, what + " observed information");
}

TEST(GaussianLikelihood, HarmonicChains) {
    auto rng = test_rng(1);
    for (Index dimension = 1; dimension <= 3; ++dimension)
        for (int repeat = 0; repeat < 8; ++repeat) {
            const Index beads = 3 + repeat % 3, level = 1 + repeat % 2;
            const Boundary boundary = repeat < 4 ? Boundary::open : Boundary::periodic;
            const bool second = repeat % 4 < 2;
            const double tether = by_hand::random_between(rng, 0.3, 1.0);
            const double beta = by_hand::random_between(rng, 0.5, 2.0);
            Vector theta{{by_hand::random_between(rng, 0.5, 2.0), by_hand::random_between(rng, -0.05, 0.5)}};
            if (!second) theta = theta.head(1).eval();
            const auto K = [&](double bond, double next, double tied) {
                return by_hand::chain_stiffness(beads, dimension, bond, next, tied, boundary);
            };
            CoarseByHand exact{K(theta[0], second ? theta[1] : 0.0, tether),
                               Vector::Zero(beads * dimension),
                               {K(1, 0, 0)},
                               {Vector::Zero(beads * dimension)}};
            if (second) {
                exact.dK.push_back(K(0, 1, 0));
                exact.df.push_back(Vector::Zero(beads * dimension));
            }
            // The blocks' own map, or any other linear one.
            Matrix W = by_hand::random_matrix(rng, beads * level * dimension, beads * dimension);
            if (repeat < 4)
                W = gaussian::block_map({.coarse_beads = beads, .level = level, .dimension = dimension}).W();
            expect_agreement(gaussian::coarse_chain({.beads = beads,
                                                     .dimension = dimension,
                                                     .second = second,
                                                     .tether = tether,
                                                     .boundary = boundary}),
                             exact, W, beta,
                             {theta, Vector::Constant(1, by_hand::random_between(rng, -1.0, 0.5))}, rng,
                             std::to_string(dimension) + "-d, case " + std::to_string(repeat));
        }
}

// Nothing rests on a mean of zero.
TEST(GaussianLikelihood, TiltedWells) {
    auto rng = test_rng(2);
    for (Index n = 1; n <= 4; ++n) {
        const double tether = by_hand::random_between(rng, 0.3, 1.0);
        const Vector theta{{by_hand::random_between(rng, 0.2, 2.0), by_hand::random_between(rng, -2.0, 2.0)}};
        const Matrix one = Matrix::Identity(n, n);
        const CoarseByHand exact{(theta[0] + tether) * one,
                                 Vector::Constant(n, theta[1]),
                                 {one, Matrix::Zero(n, n)},
                                 {Vector::Zero(n), Vector::Ones(n)}};
        expect_agreement(TiltedWell(n, tether), exact, by_hand::random_matrix(rng, 2 * n, n), 1.3,
                         {theta, Vector::Constant(1, -0.3)}, rng, "n = " + std::to_string(n));
    }
}

// Two fine beads at their coarse bead, in the block's own coordinates.
TEST(GaussianLikelihood, BlockMap) {
    const Matrix W = gaussian::block_map({.coarse_beads = 2, .level = 2, .dimension = 2}).W();
    ASSERT_EQ(W.rows(), 8);
    ASSERT_EQ(W.cols(), 4);
    const Vector x = times(W, Vector{{1.0, 2.0, 3.0, 4.0}});
    EXPECT_EQ(x, (Vector{{1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0}}));
}

}  // namespace
}  // namespace gaussian_likelihood_test
