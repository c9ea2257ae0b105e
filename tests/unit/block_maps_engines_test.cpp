// Block maps with engines that are not exact, and observed X: against exact fits and the exact likelihood.
#include <predcg/engines/mean_field.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/monte_carlo.hpp>

#include <sstream>

#include "reference.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

namespace block_maps_engines_test {
using namespace predcg;
using Spins = std::vector<ising::Spin>;

namespace {

auto coarse() { return ising::coarse_chain({.sites = 16, .linear = true, .pair_range = 1, .field = 0.3}); }

template <class Map, class Engine, class Optimizer = Newton>
auto grainer(const Map& map, Engine engine, Optimizer optimizer = {}) {
    return EMCoarseGrainer{SamplesOnly<Spins>{}, coarse(), map, engine, optimizer, weak_prior(map)};
}

// Five errors within z_limit of the stated ones each.
TEST(BlockMapsSampled, MonteCarloMeetsTheExactFit) {
    const auto data = reference::load_data("A");
    const auto map = ising::logistic_map({.level = 2, .window = {0, 1}, .tied = true});
    const auto exact = grainer(map, TransferMatrix{}).fit(data, {.beta = 0.3});
    FitSettings settings{.beta = 0.3, .seed = test_seed()};
    settings.start = exact.parameters;
    const auto sampled =
        grainer(map, MonteCarlo(HeatBath{}, {.samples = 100}), StochasticNewton{}).fit(data, settings);
    const Parameters& error = sampled.monte_carlo.standard_errors;
    for (Index k = 0; k < 2; ++k)
        EXPECT_LT(std::abs(sampled.parameters.theta[k] - exact.parameters.theta[k]), z_limit * error.theta[k])
            << k;
    for (Index k = 0; k < 3; ++k)
        EXPECT_LT(std::abs(sampled.parameters.eta[k] - exact.parameters.eta[k]), z_limit * error.eta[k]) << k;
}

// The bound lies below the likelihood at the same parameters, and its gradient is its own.
TEST(BlockMapsMeanField, BoundsTheLikelihood) {
    const auto data = reference::load_data("A");
    const auto map = ising::link_map({.level = 2});
    const auto exact = grainer(map, TransferMatrix{});
    const auto bounded = grainer(map, EngineRoles{MeanField{}, TransferMatrix{}});
    const auto prepared = exact.prepare(data, 0.3);
    const auto known = exact.problem(prepared);
    const auto bound = bounded.problem(prepared);
    Parameters at{Vector{{0.4, 0.2}}, Vector{{0.1, -0.05, 0.7, 0.2}}};
    const double value = bound.variational_objective(at);
    EXPECT_LT(value, known.log_likelihood(at));
    EXPECT_GT(value, known.log_likelihood(at) - 30.0);
    const Vector gradient = bound.evaluate(at).gradient;
    for (Index k = 0; k < 6; ++k) {
        Parameters up = at, down = at;
        double &more = k < 2 ? up.theta[k] : up.eta[k - 2], &less = k < 2 ? down.theta[k] : down.eta[k - 2];
        const double h = 1e-4;
        more += h;
        less -= h;
        EXPECT_NEAR(gradient[k],
                    (bound.variational_objective(up) - bound.variational_objective(down)) / (2.0 * h), 1e-3)
            << k;
    }
}

// X observed: the likelihood is that of X times that of the blocks, and the two fits know nothing of each
// other. A hard likelihood given to the transfer matrix says the same.
TEST(BlockMapsObserved, IsWhatHardConstraintsGive) {
    const auto data = reference::load_data("A");
    const auto map = ising::decimation_map({.level = 2});
    const auto learner = grainer(map, TransferMatrix{});
    const auto prepared = learner.prepare(data, 0.3);
    const auto problem = learner.problem(prepared);
    const Parameters at{Vector{{0.4, 0.2}}, Vector{{0.1, 0.5, 0.6}}};
    const auto p_c = boltzmann(learner.coarse(), at.theta, 0.3);
    double sum = 0.0;
    for (std::size_t k = 0; k < prepared.forms.size(); ++k)
        sum += prepared.weights[k] *
               (TransferMatrix{}.log_partition(Product(p_c, map.likelihood(prepared.forms[k], at.eta))) -
                TransferMatrix{}.log_partition(p_c));
    EXPECT_NEAR(problem.log_likelihood(at), sum, 1e-9 * std::abs(sum));
    const Matrix information = problem.evaluate(at).observed();
    EXPECT_EQ(information.topRightCorner(2, 3).cwiseAbs().maxCoeff(), 0.0);
}

// Saved in the middle of a block and read back, by a map of many counts and by one under which X is observed.
TEST(BlockMapsOnline, GoesOnWhereItWasSaved) {
    const auto data = reference::load_data("A");
    const auto check = [&](const auto& map) {
        const auto saved = [](const auto& online) {
            std::ostringstream out;
            online.save(out);
            return out.str();
        };
        OnlineFit online(grainer(map, TransferMatrix{}), {.beta = 0.3});
        for (std::size_t k = 0; k < data.size() - 1; ++k) online.add(data[k]);
        OnlineFit again(grainer(map, TransferMatrix{}), {.beta = 0.3});
        std::istringstream in(saved(online));
        again.load(in);
        online.add(data.back());
        again.add(data.back());
        EXPECT_EQ(saved(online), saved(again));
    };
    check(ising::logistic_map({.level = 2, .window = {-1, 1}}));
    check(ising::decimation_map({.level = 2}));
}

}  // namespace
}  // namespace block_maps_engines_test
