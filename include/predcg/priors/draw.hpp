#pragma once
// Independent draws from block priors; a prior of a user's own has draw(count, rng).
#include <predcg/core/random.hpp>
#include <predcg/priors/priors.hpp>

#include <boost/random/gamma_distribution.hpp>

#include <algorithm>
#include <cmath>

namespace predcg {

/// Draws `count` independent coordinates: `Vector draw(Index count, auto& rng) const`.
template <class P, class R>
concept HasDraw = requires(const P prior, Index count, R& rng) {
    { prior.draw(count, rng) } -> VectorLike;
};

/// `count` independent coordinates from a block prior, by its own draw(count, rng).
template <class P, RandomBits R>
    requires HasDraw<P, R>
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

namespace detail {
/// A standard normal number >= bound, by rejection: from the normal, or, for a bound far in its upper tail,
/// from an exponential (C. P. Robert, Stat. Comput. 5 (1995) 121).
template <RandomBits R>
double normal_above(double bound, R& rng) {
    const double rate = 0.5 * (bound + std::sqrt(bound * bound + 4.0));
    for (;;) {
        if (bound < 0.5) {
            const double x = standard_normal(rng);
            if (x >= bound) return x;
        } else {
            const double x = bound - std::log1p(-uniform(rng)) / rate;
            if (uniform(rng) <= std::exp(-0.5 * (x - rate) * (x - rate))) return x;
        }
    }
}

/// A standard normal number in [a, b], by rejection: from the nearer tail, or, where the bounds are near each
/// other, from the uniform density between them.
template <RandomBits R>
double normal_between(double a, double b, R& rng) {
    if (b < 0.0 || (a < 0.0 && -a > b)) return -normal_between(-b, -a, rng);
    const double top = std::max(a, 0.0);  // where the density is largest
    const bool narrow = b - a < 2.0 / (1.0 + top);
    for (;;) {
        const double x = narrow ? a + (b - a) * uniform(rng) : normal_above(a, rng);
        if (x <= b && (!narrow || uniform(rng) <= std::exp(0.5 * (top * top - x * x)))) return x;
    }
}
}  // namespace detail

/// By rejection.
template <RandomBits R>
Vector draw_prior(const TruncatedNormal& prior, Index count, R& rng) {
    Vector z(count);
    for (double& x : z)
        x = prior.mean + prior.sd * detail::normal_above((prior.lower - prior.mean) / prior.sd, rng);
    return z;
}

/// One of each, by rejection.
template <RandomBits R>
Vector draw_prior(const TruncatedNormals& prior, Index count, R& rng) {
    require_equal(prior.mean.size(), count, "TruncatedNormals", "length of mean", "the number of parameters");
    Vector z(count);
    for (Index k = 0; k < count; ++k)
        z[k] = prior.mean[k] +
               prior.sd[k] * detail::normal_between((prior.lower[k] - prior.mean[k]) / prior.sd[k],
                                                    (prior.upper[k] - prior.mean[k]) / prior.sd[k], rng);
    return z;
}

/// logit of G_a / (G_a + G_b) with gamma variables.
template <RandomBits R>
Vector draw_prior(const LogitBeta& prior, Index count, R& rng) {
    boost::random::gamma_distribution<double> first(prior.a), second(prior.b);
    Vector z(count);
    for (double& x : z) {
        x = std::log(
            first(rng));  // one statement each: compilers differ in which side of a minus they draw first
        x -= std::log(second(rng));
    }
    return z;
}

}  // namespace predcg
