#pragma once
// The coarse model: a square lattice of half the side, and how its spins become those of the host.
#include <predcg/core/expansion.hpp>
#include <predcg/core/logistic.hpp>
#include <predcg/core/neighbours.hpp>
#include <predcg/core/random.hpp>
#include <predcg/models/ising/spin.hpp>

#include <cstddef>
#include <string>
#include <vector>

using predcg::Index;
using predcg::Vector;
using Spin = predcg::ising::Spin;  // signed char, as in the host
using Spins = std::vector<Spin>;

/// U_c = - theta_1 sum over pairs of nearest neighbours X_i X_j.
struct CoarseLattice {
    std::size_t side;
    predcg::ising::SpinSpace<> spins = predcg::ising::spin_space(static_cast<Index>(side * side));
    predcg::NeighbourList near =
        predcg::lattice_neighbours<2>({static_cast<Index>(side), static_cast<Index>(side)});

    const predcg::ising::SpinSpace<>& space() const { return spins; }
    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const { return {"pair"}; }
    Vector features(const Spins& X) const {
        int sum = 0;
        for (std::size_t i = 0; i < X.size(); ++i) sum += X[i] * (X[right(i)] + X[below(i)]);
        return Vector::Constant(1, -sum);
    }
    // Optional: what changes when spin i gets the value v. Without it every move costs a whole energy.
    double energy_difference(const Spins& X, Index site, Spin v, const Vector& theta) const {
        const auto i = static_cast<std::size_t>(site);
        return -theta[0] * (v - X[i]) * (X[right(i)] + X[left(i)] + X[above(i)] + X[below(i)]);
    }

    // Optional: which spins see each other. Moves then take what they need from tables.
    const predcg::NeighbourList& neighbours() const { return near; }

private:
    std::size_t right(std::size_t i) const { return i / side * side + (i + 1) % side; }
    std::size_t left(std::size_t i) const { return i / side * side + (i + side - 1) % side; }
    std::size_t below(std::size_t i) const { return (i + side) % (side * side); }
    std::size_t above(std::size_t i) const { return (i + side * (side - 1)) % (side * side); }
};

/// Each of the four spins of a block is the coarse spin with probability p = logistic(eta).
struct CopyToBlock {
    using fine_type = Spins;
    using coarse_type = Spins;
    using Sums = std::vector<int>;  // of the blocks: all that matters of x
    std::size_t side;               // of the coarse lattice

    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const { return {"logit_p"}; }
    Vector start() const { return Vector::Ones(1); }

    std::size_t block(std::size_t site) const { return site / (2 * side) / 2 * side + site % (2 * side) / 2; }
    Sums prepare(const Spins& x) const {
        Sums sums(x.size() / 4);
        for (std::size_t i = 0; i < x.size(); ++i) sums[block(i)] += x[i];
        return sums;
    }
    Index coarse_size(const Sums& sums) const { return static_cast<Index>(sums.size()); }

    struct Likelihood {
        const Sums& sums;
        double eta;

        double log_density(const Spins& X) const {
            double sum =
                -2.0 * static_cast<double>(X.size()) * (predcg::log1p_exp(eta) + predcg::log1p_exp(-eta));
            for (std::size_t r = 0; r < X.size(); ++r) sum += 0.5 * eta * sums[r] * X[r];
            return sum;
        }
        double log_density_difference(const Spins& X, Index i, Spin v) const {  // optional, as above
            const auto r = static_cast<std::size_t>(i);
            return 0.5 * eta * sums[r] * (v - X[r]);
        }
    };
    Likelihood likelihood(const Sums& sums, const Vector& eta) const { return {sums, eta[0]}; }

    // What makes it learnable: how many spins are, and are not, as their coarse spin.
    struct Agreement {
        const Sums& sums;
        Index size() const { return 2; }
        Vector operator()(const Spins& X) const {
            double product = 0.0;
            for (std::size_t r = 0; r < X.size(); ++r) product += sums[r] * X[r];
            const double sites = 4.0 * static_cast<double>(X.size());
            return Vector{{0.5 * (sites + product), 0.5 * (sites - product)}};
        }
    };
    Agreement sufficient_statistic(const Sums& sums) const { return {sums}; }
    predcg::Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const double p = predcg::logistic(eta[0]), q = predcg::logistic(-eta[0]);
        return {-T[0] * predcg::log1p_exp(-eta[0]) - T[1] * predcg::log1p_exp(eta[0]),
                Vector::Constant(1, T[0] * q - T[1] * p),
                predcg::Matrix::Constant(1, 1, -(T[0] + T[1]) * p * q)};
    }

    Spins sample(const Spins& X, const Vector& eta, auto& rng) const {
        Spins x(4 * X.size());
        for (std::size_t i = 0; i < x.size(); ++i) {
            const Spin copied = X[block(i)];
            x[i] = predcg::uniform(rng) < predcg::logistic(eta[0]) ? copied : static_cast<Spin>(-copied);
        }
        return x;
    }
};
