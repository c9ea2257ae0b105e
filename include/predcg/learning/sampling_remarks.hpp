#pragma once
// What to say of a fit whose kernels have to evaluate whole densities, or whose chains are no samples.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/concepts/target.hpp>
#include <predcg/engines/monte_carlo_settings.hpp>
#include <predcg/engines/observed.hpp>
#include <predcg/engines/roles.hpp>
#include <predcg/learning/parameters.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace predcg::detail {

/// Moves one site at a time, by differences if there are any.
template <class Engine>
concept MovesSites = requires(const Engine engine) { engine.kernel().side_by_side(); };

[[gnu::cold]] inline void remark_whole_densities(std::vector<std::string>& remarks, bool potential_knows,
                                                 bool likelihood_knows) {
    std::string missing;
    if (!potential_knows)
        missing = "the coarse potential has neither energy_difference(X, i, v, theta) nor window()";
    if (!likelihood_knows)
        missing += std::string(missing.empty() ? "" : ", ") +
                   "the likelihood has neither log_density_difference(X, i, v) nor window()";
    remarks.push_back(
        "slower than need be: the kernel evaluates whole densities for every site it visits, since " +
        missing + " (docs/monte_carlo.md)");
}

/// Adds a sentence if one of the parts does not know differences of one site.
template <class Problem>
void add_sampling_remarks(std::vector<std::string>& remarks) {
    using Target = typename Problem::CoarseTarget;
    using Engine = typename Problem::EngineType;
    if constexpr (FiniteTarget<Target>) {
        using X = configuration_t<space_t<Target>>;
        using Letter = letter_t<space_t<Target>>;
        constexpr bool samples_latent =
            MovesSites<latent_engine_for_t<Engine, typename Problem::LatentFactor>>;
        constexpr bool samples_coarse = MovesSites<coarse_engine_t<Engine>>;
        constexpr bool potential = DifferencesKnown<Target, X, Letter>;
        constexpr bool likelihood =
            !samples_latent || DifferencesKnown<typename Problem::LatentFactor, X, Letter>;
        if constexpr ((samples_latent || samples_coarse) && !(potential && likelihood))
            remark_whole_densities(remarks, potential, likelihood);
    }
}

/// Adds a sentence if chains would move side by side, were there more of them.
template <class Problem>
[[gnu::cold]] void add_few_chains_remark(std::vector<std::string>& remarks, const Problem& problem,
                                         const Parameters& at) {
    const bool latent = problem.has_few_latent_chains(at), coarse = problem.has_few_coarse_chains(at.theta);
    if (!latent && !coarse) return;
    remarks.push_back("slower than need be: the chains of " +
                      std::string(!coarse   ? "q(X|x)"
                                  : !latent ? "p_c"
                                            : "q(X|x) and of p_c") +
                      " move one by one; from MonteCarloSettings::chains = " + to_text(fewest_replicas) +
                      " on they move side by side (docs/monte_carlo.md)");
}

/// Whether one of the chains of q(X|x), of the first `count` data, stands where q(X|x) = 0. Moves that
/// compare densities need not find a way out: what is averaged then are no samples. Chains that move side by
/// side are not looked at. Cost: a density for each chain.
template <class Problem>
bool stands_at_no_density([[maybe_unused]] const Problem& problem,
                          [[maybe_unused]] const typename Problem::State& state,
                          [[maybe_unused]] std::size_t count) {
    if constexpr (requires { state.latent.front().chains.front().X; }) {
        const auto target = problem.coarse_target(state.at.theta);
        for (std::size_t k = 0; k < count; ++k) {
            if (state.latent[k].chains.empty()) continue;
            const auto factor = problem.map().likelihood(problem.data().forms[k], state.at.eta);
            for (const auto& chain : state.latent[k].chains)
                if (target.log_density(chain.X) + factor.log_density(chain.X) ==
                    -std::numeric_limits<double>::infinity())
                    return true;
        }
    }
    return false;
}
inline constexpr const char* no_density_remark =
    "a chain of q(X|x) stands where q(X|x) is 0, and its averages mean nothing: where x says what X is, give "
    "the likelihood a member observed() that returns it; else a longer warm_up (docs/monte_carlo.md)";

/// What add_sampling_remarks adds, where p_c alone is drawn.
template <class Target, class Engine>
void add_coarse_sampling_remarks(std::vector<std::string>& remarks) {
    if constexpr (FiniteTarget<Target> && MovesSites<coarse_engine_t<Engine>>)
        if constexpr (!DifferencesKnown<Target, configuration_t<space_t<Target>>, letter_t<space_t<Target>>>)
            remark_whole_densities(remarks, false, true);
}

}  // namespace predcg::detail
