// Leave-one-out predictive densities: closed form, and exact leave-one-out by quadrature.
#include <predcg/judge/model_score.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/posterior/laplace.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "grid_integral.hpp"
#include "ising_grainer.hpp"
#include "mean_shift.hpp"
#include "on_threads.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

namespace loo_test {
using namespace predcg;
using support::expect_close;
using support::thrown;

namespace {

TEST(LogLikelihoods, SumToTheLogPosteriorAndAreOneByOne) {
    auto rng = test_rng(811);
    const support::MeanShift world(rng, by_hand::random_matrix(rng, 3, 2), Vector{{0.8, -0.3}}, 5);
    const auto grainer = world.grainer(Normal{});
    const auto data = grainer.prepare(world.data, world.beta);
    const Parameters at{Vector{{0.4, 1.1}}, Vector(0)};
    const Vector all = grainer.problem(data).log_likelihoods(at);
    const auto posterior_problem = grainer.problem(data);
    const LogPosterior posterior(posterior_problem);
    const Vector z = posterior_problem.coordinates().z(at);
    expect_close(all.sum(), posterior.log_density(z) - posterior_problem.log_prior(z), 1e-12);
    // x ~ N(W A z / (beta well), W W^T / (beta well) + sigma^2)
    const Matrix W = world.map().map.W();
    Matrix C = by_hand::times(W, by_hand::transposed(W)) / (world.beta * world.well);
    for (Index i = 0; i < C.rows(); ++i) C(i, i) += world.sigma * world.sigma;
    const Vector mean = by_hand::times(W, world.A, z) / (world.beta * world.well);
    for (Index i = 0; i < 5; ++i)
        expect_close(all[i], by_hand::log_normal_density(world.data[static_cast<std::size_t>(i)], mean, C),
                     1e-12);
}

TEST(LeaveOneOut, OfAGaussianWorldIsTheClosedForm) {
    auto rng = test_rng(812);
    const support::MeanShift world(rng, by_hand::random_matrix(rng, 3, 2), Vector{{0.8, -0.3}}, 8);
    const auto grainer = world.grainer(Normal{.mean = 0.0, .sd = 2.0});
    const auto data = grainer.prepare(world.data, world.beta);
    const auto posterior = full_posterior(grainer, data, grainer.fit_prepared(data), {.seed = test_seed()});
    const auto loo = leave_one_out(grainer, data, posterior);
    const Vector alpha = Vector::Constant(2, 0.25);
    const double all = world.log_evidence({0, 1}, alpha);
    double elpd = 0.0;
    Vector each(8);
    for (Index i = 0; i < 8; ++i) {
        each[i] = all - world.log_evidence({0, 1}, alpha, i);
        elpd += each[i];
        // Errors of 4000 draws are some 0.005; of smoothed tails a few times that, of heavy ones more.
        EXPECT_NEAR(loo.log_density[i], each[i], loo.pareto_k[i] < 0.5 ? 0.08 : 0.3) << i;
    }
    EXPECT_NEAR(loo.elpd, elpd, 0.15);
    double squares = 0.0;
    for (const double e : each) squares += std::pow(e - elpd / 8.0, 2);
    EXPECT_NEAR(loo.standard_error, std::sqrt(8.0 * squares / 7.0), 0.15);
    double known = 0.0;  // sum_i log p(x_i | all data)
    for (std::size_t i = 0; i < 8; ++i) {
        support::MeanShift twice = world;
        twice.data.push_back(world.data[i]);
        known += twice.log_evidence({0, 1}, alpha) - all;
    }
    EXPECT_NEAR(loo.p_loo, known - elpd, 0.15);
    EXPECT_EQ(loo.worst_k, loo.pareto_k.maxCoeff());
    EXPECT_EQ(loo.reliable, posterior.reliable && loo.bad == 0);
    for (const Index threads : {1, 3}) {
        const support::OnThreads on(threads);
        EXPECT_EQ(leave_one_out(grainer, data, posterior).elpd, loo.elpd) << threads;
    }
}

/// Ten configurations, three of them equal.
std::vector<support::Spins> small_data() {
    auto rng = test_rng(813);
    std::bernoulli_distribution up(0.7);
    std::vector<support::Spins> all(8, support::Spins(8));
    for (auto& x : all)
        for (auto& spin : x) spin = up(rng) ? 1 : -1;
    all.push_back(all[2]);
    all.push_back(all[2]);
    return all;
}

TEST(LeaveOneOut, MeetsPosteriorsWithoutTheDatumByQuadrature) {
    const auto data = small_data();
    const auto grainer =
        support::ising_grainer({.sites = 4, .pair_range = 1}, 2, support::any_prior(weak_prior()));
    const auto prepared = grainer.prepare(data, 0.5);
    ASSERT_LT(prepared.forms.size(), data.size()) << "equal data are done once";
    const auto posterior =
        full_posterior(grainer, prepared, grainer.fit_prepared(prepared), {.seed = test_seed()});
    const auto loo = leave_one_out(grainer, prepared, posterior);
    const auto log_evidence = [&](const std::vector<support::Spins>& some) {
        const auto part = grainer.prepare(some, 0.5);
        const auto target_problem = grainer.problem(part);
        const LogPosterior target(target_problem);
        return support::integral({{-9.0, 9.0, 181}, {0.0, 9.0, 181}},
                                 [&](const Vector& z) { return target.log_density(z); });
    };
    const double all = log_evidence(data);
    double elpd = 0.0;
    for (std::size_t i = 0; i < data.size(); ++i) {
        auto others = data;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
        const double exact = all - log_evidence(others);
        elpd += exact;
        const auto form = ising::bernoulli_map({.level = 2}).prepare(data[i]);
        for (std::size_t k = 0; k < prepared.forms.size(); ++k) {
            if (prepared.forms[k] != form) continue;
            EXPECT_NEAR(loo.log_density[static_cast<Index>(k)], exact, 0.08) << i;
        }
    }
    EXPECT_NEAR(loo.elpd, elpd, 0.3);
    double count = 0.0;
    for (const double w : loo.weights) count += w;
    EXPECT_EQ(count, 10.0);
}

TEST(LeaveOneOut, CountsDataThatCannotBeLeftOut) {
    const auto data = small_data();
    const auto grainer =
        support::ising_grainer({.sites = 4, .pair_range = 1}, 2, support::any_prior(weak_prior()));
    const auto prepared = grainer.prepare(data, 0.5);
    const auto fit = grainer.fit_prepared(prepared);
    auto posterior =
        full_posterior(grainer, prepared, fit, {.draws = 400, .warm_up = 100, .seed = test_seed()});
    posterior.reliable = true;
    const auto strict = leave_one_out(grainer, prepared, posterior, {.largest_pareto_k = -10.0});
    EXPECT_EQ(strict.bad, 10) << "data, not distinct ones";
    EXPECT_FALSE(strict.reliable);
    EXPECT_NE(strict.remarks.front().find("for 10 data"), std::string::npos) << strict.remarks.front();
    EXPECT_TRUE(leave_one_out(grainer, prepared, posterior, {.largest_pareto_k = 10.0}).reliable);
    posterior.reliable = false;
    EXPECT_FALSE(leave_one_out(grainer, prepared, posterior, {.largest_pareto_k = 10.0}).reliable);

    const std::vector<double> halves(10, 0.5);
    const auto weighted = grainer.prepare(data, 0.5, halves);
    EXPECT_EQ(thrown<ArgumentError>([&] { (void)leave_one_out(grainer, weighted, posterior); }).argument(),
              "weight of a datum");
    const auto one = grainer.prepare(std::span(data).first(1), 0.5);
    EXPECT_EQ(thrown<ArgumentError>([&] { (void)leave_one_out(grainer, one, posterior); }).argument(),
              "number of data");
    const auto slides = laplace_slides(grainer, prepared, fit, {.draws = 100});
    EXPECT_EQ(thrown<ArgumentError>([&] { (void)leave_one_out(grainer, prepared, slides); }).argument(),
              "posterior.method");
    posterior.draws.conservativeResize(2, 24);
    EXPECT_EQ(thrown<ArgumentError>([&] { (void)leave_one_out(grainer, prepared, posterior); }).argument(),
              "number of draws");
}

TEST(ModelScore, WithoutParametersIsTheLikelihood) {
    auto rng = test_rng(814);
    support::MeanShift world(rng, by_hand::random_matrix(rng, 3, 2), Vector{{0.8, -0.3}}, 6);
    const double exact = world.log_evidence({}, Vector(0));
    world.A.resize(3, 0);
    const auto score = score_model("nothing", world.grainer(Normal{}), world.data, world.beta);
    EXPECT_EQ(score.parameters, 0);
    EXPECT_TRUE(score.reliable());
    expect_close(score.bic, -2.0 * exact, 1e-10);
    expect_close(*score.laplace.log_evidence, exact, 1e-10);
    expect_close(*score.exact.log_evidence, exact, 1e-10);
    expect_close(score.leave_one_out.elpd, exact, 1e-10);
    EXPECT_NEAR(score.leave_one_out.p_loo, 0.0, 1e-10);
}

TEST(ModelScore, IsStoppedOnRequest) {
    auto rng = test_rng(815);
    const support::MeanShift world(rng, by_hand::random_matrix(rng, 3, 2), Vector{{0.8, -0.3}}, 6);
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW((void)score_model("stopped", world.grainer(Normal{}), world.data, world.beta,
                                   {.fit = {.stop = source.get_token()}}),
                 Stopped);
}

}  // namespace
}  // namespace loo_test
