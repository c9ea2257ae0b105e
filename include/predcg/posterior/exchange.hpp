#pragma once
// The posterior where log Z_c is not known.
#include <predcg/core/parallel.hpp>
#include <predcg/learning/prepared_data.hpp>
#include <predcg/posterior/exchange_chain.hpp>

#include <limits>
#include <utility>

namespace predcg {

/// Draws from the posterior of (theta_c, eta) for engines that do not know log Z_c: chains over (theta_c,
/// eta, X_1 .. X_N) that draw X_i | x_i anew, move eta given X, and theta_c given X by the exchange algorithm
/// (Murray, Ghahramani, MacKay, UAI 2006, 359), which needs draws of p_c instead of its normalisation.
///
/// Data: any range of configurations, or what grainer.prepare made of them.
/// With an engine that draws independently of p_c (sampler(target)) the chains leave the posterior invariant.
/// With chains of the engine's kernel they do so only as far as auxiliary_warm_up and auxiliary_thinning
/// make draws of p_c independent, and remarks say so. Starts, flags and diagnostics as for full_posterior;
/// data augmentation mixes slowly where X is uncertain. Cost of a sweep: N draws (or latent_moves N moves) of
/// q, N draws (or auxiliary_warm_up + N auxiliary_thinning moves) of p_c. Throws ArgumentError for bad
/// settings, improper priors or weights that are no whole numbers.
template <class Grainer, class AnyData>
auto exchange_posterior(const Grainer& grainer, const AnyData& any_data, const FitResult& fit,
                        const ExchangeSettings& settings = {}) {
    constexpr const char* name = "exchange_posterior";
    constexpr Index many = std::numeric_limits<Index>::max();
    require_range(settings.chains, 1, many, name, "chains");
    require_range(settings.draws, 4 * settings.chains, many, name, "draws", "at least 4 a chain");
    require_range(settings.warm_up, 0, many, name, "warm_up");
    require_range(settings.thinning, 1, many, name, "thinning");
    require_range(settings.latent_moves, 1, many, name, "latent_moves");
    require_range(settings.auxiliary_warm_up, 1, many, name, "auxiliary_warm_up");
    require_range(settings.auxiliary_thinning, 1, many, name, "auxiliary_thinning");
    require_positive(settings.dispersion, name, "dispersion");
    require(settings.target_accept > 0.0 && settings.target_accept < 1.0, name, "target_accept",
            settings.target_accept, "a number between 0 and 1");
    detail::require_same_model(fit, grainer.coarse(), grainer.map(), name);
    const auto& data = detail::as_prepared(grainer, any_data, fit.beta);
    using Chain = detail::ExchangeChain<Grainer>;
    const Chain prototype(grainer, data, settings);
    detail::require_proper(prototype.prior_is_proper(), name);

    const auto scales = prototype.scales(fit.parameters);
    const Index length = (settings.draws + settings.chains - 1) / settings.chains;
    PosteriorResult result;
    result.method = PosteriorMethod::exchange;
    result.fit = fit;
    result.fit.data_count = data.count;
    result.seed = settings.seed;
    result.chains = settings.chains;
    result.draws.resize(scales.mode.size(), length * settings.chains);
    Vector acceptance = Vector::Zero(settings.chains);
    parallel_for(settings.chains, settings.threads, [&](Index c) {
        Philox4x32 rng = make_stream(settings.seed, Purpose::exchange, static_cast<std::uint64_t>(c));
        Chain chain = prototype;
        chain.start(scales, rng);
        const auto sweeps = [&](Index count, bool tune) {
            for (Index k = 0; k < count && !settings.stop.stop_requested(); ++k) chain.sweep(tune, rng);
        };
        sweeps(settings.warm_up, true);
        for (Index k = 0; k < length; ++k) {
            sweeps(settings.thinning, false);
            const Parameters at = chain.parameters();
            result.draws.col(c * length + k) << at.theta, at.eta;
        }
        acceptance[c] = chain.accepted() / static_cast<double>(length * settings.thinning);
    });
    if (settings.stop.stop_requested()) throw Stopped(name);
    result.acceptance = acceptance.mean();
    detail::summarise(result);
    detail::diagnose_draws(result, settings.largest_r_hat, settings.smallest_ess);
    if (!Chain::exact_auxiliary && fit.parameters.theta.size() > 0)
        result.remarks.push_back("draws of p_c came from chains of finite length (auxiliary_warm_up " +
                                 to_text(settings.auxiliary_warm_up) + ", auxiliary_thinning " +
                                 to_text(settings.auxiliary_thinning) +
                                 "): see whether longer ones change the result");
    return Posterior(std::move(result), grainer.coarse(), grainer.map(), grainer.engine());
}

}  // namespace predcg
