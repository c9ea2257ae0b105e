#pragma once
#include <predcg/concepts/sampler.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/space.hpp>

#include <utility>
#include <vector>

namespace predcg {

/// A target on R^n seen in the coordinates u of z = centre + scale u: its density there, up to the constant
/// log |det scale|, its gradient scale^T grad, and its walls. Kernels move best where a target is about
/// standard normal. A view: the target must outlive it.
template <Target T>
class AffineTarget {
public:
    /// Refers to the target; u = scale^-1 (z - centre).
    AffineTarget(const T& target, Vector centre, Matrix scale)
        : target_(&target), centre_(std::move(centre)), scale_(std::move(scale)),
          space_(centre_.size(), moved_walls()) {}

    /// The same target with another centre and scale.
    AffineTarget with(Vector centre, Matrix scale) const {
        return AffineTarget(*target_, std::move(centre), std::move(scale));
    }

    /// The same target in the coordinates v of u = centre + scale v.
    AffineTarget seen_from(const Vector& centre, const Matrix& scale) const {
        return AffineTarget(*target_, original(centre), linalg::product(scale_, scale));
    }

    const WalledSpace& space() const { return space_; }
    const Vector& centre() const { return centre_; }  ///< z of u = 0
    const Matrix& scale() const { return scale_; }    ///< dz/du

    /// z = centre + scale u.
    Vector original(const Vector& u) const {
        Vector z = linalg::applied(scale_, u);
        linalg::add(z, centre_);
        return z;
    }

    double log_density(const Vector& u) const { return target_->log_density(original(u)); }

    /// The same at several u.
    Vector log_densities(std::vector<Vector> u) const
        requires requires(const T& target, const std::vector<Vector>& z) { target.log_densities(z); }
    {
        for (Vector& one : u) one = original(one);
        return target_->log_densities(u);
    }

    Vector log_density_gradient(const Vector& u) const
        requires DifferentiableTarget<T>
    {
        return linalg::applied_transposed(scale_, target_->log_density_gradient(original(u)));
    }

    std::pair<double, Vector> log_density_and_gradient(const Vector& u) const
        requires HasDensityAndGradient<T>
    {
        auto [value, gradient] = target_->log_density_and_gradient(original(u));
        return {value, linalg::applied_transposed(scale_, gradient)};
    }

private:
    [[gnu::cold]] std::vector<Wall> moved_walls() const {
        std::vector<Wall> moved;
        if constexpr (HasWalls<space_t<T>>) {
            const auto& space = target_->space();  // may be a value
            for (const Wall& wall : space.walls())
                moved.push_back({linalg::applied_transposed(scale_, wall.normal), -wall.distance(centre_)});
        }
        return moved;
    }

    const T* target_;
    Vector centre_;
    Matrix scale_;
    WalledSpace space_;
};

}  // namespace predcg
