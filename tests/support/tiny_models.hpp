#pragma once
// The smallest models that learn and predict, for programs that are only compiled.
#include <predcg/models/ising/spin.hpp>
#include <predcg/structure/neutral.hpp>

#include <span>
#include <vector>

namespace tiny {

using predcg::Index;
using predcg::Vector;
using Spins = std::vector<predcg::ising::Spin>;

/// Two spins in a field theta: a chain.
struct Field {
    predcg::ising::SpinSpace<> space() const { return predcg::ising::spin_space(2); }
    Index parameter_count() const { return 1; }
    Vector features(const Spins& X) const { return Vector::Constant(1, X[0] + X[1]); }
    predcg::Window window() const { return {}; }
    Vector local_features(Index, std::span<const predcg::ising::Spin> w) const {
        return Vector::Constant(1, w[0]);
    }
};

/// A field that enters as the square of theta: not linear.
struct SquaredField {
    predcg::ising::SpinSpace<> space() const { return predcg::ising::spin_space(2); }
    Index parameter_count() const { return 1; }
    double energy(const Spins& X, const Vector& theta) const { return theta[0] * theta[0] * X[0]; }
    Vector parameter_gradient(const Spins& X, const Vector& theta) const { return theta * (2.0 * X[0]); }
};

/// x has nothing to do with X, and no parameter.
struct Noise {
    using fine_type = Spins;
    using coarse_type = Spins;
    Index parameter_count() const { return 0; }
    predcg::NeutralFactor likelihood(const Spins&, const Vector&) const { return {}; }
    template <class R>
    Spins sample(const Spins& X, const Vector&, R&) const {
        return X;
    }
};

/// The first spin of a configuration.
struct First {
    double operator()(const Spins& x) const { return x[0]; }
};

}  // namespace tiny
