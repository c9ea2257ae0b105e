#pragma once
// Checks that users run on their own potentials, in a unit test or once by hand. Deterministic in the seed.
#include <predcg/concepts/target.hpp>
#include <predcg/structure/potential_operations.hpp>
#include <predcg/testing/check_structure.hpp>

namespace predcg {

/// Looks for contradictions within a fine potential, at random configurations: energies that are
/// no numbers, or of a type that is no double; energy_difference, energy_gradient, window() with
/// local_energy, quadratic() that do not fit energy (each where the type has it). Cost: a few hundred
/// energies a site.
///
///     EXPECT_EQ(predcg::check_fine_potential(my_potential), predcg::Findings{});
template <class U>
Findings check_fine_potential(const U& u, std::uint64_t seed = 1) {
    static_assert(FinePotential<U>, "predcg: check_fine_potential needs a type with space() and energy(x) -> "
                                    "double (concept FinePotential)");
    if constexpr (FinePotential<U>) {
        detail::FindingList list;
        const auto& space = u.space();
        const auto energy = [&](const auto& x) { return static_cast<double>(u.energy(x)); };
        using X = configuration_t<space_t<U>>;
        list.precise<decltype(u.energy(std::declval<const X&>()))>("energy(x)");
        if constexpr (HasEnergyDifference<U>)
            list.precise<decltype(u.energy_difference(std::declval<const X&>(), Index{},
                                                      std::declval<letter_t<space_t<U>>>()))>(
                "energy_difference(x, i, v)");
        Philox4x32 rng = make_stream(seed, Purpose::check);
        for (int repeat = 0; repeat < 8; ++repeat) {
            const configuration_t<space_t<U>> x = space.random(rng);
            if (!list.energy("energy(x)", energy(x))) continue;
            if constexpr (QuadraticPotential<U>)
                detail::check_quadratic(list, "quadratic()", u.quadratic(), x, space.size(), "energy(x)",
                                        energy(x));
            if constexpr (RealConfiguration<configuration_t<space_t<U>>> &&
                          HasEnergyGradient<U, configuration_t<space_t<U>>>)
                detail::check_energy_gradient(list, "x", u, x, energy);
        }
        if constexpr (HasEnergyDifference<U>)
            detail::check_differences(
                list, space, "energy_difference(x, i, v)",
                [&](const auto& x, Index i, const auto& v) -> double { return u.energy_difference(x, i, v); },
                "energy(x)", energy, rng);
        if constexpr (ChainPotential<U>)
            detail::check_windows(
                list, space, u.window(), is_translation_invariant(u), "local_energy(i, w)",
                [&](Index i, auto w) -> double { return u.local_energy(i, w); }, "energy(x)", energy, rng);
        return list.take();
    } else {
        return {};
    }
}

namespace detail {

/// What a coarse potential says about one configuration.
template <class U>
void check_parameters(FindingList& list, const U& u, const configuration_t<space_t<U>>& X,
                      const Vector& theta) {
    const Index p = theta.size();
    const auto energy_at = [&](const Vector& at) { return predcg::energy(u, X, at); };
    const double energy = energy_at(theta);
    if (!list.energy("energy(X, theta)", energy)) return;
    if constexpr (LinearCoarsePotential<U>) {
        const Vector f = u.features(X);
        if (!list.length("features(X)", f.size(), p)) return;
        if constexpr (HasEnergy<U>)
            for (const double factor : {1.0, -0.7, 2.0}) {
                const Vector at = factor * theta + Vector::Constant(p, factor - 1.0);
                if (is_admissible(u, at))
                    list.close("energy(X, theta)", energy_at(at), "theta . features(X) + base_energy(X)",
                               at.dot(f) + base_energy(u, X), sum_tolerance, f.cwiseAbs().dot(at.cwiseAbs()));
            }
    } else if constexpr (HasParameterGradient<U>) {
        const auto gradient_at = [&](const Vector& at) -> Vector { return u.parameter_gradient(X, at); };
        const Vector gradient = gradient_at(theta);
        if (!list.length("parameter_gradient(X, theta)", gradient.size(), p)) return;
        const Matrix hessian = parameter_hessian(u, X, theta);
        if (!list.length("parameter_hessian(X, theta), rows of which", hessian.rows(), p) ||
            !list.length("parameter_hessian(X, theta), columns of which", hessian.cols(), p))
            return;
        for (Index k = 0; k < p; ++k) {
            list.close("parameter_gradient(X, theta)[" + to_text(k) + "]", gradient[k],
                       "the central difference of energy", difference(energy_at, theta, k),
                       difference_tolerance, std::abs(energy));
            if constexpr (HasParameterHessian<U>)
                list.close("parameter_hessian(X, theta), column " + to_text(k) + ",", Vector(hessian.col(k)),
                           "the central difference of parameter_gradient",
                           Vector(difference(gradient_at, theta, k)), difference_tolerance, std::abs(energy));
        }
    }
}

template <class U>
void check_coarse_quadratic(FindingList& list, const U& u, const configuration_t<space_t<U>>& X,
                            const Vector& theta) {
    const Index n = u.space().size();
    check_quadratic(list, "quadratic(theta)", u.quadratic(theta), X, n, "energy(X, theta)",
                    predcg::energy(u, X, theta));
    if constexpr (LearnablePotential<U>) {
        const Vector f = parameter_gradient(u, X, theta);
        for (Index k = 0; k < f.size(); ++k)
            check_quadratic(list, "feature_quadratic(" + to_text(k) + ")", u.feature_quadratic(k), X, n,
                            "features(X)[" + to_text(k) + "]", f[k]);
    }
}

template <class U>
void check_coarse_windows(FindingList& list, const U& u, const Vector& theta, Philox4x32& rng) {
    const bool invariant = is_translation_invariant(u);
    check_windows(
        list, u.space(), u.window(), invariant, "local_energy(i, w, theta)",
        [&](Index i, auto w) -> double { return predcg::local_energy(u, i, w, theta); }, "energy(X, theta)",
        [&](const auto& X) { return predcg::energy(u, X, theta); }, rng);
    if constexpr (HasLocalFeatures<U> || HasLocalParameterGradient<U>)
        check_windows(
            list, u.space(), u.window(), invariant,
            LinearCoarsePotential<U> ? "local_features(i, w)" : "local_parameter_gradient(i, w, theta)",
            [&](Index i, auto w) -> Vector { return local_parameter_gradient(u, i, w, theta); },
            LinearCoarsePotential<U> ? "features(X)" : "parameter_gradient(X, theta)",
            [&](const auto& X) -> Vector { return parameter_gradient(u, X, theta); }, rng);
    if constexpr (HasLocalParameterHessian<U> && HasParameterHessian<U>)
        check_windows(
            list, u.space(), u.window(), invariant, "local_parameter_hessian(i, w, theta)",
            [&](Index i, auto w) -> Matrix { return u.local_parameter_hessian(i, w, theta); },
            "parameter_hessian(X, theta)",
            [&](const auto& X) -> Matrix { return u.parameter_hessian(X, theta); }, rng);
}

}  // namespace detail

/// Looks for contradictions within a coarse potential, at random configurations and the given theta (energy
/// units; choose one well inside what is admissible, every component away from zero). Each where the type
/// has it: energy against theta . features + base_energy; parameter_gradient and parameter_hessian against
/// central differences; energy_difference, neighbours() (with their order, where translation_invariant()),
/// energy_gradient, window() with its local terms, quadratic(theta) and feature_quadratic(k) against the
/// whole; energies that are no doubles, numbers that are not finite, lengths that are wrong.
///
///     EXPECT_EQ(predcg::check_coarse_potential(my_potential, theta), predcg::Findings{});
///
/// Throws ArgumentError unless theta has parameter_count() components and is admissible.
template <class U>
Findings check_coarse_potential(const U& u, const Vector& theta, std::uint64_t seed = 1) {
    static_assert(CoarsePotential<U>,
                  "predcg: check_coarse_potential needs a type with space(), "
                  "parameter_count() and either energy(X, theta) -> double or features(X) "
                  "-> vector (concept CoarsePotential)");
    if constexpr (CoarsePotential<U>) {
        require_equal(theta.size(), u.parameter_count(), "check_coarse_potential", "length of theta",
                      "the number of parameters");
        if (!is_admissible(u, theta))
            throw ArgumentError("check_coarse_potential", "theta", "outside the potential's domain",
                                "values for which admissible(theta) is true");
        detail::FindingList list;
        const auto& space = u.space();
        using Configuration = configuration_t<space_t<U>>;
        if constexpr (HasEnergy<U>)
            list.precise<decltype(u.energy(std::declval<const Configuration&>(), theta))>("energy(X, theta)");
        if constexpr (detail::HasBaseEnergy<U>)
            list.precise<decltype(u.base_energy(std::declval<const Configuration&>()))>("base_energy(X)");
        if constexpr (FiniteSpace<space_t<U>>)
            if constexpr (HasCoarseEnergyDifference<U, Configuration, letter_t<space_t<U>>>)
                list.precise<decltype(u.energy_difference(std::declval<const Configuration&>(), Index{},
                                                          std::declval<letter_t<space_t<U>>>(), theta))>(
                    "energy_difference(X, i, v, theta)");
        Philox4x32 rng = make_stream(seed, Purpose::check, 1);
        for (int repeat = 0; repeat < 8; ++repeat) {
            const configuration_t<space_t<U>> X = space.random(rng);
            detail::check_parameters(list, u, X, theta);
            if constexpr (QuadraticCoarsePotential<U>) detail::check_coarse_quadratic(list, u, X, theta);
            if constexpr (RealConfiguration<configuration_t<space_t<U>>> &&
                          HasCoarseEnergyGradient<U, configuration_t<space_t<U>>>)
                detail::check_energy_gradient(
                    list, "X, theta", u, X,
                    [&](const configuration_t<space_t<U>>& at) { return predcg::energy(u, at, theta); },
                    theta);
        }
        if constexpr (FiniteSpace<space_t<U>>)
            if constexpr (HasCoarseEnergyDifference<U, configuration_t<space_t<U>>, letter_t<space_t<U>>>)
                detail::check_differences(
                    list, space, "energy_difference(X, i, v, theta)",
                    [&](const auto& X, Index i, const auto& v) -> double {
                        return u.energy_difference(X, i, v, theta);
                    },
                    "energy(X, theta)", [&](const auto& X) { return predcg::energy(u, X, theta); }, rng);
        if constexpr (FiniteSpace<space_t<U>> && HasNeighbours<U>)
            if constexpr (HasCoarseEnergyDifference<U, configuration_t<space_t<U>>, letter_t<space_t<U>>>) {
                const NeighbourList neighbours = u.neighbours();
                const std::string name = "energy_difference(X, i, v, theta)";
                const auto difference = [&](const auto& X, Index i, const auto& v) -> double {
                    return u.energy_difference(X, i, v, theta);
                };
                detail::check_neighbours(list, space, neighbours, name, difference, rng);
                if (is_translation_invariant(u))
                    detail::check_alike(list, space, neighbours, name, difference, rng);
            }
        if constexpr (ChainCoarsePotential<U>) detail::check_coarse_windows(list, u, theta, rng);
        return list.take();
    } else {
        return {};
    }
}

}  // namespace predcg
