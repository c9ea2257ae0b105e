// Learning with models that meet the concepts and have nothing more: a three-letter alphabet whose letters
// are no numbers, and a real-valued X.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/gaussian.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/structure/autodiff.hpp>

#include "test_seed.hpp"

#include <gtest/gtest.h>

#include <array>

namespace em_archetypes_test {
using namespace predcg;

namespace letters {

enum class Letter { a, b, c };
using Word = std::array<Letter, 3>;

struct Space {
    using configuration_type = Word;
    Index size() const { return 3; }
    std::array<Letter, 3> values() const { return {Letter::a, Letter::b, Letter::c}; }
    template <class R>
    Word random(R&) const {
        return {};
    }
};

struct Fine {
    Space space() const { return {}; }
    double energy(const Word& x) const { return (x[0] == x[1]) + 0.5 * (x[1] == Letter::c); }
};

/// Equal neighbours, and letters c.
struct Coarse {
    Space space() const { return {}; }
    Index parameter_count() const { return 2; }
    Vector features(const Word& X) const {
        Vector f(2);
        f << (X[0] == X[1]) + (X[1] == X[2]), (X[0] == Letter::c) + (X[1] == Letter::c) + (X[2] == Letter::c);
        return f;
    }
};

/// The same energy without features: only energy(X, theta), for any scalar.
struct CoarseEnergy {
    Space space() const { return {}; }
    Index parameter_count() const { return 2; }
    template <class T>
    T energy(const Word& X, const VectorOf<T>& theta) const {
        const Vector f = Coarse{}.features(X);
        return T(theta[0] * f[0] + theta[1] * f[1]);
    }
};

/// Every letter is copied with probability 0.8, else one of the others: a map without parameters.
struct Map {
    using fine_type = Word;
    using coarse_type = Word;
    struct Likelihood {
        Word x;
        double log_density(const Word& X) const {
            double sum = 0.0;
            for (std::size_t i = 0; i < 3; ++i) sum += std::log(x[i] == X[i] ? 0.8 : 0.1);
            return sum;
        }
    };
    Index parameter_count() const { return 0; }
    Likelihood likelihood(const Word& x, const Vector&) const { return {x}; }
    template <class R>
    Word sample(const Word& X, const Vector&, R& rng) const {
        Word x = X;
        for (Letter& letter : x)
            if (uniform(rng) >= 0.8)
                letter = static_cast<Letter>((static_cast<int>(letter) + 1 + (uniform(rng) < 0.5)) % 3);
        return x;
    }
};

/// Number of letters c.
struct CountOfC {
    double operator()(const Word& x) const {
        return (x[0] == Letter::c) + (x[1] == Letter::c) + (x[2] == Letter::c);
    }
};

}  // namespace letters

namespace {

TEST(ThreeLetters, FitAndPredict) {
    using namespace letters;
    const auto data = generate(Fine{}, {.beta = 1.0, .samples = 300, .seed = test_seed()});
    const EMCoarseGrainer grainer{Fine{}, Coarse{}, Map{}, Enumeration{}, Newton{}, weak_prior()};
    const auto fit = grainer.fit(data);
    ASSERT_EQ(fit.status, Status::converged);
    // Stationary: central differences of the log posterior, by the public value alone.
    const auto prepared = grainer.prepare(data, 1.0);
    for (Index k = 0; k < 2; ++k) {
        const auto value = [&](double step) {
            Parameters at = fit.parameters;
            at.theta[k] += step;
            return grainer.problem(prepared).evaluate(at).log_likelihood - 0.5 * at.theta.squaredNorm() / 4.0;
        };
        EXPECT_NEAR((value(1e-5) - value(-1e-5)) / 2e-5, 0.0, 1e-5);
    }
    const Prediction c = predict(fit, CountOfC{}), seen = truth(Fine{}, 1.0, CountOfC{});
    EXPECT_FALSE(c.exact);
    // The model has the number of letters c as a feature; 300 words know it to 0.05, draws to 0.01.
    EXPECT_NEAR(c.value(), seen.value(), 0.4);
}

TEST(ThreeLetters, DifferentiatedEnergyIsTheSameFit) {
    using namespace letters;
    const auto data = generate(Fine{}, {.beta = 1.0, .samples = 30, .seed = test_seed()});
    const auto fit_of = [&](const auto& potential) {
        return EMCoarseGrainer{Fine{}, potential, Map{}, Enumeration{}, Newton{}, weak_prior()}.fit(
            data, {.starts = 2});
    };
    const auto by_features = fit_of(Coarse{});
    const auto by_energy = fit_of(with_autodiff(CoarseEnergy{}));
    for (Index k = 0; k < 2; ++k)
        EXPECT_NEAR(by_energy.parameters.theta[k], by_features.parameters.theta[k], 1e-8);
    EXPECT_NEAR(by_energy.log_likelihood, by_features.log_likelihood, 1e-9);
}

}  // namespace

namespace reals {

struct Space {
    using configuration_type = Vector;
    Index size() const { return 2; }
    template <class R>
    Vector random(R&) const {
        return Vector::Zero(2);
    }
};

/// U = theta/2 |X|^2, as a quadratic form for the engine.
struct Coarse {
    Space space() const { return {}; }
    Index parameter_count() const { return 1; }
    Vector features(const Vector& X) const { return Vector::Constant(1, 0.5 * X.squaredNorm()); }
    QuadraticForm quadratic(const Vector& theta) const { return theta[0] * feature_quadratic(0); }
    QuadraticForm feature_quadratic(Index) const { return {Matrix::Identity(2, 2), Vector::Zero(2), 0.0}; }
    Vector start() const { return Vector::Ones(1); }
    bool admissible(const Vector& theta) const { return theta[0] > 0.0; }
};

/// x ~ N(X, 1): a map without parameters.
struct Map {
    using fine_type = Vector;
    using coarse_type = Vector;
    struct Likelihood {
        Vector x;
        QuadraticForm quadratic() const {
            return {-Matrix::Identity(2, 2), x,
                    -0.5 * x.squaredNorm() - std::log(2.0 * 3.14159265358979323846)};
        }
        double log_density(const Vector& X) const { return quadratic()(X); }
    };
    Index parameter_count() const { return 0; }
    Likelihood likelihood(const Vector& x, const Vector&) const { return {x}; }
    template <class R>
    Vector sample(const Vector& X, const Vector&, R& rng) const {
        return X + standard_normal_vector(rng, 2);
    }
};

}  // namespace reals

namespace {

// x ~ N(0, 1 + 1/theta): the maximum is at 1 + 1/theta = mean of x^2.
TEST(RealVectors, FitIsTheClosedForm) {
    using namespace reals;
    auto rng = make_stream(test_seed(), Purpose::check);
    std::vector<Vector> data;
    double squares = 0.0;
    for (int k = 0; k < 200; ++k) {
        data.push_back(2.0 * standard_normal_vector(rng, 2));
        squares += data.back().squaredNorm() / 400.0;
    }
    const EMCoarseGrainer grainer{SamplesOnly<Vector>{}, Coarse{}, Map{}, GaussianEngine{}};
    const auto fit = grainer.fit(data, {.beta = 1.0});
    EXPECT_EQ(fit.status, Status::converged);
    EXPECT_NEAR(fit.parameters.theta[0], 1.0 / (squares - 1.0), 1e-8);
    EXPECT_NEAR(fit.log_likelihood, -200.0 * (std::log(2.0 * 3.14159265358979323846 * squares) + 1.0), 1e-8);
    const auto spread = [](const Vector& x) { return x.squaredNorm(); };
    const Prediction p = predict(fit, spread);
    EXPECT_NEAR(p.value(), 2.0 * squares,
                support::standard_errors(7.0) * p.standard_error[0]);  // 7 sigma: 3e-12
}

}  // namespace
}  // namespace em_archetypes_test
