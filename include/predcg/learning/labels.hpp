#pragma once
// The sign of the coarse letters, which no data tell.
#include <predcg/concepts/model_parts.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/learning/parameters.hpp>

#include <concepts>
#include <optional>
#include <utility>

namespace predcg {

/// Models with the same p(x) after X -> -X of every coarse letter:
///     coarse.flipped(theta):  U_c(-X; theta) = U_c(X; flipped) + a constant; absent where no theta has that,
///     map.flipped(eta):       p_cf(x | -X, eta) = p_cf(x | X, flipped); or absent, too.
/// Both are their own inverse and change no volume (signs and shifts of parameters).
template <class Coarse, class Map>
concept Flips = HasFlip<Coarse> && HasFlip<Map>;

/// The other parameters that have the same predictions, with the letters' signs changed. Absent where the
/// models know none.
template <class Coarse, class Map>
[[gnu::cold]] std::optional<Parameters> flipped(const Coarse& coarse, const Map& map, const Parameters& at) {
    if constexpr (Flips<Coarse, Map>) {
        std::optional<Vector> theta = coarse.flipped(at.theta), eta = map.flipped(at.eta);
        if (theta && eta) return Parameters{std::move(*theta), std::move(*eta)};
    }
    return std::nullopt;
}

namespace detail {
/// Whether the label is another than that of a fit with map parameters `eta`: the map is nearer to the fit's
/// after a flip. Theta_c is not asked: a field makes it wide, and says nothing about the label.
template <class Coarse, class Map>
[[gnu::cold]] bool other_label(const Coarse& coarse, const Map& map, const Parameters& at,
                               const Vector& eta) {
    const std::optional<Parameters> other = flipped(coarse, map, at);
    if (!other) return false;
    double nearer = 0.0;
    for (Index k = 0; k < eta.size(); ++k) {
        const double here = at.eta[k] - eta[k], there = other->eta[k] - eta[k];
        nearer += here * here - there * there;
    }
    return nearer > 0.0;
}
}  // namespace detail

/// The parameters with the label of a fit with map parameters `eta`: these, or flipped. Two modes of a
/// posterior that are flips of each other become one, and no prediction changes.
template <class Coarse, class Map>
[[gnu::cold]] Parameters with_label_of(const Vector& eta, const Coarse& coarse, const Map& map,
                                       const Parameters& at) {
    return detail::other_label(coarse, map, at, eta) ? *flipped(coarse, map, at) : at;
}

}  // namespace predcg
