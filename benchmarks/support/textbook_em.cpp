// Monte Carlo EM for one model as one would write it for a paper: vectors of int, single-site heat bath,
// Mersenne twister, doubles, plain loops. It shares no code with the library, has no observed information and
// states no errors. Compiled twice, under the name TEXTBOOK.
#include "first_experiment.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

namespace {

using Spins = std::vector<int>;

// std::mt19937 but for the last parameter, which spreads the seed: it makes the generators of the
// two compilations different types, of which the linker would keep one.
using Generator =
    std::mersenne_twister_engine<std::uint_fast32_t, 32, 624, 397, 31, 0x9908b0dfUL, 11, 0xffffffffUL, 7,
                                 0x9d2c5680UL, 15, 0xefc60000UL, 18, TEXTBOOK_SEED_FACTOR>;

struct Textbook {
    Generator rng{1};
    std::uniform_real_distribution<double> uniform{0.0, 1.0};

    void sweep(Spins& X, double pair, const std::vector<double>& h) {
        const std::size_t n = X.size();
        for (std::size_t i = 0; i < n; ++i) {
            const double f = pair * (X[(i + n - 1) % n] + X[(i + 1) % n]) + h[i];
            X[i] = uniform(rng) < 1.0 / (1.0 + std::exp(-2.0 * f)) ? 1 : -1;
        }
    }
};

double bonds(const Spins& X) {
    double sum = 0.0;
    for (std::size_t i = 0; i < X.size(); ++i) sum += X[i] * X[(i + 1) % X.size()];
    return sum;
}

}  // namespace

/// 200 iterations; 50 chains a datum and 200 of p_c, of one sweep each. Averages over the second half.
bench::FirstExperiment bench::TEXTBOOK(const Data& data, double field) {
    const std::size_t nf = data.front().size(), level = 2, nc = nf / level;
    const int chains = 50, coarse_chains = 200, iterations = 200;
    Textbook textbook;
    const auto random_spins = [&] {
        Spins X(nc);
        for (int& s : X) s = textbook.uniform(textbook.rng) < 0.5 ? -1 : 1;
        return X;
    };
    std::vector<std::vector<Spins>> latent(data.size());
    for (auto& of_datum : latent)
        for (int s = 0; s < chains; ++s) of_datum.push_back(random_spins());
    std::vector<Spins> coarse;
    for (int s = 0; s < coarse_chains; ++s) coarse.push_back(random_spins());
    double theta_cf = 0.8, pair = 0.0;
    FirstExperiment average;
    const std::vector<double> no_data(nc, field);
    for (int t = 0; t < iterations; ++t) {
        double in_q = 0.0, agree = 0.0, in_c = 0.0;
        for (std::size_t k = 0; k < data.size(); ++k) {
            std::vector<double> h(nc);
            for (std::size_t r = 0; r < nc; ++r) {
                double sum = 0.0;
                for (std::size_t j = 0; j < level; ++j) sum += data[k][r * level + j];
                h[r] = field + 0.5 * std::log(theta_cf / (1.0 - theta_cf)) * sum;
            }
            for (Spins& X : latent[k]) {
                textbook.sweep(X, pair, h);
                in_q += bonds(X);
                for (std::size_t i = 0; i < nf; ++i) agree += data[k][i] == X[i / level];
            }
        }
        for (Spins& X : coarse) {
            textbook.sweep(X, pair, no_data);
            in_c += bonds(X);
        }
        const double q_samples = static_cast<double>(data.size()) * chains;
        const double gain = 6.0 / std::pow(t + 10.0, 0.75);
        pair += gain * (in_q / q_samples - in_c / coarse_chains) / static_cast<double>(nc);
        theta_cf += std::min(1.0, gain) * (agree / (q_samples * static_cast<double>(nf)) - theta_cf);
        theta_cf = std::clamp(theta_cf, 1e-4, 1.0 - 1e-4);
        if (2 * t >= iterations) {
            average.pair += 2.0 * pair / iterations;
            average.theta_cf += 2.0 * theta_cf / iterations;
        }
    }
    return average;
}
