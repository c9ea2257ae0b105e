// No random stream is used twice: fits by reweighting and what is made with them, beside what serves other
// models under the same seed.
#include "stream_recorder.hpp"

#include <predcg/judge/latent_noise.hpp>
#include <predcg/liquids/exchange.hpp>
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

}  // namespace
}  // namespace stream_keys_liquids_test
