// Predictions of the Gaussian chain: exact, by closed form, and by sampling; and the truth of the fine chain.
#include <predcg/engines/gaussian.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/linear_map.hpp>
#include <predcg/models/gaussian/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "gaussian_by_hand.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

namespace predict_gaussian_test {
using namespace predcg;
using by_hand::Inverted;
using by_hand::times;
using by_hand::transposed;
using support::expect_close;

namespace {

/// An observable without the exact route.
template <class O>
struct Sampled {
    O observable;
    double operator()(const Vector& x) const { return observable(x); }
};

/// Expectations under N(0, C): (1/n) sum_i E|x_i|^2, and E|x_{n-1} - x_0|^2.
double mean_square(const Matrix& C, Index dimension) {
    double sum = 0.0;
    for (Index i = 0; i < C.rows(); ++i) sum += C(i, i);
    return sum / static_cast<double>(C.rows() / dimension);
}
double end_to_end(const Matrix& C, Index dimension) {
    double sum = 0.0;
    for (Index c = 0; c < dimension; ++c) {
        Vector v = Vector::Zero(C.rows());
        v[c] = -1.0;
        v[C.rows() - dimension + c] += 1.0;
        sum += v.dot(Vector(times(C, v)));
    }
    return sum;
}

void expect_sampled(const Prediction& sampled, double exact, const std::string& what) {
    EXPECT_FALSE(sampled.exact) << what;
    ASSERT_GT(sampled.standard_error[0], 0.0) << what;
    EXPECT_LT(sampled.standard_error[0], 0.1 * exact) << what;
    expect_z(sampled.value(), exact, sampled.standard_error[0], what);
}

TEST(GaussianPrediction, ExactByClosedFormAndBySampling) {
    auto rng = test_rng(1);
    for (Index dimension = 1; dimension <= 3; ++dimension) {
        const double beta = 1.4, tether = 0.4, sigma = 0.6;
        const Vector theta{{1.1, 0.3}};
        const Index beads = 4, level = 2;
        const Matrix W = by_hand::random_matrix(rng, beads * level * dimension, beads * dimension);
        Estimate result;
        result.parameters = {theta, Vector::Constant(1, std::log(sigma))};
        result.beta = beta;
        const Fit fit(result,
                      gaussian::coarse_chain({.beads = beads, .dimension = dimension, .tether = tether}),
                      gaussian::LinearMap(W), GaussianEngine{});
        const Matrix S = Inverted(beta * by_hand::chain_stiffness(beads, dimension, theta[0], theta[1],
                                                                  tether, Boundary::open))
                             .inverse;
        const Matrix C =
            times(W, S, by_hand::transposed(W)) + sigma * sigma * Matrix::Identity(W.rows(), W.rows());
        const gaussian::MeanSquareDisplacement square{dimension};
        const gaussian::EndToEnd ends{dimension};
        const Prediction exact_square = predict(fit, square), exact_ends = predict(fit, ends);
        EXPECT_TRUE(exact_square.exact && exact_ends.exact);
        EXPECT_EQ(exact_square.standard_error[0], 0.0);
        expect_close(exact_square.value(), mean_square(C, dimension), 1e-11, "mean square");
        expect_close(exact_ends.value(), end_to_end(C, dimension), 1e-11, "end to end");
        const PredictSettings settings{.draws = 4000, .seed = test_seed()};
        expect_sampled(predict(fit, Sampled<gaussian::MeanSquareDisplacement>{square}, settings),
                       exact_square.value(), "mean square");
        expect_sampled(predict(fit, Sampled<gaussian::EndToEnd>{ends}, settings), exact_ends.value(),
                       "end to end");
    }
}

TEST(GaussianTruth, ExactByClosedFormAndBySampling) {
    for (Index dimension = 1; dimension <= 3; ++dimension)
        for (const Boundary boundary : {Boundary::open, Boundary::periodic}) {
            const double beta = 0.7;
            const auto fine = gaussian::chain({.beads = 8,
                                               .dimension = dimension,
                                               .bond = 1.2,
                                               .second = 0.3,
                                               .tether = 0.2,
                                               .boundary = boundary});
            const Matrix C =
                Inverted(beta * by_hand::chain_stiffness(8, dimension, 1.2, 0.3, 0.2, boundary)).inverse;
            const gaussian::MeanSquareDisplacement square{dimension};
            const gaussian::EndToEnd ends{dimension};
            const Prediction exact_square = truth(fine, beta, square), exact_ends = truth(fine, beta, ends);
            EXPECT_TRUE(exact_square.exact && exact_ends.exact);
            expect_close(exact_square.value(), mean_square(C, dimension), 1e-11, "mean square");
            expect_close(exact_ends.value(), end_to_end(C, dimension), 1e-11, "end to end");
            const auto data = generate(fine, {.beta = beta, .samples = 2000, .seed = test_seed()});
            EXPECT_EQ(data.beta, beta);
            const Prediction sampled = truth(fine, beta, Sampled<gaussian::EndToEnd>{ends}, GaussianEngine{},
                                             {.draws = 4000, .seed = test_seed()});
            expect_sampled(sampled, exact_ends.value(), "end to end");
            // |r|^2 of d independent normals has standard deviation E|r|^2 sqrt(2/d); 4000 draws give it to
            // 2 per cent.
            EXPECT_NEAR(sampled.standard_error[0] /
                            (exact_ends.value() * std::sqrt(2.0 / static_cast<double>(dimension * 4000))),
                        1.0, 0.2);
            // Var x_i x_j = C_ii C_jj + C_ij^2, for the first coordinates of three pairs of beads.
            for (const Index j : {Index(0), dimension, 7 * dimension}) {
                double sum = 0.0;
                for (const Vector& x : data) sum += x[0] * x[j];
                const double N = static_cast<double>(data.size());
                expect_z(sum / N, C(0, j), std::sqrt((C(0, 0) * C(j, j) + C(0, j) * C(0, j)) / N),
                         "generated data");
            }
        }
}

TEST(GaussianTruth, EnergyOfTheChain) {
    auto rng = test_rng(2);
    for (Index dimension = 1; dimension <= 3; ++dimension)
        for (const Boundary boundary : {Boundary::open, Boundary::periodic}) {
            const auto fine = gaussian::chain({.beads = 5,
                                               .dimension = dimension,
                                               .bond = 1.5,
                                               .second = -0.25,
                                               .tether = 0.75,
                                               .boundary = boundary});
            const Vector x = by_hand::random_vector(rng, 5 * dimension);
            expect_close(fine.energy(x), by_hand::chain_energy(x, dimension, 1.5, -0.25, 0.75, boundary),
                         1e-13);
        }
}

// Mean 2.4, and the standard error sqrt(sum (x - 2.4)^2 / (n (n-1))).
TEST(SampledExpectation, MeanAndStandardError) {
    const std::vector<double> values{3.0, -1.0, 4.0, 1.0, 5.0};
    std::size_t next = 0;
    const Prediction p =
        detail::sampled([&](Philox4x32&) { return Vector::Constant(1, values[next++]); }, {.draws = 5});
    EXPECT_DOUBLE_EQ(p.value(), 2.4);
    EXPECT_DOUBLE_EQ(p.standard_error[0], std::sqrt((0.36 + 11.56 + 2.56 + 1.96 + 6.76) / 20.0));
    EXPECT_FALSE(p.exact);
}

TEST(GaussianObservables, OfOneConfiguration) {
    const Vector x{{1.0, 2.0, 5.0, 5.0, 4.0, 6.0}};  // beads (1, 2), (5, 5), (4, 6)
    EXPECT_DOUBLE_EQ(gaussian::MeanSquareDisplacement{2}(x), (5.0 + 50.0 + 52.0) / 3.0);
    EXPECT_DOUBLE_EQ(gaussian::EndToEnd{2}(x), 9.0 + 16.0);
    EXPECT_DOUBLE_EQ(gaussian::EndToEnd{1}(x), 25.0);
}

TEST(SampledPredictions, TakeAsManyDrawsAsAskedFor) {
    Index draws = 0;
    const auto p =
        detail::sampled([&](Philox4x32&) { return Vector::Constant(1, static_cast<double>(++draws)); },
                        PredictSettings{.draws = 5});
    EXPECT_EQ(draws, 5);
    EXPECT_DOUBLE_EQ(p.value(), 3.0);
    EXPECT_DOUBLE_EQ(p.standard_error[0], std::sqrt(2.5 / 5.0));  // of 1, ..., 5
}

}  // namespace
}  // namespace predict_gaussian_test
