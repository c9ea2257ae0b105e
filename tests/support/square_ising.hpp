#pragma once
// The Ising model on a square lattice with periodic sides, as a user would write it: 2 x 2 fine spins to a
// coarse one.
#include <predcg/core/expansion.hpp>
#include <predcg/core/logistic.hpp>
#include <predcg/core/random.hpp>
#include <predcg/core/types.hpp>
#include <predcg/models/ising/spin.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace square_ising {

using predcg::Index;
using predcg::Vector;
using Spin = predcg::ising::Spin;
using Spins = std::vector<Spin>;

/// The four neighbours of a site, row by row.
inline std::array<std::size_t, 4> neighbours(std::size_t i, std::size_t side) {
    const std::size_t row = i / side, column = i % side;
    return {row * side + (column + 1) % side, row * side + (column + side - 1) % side,
            (row + 1) % side * side + column, (row + side - 1) % side * side + column};
}

inline int field_at(const Spins& X, std::size_t i, std::size_t side) {
    int sum = 0;
    for (const std::size_t j : neighbours(i, side)) sum += X[j];
    return sum;
}

/// Samples of U = - sum over pairs of neighbours of x_i x_j at beta: heat-bath sweeps, `apart` between two
/// samples.
inline std::vector<Spins> samples(std::size_t side, double beta, std::size_t count, std::uint64_t seed,
                                  std::size_t apart = 20) {
    auto rng = predcg::make_stream(seed, predcg::Purpose::generate);
    Spins x(side * side, Spin{1});
    std::vector<Spins> all;
    for (std::size_t sweep = 0; all.size() < count; ++sweep) {
        for (std::size_t i = 0; i < x.size(); ++i)
            x[i] = predcg::uniform(rng) < predcg::logistic(2.0 * beta * field_at(x, i, side)) ? 1 : -1;
        if (sweep >= 200 && sweep % apart == 0) all.push_back(x);
    }
    return all;
}

/// U_c = - theta sum over pairs of neighbours of X_i X_j.
struct Coarse {
    std::size_t side;
    predcg::ising::SpinSpace<> spins = predcg::ising::spin_space(static_cast<Index>(side * side));

    const predcg::ising::SpinSpace<>& space() const { return spins; }
    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const { return {"pair"}; }
    Vector features(const Spins& X) const {
        int sum = 0;
        for (std::size_t i = 0; i < X.size(); ++i) {
            const auto near = neighbours(i, side);
            sum += X[i] * (X[near[0]] + X[near[2]]);
        }
        return Vector::Constant(1, -sum);
    }
    double energy_difference(const Spins& X, Index i, Spin v, const Vector& theta) const {
        const auto at = static_cast<std::size_t>(i);
        return -theta[0] * (v - X[at]) * field_at(X, at, side);
    }
};

/// Each of the four fine spins of a block is the block's coarse spin with probability logistic(eta).
struct BlockMap {
    using fine_type = Spins;
    using coarse_type = Spins;
    using Sums = std::vector<int>;  // of each block
    std::size_t side;               // of the coarse lattice

    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const { return {"logit_p"}; }
    Vector start() const { return Vector::Ones(1); }

    std::size_t block(std::size_t fine_site) const {
        return fine_site / (2 * side) / 2 * side + fine_site % (2 * side) / 2;
    }
    Sums prepare(const Spins& x) const {
        Sums sums(x.size() / 4, 0);
        for (std::size_t i = 0; i < x.size(); ++i) sums.at(block(i)) += x[i];
        return sums;
    }
    Index coarse_size(const Sums& sums) const { return static_cast<Index>(sums.size()); }

    struct Likelihood {
        const Sums& sums;
        double same, other;  // log p, log (1 - p)

        double at(std::size_t r, int S) const {
            const int equal = (4 + S * sums[r]) / 2;
            return equal * same + (4 - equal) * other;
        }
        double log_density(const Spins& X) const {
            double sum = 0.0;
            for (std::size_t r = 0; r < X.size(); ++r) sum += at(r, X[r]);
            return sum;
        }
        double log_density_difference(const Spins& X, Index i, Spin v) const {
            const auto r = static_cast<std::size_t>(i);
            return at(r, v) - at(r, X[r]);
        }
    };
    Likelihood likelihood(const Sums& sums, const Vector& eta) const {
        return {sums, -predcg::log1p_exp(-eta[0]), -predcg::log1p_exp(eta[0])};
    }

    struct Agreement {
        const Sums& sums;

        Index size() const { return 2; }
        Vector operator()(const Spins& X) const {
            double equal = 0.0;
            for (std::size_t r = 0; r < X.size(); ++r) equal += (4 + X[r] * sums[r]) / 2;
            return Vector{{equal, 4.0 * static_cast<double>(X.size()) - equal}};
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
        for (std::size_t i = 0; i < x.size(); ++i)
            x[i] = static_cast<Spin>(predcg::uniform(rng) < predcg::logistic(eta[0]) ? X[block(i)]
                                                                                     : -X[block(i)]);
        return x;
    }
};

}  // namespace square_ising
