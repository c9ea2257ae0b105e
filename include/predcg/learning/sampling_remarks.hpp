#pragma once
// What to say of a fit whose kernels have to evaluate whole densities.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/concepts/target.hpp>
#include <predcg/engines/observed.hpp>
#include <predcg/engines/roles.hpp>

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

/// The same where p_c alone is drawn.
template <class Target, class Engine>
void add_coarse_sampling_remarks(std::vector<std::string>& remarks) {
    if constexpr (FiniteTarget<Target> && MovesSites<coarse_engine_t<Engine>>)
        if constexpr (!DifferencesKnown<Target, configuration_t<space_t<Target>>, letter_t<space_t<Target>>>)
            remark_whole_densities(remarks, false, true);
}

}  // namespace predcg::detail
