#pragma once
// The posterior where log Z_c is not known.
#include <predcg/learning/sampling_remarks.hpp>
#include <predcg/posterior/chains.hpp>
#include <predcg/posterior/exchange_chain.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
/// Moves for draws of p_c by chains.
struct AuxiliaryMoves {
    Index warm_up, thinning;
    Index asked = thinning;  // of thinning
    double time = 1.0;       // autocorrelation time of p_c's chain at the fit

    /// To two autocorrelation times between draws, but no more than tenfold.
    [[gnu::cold]] void lengthen(double autocorrelation_time) {
        time = autocorrelation_time;
        const double factor = std::clamp(std::ceil(2.0 * time) / static_cast<double>(thinning), 1.0, 10.0);
        warm_up = static_cast<Index>(std::ceil(factor * static_cast<double>(warm_up)));
        thinning = static_cast<Index>(std::ceil(factor * static_cast<double>(thinning)));
    }

    [[gnu::cold]] void remark(PosteriorResult& result) const {
        const bool too_few = static_cast<double>(thinning) < time;
        if (too_few) result.reliable = false;
        result.remarks.push_back("draws of p_c came from chains of finite length (auxiliary_warm_up " +
                                 to_text(warm_up) + ", auxiliary_thinning " + to_text(thinning) +
                                 (thinning > asked ? ", made longer from " + to_text(asked) : "") +
                                 "), whose autocorrelation time at the fit is " +
                                 to_text(std::round(10.0 * time) / 10.0) + " moves: " +
                                 (too_few
                                      ? "too slow, a longer auxiliary_thinning or another kernel is needed"
                                      : "see whether longer ones change the result"));
    }
};
template <class Learner, class AnyData>
[[gnu::cold]] auto draw_by_exchange(const Learner& learner, const AnyData& any_data, const Estimate& fit,
                                    const ChainSettings& settings, const ExchangeSettings& own) {
    constexpr const char* name = "exchange_posterior";
    constexpr Index many = std::numeric_limits<Index>::max();
    require_chains(settings, name);
    const Index warm_up = settings.warm_up.value_or(1000), thinning = settings.thinning.value_or(10);
    require_range(own.latent_moves, 1, many, name, "latent_moves");
    require_range(own.map_moves, 1, many, name, "map_moves");
    require_range(own.reference_draws.value_or(0), 0, 1'000'000, name, "reference_draws");
    require_range(own.auxiliary_warm_up, 1, many, name, "auxiliary_warm_up");
    require_range(own.auxiliary_thinning, 1, many, name, "auxiliary_thinning");
    require(own.target_accept > 0.0 && own.target_accept < 1.0, name, "target_accept", own.target_accept,
            "a number between 0 and 1");
    require_same_model(fit, learner.coarse(), learner.map(), name);
    const auto problem = problem_of(learner, any_data, fit.beta);
    require_proper(problem.prior_is_proper(), name);
    using Chain = ExchangeChain<std::remove_const_t<decltype(problem)>>;
    Chain prototype(problem, own);
    const auto scales = prototype.scales(fit.parameters, settings.dispersion.value_or(2.0), settings.seed);
    const Index length = (settings.draws + settings.chains - 1) / settings.chains;
    const double sweeps_of_all =
        static_cast<double>(settings.chains) * static_cast<double>(warm_up + length * thinning);
    // Two moves each: together a tenth of those that exchange would take.
    const double most =
        0.05 * sweeps_of_all * static_cast<double>(own.auxiliary_thinning) * problem.data().count;
    const auto reference =
        prototype.reference(scales, settings.seed, static_cast<Index>(std::min(most, 1e9)), settings.stop);
    const auto run = [&](ChainRecord& record) {
        Philox4x32 rng =
            make_stream(settings.seed, Purpose::exchange, static_cast<std::uint64_t>(record.chain()));
        Chain chain = prototype;
        chain.start(scales, rng);
        Index sweeps = 0;
        record.restore(chain, rng, sweeps);
        for (const Index all = warm_up + record.length() * thinning;
             sweeps < all && !settings.stop.stop_requested();) {
            if (record.is_due()) record.save(chain, rng, sweeps);
            chain.sweep(sweeps < warm_up, rng);
            ++sweeps;
            if (sweeps <= warm_up || (sweeps - warm_up) % thinning != 0) continue;
            record.keep(
                with_label_of(fit.parameters.eta, learner.coarse(), learner.map(), chain.parameters()));
        }
        record.save(chain, rng, sweeps);
        return chain.accepted() / static_cast<double>(std::max<Index>(record.count(), 1) * thinning);
    };
    const auto run_all = [&](const char* part) {
        ChainSettings of_part = settings;
        of_part.checkpoint = settings.checkpoint.within(part);
        return run_chains(PosteriorMethod::exchange, fit, problem.data(), of_part, name, run);
    };
    std::optional<PosteriorResult> result;
    if (reference) {
        prototype.refer_to(&*reference);
        result = run_all("reference draws");
        // What all chains share no comparison of chains can see.
        Index edge = 0;
        for (Index k = 0; k < result->draw_count(); ++k)
            edge += reference->is_edge(prototype.from_mode(scales, linalg::column_of(result->draws, k)));
        const bool beyond = edge > result->draw_count() / 200;
        const double shared = reference->shared_error(
            prototype.in_z(linalg::leading_block(result->covariance, fit.parameters.theta.size())),
            problem.data().count);
        const bool good = !beyond && shared <= 0.2;
        if (good || own.reference_draws || result->stopped) {
            if (!good) result->reliable = false;
            if (beyond)
                result->remarks.push_back(
                    "the posterior reaches beyond what the reference draws of p_c know: "
                    "use reference_draws = 0");
            result->remarks.push_back("log Z of p_c came from draws of p_c at the fit, worth " +
                                      to_text(std::floor(reference->effective())) +
                                      " independent ones: all draws share an error of about " +
                                      to_text(shared) + " posterior standard deviations (reference_draws)");
        } else {
            result.reset();
        }
    }
    if (!result) {
        AuxiliaryMoves moves{own.auxiliary_warm_up, own.auxiliary_thinning};
        prototype.refer_to(nullptr);
        if (!Chain::exact_auxiliary) {
            moves.lengthen(prototype.auxiliary_time(scales, settings.seed, settings.stop));
            prototype.set_auxiliary(moves.warm_up, moves.thinning);
        }
        result = run_all("exchange");
        if (!Chain::exact_auxiliary && fit.parameters.theta.size() > 0) moves.remark(*result);
    }
    add_sampling_remarks<std::remove_const_t<decltype(problem)>>(result->remarks);
    return Posterior(std::move(*result), learner.coarse(), learner.map(), learner.engine());
}
}  // namespace detail

/// Draws from the posterior of (theta_c, eta) for engines that do not know log Z_c: chains over (theta_c,
/// eta, X_1 .. X_N) that draw X_i | x_i anew, move eta given X, and theta_c given X by the exchange algorithm
/// (Murray, Ghahramani, MacKay, UAI 2006, 359; docs/method.md, "The exchange algorithm"), which needs draws
/// of p_c instead of its normalisation.
///
/// Data: any range of configurations, or what learner.prepare made of them.
/// With an engine that draws independently of p_c (sampler(target)) the chains leave the posterior invariant.
/// Else the exchange algorithm takes draws of chains of the engine's kernel, and is right as far as
/// auxiliary_warm_up and auxiliary_thinning make them independent; remarks say so. Where two autocorrelation
/// times of such a chain at the fit are longer than auxiliary_thinning, both are made longer, up to tenfold;
/// not reliable where one time is longer still.
///
/// For potentials linear in theta_c log Z_c about the fit is first found from draws of p_c there (Geyer,
/// Thompson, J. R. Stat. Soc. B 54 (1992) 657), if these reach as far as the posterior, four of its standard
/// deviations, and as many as are needed cost no more than a tenth of what exchange would
/// (ExchangeSettings::reference_draws); theta_c then moves at no cost. All draws share an error, of
/// sqrt(N tau / draws) posterior standard deviations where X is certain, and more where it is not, which
/// remarks state; by default 0.05, for 16 data or more. Where that turns out to exceed 0.2, or one of 200
/// draws lies close to where few of the reference draws count, the chains run once more, by exchange
/// (observer and on_draws see them again); if the number of reference draws was told, the posterior is not
/// reliable instead.
///
/// Starts, flags and diagnostics as for full_posterior; data augmentation mixes slowly where X is uncertain.
/// Cost of a sweep: N draws (or latent_moves N moves) of q, and, with exchange, N draws (or auxiliary_warm_up
/// + N auxiliary_thinning moves) of p_c. Throws ArgumentError for bad settings, improper priors or weights
/// that are no whole numbers; Stopped if it is stopped before there are four draws.
template <class Learner, class AnyData>
auto exchange_posterior(const Learner& learner, const AnyData& data, const Estimate& fit,
                        const ChainSettings& settings = {}, const ExchangeSettings& own = {}) {
    using Problem = typename Learner::Problem;
    constexpr bool knows_density =
        Factor<typename Problem::LatentFactor, configuration_t<space_t<typename Problem::CoarseTarget>>>;
    static_assert(
        knows_density,
        "predcg: exchange_posterior draws X given x from the density of x given X, which mapped data "
        "(RelativeEntropy) do not have; full_posterior, with an exact engine, needs none");
    if constexpr (knows_density) return detail::draw_by_exchange(learner, data, fit, settings, own);
}

}  // namespace predcg
