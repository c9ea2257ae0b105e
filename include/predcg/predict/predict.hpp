#pragma once
#include <predcg/algebra/boltzmann.hpp>
#include <predcg/em/fit.hpp>
#include <predcg/predict/expectation.hpp>

namespace predcg {

/// Expectation of a fine-scale observable at the fit's parameters,
///     E[o] = sum_X p_c(X|theta_c) int o(x) p_cf(x|X, eta) dx.
/// Exact where the observable needs site moments only, the engine gives those of p_c, and the map carries
/// them to the fine scale (fine_moments); else the average over independent draws of X, then x, with its
/// standard error. Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 2.4.
template <class Coarse, class Map, class Engine, class O>
    requires Observable<O, typename Map::fine_type> Prediction predict(const Fit<Coarse, Map, Engine>& fit,
                                                                       const O& observable,
                                                                       const PredictSettings& settings = {}) {
        const auto target = boltzmann(fit.coarse, fit.parameters.theta, fit.beta);
        const Vector& eta = fit.parameters.eta;
        using CoarseTarget = std::remove_cv_t<decltype(target)>;
        if constexpr (MomentObservable<O> && SiteMomentEngine<Engine, CoarseTarget> &&
                      requires(const SiteMoments& m) {
                          { fit.map.fine_moments(m, eta) } -> std::convertible_to<SiteMoments>;
                      }) {
            const SiteMoments fine =
                fit.map.fine_moments(fit.engine.site_moments(target, observable.order()), eta);
            const Vector mean = detail::as_vector(observable.from_moments(fine));
            return {mean, Vector::Zero(mean.size()), true};
        } else {
            static_assert(
                SamplingEngine<Engine, CoarseTarget>,
                "predcg: predict needs an engine that draws from p_c, or site moments of p_c together "
                "with an observable that has order() and from_moments(m) and a map with fine_moments");
            auto sampler = fit.engine.sampler(target);
            return detail::sampled(
                observable, [&](Philox4x32& rng) { return fit.map.sample(sampler.draw(rng), eta, rng); },
                settings);
        }
    }

}  // namespace predcg
