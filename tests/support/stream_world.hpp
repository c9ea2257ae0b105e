#pragma once
// A small Ising world for tests of random streams: 8 spins, 4 coarse ones, 12 data.
#include <predcg/kernels/single_site.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predict/fine_scale.hpp>

#include "ising_by_hand.hpp"
#include "ising_grainer.hpp"
#include "test_seed.hpp"

namespace support {

struct StreamWorld {
    static constexpr double beta = 0.6;

    std::vector<Spins> data = [] {
        auto rng = test_rng(570);
        return by_hand::markov_data(rng, 8, 12, 0.7, 0.6);
    }();
    predcg::ising::CoarseChainSettings model{.sites = 4, .linear = true, .pair_range = 1, .field = 0.1};

    IsingGrainer exact() const { return ising_grainer(model, 2, any_prior(predcg::weak_prior())); }

    static auto engine(bool standard_errors = false) {
        return predcg::MonteCarlo(predcg::HeatBath{},
                                  {.samples = 20, .warm_up = 10, .standard_errors = standard_errors});
    }

    template <class Engine, class Optimizer = predcg::StochasticNewton>
    auto grainer(const Engine& of, const Optimizer& optimizer = {}) const {
        return predcg::EMCoarseGrainer{predcg::SamplesOnly<Spins>{},
                                       predcg::ising::coarse_chain(model),
                                       predcg::ising::bernoulli_map({.level = 2}),
                                       of,
                                       optimizer,
                                       predcg::weak_prior()};
    }
};

/// An observable that needs more than site moments: predictions of it are sampled.
struct LargestDomain {
    double operator()(const Spins& x) const {
        int longest = 0, length = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            length = i > 0 && x[i] == x[i - 1] ? length + 1 : 1;
            longest = std::max(longest, length);
        }
        return longest;
    }
};

}  // namespace support
