#pragma once
// The world of archetypes.hpp written as chains: window terms added, and nothing else.
#include <predcg/core/window.hpp>

#include "archetypes.hpp"

#include <span>

namespace archetype {

/// Converts to the description of a window, and does nothing else.
using Reach = Only<predcg::Window>;
inline constexpr predcg::Window neighbours{2, predcg::Boundary::periodic}, site{};

class ChainFine : public Fine {
public:
    Reach window() const { return neighbours; }
    Real local_energy(Index, std::span<const Letter> w) const { return bond(w[0], w[1]); }
};

class ChainLinear : public Linear {
public:
    Reach window() const { return neighbours; }
    Eigen::Vector2d local_features(Index, std::span<const Letter> w) const { return bond(w[0], w[1]); }
};

class ChainNonLinear : public NonLinear {
public:
    Reach window() const { return neighbours; }
    Real local_energy(Index i, std::span<const Letter> w, const Vector& theta) const {
        const Eigen::Vector2d f = ChainLinear().local_features(i, w);
        return std::sinh(theta[0]) * f[0] + (theta[0] + theta[1]) * f[1];
    }
    Eigen::Vector2d local_parameter_gradient(Index i, std::span<const Letter> w, const Vector& theta) const {
        const Eigen::Vector2d f = ChainLinear().local_features(i, w);
        return {std::cosh(theta[0]) * f[0] + f[1], f[1]};
    }
};

class ChainMap : public Map {
public:
    class Likelihood : public Map::Likelihood {
    public:
        using Map::Likelihood::Likelihood;
        Reach window() const { return site; }
        Real local_log_density(Index i, std::span<const Letter> w) const {
            return weight(static_cast<std::size_t>(i), w[0]);
        }
    };
    Likelihood likelihood(const Sentence& x, const Vector& eta) const { return {x, eta}; }

    class Agreement : public Map::Agreement {
    public:
        using Map::Agreement::Agreement;
        Reach window() const { return site; }
        Eigen::Vector2d local(Index i, std::span<const Letter> w) const {
            return counts(static_cast<std::size_t>(i), w[0]);
        }
    };
    Agreement sufficient_statistic(const Sentence& x) const { return Agreement(x); }
};

}  // namespace archetype
