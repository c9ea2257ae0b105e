#pragma once
// The diagnostics of chains straight from their formulas, in long double and without thought of cost: all
// autocovariances, ranks by counting, the normal and beta distributions by integration. Nothing of the
// library.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

namespace by_hand {

using Number = long double;
using Series = std::vector<Number>;
using Chains = std::vector<Series>;  ///< all of one length

inline Number mean(const Series& x) {
    Number sum = 0;
    for (const Number v : x) sum += v;
    return sum / static_cast<Number>(x.size());
}

inline Number variance(const Series& x) {
    const Number centre = mean(x);
    Number sum = 0;
    for (const Number v : x) sum += (v - centre) * (v - centre);
    return sum / static_cast<Number>(x.size() - 1);
}

inline Series pooled(const Chains& chains) {
    Series all;
    for (const Series& x : chains) all.insert(all.end(), x.begin(), x.end());
    return all;
}

inline Chains halves(const Chains& chains) {
    Chains split;
    for (const Series& x : chains) {
        const auto half = static_cast<std::ptrdiff_t>(x.size() / 2);
        split.emplace_back(x.begin(), x.begin() + half);
        split.emplace_back(x.end() - half, x.end());
    }
    return split;
}

template <class F>
Chains map(Chains chains, F&& f) {
    for (Series& x : chains)
        for (Number& v : x) v = f(v);
    return chains;
}

/// 1/N sum_n (x_n - centre)(x_{n+t} - centre).
inline Number autocovariance(const Series& x, Number centre, std::size_t lag) {
    Number sum = 0;
    for (std::size_t n = 0; n + lag < x.size(); ++n) sum += (x[n] - centre) * (x[n + lag] - centre);
    return sum / static_cast<Number>(x.size());
}

/// All c_t / c_0 first, then every window, then the first that is long enough.
inline Number autocorrelation_time(const Chains& chains, Number factor) {
    const Number centre = mean(pooled(chains));
    const std::size_t length = chains[0].size();
    Series rho(length, 0.0L), tau(length, 1.0L);
    for (std::size_t t = 0; t < length; ++t)
        for (const Series& x : chains) rho[t] += autocovariance(x, centre, t);
    for (std::size_t t = length; t-- > 0;) rho[t] /= rho[0];
    for (std::size_t window = 1; window < length; ++window)
        for (std::size_t t = 1; t <= window; ++t) tau[window] += 2 * rho[t];
    std::size_t window = 0;
    for (std::size_t w = length / 2; w > 0; --w)
        if (static_cast<Number>(w) >= factor * std::max(1.0L, tau[w])) window = w;
    if (window == 0) window = length / 2;
    const auto size = static_cast<Number>(length * chains.size());
    return std::max(tau[window], std::min(1.0L, 1 / std::log10(size)));
}

inline Number r_hat(const Chains& chains) {
    const auto n = static_cast<Number>(chains[0].size());
    Series means, variances;
    for (const Series& x : chains) {
        means.push_back(mean(x));
        variances.push_back(variance(x));
    }
    const Number within = mean(variances), between = n * variance(means);
    return std::sqrt(((n - 1) / n * within + between / n) / within);
}

/// Of chains of at least 6 draws.
inline Number effective_sample_size(const Chains& chains) {
    const std::size_t length = chains[0].size();
    const auto n = static_cast<Number>(length), m = static_cast<Number>(chains.size());
    Series means, variances, rho;
    for (const Series& x : chains) {
        means.push_back(mean(x));
        variances.push_back(variance(x));
    }
    const Number within = mean(variances);
    const Number total = (n - 1) / n * within + variance(means);
    for (std::size_t t = 0; t < length; ++t) {
        Number c = 0;
        for (const Series& x : chains) c += autocovariance(x, mean(x), t) / m;
        rho.push_back(t == 0 ? 1 : 1 - (within - c) / total);
    }
    Series pairs;
    std::size_t first_bad = 0;
    for (; 2 * first_bad + 5 < length && rho[2 * first_bad] + rho[2 * first_bad + 1] > 0; ++first_bad) {
        pairs.push_back(rho[2 * first_bad] + rho[2 * first_bad + 1]);
        if (first_bad > 0) pairs[first_bad] = std::min(pairs[first_bad], pairs[first_bad - 1]);
    }
    Number tau = -1;
    for (const Number pair : pairs) tau += 2 * pair;
    const Number next = rho[2 * first_bad], after = rho[2 * first_bad + 1];
    tau += next > 0 || next + after >= 0 ? next : 0;
    return n * m / std::max(tau, 1 / std::log10(n * m));
}

inline Number normal_distribution(Number z) { return std::erfc(-z / std::sqrt(2.0L)) / 2; }

/// x with f(x) = y for an increasing f.
inline Number solve(const std::function<Number(Number)>& f, Number y, Number low, Number high) {
    for (int k = 0; k < 70; ++k) (f((low + high) / 2) < y ? low : high) = (low + high) / 2;
    return (low + high) / 2;
}

inline Chains normal_scores(const Chains& chains) {
    const Series all = pooled(chains);
    return map(chains, [&](Number v) {
        Number below = 0, equal = 0;
        for (const Number other : all) {
            below += other < v ? 1 : 0;
            equal += other == v ? 1 : 0;
        }
        const Number rank = below + (equal + 1) / 2;
        return solve(normal_distribution, (rank - 0.375L) / (static_cast<Number>(all.size()) + 0.25L), -10,
                     10);
    });
}

inline Number quantile(Series x, Number p) {
    std::sort(x.begin(), x.end());
    const Number place = p * static_cast<Number>(x.size() - 1);
    const auto k = static_cast<std::size_t>(place);
    return k + 1 < x.size() ? x[k] + (place - static_cast<Number>(k)) * (x[k + 1] - x[k]) : x[k];
}

inline Chains folded(const Chains& chains) {
    const Number median = quantile(pooled(chains), 0.5L);
    return map(chains, [&](Number v) { return std::abs(v - median); });
}

inline Chains below_quantile(const Chains& chains, Number p) {
    const Number q = quantile(pooled(chains), p);
    return map(chains, [&](Number v) { return v <= q ? 1.0L : 0.0L; });
}

/// P(X <= x) for X ~ Beta(a, b), a, b > 1, by Simpson's rule.
inline Number beta_distribution(Number a, Number b, Number x) {
    const Number norm = std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b);
    const auto density = [&](Number t) {
        return t <= 0 || t >= 1 ? 0 : std::exp(norm + (a - 1) * std::log(t) + (b - 1) * std::log1p(-t));
    };
    const int steps = 1000;
    Number sum = density(0) + density(x);
    for (int k = 1; k < steps; ++k) sum += (k % 2 == 1 ? 4 : 2) * density(x * k / steps);
    return sum * x / (3 * steps);
}

inline Number mcse_quantile(const Chains& chains, Number p) {
    const Number ess = effective_sample_size(halves(below_quantile(chains, p)));
    Series x = pooled(chains);
    std::sort(x.begin(), x.end());
    const auto size = static_cast<Number>(x.size());
    const auto beta = [&](Number y) { return beta_distribution(p * ess + 1, (1 - p) * ess + 1, y); };
    const Number low = solve(beta, normal_distribution(-1), 0, 1),
                 high = solve(beta, normal_distribution(1), 0, 1);
    const auto first = static_cast<std::size_t>(std::max(std::floor(low * size), 1.0L));
    const auto last = static_cast<std::size_t>(std::min(std::ceil(high * size), size));
    return (x[last - 1] - x[first - 1]) / 2;
}

inline Number mcse_mean(const Chains& chains) {
    return std::sqrt(variance(pooled(chains)) / effective_sample_size(halves(chains)));
}

inline Number mcse_sd(const Chains& chains) {
    const Number centre = mean(pooled(chains));
    const Chains squares = map(chains, [&](Number v) { return (v - centre) * (v - centre); });
    const Number second = mean(pooled(squares));
    const Number fourth = mean(pooled(map(squares, [](Number v) { return v * v; })));
    return std::sqrt((fourth - second * second) / effective_sample_size(halves(squares)) / second) / 2;
}

}  // namespace by_hand
