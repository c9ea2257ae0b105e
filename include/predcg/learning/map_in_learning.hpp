#pragma once
// How the learning equations see a map: through its sufficient statistic, or, where it has none, as fixed.
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/error.hpp>
#include <predcg/structure/neutral.hpp>
#include <predcg/structure/statistics.hpp>

#include <optional>

namespace predcg::detail {

/// Statistic for E[dU_c/dtheta] and, where the potential is not linear in theta, E[d2U_c/dtheta2].
template <LearnablePotential U>
auto energy_derivatives(const U& potential, const Vector& theta) {
    if constexpr (LinearCoarsePotential<U>)
        return EnergyGradient<U>(potential, theta);
    else
        return Stack(EnergyGradient<U>(potential, theta), EnergyHessian<U>(potential, theta));
}

template <class M>
auto map_statistic(const M& map, const prepared_t<M>& x) {
    if constexpr (StatisticMap<M>)
        return map.sufficient_statistic(x);
    else
        return EmptyStatistic{};
}

template <class M>
Expansion map_expansion(const M& map, const Vector& T, double count, const Vector& eta) {
    if constexpr (StatisticMap<M>)
        return map.expected_log_density(T, count, eta);
    else
        return {0.0, Vector::Zero(eta.size()), Matrix::Zero(eta.size(), eta.size())};
}

/// Closed-form maximiser under a prior, where the map offers one for it.
template <class M, class MapPrior>
std::optional<Vector> map_maximiser(const M& map, const Vector& T, double count, const MapPrior& prior) {
    if constexpr (HasMaximiser<M, MapPrior>)
        return map.maximiser(T, count, prior);
    else
        return std::nullopt;
}

}  // namespace predcg::detail
