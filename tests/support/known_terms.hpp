#pragma once
// Data drawn from a coarse Ising chain with known terms and a Bernoulli map, and the terms that are found.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/select_terms.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/predict/credible_interval.hpp>

#include <utility>
#include <vector>

namespace support {

struct KnownTerms {
    using Spins = std::vector<predcg::ising::Spin>;
    using Grainer = predcg::EMCoarseGrainer<predcg::SamplesOnly<Spins>, predcg::ising::CoarseChain<>,
                                            predcg::ising::BernoulliMap<>, predcg::TransferMatrix,
                                            predcg::Newton, predcg::WeakPrior>;

    static constexpr double beta = 0.5;
    Grainer grainer;
    /// linear, pair_1, pair_2, pair_3, triplet_1_1
    predcg::Vector theta{{0.6, 0.5, 0.0, 0.4, 0.0}};
    std::vector<predcg::Index> truth{0, 1, 3};
    double eta = 2.5;

    explicit KnownTerms(predcg::Index sites)
        : grainer({},
                  predcg::ising::coarse_chain(
                      {.sites = sites, .linear = true, .pair_range = 3, .triplets = {{1, 1}}}),
                  predcg::ising::bernoulli_map({.level = 2}), predcg::TransferMatrix{}, predcg::Newton{},
                  predcg::weak_prior()) {}

    std::vector<Spins> draw(predcg::Index count, std::uint64_t seed) const {
        predcg::Estimate result;
        result.parameters = {theta, predcg::Vector::Constant(1, eta)};
        result.beta = beta;
        const predcg::Fit model(std::move(result), grainer.coarse(), grainer.map(), grainer.engine());
        return predcg::draw_predictive(model, count, seed);
    }

    auto select(const std::vector<Spins>& data) const {
        return predcg::select_terms(grainer, data, beta, {.fit = {.starts = 1}});
    }
};

}  // namespace support
