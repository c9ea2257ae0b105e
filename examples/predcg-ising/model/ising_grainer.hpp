#pragma once
// The coarse-grainer behind the posteriors of the command line. Templates: for the .cpp files that make them.
#include "model/ising_posterior.hpp"

#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/posterior/laplace.hpp>

namespace cli {

template <class Prior>
auto grainer_of(const FitModel& model, const Prior& prior) {
    return predcg::EMCoarseGrainer{predcg::SamplesOnly<Configuration>{},
                                   coarse_chain_of(model),
                                   predcg::ising::bernoulli_map({.level = model.level}),
                                   predcg::TransferMatrix{},
                                   predcg::Newton{},
                                   prior};
}

template <class Grainer>
IsingPosterior posterior_by(const Grainer& grainer, const typename Grainer::Data& data, const IsingFit& fit,
                            const PosteriorChoice& choice) {
    const predcg::LaplaceSettings laplace{
        .draws = choice.draws, .largest_pareto_k = choice.largest_pareto_k, .seed = choice.seed};
    switch (choice.method) {
    case predcg::PosteriorMethod::laplace_joint:
        return predcg::laplace_joint(grainer, data, fit, laplace);
    case predcg::PosteriorMethod::laplace_slides:
        return predcg::laplace_slides(grainer, data, fit, laplace);
    default:
        return predcg::full_posterior(
            grainer, data, fit, {.draws = choice.draws, .warm_up = choice.warm_up, .seed = choice.seed});
    }
}

}  // namespace cli
