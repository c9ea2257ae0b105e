#pragma once
#include <predcg/algebra/boltzmann.hpp>
#include <predcg/em/fit.hpp>
#include <predcg/engines/roles.hpp>
#include <predcg/predict/expectation.hpp>

namespace predcg {

namespace detail {
/// o(x) with x drawn from p_cf(x|X): a statistic of X with noise of its own, for engines that sample X.
template <class O, class Map, class X>
class PredictiveStatistic {
public:
    template <class Space>
    PredictiveStatistic(const O& observable, const Map& map, const Vector& eta, const Space& space,
                        std::uint64_t seed)
        : observable_(&observable), map_(&map), eta_(&eta), rng_(make_stream(seed, Purpose::predict, 1)),
          size_((*this)(X(space.random(rng_))).size()) {}

    Index size() const { return size_; }
    Vector operator()(const X& configuration) const {
        return as_vector((*observable_)(map_->sample(configuration, *eta_, rng_)));
    }

private:
    const O* observable_;
    const Map* map_;
    const Vector* eta_;
    mutable Philox4x32 rng_;
    Index size_;
};
}  // namespace detail

/// Expectation of a fine-scale observable at the fit's parameters,
///     E[o] = sum_X p_c(X|theta_c) int o(x) p_cf(x|X, eta) dx.
/// Exact where the observable needs site moments only, the engine gives those of p_c, and the map carries
/// them to the fine scale (fine_moments); else the average over draws of X, then x, with its standard
/// error (independent draws where the engine has them, chains of its kernel else). Schoeberl, Zabaras,
/// Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 2.4.
template <class Coarse, class Map, class Engine, class O>
    requires Observable<O, typename Map::fine_type>
auto predict(const Fit<Coarse, Map, Engine>& fit, const O& observable, const PredictSettings& settings = {})
    -> Prediction {
    const auto target = boltzmann(fit.coarse, fit.parameters.theta, fit.beta);
    const Vector& eta = fit.parameters.eta;
    const auto& engine = coarse_engine(fit.engine);
    using CoarseEngine = coarse_engine_t<Engine>;
    using CoarseTarget = std::remove_cv_t<decltype(target)>;
    if constexpr (MomentObservable<O> && SiteMomentEngine<CoarseEngine, CoarseTarget> &&
                  requires(const SiteMoments& m) {
                      { fit.map.fine_moments(m, eta) } -> std::convertible_to<SiteMoments>;
                  }) {
        const SiteMoments fine = fit.map.fine_moments(engine.site_moments(target, observable.order()), eta);
        const Vector mean = detail::as_vector(observable.from_moments(fine));
        return {mean, Vector::Zero(mean.size()), true};
    } else if constexpr (SamplingEngine<CoarseEngine, CoarseTarget>) {
        auto sampler = engine.sampler(target);
        return detail::sampled(
            observable, [&](Philox4x32& rng) { return fit.map.sample(sampler.draw(rng), eta, rng); },
            settings);
    } else {
        using Statistic = detail::PredictiveStatistic<O, Map, configuration_t<space_t<Coarse>>>;
        static_assert(ExpectationEngine<CoarseEngine, CoarseTarget, Statistic>,
                      "predcg: predict needs an engine that draws from p_c or averages under it");
        const StreamKey key{settings.seed, Purpose::predict, 0, 0};
        typename CoarseEngine::template state<CoarseTarget> state{};
        const Statistic statistic(observable, fit.map, eta, target.space(), settings.seed);
        const Moments m = engine.with_samples(settings.draws).expect(target, statistic, state, key);
        return {m.mean, m.standard_error, false};
    }
}

}  // namespace predcg
