#pragma once
// The coarse-grainer behind fits and posteriors of the command line. Templates: for the .cpp files that make
// them.
#include "model/ising_posterior.hpp"

#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/posterior/laplace.hpp>
#include <predcg/priors/draw.hpp>

namespace cli {

/// A block prior, or none, as one type: what learns is compiled once for both.
template <predcg::BlockPrior P>
struct OrFlat {
    P prior;
    bool flat = false;

    double log_density(const predcg::Vector& z) const { return flat ? 0.0 : prior.log_density(z); }
    predcg::Vector gradient(const predcg::Vector& z) const {
        return flat ? predcg::Flat{}.gradient(z) : prior.gradient(z);
    }
    predcg::Matrix hessian(const predcg::Vector& z) const {
        return flat ? predcg::Flat{}.hessian(z) : prior.hessian(z);
    }
    bool proper() const { return !flat; }
    template <predcg::RandomBits R>
    predcg::Vector draw(Index count, R& rng) const {
        return flat ? draw_prior(predcg::Flat{}, count, rng) : draw_prior(prior, count, rng);
    }
};

/// The weak prior; Bernoulli's has a type of its own, as its M-step has a closed form under a flat one.
inline predcg::WeakPrior weak_prior_of(const BernoulliMap&) { return predcg::weak_prior(); }
template <class Map>
auto weak_prior_of(const Map& map, bool flat = false) {
    const auto weak = predcg::weak_prior(map);
    return predcg::BlockPriors{OrFlat<predcg::Normal>{weak.coarse, flat},
                               OrFlat<predcg::Normals>{weak.map, flat}};
}

/// f(prior of the model).
template <class F>
auto with_prior(const FitModel& model, const BernoulliMap& map, F&& f) {
    return model.prior == PriorChoice::flat ? f(predcg::flat_prior()) : f(weak_prior_of(map));
}
template <class Map, class F>
auto with_prior(const FitModel& model, const Map& map, F&& f) {
    return f(weak_prior_of(map, model.prior == PriorChoice::flat));
}

template <class Map, class Prior>
auto grainer_of(const FitModel& model, const Map& map, const Prior& prior) {
    return predcg::EMCoarseGrainer{predcg::SamplesOnly<Configuration>{},
                                   chain_of<Map>(model),
                                   map,
                                   predcg::TransferMatrix{},
                                   predcg::Newton{},
                                   prior};
}
/// With the Bernoulli map.
template <class Prior>
auto grainer_of(const FitModel& model, const Prior& prior) {
    return grainer_of(model, predcg::ising::bernoulli_map({.level = model.level}), prior);
}

/// The posterior with the grainer's map. The slides' Laplace is for maps with a natural parameter.
template <class Grainer>
auto posterior_by(const Grainer& grainer, const typename Grainer::Data& data, const IsingFit& fit,
                  const PosteriorChoice& choice) {
    using Map = std::remove_cvref_t<decltype(grainer.map())>;
    const predcg::LaplaceSettings laplace{
        .draws = choice.draws, .largest_pareto_k = choice.largest_pareto_k, .seed = choice.seed};
    if (choice.method == predcg::PosteriorMethod::laplace_joint)
        return predcg::laplace_joint(grainer, data, fit, laplace);
    if (choice.method == predcg::PosteriorMethod::laplace_slides) {
        if constexpr (predcg::NaturalMap<Map>)
            return predcg::laplace_slides(grainer, data, fit, laplace);
        else
            throw predcg::ArgumentError("posterior_of", "method", "laplace_slides",
                                        "full or laplace_joint, as the map has no theta_cf");
    }
    return predcg::full_posterior(grainer, data, fit,
                                  {.draws = choice.draws,
                                   .warm_up = choice.warm_up,
                                   .seed = choice.seed,
                                   .observer = choice.observer,
                                   .on_draws = choice.on_draws,
                                   .stop = choice.stop,
                                   .checkpoint = choice.checkpoint});
}

}  // namespace cli
