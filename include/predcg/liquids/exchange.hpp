#pragma once
// The posterior of a fit by reweighting where nothing is taken from the fit's draws but the proposals.
#include <predcg/liquids/reweighted_fit.hpp>
#include <predcg/posterior/chains.hpp>
#include <predcg/posterior/laplace.hpp>
#include <predcg/statistics/diagnostics.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace predcg {

/// What exchange_by_features has beside ChainSettings.
struct FeatureExchangeSettings {
    double length = 0.25;  ///< of a step, between 0 and 1: 1 forgets where it was
};

/// Draws from the posterior of a potential linear in theta_c by the exchange algorithm (Murray, Ghahramani,
/// MacKay, UAI 2006, 359), without log Z_c. With z' = m + sqrt(1 - b^2) (z - m) + b R u, N(m, R R^T) the
/// Laplace approximation of a fit, u standard normal and b the length,
///
///     log ratio = (z' - z) . (sum_j s(Y_j) - n mean_i s(x_i)) + log prior(z') - log prior(z)
///                 + log q(z) - log q(z'),      Y_1 .. Y_n ~ p_c(z'),
///
/// n the data's number as weighted, rounded: configurations that their mean stands for. Y are drawn along a
/// chain of the engine's kernel, warm from step to step, which makes `refresh` moves before the first and
/// `thinning` before each: the result is right as far as these make them independent draws of p_c(z').
/// A step costs n thinning + refresh moves. Chains run on all threads. Of the settings, moves are steps:
/// absent, 50 before the first draw and 1 from draw to draw; absent, starts have a dispersion of 1.5. Flags
/// and diagnostics as for full_posterior. Throws ArgumentError for settings out of range, and a fit whose
/// information is not positive definite; Stopped if it is stopped before there are four draws of a chain.
template <LinearCoarsePotential Coarse, class Kernel, class Prior>
PosteriorResult exchange_by_features(const Coarse& coarse, const MonteCarlo<Kernel>& engine,
                                     const ReweightedFit<Prior>& fit,
                                     const ChainSettings& settings = {.draws = 1000, .chains = 2},
                                     const FeatureExchangeSettings& own = {}) {
    constexpr const char* name = "exchange_by_features";
    detail::require_chains(settings, name);
    require(own.length > 0.0 && own.length <= 1.0, name, "length", own.length, "a number in (0, 1]");
    const Index warm_up = settings.warm_up.value_or(50), thinning = settings.thinning.value_or(1);
    const auto problem = fit.learner.problem(fit.data);
    const Coordinates& c = problem.coordinates();
    const Index p = c.size();
    const auto n = static_cast<Index>(std::lround(std::max(1.0, fit.data.count)));
    const LearningPoint mode = problem.point(c.z(fit.fit.parameters));
    require(linalg::Cholesky(mode.posterior_information).ok(), name, "information at the mode",
            "not positive definite", "a fit whose prior is proper");
    const Matrix root = detail::inverse_root(mode.posterior_information);
    Vector data = linalg::scaled(fit.fit.target_moments, static_cast<double>(n));
    for (Index k = 0; k < p; ++k) data[k] *= c.scales()[k];
    MonteCarloSettings moves = engine.settings();
    moves.chains = 1;
    const auto run = [&](detail::ChainRecord& record) {
        const auto chain = static_cast<std::uint64_t>(record.chain());
        Philox4x32 rng = make_stream(settings.seed, Purpose::liquid_exchange, chain);
        FeatureChains<Coarse, Kernel> auxiliary(coarse, engine.with_settings(moves), problem.beta(),
                                                settings.seed, chain, Purpose::liquid_auxiliary);
        const double b = own.length, a = std::sqrt(1.0 - b * b);
        // z = m + R u
        Vector u = linalg::scaled(standard_normal_vector(rng, p), settings.dispersion.value_or(1.5));
        const auto at = [&](const Vector& whitened) {
            Vector z = mode.z;
            linalg::add(z, linalg::applied(root, whitened));
            return z;
        };
        Vector z = at(u);
        Index step = 0;
        double accepted = 0.0;  // after the warm-up
        record.restore(step, u, z, accepted, rng, auxiliary);
        for (const Index all = warm_up + record.length() * thinning;
             step < all && !settings.stop.stop_requested();) {
            if (record.is_due()) record.save(step, u, z, accepted, rng, auxiliary);
            Vector proposal = linalg::scaled(u, a);
            linalg::add(proposal, standard_normal_vector(rng, p), b);
            const Vector there = at(proposal);
            Vector sum = linalg::scaled(data, -1.0);
            for (const Vector& s : auxiliary.draw(c.parameters(there).theta, n))
                for (Index k = 0; k < p; ++k) sum[k] += s[k] * c.scales()[k];
            Vector moved = there;
            linalg::add(moved, z, -1.0);
            const double log_ratio = linalg::dot(sum, moved) + problem.log_prior(there) -
                                     problem.log_prior(z) +
                                     0.5 * (linalg::squared_norm(proposal) - linalg::squared_norm(u));
            const double accept = log_ratio < 0.0 ? std::exp(log_ratio) : 1.0;
            if (uniform(rng) < accept) {
                u = proposal;
                z = there;
            }
            ++step;
            if (step <= warm_up) continue;
            accepted += accept;
            if ((step - warm_up) % thinning == 0) record.keep(c.parameters(z));
        }
        record.save(step, u, z, accepted, rng, auxiliary);
        return accepted / static_cast<double>(std::max<Index>(record.count(), 1) * thinning);
    };
    PosteriorResult result =
        detail::run_chains(PosteriorMethod::exchange, fit.fit, fit.data.count, nullptr, settings, name, run);
    double worst = 1.0, least = std::numeric_limits<double>::infinity();
    for (const statistics::Diagnostics& d : result.diagnostics) {
        worst = std::max(worst, d.r_hat);
        least = std::min(least, d.ess_bulk);
    }
    result.remarks.push_back("exchange with draws of p_c from chains: " + to_text(n) + " a step, " +
                             to_text(moves.thinning) + " moves from one to the next, " +
                             to_text(moves.refresh) + " before the first; R-hat up to " +
                             to_text(std::round(1000.0 * worst) / 1000.0) + ", at least " +
                             to_text(std::floor(least)) + " effective draws");
    return result;
}

}  // namespace predcg
