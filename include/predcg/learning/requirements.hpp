#pragma once
// What EMCoarseGrainer asks of its policies, said in words. The class itself is unconstrained: a constrained
// class with deduction would only say "deduction failed".
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/concepts/optimizer.hpp>
#include <predcg/concepts/policies_passed_over.hpp>
#include <predcg/concepts/prior.hpp>
#include <predcg/concepts/spelling.hpp>
#include <predcg/engines/batch.hpp>
#include <predcg/engines/observed.hpp>
#include <predcg/engines/roles.hpp>
#include <predcg/learning/map_in_learning.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/structure/product.hpp>
#include <predcg/structure/statistics.hpp>

namespace predcg::detail {

template <class Fine>
inline constexpr bool is_samples_only = false;
template <class X>
inline constexpr bool is_samples_only<SamplesOnly<X>> = true;

template <class Fine>
auto fine_configuration() {
    if constexpr (is_samples_only<Fine>)
        return std::type_identity<typename Fine::configuration_type>{};
    else
        return std::type_identity<configuration_t<space_t<Fine>>>{};
}
template <class Fine>
using fine_configuration_t = typename decltype(fine_configuration<Fine>())::type;

template <class Map>
using latent_factor_t = std::remove_cvref_t<decltype(std::declval<const Map&>().likelihood(
    std::declval<const prepared_t<Map>&>(), std::declval<const Vector&>()))>;
template <class Map>
using map_statistic_t =
    decltype(map_statistic(std::declval<const Map&>(), std::declval<const prepared_t<Map>&>()));
/// What is common to the statistics of all data.
template <class Coarse>
using energy_statistic_t =
    decltype(energy_derivatives(std::declval<const Coarse&>(), std::declval<const Vector&>()));

/// Optional parts are asked of what is whole else; where it is not, another sentence says so.
struct NothingAsked {};

template <class Fine>
auto fine_parts() {
    if constexpr (FinePotential<Fine>) {
        if constexpr (fine_members_are_const<Fine>())
            return std::type_identity<FinePotentialParts<Fine>>{};
        else
            return std::type_identity<NothingAsked>{};
    } else {
        return std::type_identity<NothingAsked>{};
    }
}

/// Requirements on single policies; later ones are only looked at where the earlier ones hold, so that a
/// mistake gives one message.
template <class Fine>
struct FineRequirements : decltype(fine_parts<Fine>())::type {
    static constexpr bool const_members = fine_members_are_const<Fine>();
    static_assert(const_members,
                  "predcg: a member of the fine model is not const (all are called on const objects)");
    static constexpr bool holds = const_members && (is_samples_only<Fine> || FinePotential<Fine>);
    static_assert(holds || !const_members,
                  "predcg: the fine model needs space() and energy(x) -> double (concept "
                  "FinePotential), or is SamplesOnly<configuration>");
};

template <class Coarse>
auto potential_parts() {
    if constexpr (LearnablePotential<Coarse>) {
        if constexpr (!coarse_members_are_const<Coarse>())
            return std::type_identity<NothingAsked>{};
        else if constexpr (FiniteSpace<space_t<Coarse>>)
            return std::type_identity<FinitePotentialParts<Coarse>>{};
        else
            return std::type_identity<PotentialParts<Coarse>>{};
    } else {
        return std::type_identity<NothingAsked>{};
    }
}

template <class Coarse>
struct CoarseRequirements : decltype(potential_parts<Coarse>())::type {
    static constexpr bool const_members = coarse_members_are_const<Coarse>();
    static_assert(
        const_members,
        "predcg: a member of the coarse potential is not const (all are called on const objects, and "
        "an optional one that cannot be would be passed over)");
    static constexpr bool vectors = !has_derivatives_of_another_type<Coarse>();
    static_assert(vectors,
                  "predcg: features(X) and parameter_gradient(X, theta) return a column vector of doubles "
                  "of Eigen's: predcg::Vector, Eigen::Vector2d, .. (concept VectorLike)");
    static constexpr bool real_energies = !has_integral_energy<Coarse>();
    static_assert(
        real_energies,
        "predcg: an energy of the coarse potential is an integer, which cuts off what theta makes of "
        "it: return double from energy(X, theta) and energy_difference(X, i, v, theta)");
    static constexpr bool spelt = const_members && vectors && real_energies;
    static constexpr bool potential_holds = spelt && CoarsePotential<Coarse>;
    static_assert(potential_holds || !spelt,
                  "predcg: the coarse potential needs space(), parameter_count() and either "
                  "energy(X, theta) -> double or features(X) -> vector (concept CoarsePotential)");
    static constexpr bool learnable_holds = !potential_holds || LearnablePotential<Coarse>;
    static_assert(learnable_holds,
                  "predcg: the coarse potential cannot be learnt without derivatives: give "
                  "features(X) or parameter_gradient(X, theta), or wrap it in with_autodiff(...)");
    static constexpr bool holds = potential_holds && learnable_holds;
};

template <class Map, class MapPrior>
auto map_parts() {
    if constexpr (ProbabilisticMap<Map>) {
        if constexpr (map_members_are_const<Map, MapPrior>())
            return std::type_identity<
                MapParts<Map, letter_of_t<typename Map::coarse_type>, MapPrior, latent_factor_t<Map>>>{};
        else
            return std::type_identity<NothingAsked>{};
    } else {
        return std::type_identity<NothingAsked>{};
    }
}

template <class Map, class MapPrior>
struct MapRequirements : decltype(map_parts<Map, MapPrior>())::type {
    static constexpr bool const_members = map_members_are_const<Map, MapPrior>();
    static_assert(const_members,
                  "predcg: a member of the map or of its likelihood is not const (all are called on const "
                  "objects, and an optional one that cannot be would be passed over)");
    static constexpr bool holds = const_members && ProbabilisticMap<Map>;
    static_assert(holds || !const_members,
                  "predcg: the map needs fine_type, coarse_type, parameter_count(), likelihood(x, eta) "
                  "with log_density(X), and sample(X, eta, rng) with any generator, auto& rng (concept "
                  "ProbabilisticMap)");
};

template <class Optimize>
struct OptimizerRequirements : OptimizerParts<Optimize> {
    static constexpr bool holds = predcg::Optimizer<Optimize>;
    static_assert(holds, "predcg: the optimizer needs State, tolerance() and step(state, point, gradient, "
                         "information) -> optional vector (concept Optimizer)");
};

/// Optional parts of both blocks, which may be of one type.
template <class Priors>
constexpr bool blocks_are_asked() {
    if constexpr (predcg::Prior<Priors>)
        return BlockPriorParts<std::remove_cvref_t<decltype(std::declval<const Priors&>().coarse)>>::asked &&
               BlockPriorParts<std::remove_cvref_t<decltype(std::declval<const Priors&>().map)>>::asked;
    else
        return true;
}

template <class Priors>
struct PriorRequirements {
    static constexpr bool holds = predcg::Prior<Priors> && blocks_are_asked<Priors>();
    static_assert(holds,
                  "predcg: the prior needs blocks .coarse and .map with log_density, gradient, hessian "
                  "and proper() (concepts Prior, BlockPrior)");
};

template <class Priors>
auto map_prior() {
    if constexpr (predcg::Prior<Priors>)
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<const Priors&>().map)>>{};
    else
        return std::type_identity<void*>{};  // PriorRequirements says what is missing
}
template <class Priors>
using map_prior_t = typename decltype(map_prior<Priors>())::type;

template <class Fine, class Coarse, class Map, class Engine, class Optimize, class Priors>
struct PolicyRequirements : FineRequirements<Fine>,
                            CoarseRequirements<Coarse>,
                            MapRequirements<Map, map_prior_t<Priors>>,
                            OptimizerRequirements<Optimize>,
                            PriorRequirements<Priors> {
    static constexpr bool hold = FineRequirements<Fine>::holds && CoarseRequirements<Coarse>::holds &&
                                 MapRequirements<Map, map_prior_t<Priors>>::holds &&
                                 OptimizerRequirements<Optimize>::holds && PriorRequirements<Priors>::holds;
};

/// Requirements on how the policies fit together.
template <bool policies_hold, class Fine, class Coarse, class Map, class Engine>
struct JointRequirements {};

template <class Fine, class Coarse, class Map, class Engine>
struct JointRequirements<true, Fine, Coarse, Map, Engine> {
    static constexpr bool fine_types = std::is_same_v<typename Map::fine_type, fine_configuration_t<Fine>>;
    static_assert(fine_types, "predcg: the map's fine_type is not the fine model's configuration type");
    static constexpr bool coarse_types =
        std::is_same_v<typename Map::coarse_type, configuration_t<space_t<Coarse>>>;
    static_assert(
        coarse_types,
        "predcg: the map's coarse_type is not the configuration type of the coarse potential's space");
    static constexpr bool whole_statistic = !ClaimsStatistic<Map> || StatisticMap<Map>;
    static_assert(whole_statistic,
                  "predcg: the map has sufficient_statistic(x), but that is no Statistic in X, or "
                  "expected_log_density(T, count, eta) -> Expansion is missing (concept StatisticMap)");
    static constexpr bool types = fine_types && coarse_types && whole_statistic;

    template <bool types_hold>
    static constexpr bool engine_fits() {
        if constexpr (types_hold) {
            using Latent = latent_engine_for_t<Engine, latent_factor_t<Map>>;
            if constexpr (!HasBatchState<Latent>)
                (void)
                    TargetEngineParts<Latent, Product<Boltzmann<Bound<Coarse>>, latent_factor_t<Map>>>::asked;
            return takes_batches<Latent, Boltzmann<Bound<Coarse>>, energy_statistic_t<Coarse>,
                                 latent_factor_t<Map>, map_statistic_t<Map>>();
        } else {
            return true;
        }
    }
    static constexpr bool engine_holds = EngineParts<latent_engine_t<Engine>>::asked &&
                                         EngineParts<coarse_engine_t<Engine>>::asked && engine_fits<types>();
    static_assert(
        engine_holds,
        "predcg: the engine cannot take expectations under q(X|x) of this potential and map: "
        "TransferMatrix and MeanField need window() in all three parts, with local_features(i, w) or "
        "local_energy(i, w, theta) in the potential, local_log_density(i, w) in the likelihood and local(i, "
        "w) in the sufficient statistic; GaussianEngine needs quadratic(...) in all three; Enumeration needs "
        "a finite space: values(), and configurations with X[i]; MonteCarlo needs a kernel for the space: "
        "HeatBath and Metropolis a finite one (concept Sampler)");
    template <bool types_hold>
    static constexpr bool coarse_engine_fits() {
        if constexpr (types_hold)
            return TargetEngineParts<coarse_engine_t<Engine>, Boltzmann<Bound<Coarse>>>::asked &&
                   ExpectationEngine<coarse_engine_t<Engine>, Boltzmann<Bound<Coarse>>,
                                     EnergyGradient<Coarse>>;
        else
            return true;
    }
    static constexpr bool coarse_engine_holds = coarse_engine_fits < types && engine_holds > ();
    static_assert(coarse_engine_holds,
                  "predcg: the engine for p_c cannot take expectations of this potential");
    static constexpr bool hold = types && engine_holds && coarse_engine_holds;
};

/// Base of EMCoarseGrainer: names the first requirement that is not met.
template <class Fine, class Coarse, class Map, class Engine, class Optimize, class Priors>
struct EMRequirements
    : PolicyRequirements<Fine, Coarse, Map, Engine, Optimize, Priors>,
      JointRequirements<PolicyRequirements<Fine, Coarse, Map, Engine, Optimize, Priors>::hold, Fine, Coarse,
                        Map, Engine> {};

}  // namespace predcg::detail
