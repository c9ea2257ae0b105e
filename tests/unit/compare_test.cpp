// compare: methods whose errors are known by hand, and two worlds through it.
#include <predcg/judge/compare.hpp>

#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/gaussian/chain.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/linear_map.hpp>
#include <predcg/models/gaussian/observables.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/posterior/full_posterior.hpp>

#include <predcg/engines/gaussian.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/priors/priors.hpp>

#include "close.hpp"
#include "on_threads.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

#include <map>

namespace compare_test {
using namespace predcg;
using support::expect_close;

namespace {

struct Number {
    double operator()(double x) const { return x; }
};
struct Powers {
    Vector operator()(double x) const { return Vector{{x, x * x, x * x * x}}; }
};
const auto quantities = observables(checked("x", Number{}), checked("powers", Powers{}, {2, 1}));

const auto mean_of_training = method("mean", [](const auto& d, std::uint64_t) { return quantities.mean(d); });

Vector constant(double a, double b, double c) { return Vector{{a, b, c}}; }

void expect_row(const ComparisonRow& row, const std::string& method, const std::string& observable,
                double error, double relative) {
    EXPECT_EQ(row.method, method);
    EXPECT_EQ(row.observable, observable);
    expect_close(row.error, error, 1e-14);
    expect_close(row.relative_error, relative, 1e-14);
    EXPECT_EQ(row.failure, "");
    EXPECT_GE(row.seconds, 0.0);
}

TEST(Compare, ErrorsAgainstATruth) {
    const std::vector<double> data{1.0, 2.0};
    std::size_t seen = 0;
    std::uint64_t seed = 0;
    const auto rows = compare(data, quantities, {.truth = constant(2.0, 3.0, 4.0), .seed = 11},
                              method("constant",
                                     [&](const auto& d, std::uint64_t s) {
                                         seen = d.size();
                                         seed = s;
                                         return constant(1.5, 6.0, 8.0);
                                     }),
                              mean_of_training);
    ASSERT_EQ(rows.size(), 4u);
    EXPECT_EQ(seen, 2u);
    EXPECT_EQ(seed, 11u);
    expect_row(rows[0], "constant", "x", 0.5, 0.25);
    expect_row(rows[1], "constant", "powers", 5.0, 1.0);  // (3, 4) off, of (3, 4)
    expect_row(rows[2], "mean", "x", 0.5, 0.25);          // means: x 1.5, x^3 4.5, x^2 2.5
    expect_row(rows[3], "mean", "powers", std::hypot(1.5, 1.5), std::hypot(1.5, 1.5) / 5.0);
    for (const auto& row : rows) EXPECT_TRUE(std::isnan(row.standard_error));
}

// Folds in order of {1, 2, 4, 8, 16}, two of them: held out {1, 2, 4} (mean 7/3), learnt from {8, 16} (12);
// held out {8, 16}, learnt from {1, 2, 4}. Both errors are 12 - 7/3.
TEST(Compare, CrossValidationByHand) {
    const std::vector<double> data{1.0, 2.0, 4.0, 8.0, 16.0};
    const auto rows =
        compare(data, observables(checked("x", Number{})), {.folds = 2, .shuffle = false},
                method("mean", [](const auto& d, std::uint64_t) { return data_mean(d, Number{}); }),
                method("ten", [](const auto&, std::uint64_t) { return 10.0; }));
    ASSERT_EQ(rows.size(), 2u);
    const double off = 12.0 - 7.0 / 3.0;
    expect_row(rows[0], "mean", "x", off, 0.5 * (off / (7.0 / 3.0) + off / 12.0));
    expect_close(rows[0].standard_error, 0.0, 1e-14);
    // of two numbers a, b: |a - b| / 2
    expect_close(rows[0].relative_standard_error, 0.5 * (off / (7.0 / 3.0) - off / 12.0), 1e-14);
    expect_row(rows[1], "ten", "x", 0.5 * (10.0 - 7.0 / 3.0 + 2.0),
               0.5 * ((10.0 - 7.0 / 3.0) / (7.0 / 3.0) + 2.0 / 12.0));
    expect_close(rows[1].standard_error, 0.5 * (10.0 - 7.0 / 3.0 - 2.0), 1e-14);
}

TEST(Compare, EveryDatumIsHeldOutOnce) {
    std::vector<double> data;
    for (int k = 0; k < 23; ++k) data.push_back(k);
    for (const bool shuffle : {false, true}) {
        std::map<double, int> seen;
        std::size_t least = 100, most = 0;
        (void)compare(data, observables(checked("x", Number{})), {.folds = 5, .shuffle = shuffle},
                      method("watch", [&](const auto& d, std::uint64_t) {
                          for (const double x : d) ++seen[x];
                          least = std::min(least, d.size());
                          most = std::max(most, d.size());
                          return 0.0;
                      }));
        ASSERT_EQ(seen.size(), 23u);
        for (const auto& [x, times] : seen) EXPECT_EQ(times, 4) << x;
        EXPECT_EQ(least, 18u);
        EXPECT_EQ(most, 19u);
    }
}

TEST(Compare, DependsOnTheSeedAndNotOnThreads) {
    std::vector<double> data;
    for (int k = 0; k < 40; ++k) data.push_back(std::sin(k));
    const auto run = [&](std::uint64_t seed, Index threads) {
        const support::OnThreads on(threads);
        return compare(data, quantities, {.folds = 7, .seed = seed}, mean_of_training,
                       method("seed", [](const auto& d, std::uint64_t s) {
                           return Vector(quantities.mean(d) * static_cast<double>(s));
                       }));
    };
    const auto one = run(3, 1), three = run(3, 3), other = run(4, 1);
    for (std::size_t k = 0; k < one.size(); ++k) {
        EXPECT_EQ(one[k].method, three[k].method);
        EXPECT_EQ(one[k].error, three[k].error);
        EXPECT_EQ(one[k].relative_standard_error, three[k].relative_standard_error);
        EXPECT_NE(one[k].error, other[k].error);
    }
}

TEST(Compare, FailuresAreRows) {
    const std::vector<double> data{1.0, 2.0, 3.0, 4.0};
    const auto rows = compare(
        data, quantities, {.folds = 2, .shuffle = false},
        method("numerical",
               [](const auto& d, std::uint64_t) -> Vector {
                   if (d[0] == 3.0) throw FitError("no likelihood", Vector(), Vector(), 3);
                   return constant(1.0, 1.0, 1.0);
               }),
        method("cost", [](const auto&, std::uint64_t) -> Vector { throw CostError("f", 2, 1, "s", "wait"); }),
        method("infinite", [](const auto&, std::uint64_t) { return constant(HUGE_VAL, 1.0, 1.0); }),
        mean_of_training);
    ASSERT_EQ(rows.size(), 8u);
    for (std::size_t k = 0; k < 6; ++k) {
        EXPECT_FALSE(rows[k].failure.empty());
        EXPECT_TRUE(std::isnan(rows[k].error) && std::isnan(rows[k].relative_error));
    }
    EXPECT_NE(rows[0].failure.find("no likelihood"), std::string::npos);
    EXPECT_NE(rows[2].failure.find("wait"), std::string::npos);
    EXPECT_NE(rows[4].failure.find("not finite"), std::string::npos);
    EXPECT_TRUE(rows[7].failure.empty() && std::isfinite(rows[7].error));
}

TEST(Compare, NothingIsOffByNothing) {
    const auto none = method("none", [](const auto&, std::uint64_t) { return constant(0.0, 1.0, 1.0); });
    const auto one = method("one", [](const auto&, std::uint64_t) { return constant(1.0, 1.0, 1.0); });
    const auto rows =
        compare(std::vector<double>{1.0}, quantities, {.truth = constant(0.0, 1.0, 1.0)}, none, one);
    EXPECT_EQ(rows[0].relative_error, 0.0);
    EXPECT_EQ(rows[2].relative_error, HUGE_VAL);
}

TEST(Compare, RefusesBadArguments) {
    const std::vector<double> data{1.0, 2.0, 3.0};
    EXPECT_THROW((void)compare(std::vector<double>{}, quantities, {}, mean_of_training), ArgumentError);
    EXPECT_THROW((void)compare(data, quantities, {.folds = 1}, mean_of_training), ArgumentError);
    EXPECT_THROW((void)compare(data, quantities, {.folds = 4}, mean_of_training), ArgumentError);
    EXPECT_THROW((void)compare(data, quantities, {.truth = Vector::Zero(2)}, mean_of_training),
                 ArgumentError);
    EXPECT_THROW((void)compare(data, quantities, {.truth = constant(1.0, NAN, 1.0)}, mean_of_training),
                 ArgumentError);
    EXPECT_THROW((void)compare(data, quantities, {.folds = 2},
                               method("short", [](const auto&, std::uint64_t) { return 1.0; })),
                 ArgumentError);
}

TEST(Compare, IsingFitsAndPosteriors) {
    const auto fine = ising::chain({.sites = 12, .field = 0.3});
    const auto data = generate(fine, {.beta = 0.3, .samples = 30, .seed = test_seed()});
    const auto wanted = observables(checked("m", ising::Magnetization{}),
                                    checked("R", ising::Correlation{Boundary::periodic}, {1, 2}));
    const EMCoarseGrainer grainer{fine,
                                  ising::coarse_chain({.sites = 6, .linear = true, .field = 0.3}),
                                  ising::bernoulli_map({.level = 2}),
                                  TransferMatrix{},
                                  Newton{},
                                  weak_prior()};
    const Vector truth = wanted.truth(fine, 0.3);
    const auto fit = grainer.fit(data, {.seed = 5});
    const auto posterior = full_posterior(grainer, data, fit, {.draws = 100, .seed = 5});
    const auto rows = compare(
        data, wanted, {.truth = truth, .seed = 5},
        method("fit", [&](const auto& d, std::uint64_t seed) { return grainer.fit(d, {.seed = seed}); }),
        method("posterior", [&](const auto& d, std::uint64_t seed) {
            return full_posterior(grainer, d, grainer.fit(d, {.seed = seed}), {.draws = 100, .seed = seed});
        }));
    ASSERT_EQ(rows.size(), 4u);
    const auto error = [&](const auto& o, const Vector& t, const std::vector<Index>& components) {
        return std::pair((predcg::linalg::selected(predict(fit, o).mean, components) - t).norm(),
                         (predcg::linalg::selected(predict(posterior, o).mean, components) - t).norm());
    };
    const auto m = error(ising::Magnetization{}, truth.head(1), {0});
    const auto R = error(ising::Correlation{Boundary::periodic}, truth.tail(2), {1, 2});
    expect_row(rows[0], "fit", "m", m.first, m.first / truth.head(1).norm());
    expect_row(rows[1], "fit", "R", R.first, R.first / truth.tail(2).norm());
    expect_row(rows[2], "posterior", "m", m.second, m.second / truth.head(1).norm());
    expect_row(rows[3], "posterior", "R", R.second, R.second / truth.tail(2).norm());
    expect_close(truth[0], predcg::truth(fine, 0.3, ising::Magnetization{}).value(), 1e-14);
}

TEST(Compare, GaussianFitsByCrossValidation) {
    const Index beads = 8;
    const auto fine = gaussian::chain({.beads = beads, .tether = 0.5});
    const auto data = generate(fine, {.beta = 1.0, .samples = 24, .seed = test_seed()});
    const auto wanted = observables(checked("square", gaussian::MeanSquareDisplacement{}),
                                    checked("ends", gaussian::EndToEnd{}));
    const EMCoarseGrainer grainer{fine,
                                  gaussian::coarse_chain({.beads = 4, .tether = 0.5}),
                                  gaussian::block_map({.coarse_beads = 4, .level = 2}),
                                  GaussianEngine{},
                                  Newton{},
                                  weak_prior()};
    const auto run = [&](Index threads) {
        const support::OnThreads on(threads);
        return compare(
            data, wanted, {.folds = 3, .shuffle = false},
            method("fit", [&](const auto& d, std::uint64_t seed) { return grainer.fit(d, {.seed = seed}); }),
            method("data", [&](const auto& d, std::uint64_t) { return wanted.mean(d); }));
    };
    const auto rows = run(1), again = run(2);
    ASSERT_EQ(rows.size(), 4u);
    double square = 0.0, ends = 0.0;
    for (std::size_t fold = 0; fold < 3; ++fold) {
        Samples<Vector> rest{{}, 1.0}, held{{}, 1.0};
        for (std::size_t k = 0; k < 24; ++k) (k / 8 == fold ? held : rest).configurations.push_back(data[k]);
        const auto fit = grainer.fit(rest);
        square += std::abs(predict(fit, gaussian::MeanSquareDisplacement{}).value() -
                           data_mean(held, gaussian::MeanSquareDisplacement{})[0]) /
                  3.0;
        ends +=
            std::abs(predict(fit, gaussian::EndToEnd{}).value() - data_mean(held, gaussian::EndToEnd{})[0]) /
            3.0;
    }
    expect_close(rows[0].error, square, 1e-12);
    expect_close(rows[1].error, ends, 1e-12);
    for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(rows[k].error, again[k].error);
}

}  // namespace
}  // namespace compare_test
