// No random stream is used twice: fits by reweighting and what is made with them, beside what serves other
// models under the same seed.
#include "stream_recorder.hpp"

#include <predcg/judge/latent_noise.hpp>
#include <predcg/kernels/single_particle.hpp>
#include <predcg/liquids/exchange.hpp>
#include <predcg/liquids/learn.hpp>
#include <predcg/liquids/liquid_checks.hpp>
#include <predcg/models/pair/liquid.hpp>
#include <predcg/models/rotamers/geometry.hpp>
#include <predcg/posterior/exchange.hpp>
#include <predcg/priors/smooth.hpp>

#include "stream_world.hpp"

namespace stream_keys_liquids_test {
using namespace predcg;
using support::expect_distinct_streams;

namespace {

const support::StreamWorld world;
const std::uint64_t seed = test_seed();

// Both exchange algorithms, their draws of p_c, chains of a fit and draws of it, with one seed.
TEST(StreamKeys, OfReweightingAndBothExchangeAlgorithms) {
    const auto coarse = ising::coarse_chain(world.model);
    const Index p = coarse.parameter_count();
    const MonteCarlo<HeatBath> engine(HeatBath{}, {.chains = 2, .warm_up = 10, .refresh = 5});
    auto rng = make_stream(seed, Purpose::check);
    std::vector<Vector> features;
    for (int k = 0; k < 40; ++k) features.push_back(coarse.features(coarse.space().random(rng)));
    const BlockPriors<SmoothNormal, Flat> prior{SmoothNormal(Vector::Constant(p, 0.5)), {}};
    const auto grainer = world.grainer(world.engine());
    const auto data = grainer.prepare(world.data, world.beta);
    const auto exact = world.exact().fit_prepared(data);

    expect_distinct_streams(
        {Purpose::coarse, Purpose::liquid_exchange, Purpose::liquid_auxiliary, Purpose::exchange,
         Purpose::exchange_time, Purpose::exchange_reference, Purpose::scale_latent, Purpose::scale_coarse,
         Purpose::draw_chains, Purpose::draw_fit},
        [&] {
            FeatureChains chains(coarse, engine, world.beta, seed);
            const auto fit = fit_by_reweighting(chains, coarse, prior, features, world.beta, Vector::Zero(p),
                                                {}, {.draws = 400, .first_draws = 100, .seed = seed});
            (void)exchange_by_features(coarse, engine, fit,
                                       {.draws = 40, .chains = 2, .warm_up = 5, .seed = seed});
            (void)exchange_posterior(grainer, data, exact,
                                     {.draws = 20, .chains = 3, .warm_up = 5, .seed = seed},
                                     {.reference_draws = 20});
            (void)draw_chains(engine, boltzmann(coarse, exact.parameters.theta, world.beta), 5, 2, seed);
            (void)draw_predictive(exact, 5, seed);
        });
}

// A pair potential from frames, its checks against them, and draws of the lengths and angles of molecules,
// with one seed, at which the posterior has draws: Pareto k is not too large.
TEST(StreamKeys, OfALiquidAndItsChecks) {
    constexpr std::uint64_t one = 20151;
    const PeriodicSpace<Points> space(32, Box::cubic(1.42));
    const MonteCarlo<SingleParticle> chains({}, {.samples = 2, .chains = 2, .warm_up = 500, .thinning = 50});
    const pair::LennardJones known(1.0, 0.34, 0.7);
    const auto target = Boltzmann(pair::Liquid(known, space), 1.0);
    auto sampler = chains.chain_sampler(target);
    auto rng = make_stream(one, Purpose::check);
    std::vector<Points> frames;
    for (int k = 0; k < 12; ++k) frames.push_back(sampler.draw(rng));
    const RigidMolecules rods({{0, 0, 0}, {0, 0, 0.12}}, {9.0, 1.0});
    std::vector<Points> fine;
    for (const Points& X : frames) fine.push_back(rods.sample(X, {}, rng));
    std::vector<InternalCoordinates> molecules;
    const ZMatrix chain = ZMatrix::chain(3);
    for (int k = 0; k < 5; ++k)
        molecules.push_back(chain.internal({{0.1 + 0.01 * k, 0, 0}, {0, 0, 0}, {0.02 * k, 0.11, 0}}));

    pair::LearnSettings settings{.beta = 1.0, .cutoff = 0.7, .knot_distance = 0.04};
    settings.chains.chains = 2;
    settings.chains.warm_up = 200;
    settings.autocorrelation_time = 1.0;
    settings.sampling = {.draws = 600, .first_draws = 200, .seed = one};
    settings.posterior_draws = 200;
    LiquidSettings checked{.cutoff = 0.7, .bins = 12, .draws = 20, .samples = 100, .chains = 2};
    checked.seed = one;
    expect_distinct_streams(
        {Purpose::coarse, Purpose::laplace, Purpose::sampling_error, Purpose::draw_chains,
         Purpose::liquid_fine, Purpose::geometry},
        [&] {
            const pair::Learnt learnt = pair::learn(frames, space.box(), settings);
            ASSERT_EQ(learnt.posterior.draw_count(), 200) << learnt.posterior.remarks.back();
            (void)liquid_checks(learnt.posterior, learnt.potential, chains, fine, rods, checked);
            (void)rotamers::GeometryPosterior(rotamers::ChainGeometry(), molecules).draws(7, one);
        });
}

}  // namespace
}  // namespace stream_keys_liquids_test
