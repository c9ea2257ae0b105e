#pragma once
// How the learning equations see a map: through its sufficient statistic, or, where it has none, as fixed.
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/error.hpp>
#include <predcg/structure/statistics.hpp>

#include <optional>

namespace predcg::detail {

/// The statistic of a map with nothing to learn: no components, every structure.
struct EmptyStatistic {
    Index size() const { return 0; }
    template <class X>
    Eigen::Matrix<double, 0, 1> operator()(const X&) const {
        return {};
    }
    Window window() const { return {}; }
    template <class Letter>
    Eigen::Matrix<double, 0, 1> local(Index, std::span<const Letter>) const {
        return {};
    }
    QuadraticForm quadratic(Index) const { return {}; }
    bool translation_invariant() const { return true; }
};

/// Statistic for E[d2U_c/dtheta2]: nothing where the potential is linear in theta.
template <LearnablePotential U>
auto energy_hessian([[maybe_unused]] const U& potential, [[maybe_unused]] const Vector& theta) {
    if constexpr (LinearCoarsePotential<U>)
        return EmptyStatistic{};
    else
        return EnergyHessian<U>(potential, theta);
}

/// The p x p matrix whose entries start at `first`, column by column; zero where there are none.
inline Matrix hessian_matrix(const Vector& means, Index first, Index p) {
    Matrix hessian = Matrix::Zero(p, p);
    for (Index k = first; k < means.size(); ++k) hessian.data()[k - first] = means[k];
    return hessian;
}

template <ProbabilisticMap M>
auto map_statistic(const M& map, const prepared_t<M>& x) {
    if constexpr (StatisticMap<M>)
        return map.sufficient_statistic(x);
    else
        return EmptyStatistic{};
}

template <ProbabilisticMap M>
Expansion map_expansion(const M& map, const Vector& T, double count, const Vector& eta) {
    if constexpr (StatisticMap<M>)
        return map.expected_log_density(T, count, eta);
    else
        return {0.0, Vector::Zero(eta.size()), Matrix::Zero(eta.size(), eta.size())};
}

/// Closed-form maximiser under a prior, where the map offers one for it.
template <ProbabilisticMap M, class MapPrior>
std::optional<Vector> map_maximiser(const M& map, const Vector& T, double count, const MapPrior& prior) {
    if constexpr (requires {
                      { map.maximiser(T, count, prior) } -> std::convertible_to<std::optional<Vector>>;
                  })
        return map.maximiser(T, count, prior);
    else
        return std::nullopt;
}

}  // namespace predcg::detail
