// What takes long: the full posterior, large fits, exact data of far interactions.
#include "support/benchmark.hpp"

#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>

#include <memory>
#include <string>
#include <vector>

namespace {

using namespace predcg;

auto data_of(Index sites, Index samples) {
    return generate(ising::chain({.sites = sites, .field = 0.3}), {.beta = 0.3, .samples = samples});
}

using Spins = std::vector<ising::Spin>;

/// A fit from the default starts of `samples` data of so many fine sites, two to a coarse one.
auto fit(Index sites, Index samples, Index pair_range) {
    return [=] {
        const EMCoarseGrainer grainer{
            SamplesOnly<Spins>{},
            ising::coarse_chain({.sites = sites / 2, .pair_range = pair_range, .field = 0.3}),
            ising::bernoulli_map({.level = 2}), TransferMatrix{}};
        return [grainer, data = grainer.prepare(data_of(sites, samples), 0.3)] {
            return grainer.fit_prepared(data);
        };
    };
}

}  // namespace

int main(int argc, char** argv) {
    bench::add_large("full posterior, 50 data of 32 sites", "4000 draws", [] {
        const EMCoarseGrainer grainer{SamplesOnly<Spins>{},
                                      ising::coarse_chain({.sites = 16, .linear = true, .pair_range = 1}),
                                      ising::bernoulli_map({.level = 2}),
                                      TransferMatrix{},
                                      Newton{},
                                      weak_prior()};
        const auto data = grainer.prepare(data_of(32, 50), 0.3);
        return [=, fit = grainer.fit_prepared(data), draws = bench::size(4000, 400)] {
            return full_posterior(grainer, data, fit, {.draws = draws});
        };
    });
    const std::string fits = "exact fit, default starts";
    bench::add_large(fits, "50 data of 32 sites, pair range 1", fit(32, 50, 1));
    bench::add_large(fits, "50 data of 32 sites, pair range 5", fit(32, 50, bench::size(5, 2)));
    bench::add_large(fits, "one datum of 10^5 sites", fit(bench::size(100'000, 1'000), 1, 1));
    bench::add_large(fits, "10^6 data of 64 sites, two threads", fit(64, bench::size(1'000'000, 1'000), 1),
                     2);

    const auto far = ising::chain({.sites = 32, .range = bench::size(10, 3), .field = 0.3});
    const TransferMatrix engine;
    using Sampler = decltype(engine.sampler(Boltzmann(far, 0.3)));
    const auto draw = [](Sampler& sampler, Index count) {
        Index sum = 0;
        auto rng = make_stream(1, Purpose::check);
        for (Index k = 0; k < count; ++k) sum += sampler.draw(rng)[0];
        return sum;
    };
    for (const Index count : {1, 1000})
        bench::add("exact data, 32 sites, range 10", "prepare, and draw " + std::to_string(count),
                   [=] { return generate(far, {.beta = 0.3, .samples = count}).size(); });
    const auto sampler = std::make_shared<Sampler>(engine.sampler(Boltzmann(far, 0.3)));
    (void)draw(*sampler, 10'000);  // samplers may prepare more as they go
    bench::add("exact data, 32 sites, range 10", "draw 1000 more", [=] { return draw(*sampler, 1000); });
    return bench::run(argc, argv);
}
