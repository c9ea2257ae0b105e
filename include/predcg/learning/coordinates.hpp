#pragma once
#include <predcg/core/linalg.hpp>
#include <predcg/learning/parameters.hpp>
#include <predcg/priors/priors.hpp>

#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// The coordinates in which a fit walks, a posterior is drawn and a prior is written,
///     z = (beta theta_c / s_c, eta / s_m),
/// with the models' own scales s (scales(); 1 unless they say otherwise): where parameters have a dimension
/// (a stiffness in energy / length^2), z has none. Thresholds, longest steps and drawn starts are in z, so
/// that a fit does not depend on the unit of length.
class Coordinates {
public:
    /// Of a coarse potential and a map, with the lower bounds of a prior. Throws ArgumentError for bad
    /// scales, and for names that are too many or not different.
    template <class Coarse, class Map, class Prior>
    [[gnu::cold]] Coordinates(double beta, const Coarse& coarse, const Map& map, const Prior& prior)
        : coarse_count_(coarse.parameter_count()), names_(detail::coarse_names_of(coarse)) {
        const Vector of_coarse = detail::checked_scales_of(coarse), of_map = detail::checked_scales_of(map);
        factor_ = scales_ = lower_ = Vector(of_coarse.size() + of_map.size());
        set(0, of_coarse, beta, lower_bound(prior.coarse));
        set(of_coarse.size(), of_map, 1.0, lower_bound(prior.map));
        for (std::string& name : detail::map_names_of(map)) names_.push_back(std::move(name));
        detail::require_different_names(names_);
    }

    /// Number of z, of theta_c, of eta.
    Index size() const { return factor_.size(); }
    /// Number of parameters of the coarse potential.
    Index coarse_count() const { return coarse_count_; }
    /// Number of parameters of the map.
    Index map_count() const { return size() - coarse_count_; }

    /// z_k = factor_k times parameter k: beta / s_c for theta_c, 1 / s_m for eta.
    const Vector& factor() const { return factor_; }
    /// The models' scales, of theta_c and eta in one.
    const Vector& scales() const { return scales_; }
    /// Lower bounds of z, -infinity where the prior has none.
    const Vector& lower() const { return lower_; }
    /// Names of theta_c and eta in one.
    const std::vector<std::string>& names() const { return names_; }

    [[gnu::cold]] Parameters parameters(const Vector& z) const {
        const Vector at = linalg::over(z, factor_);
        return {coarse_part(at), map_part(at)};
    }

    [[gnu::cold]] Vector z(const Parameters& at) const {
        return linalg::times(linalg::joined(at.theta, at.eta), factor_);
    }

    /// A gradient by (theta_c, eta) as one by z, and an information likewise.
    void carry_gradient(Vector& gradient) const {
        for (Index k = 0; k < size(); ++k) gradient[k] /= factor_[k];
    }
    /// From (theta_c, eta) to z, in place.
    [[gnu::cold]] void carry_information(Matrix& information) const {
        for (Index l = 0; l < size(); ++l)
            for (Index k = 0; k < size(); ++k) information(k, l) /= factor_[k] * factor_[l];
    }

    /// The parts of z that belong to theta_c and to eta.
    Vector coarse_part(const Vector& z) const { return linalg::part(z, 0, coarse_count()); }
    /// The coordinates of the map's parameters, eta / s_m.
    Vector map_part(const Vector& z) const { return linalg::part(z, coarse_count(), map_count()); }

    /// z raised to the lower bounds.
    Vector bounded(const Vector& z) const { return linalg::moved(z, 0.0, z, lower_); }

private:
    [[gnu::cold]] void set(Index first, const Vector& scales, double beta, double lower) {
        for (Index k = 0; k < scales.size(); ++k) {
            scales_[first + k] = scales[k];
            factor_[first + k] = beta / scales[k];
            lower_[first + k] = lower;
        }
    }

    Index coarse_count_;
    Vector factor_, scales_, lower_;
    std::vector<std::string> names_;
};

}  // namespace predcg
