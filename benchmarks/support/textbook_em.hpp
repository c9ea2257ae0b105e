#pragma once
// Monte Carlo EM for one model, {linear, pair_1} on a ring with the Bernoulli map, as one would write it for
// a paper: vectors of int, single-site Metropolis, std::mt19937_64, Robbins-Monro. It shares no code with the
// library. Formulas: docs/method.md.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace bench {

struct TextbookResult {
    double linear = 0.0, pair = 0.0, theta_cf = 0.0;
};

class TextbookEM {
public:
    using Spins = std::vector<int>;

    TextbookEM(std::vector<Spins> data, std::size_t level, double beta, double field, std::uint64_t seed)
        : data_(std::move(data)), level_(level), sites_(data_.front().size() / level), beta_(beta),
          field_(field), rng_(seed) {
        for (const Spins& x : data_) {
            std::vector<int> sums(sites_, 0);
            for (std::size_t i = 0; i < x.size(); ++i) sums[i / level_] += x[i];
            block_sums_.push_back(sums);
        }
    }

    /// Iterations of S_q = 50 samples for each datum and S_c = 200 of p_c, one sweep apart, after five sweeps
    /// under the new parameters (100 in the first iteration). The estimates are averages over the second
    /// half.
    TextbookResult fit(int iterations) {
        std::vector<Spins> latent(data_.size());
        for (Spins& X : latent) X = random_spins();
        Spins coarse = random_spins();
        double linear = 0.0, pair = 0.0, theta_cf = 1.0 / (1.0 + std::exp(-1.0));
        TextbookResult average;
        const std::vector<double> no_field(sites_, 0.0);
        for (int t = 0; t < iterations; ++t) {
            const int skip = t == 0 ? 100 : 5;
            const double lambda = 0.5 * std::log(theta_cf / (1.0 - theta_cf));
            Sums q, c;
            std::vector<double> h(sites_);
            for (std::size_t k = 0; k < data_.size(); ++k) {
                for (std::size_t r = 0; r < sites_; ++r) h[r] = lambda * block_sums_[k][r];
                sample(latent[k], linear, pair, h, skip, 50, q, &block_sums_[k]);
            }
            sample(coarse, linear, pair, no_field, skip, 200, c, nullptr);
            const double N = static_cast<double>(data_.size()), n = N * static_cast<double>(sites_ * level_);
            const double gain = 2.0 / std::pow(t + 10.0, 0.75);
            linear += gain * 0.5 * (q.spins / (50.0 * N) - c.spins / 200.0);
            pair += gain * (q.bonds / (50.0 * N) - c.bonds / 200.0);
            theta_cf = 0.5 * (1.0 + q.agreement / (50.0 * n));
            if (2 * t >= iterations) {
                const double share = 1.0 / (iterations - iterations / 2);
                average.linear += share * linear;
                average.pair += share * pair;
                average.theta_cf += share * theta_cf;
            }
        }
        return average;
    }

private:
    struct Sums {
        double spins = 0.0, bonds = 0.0, agreement = 0.0;
    };

    Spins random_spins() {
        Spins X(sites_);
        for (int& s : X) s = uniform_(rng_) < 0.5 ? -1 : 1;
        return X;
    }

    void sweep(Spins& X, double linear, double pair, const std::vector<double>& h) {
        for (std::size_t i = 0; i < sites_; ++i) {
            const int left = X[(i + sites_ - 1) % sites_], right = X[(i + 1) % sites_];
            const double slope = beta_ * (0.5 * linear + field_ + pair * (left + right)) + h[i];
            const double change = -2.0 * X[i] * slope;  // of the log density
            if (change >= 0.0 || uniform_(rng_) < std::exp(change)) X[i] = -X[i];
        }
    }

    void sample(Spins& X, double linear, double pair, const std::vector<double>& h, int skip, int samples,
                Sums& sums, const std::vector<int>* block_sums) {
        for (int s = 0; s < skip; ++s) sweep(X, linear, pair, h);
        for (int s = 0; s < samples; ++s) {
            sweep(X, linear, pair, h);
            for (std::size_t i = 0; i < sites_; ++i) {
                sums.spins += X[i];
                sums.bonds += X[i] * X[(i + 1) % sites_];
                if (block_sums) sums.agreement += X[i] * (*block_sums)[i];
            }
        }
    }

    std::vector<Spins> data_;
    std::vector<std::vector<int>> block_sums_;
    std::size_t level_, sites_;
    double beta_, field_;
    std::mt19937_64 rng_;
    std::uniform_real_distribution<double> uniform_{0.0, 1.0};
};

}  // namespace bench
