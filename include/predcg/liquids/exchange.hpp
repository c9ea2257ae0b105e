#pragma once
// The posterior of a fit by reweighting where nothing is taken from the fit's draws but the proposals.
#include <predcg/liquids/reweighted_fit.hpp>
#include <predcg/posterior/laplace.hpp>
#include <predcg/statistics/diagnostics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stop_token>
#include <utility>
#include <vector>

namespace predcg {

/// Settings of exchange_by_features.
struct FeatureExchangeSettings {
    Index draws = 1000;  ///< kept, of all chains together; rounded up to equal chains
    Index chains = 2;
    Index warm_up = 50;           ///< steps of each chain before the first draw that is kept
    Index thinning = 1;           ///< steps from draw to draw
    double length = 0.25;         ///< of a step, between 0 and 1: 1 forgets where it was
    double largest_r_hat = 1.05;  ///< beyond it the result is flagged as not reliable
    std::uint64_t seed = 1;
    std::stop_token stop{};
    CheckpointPlace checkpoint{};  ///< where chains keep what they need to go on (core/checkpoint.hpp)
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
/// A step costs n thinning + refresh moves. Chains run on all threads. Throws ArgumentError for settings out
/// of range, and a fit whose information is not positive definite.
template <LinearCoarsePotential Coarse, class Kernel, class Prior>
PosteriorResult exchange_by_features(const Coarse& coarse, const MonteCarlo<Kernel>& engine,
                                     const ReweightedFit<Prior>& fit,
                                     const FeatureExchangeSettings& settings = {}) {
    constexpr const char* name = "exchange_by_features";
    constexpr Index many = std::numeric_limits<Index>::max();
    require_range(settings.chains, 1, many, name, "chains");
    require_range(settings.draws, 4 * settings.chains, many, name, "draws", "a number");
    require_range(settings.warm_up, 0, many, name, "warm_up");
    require_range(settings.thinning, 1, many, name, "thinning");
    require(settings.length > 0.0 && settings.length <= 1.0, name, "length", settings.length,
            "a number in (0, 1]");
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
    const Index rows = (settings.draws + settings.chains - 1) / settings.chains;
    PosteriorResult result =
        detail::laplace_result(PosteriorMethod::exchange, fit.fit, fit.data.count, settings.seed);
    result.draws.resize(p, rows * settings.chains);
    result.chains = settings.chains;
    std::vector<double> accepted(static_cast<std::size_t>(settings.chains), 0.0);
    parallel_for(settings.chains, [&](Index chain) {
        Philox4x32 rng =
            make_stream(settings.seed, Purpose::liquid_exchange, static_cast<std::uint64_t>(chain));
        FeatureChains<Coarse, Kernel> auxiliary(coarse, engine.with_settings(moves), problem.beta(),
                                                settings.seed, static_cast<std::uint64_t>(chain),
                                                Purpose::liquid_auxiliary);
        const double b = settings.length, a = std::sqrt(1.0 - b * b);
        Vector u = linalg::scaled(standard_normal_vector(rng, p), 1.5);  // z = m + R u
        const auto at = [&](const Vector& whitened) {
            Vector z = mode.z;
            linalg::add(z, linalg::applied(root, whitened));
            return z;
        };
        Vector z = at(u);
        Index step = -settings.warm_up;
        double& acceptance = accepted[static_cast<std::size_t>(chain)];
        double* const own = linalg::column(result.draws, chain * rows);
        std::vector<double> kept;
        const CheckpointPlace place = settings.checkpoint.within("chain " + to_text(chain));
        if (place.restore(step, u, z, acceptance, rng, auxiliary, kept)) {
            require_range(std::ssize(kept), 0, rows * p, "Checkpoint", "draws of a chain",
                          "those of a posterior with the same settings");
            std::copy(kept.begin(), kept.end(), own);
        }
        const auto keep = [&] {
            const Index done = std::max<Index>(step, 0) / settings.thinning;
            place.keep(step, u, z, acceptance, rng, auxiliary, std::vector<double>(own, own + done * p));
        };
        bool stopped = false;
        for (; step < rows * settings.thinning; ++step) {
            if (!stopped && settings.stop.stop_requested()) {
                stopped = true;
                if (place) keep();
            }
            if (!stopped) {
                if (place.is_due()) keep();
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
                if (step >= 0)
                    acceptance += accept / static_cast<double>(rows * settings.thinning * settings.chains);
                if (uniform(rng) < accept) {
                    u = proposal;
                    z = there;
                }
            }
            if (step >= 0 && (step + 1) % settings.thinning == 0)
                linalg::set_column(result.draws, chain * rows + step / settings.thinning,
                                   c.parameters(z).theta);
        }
        if (!stopped && place) keep();
    });
    result.stopped = settings.stop.stop_requested();
    result.acceptance = 0.0;
    for (const double x : accepted) result.acceptance += x;
    result.mean = result.sd = Vector(p);
    double worst = 1.0, least = std::numeric_limits<double>::infinity();
    for (Index k = 0; k < p; ++k) {
        const Vector row = linalg::row_of(result.draws, k);
        double mean = 0.0;
        for (const double x : row) mean += x / static_cast<double>(row.size());
        result.mean[k] = mean;
        result.sd[k] = std::sqrt(statistics::variance(row));
        result.diagnostics.push_back(statistics::diagnose(result.by_chain(row)));
        worst = std::max(worst, result.diagnostics.back().r_hat);
        least = std::min(least, result.diagnostics.back().ess_bulk);
    }
    result.covariance = Matrix::Zero(p, p);
    for (Index draw = 0; draw < result.draws.cols(); ++draw)
        for (Index k = 0; k < p; ++k)
            for (Index l = 0; l < p; ++l)
                result.covariance(l, k) += (result.draws(l, draw) - result.mean[l]) *
                                           (result.draws(k, draw) - result.mean[k]) /
                                           static_cast<double>(result.draws.cols() - 1);
    result.reliable = worst <= settings.largest_r_hat && !result.stopped;
    result.remarks.push_back("exchange with draws of p_c from chains: " + to_text(n) + " a step, " +
                             to_text(moves.thinning) + " moves from one to the next, " +
                             to_text(moves.refresh) + " before the first; R-hat up to " +
                             to_text(std::round(1000.0 * worst) / 1000.0) + ", at least " +
                             to_text(std::floor(least)) + " effective draws");
    return result;
}

}  // namespace predcg
