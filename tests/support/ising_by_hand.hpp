#pragma once
// The likelihood of an Ising coarse-graining straight from its formulas, by enumeration in long double:
// nothing of the library but its plain settings.
#include <predcg/models/ising/coarse_chain.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace by_hand {

using predcg::Index;
using Spins = std::vector<predcg::ising::Spin>;
using Numbers = std::vector<long double>;
using Model = predcg::ising::CoarseChainSettings;

inline std::size_t parameter_count(const Model& m) {
    return (m.linear ? 1u : 0u) + static_cast<std::size_t>(m.pair_range) + m.triplets.size();
}

/// X_i, any i: round the ring, or 0 outside an open chain.
inline long double spin(const Model& m, const Spins& X, Index i) {
    if (m.boundary == predcg::Boundary::open && (i < 0 || i >= m.sites)) return 0.0L;
    return X[static_cast<std::size_t>((i % m.sites + m.sites) % m.sites)];
}

inline long double coarse_energy(const Model& m, const Spins& X, const Numbers& theta) {
    long double energy = 0.0L;
    for (Index i = 0; i < m.sites; ++i) {
        const auto s = [&](Index offset) { return spin(m, X, i + offset); };
        std::size_t p = 0;
        energy -= m.field * s(0);
        if (m.linear) energy -= 0.5L * theta[p++] * s(0);
        for (Index k = 1; k <= m.pair_range; ++k) energy -= theta[p++] * s(0) * s(k);
        for (const auto& t : m.triplets)
            energy -= 0.5L * theta[p++] * s(0) * (s(t.m) * s(t.m + t.n) + s(-t.m) * s(-t.m - t.n));
    }
    return energy;
}

/// log p_cf(x | X): every fine spin is its coarse spin with probability 1 / (1 + exp(-eta)).
inline long double log_map(const Spins& x, const Spins& X, long double eta) {
    long double sum = 0.0L;
    const std::size_t level = x.size() / X.size();
    for (std::size_t i = 0; i < x.size(); ++i) sum -= std::log1p(std::exp(x[i] == X[i / level] ? -eta : eta));
    return sum;
}

template <class F>
long double log_sum_exp(Index sites, F&& log_term) {
    Numbers terms;
    long double largest = -std::numeric_limits<long double>::infinity();
    for (unsigned long state = 0; state < 1ul << sites; ++state) {
        Spins X;
        for (Index i = 0; i < sites; ++i) X.push_back(state >> i & 1 ? 1 : -1);
        terms.push_back(log_term(X));
        largest = std::max(largest, terms.back());
    }
    long double sum = 0.0L;
    for (const long double term : terms) sum += std::exp(term - largest);
    return largest + std::log(sum);
}

inline long double coarse_log_partition(const Model& m, long double beta, const Numbers& theta) {
    return log_sum_exp(m.sites, [&](const Spins& X) { return -beta * coarse_energy(m, X, theta); });
}

/// sum_i log sum_X p_cf(x_i|X) p_c(X) at (theta_c, eta).
inline long double log_likelihood(const Model& m, const std::vector<Spins>& data, long double beta,
                                  Numbers parameters) {
    const long double eta = parameters.back();
    parameters.pop_back();
    long double sum = -static_cast<long double>(data.size()) * coarse_log_partition(m, beta, parameters);
    for (const Spins& x : data)
        sum += log_sum_exp(m.sites, [&](const Spins& X) {
            return log_map(x, X, eta) - beta * coarse_energy(m, X, parameters);
        });
    return sum;
}

/// Configurations of a two-state Markov chain that keeps its spin with probability `stay` and starts at +1
/// with probability `up`: correlated data with a bias, without a model of the library.
template <class R>
std::vector<Spins> markov_data(R& rng, Index sites, Index samples, double stay, double up) {
    std::bernoulli_distribution same(stay), first(up);
    std::vector<Spins> data(static_cast<std::size_t>(samples));
    for (Spins& x : data)
        for (Index i = 0; i < sites; ++i) {
            const bool fresh = i == 0 || !same(rng);
            x.push_back(fresh ? (first(rng) ? 1 : -1) : x.back());
        }
    return data;
}

/// A random model on `sites` coarse sites: any terms that fit, both boundaries, any field.
template <class R>
Model random_model(R& rng, Index sites) {
    std::bernoulli_distribution coin(0.5);
    std::normal_distribution<double> normal;
    Model m;
    m.sites = sites;
    m.linear = coin(rng);
    m.boundary = coin(rng) ? predcg::Boundary::periodic : predcg::Boundary::open;
    m.field = 0.5 * normal(rng);
    const bool ring = m.boundary == predcg::Boundary::periodic;
    m.pair_range =
        std::uniform_int_distribution<Index>(0, std::min<Index>(3, ring ? sites / 2 : sites - 1))(rng);
    for (const predcg::ising::Triplet t : {predcg::ising::Triplet{1, 1}, {1, 2}, {2, 2}})
        if (coin(rng) &&
            (ring ? t.m % sites != 0 && t.n % sites != 0 && (t.m + t.n) % sites != 0 : t.m + t.n < sites))
            m.triplets.push_back(t);
    return m;
}

}  // namespace by_hand
