// Fits with letters of other alphabets find what their data were made with; sums over the sphere.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/potts/chain.hpp>
#include <predcg/models/potts/copy_map.hpp>
#include <predcg/models/vectors/chain.hpp>
#include <predcg/models/vectors/maps.hpp>
#include <predcg/models/vectors/sphere.hpp>
#include <predcg/testing/check_map.hpp>

#include "thrown.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace letters_maps_test {
using namespace predcg;
using letters::Letter;
using Word = std::vector<Letter>;

namespace {

/// Fits data drawn at (theta, eta): every parameter is what it was, by its standard deviation.
template <class Coarse, class Map>
void expect_found(const Coarse& coarse, const Map& map, const Vector& theta, const Vector& eta, int count) {
    const auto target = boltzmann(coarse, theta, 1.0);
    auto sampler = TransferMatrix{}.sampler(target);
    auto rng = make_stream(6, Purpose::check);
    std::vector<typename Map::fine_type> data;
    for (int k = 0; k < count; ++k) data.push_back(map.sample(sampler.draw(rng), eta, rng));
    const EMCoarseGrainer grainer{SamplesOnly<typename Map::fine_type>{}, coarse, map, TransferMatrix{}};
    const auto fit = grainer.fit(data, {.beta = 1.0, .starts = 1});
    ASSERT_EQ(fit.status, Status::converged);
    const linalg::Cholesky information(fit.likelihood.observed());
    ASSERT_TRUE(information.ok());
    const Index p = theta.size(), all = p + eta.size();
    for (Index k = 0; k < all; ++k) {
        const double sd = std::sqrt(information.solve(Vector::Unit(all, k))[k]);
        EXPECT_LT(sd, 0.15) << k;
        expect_z(k < p ? fit.parameters.theta[k] : fit.parameters.eta[k - p], k < p ? theta[k] : eta[k - p],
                 sd, "parameter " + to_text(k));
    }
}

TEST(LettersFits, FindSpinOne) {
    expect_found(ising::spin_one_chain({.sites = 8, .linear = true, .pair_range = 1, .square = true}),
                 ising::logistic_map(
                     {.level = 4, .intercept = false, .tied = true, .coarse_letters = {-1.0, 0.0, 1.0}}),
                 Vector{{0.4, 0.7, 0.5}}, Vector{{3.0}}, 1000);
}

TEST(LettersFits, FindClockLettersByClockLetters) {
    const auto coarse = vectors::circle_chain<5>({.sites = 6, .fields = true});
    expect_found(coarse, vectors::copy_map(coarse.tables(), {.level = 2}), Vector{{0.3, -0.2, 0.8}},
                 Vector{{1.5}}, 400);
}

TEST(LettersFits, FindPlaneVectorsBySpins) {
    const auto coarse = vectors::circle_chain<8>({.sites = 6, .boundary = Boundary::open});
    expect_found(coarse, vectors::spin_map(coarse.tables(), {.level = 4}), Vector{{1.2}}, Vector{{3.0}}, 600);
}

TEST(LettersFits, FindVectorsOfSpaceBySpins) {
    const auto coarse = vectors::sphere_chain<24>({.sites = 5, .boundary = Boundary::open});
    expect_found(coarse, vectors::spin_map(coarse.tables(), {.level = 6, .axis = 2}), Vector{{1.5}},
                 Vector{{3.5}}, 400);
}

TEST(TableMaps, AreMapsWithDerivatives) {
    const auto circle = vectors::circle_tables<3>();
    EXPECT_EQ(check_map(vectors::spin_map(circle, {.level = 2, .axis = 1}), letters::space<3>(3),
                        Vector{{0.8}}, ising::spin_space(6)),
              Findings{});
    // Two coefficients: letters that agree, and a field on letter 2.
    Matrix equal = Matrix::Identity(3, 3), field = Matrix::Zero(3, 3);
    field.row(2).setOnes();
    const auto map = letters::table_map({.level = 2, .tables = {equal, field}, .names = {"equal", "field"}});
    EXPECT_EQ(check_map(map, letters::space<3>(3), Vector{{0.8, -0.3}}, letters::space<3>(6)), Findings{});
    EXPECT_EQ(map.parameter_names(), (std::vector<std::string>{"equal", "field"}));
    // Without the field it is the Potts copy map.
    const auto copy = potts::copy_map<3>({.level = 2});
    const Word X{0, 2, 1}, x{0, 1, 2, 2, 0, 1};
    EXPECT_NEAR(map.likelihood(map.prepare(x), Vector{{0.9, 0.0}}).log_density(X),
                copy.likelihood(copy.prepare(x), Vector{{0.9}}).log_density(X), 1e-12);
    // Spins by hand: angle 2 pi / 3 has the cosine -1/2.
    const auto spins = vectors::spin_map(circle, {.level = 2});
    EXPECT_NEAR(spins.likelihood(spins.prepare(std::vector<ising::Spin>{1, -1, 1, 1}), Vector{{1.2}})
                    .log_density(Word{1, 0}),
                std::log(logistic(-0.6) * logistic(0.6) * logistic(1.2) * logistic(1.2)), 1e-12);
    EXPECT_THROW(letters::table_map({.tables = {}}), ArgumentError);
    EXPECT_THROW(letters::table_map({.tables = {equal, Matrix::Zero(2, 3)}}), ArgumentError);
    EXPECT_THROW(vectors::spin_map(circle, {.axis = 2}), ArgumentError);
}

TEST(LettersFits, RefuseLettersThatAMapHasNot) {
    const EMCoarseGrainer grainer{SamplesOnly<Word>{}, potts::coarse_chain<4>({.sites = 4}),
                                  potts::copy_map<3>({.level = 2}), TransferMatrix{}};
    EXPECT_THROW(grainer.prepare(std::vector<Word>{Word(8, 0)}, 1.0), ArgumentError);
}

/// Mean over the rule of x^a y^b z^c.
template <std::size_t Q>
double mean_of(int a, int b, int c) {
    double sum = 0.0;
    for (const auto& v : vectors::sphere_vectors<Q>())
        sum += std::pow(v[0], a) * std::pow(v[1], b) * std::pow(v[2], c);
    return sum / static_cast<double>(Q);
}
/// The same over the sphere: (a-1)!! (b-1)!! (c-1)!! / (a+b+c+1)!! for even exponents, else 0.
double mean_on_sphere(int a, int b, int c) {
    if (a % 2 + b % 2 + c % 2 > 0) return 0.0;
    const auto odd = [](int n) {
        double product = 1.0;
        for (; n > 1; n -= 2) product *= n;
        return product;
    };
    return odd(a - 1) * odd(b - 1) * odd(c - 1) / odd(a + b + c + 1);
}

template <std::size_t Q>
void expect_degree(int degree) {
    double worst_behind = 0.0;
    for (int a = 0; a <= degree + 1; ++a)
        for (int b = 0; a + b <= degree + 1; ++b)
            for (int c = 0; a + b + c <= degree + 1; ++c) {
                const double error = mean_of<Q>(a, b, c) - mean_on_sphere(a, b, c);
                if (a + b + c <= degree)
                    EXPECT_NEAR(error, 0.0, 1e-14) << Q << ": " << a << b << c;
                else
                    worst_behind = std::max(worst_behind, std::abs(error));
            }
    EXPECT_GT(worst_behind, 1e-6) << Q;
}

TEST(Sphere, RulesAverageToTheirDegree) {
    expect_degree<8>(3);
    expect_degree<24>(5);
    expect_degree<48>(7);
    expect_degree<90>(9);
}

/// log of the integral of a ring of 4 vectors over the sphere (mean 1), K X.Y between neighbours and h z: by
/// Gauss and Legendre in z, and one transfer matrix exp(K z z') I_m(K s s') for each m in the angle.
double log_ring_of_four(double K, double h) {
    constexpr int nodes = 24;
    std::array<double, nodes> z{}, w{};
    for (int k = 0; k < nodes; ++k) {
        double x = std::cos(std::numbers::pi * (k + 0.75) / (nodes + 0.5)), slope = 0.0;
        for (int step = 0; step < 50; ++step) {
            double p = 1.0, before = 0.0;
            for (int l = 1; l <= nodes; ++l) {
                const double next = ((2 * l - 1) * x * p - (l - 1) * before) / l;
                before = p;
                p = next;
            }
            slope = nodes * (x * p - before) / (x * x - 1.0);
            x -= p / slope;
        }
        z[static_cast<std::size_t>(k)] = x;
        w[static_cast<std::size_t>(k)] = 1.0 / ((1.0 - x * x) * slope * slope);  // half: mean over z
    }
    double Z = 0.0;
    for (int m = -20; m <= 20; ++m) {
        Matrix T(nodes, nodes);
        for (int i = 0; i < nodes; ++i)
            for (int j = 0; j < nodes; ++j) {
                const double a = z[static_cast<std::size_t>(i)], b = z[static_cast<std::size_t>(j)];
                const double s = std::sqrt((1.0 - a * a) * (1.0 - b * b));
                T(i, j) = std::exp(K * a * b + 0.5 * h * (a + b)) * std::cyl_bessel_i(std::abs(m), K * s) *
                          std::sqrt(w[static_cast<std::size_t>(i)] * w[static_cast<std::size_t>(j)]);
            }
        const Matrix square = T * T;
        Z += (square * square).trace();
    }
    return std::log(Z);
}

TEST(Sphere, RingsOfFourAreTheIntegral) {
    // Without a field sum_l (2l+1) i_l(K)^4, i_l spherical Bessel functions.
    double sum = 0.0;
    for (int l = 0; l < 20; ++l)
        sum += (2 * l + 1) * std::pow(std::sqrt(std::numbers::pi / 2.0) * std::cyl_bessel_i(l + 0.5, 1.0), 4);
    EXPECT_NEAR(log_ring_of_four(1.0, 0.0), std::log(sum), 1e-12);

    const auto error = [](auto chain, double q, double K, double h) {
        return std::abs(TransferMatrix{}.log_partition(boltzmann(chain, Vector{{0.0, 0.0, h, K}}, 1.0)) -
                        4.0 * std::log(q) - log_ring_of_four(K, h));
    };
    const letters::CoarseChainSettings four{.sites = 4, .fields = true};
    EXPECT_LT(error(vectors::sphere_chain<90>(four), 90.0, 0.8, 0.3), 1e-9);
    EXPECT_LT(error(vectors::sphere_chain<48>(four), 48.0, 0.8, 0.3), 1e-6);
    EXPECT_LT(error(vectors::sphere_chain<24>(four), 24.0, 0.8, 0.3), 1e-4);
}

}  // namespace
}  // namespace letters_maps_test
