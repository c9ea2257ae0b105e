#pragma once
// Independent draws from block priors; a prior of a user's own has draw(count, rng).
#include <predcg/core/random.hpp>
#include <predcg/priors/priors.hpp>

#include <boost/random/gamma_distribution.hpp>

#include <cmath>

namespace predcg {

/// `count` independent coordinates from a block prior, by its own draw(count, rng).
template <class P, RandomBits R>
    requires requires(const P& prior, Index count, R& rng) {
        { prior.draw(count, rng) } -> VectorLike;
    }
Vector draw_prior(const P& prior, Index count, R& rng) {
    return prior.draw(count, rng);
}

/// Throws ArgumentError: an improper prior has no draws.
template <RandomBits R>
Vector draw_prior(const Flat&, Index count, R&) {
    if (count == 0) return Vector(0);
    throw ArgumentError("draw_prior", "prior", "Flat", "a proper prior, for example weak_prior()");
}

/// `count` independent normal coordinates.
template <RandomBits R>
Vector draw_prior(const Normal& prior, Index count, R& rng) {
    return detail::each(standard_normal_vector(rng, count),
                        [&](double z) { return prior.mean + prior.sd * z; });
}

/// One of each.
template <RandomBits R>
Vector draw_prior(const Normals& prior, Index count, R& rng) {
    require_equal(prior.mean.size(), count, "Normals", "length of mean", "the number of parameters");
    Vector z = standard_normal_vector(rng, count);
    for (Index k = 0; k < count; ++k) z[k] = prior.mean[k] + prior.sd[k] * z[k];
    return z;
}

/// By rejection: from the normal, or, for a bound far in its upper tail, from an exponential (C. P. Robert,
/// Stat. Comput. 5 (1995) 121).
template <RandomBits R>
Vector draw_prior(const TruncatedNormal& prior, Index count, R& rng) {
    const double bound = (prior.lower - prior.mean) / prior.sd;
    const double rate = 0.5 * (bound + std::sqrt(bound * bound + 4.0));
    Vector z(count);
    for (double& x : z) {
        do {
            if (bound < 0.5) {
                x = standard_normal(rng);
                if (x >= bound) break;
            } else {
                x = bound - std::log1p(-uniform(rng)) / rate;
                if (uniform(rng) <= std::exp(-0.5 * (x - rate) * (x - rate))) break;
            }
        } while (true);
        x = prior.mean + prior.sd * x;
    }
    return z;
}

/// logit of G_a / (G_a + G_b) with gamma variables.
template <RandomBits R>
Vector draw_prior(const LogitBeta& prior, Index count, R& rng) {
    boost::random::gamma_distribution<double> first(prior.a), second(prior.b);
    Vector z(count);
    for (double& x : z) x = std::log(first(rng)) - std::log(second(rng));
    return z;
}

}  // namespace predcg
