#pragma once
// Random streams with an identity, and the few distributions the library draws from.
#include <predcg/core/error.hpp>
#include <predcg/core/philox.hpp>
#include <predcg/core/types.hpp>

#include <boost/random/generate_canonical.hpp>
#include <boost/random/normal_distribution.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>

namespace predcg {

/// What a stream is for: the one registry of purposes. Two uses of chance have two purposes, so that with one
/// seed they share no random numbers; what shares some on purpose says so. Append only, up to 255: the
/// numbers are part of reproducibility.
enum class Purpose : std::uint8_t {
    generate = 1,             ///< fine-scale data
    start = 2,                ///< starts of a fit
    predict = 3,              ///< independent draws of (X, x) for predictions without an exact route
    latent = 4,               ///< E-step: expectations under q(X|x)
    coarse = 5,               ///< M-step: expectations under p_c(X)
    check = 6,                ///< checks of user types, by index: fine potential, coarse potential, map
    batch = 7,                ///< which data a minibatch of a fit holds
    posterior = 8,            ///< chains of the full posterior
    replicate = 9,            ///< replicated data sets of predictive checks
    calibrate = 10,           ///< what a calibration draws itself
    predictive = 11,          ///< single configurations of predictive intervals
    tie = 12,                 ///< ties of a deterministic map that are drawn
    mean_field = 13,          ///< starts of a mean field
    folds = 14,               ///< which data a fold of a cross-validation holds
    laplace = 15,             ///< draws of the joint Laplace approximation
    laplace_slides = 16,      ///< draws of the slides' Laplace approximation
    exchange = 17,            ///< chains of the exchange algorithm
    evidence = 18,            ///< proposals of bridge sampling
    curvature_latent = 19,    ///< repeated evaluations of the likelihood: under q(X|x)
    curvature_coarse = 20,    ///< and under p_c(X)
    predict_chain = 22,       ///< a chain of X for predictions
    predict_fine = 23,        ///< x given the X of that chain
    draw_posterior = 24,      ///< configurations drawn with a posterior
    draw_fit = 25,            ///< configurations drawn with a fit
    blank = 26,               ///< a configuration that is overwritten before it is read
    scale_latent = 27,        ///< informations that scale the chains of the exchange algorithm: under q(X|x)
    scale_coarse = 28,        ///< and under p_c(X)
    slides_latent = 29,       ///< E-step of the slides' Laplace approximation
    hierarchy = 33,           ///< configurations of a level, data of the next
    sampling_error = 34,      ///< what sampling adds to the error of a fit by reweighting
    geometry = 40,            ///< draws of the posterior of bond lengths and angles
    renormalise = 41,         ///< draws of the first level's posterior that a flow carries on
    liquid_exchange = 42,     ///< chains of the exchange algorithm of a liquid
    liquid_auxiliary = 43,    ///< and their draws of p_c
    liquid_fine = 44,         ///< molecules at the places of a coarse liquid
    exchange_reference = 45,  ///< draws of p_c at the mode that all chains of the exchange algorithm share
    exchange_time = 46,       ///< how long a chain of p_c remembers, there
    draw_chains = 47,         ///< chains of a fit's p_c
};

/// The identity of a stream of random numbers.
struct StreamKey {
    std::uint64_t seed = 1;
    Purpose purpose = Purpose::check;  ///< What the numbers are for.
    std::uint64_t index = 0;           ///< datum, draw, start, chain; below 2^44
    std::uint32_t iteration = 0;       ///< of a fit
    std::uint32_t call = 0;            ///< of an iteration that asks more than once; below 2^12
};

/// The stream of an identity. Equal identity gives equal numbers on every machine and for every number of
/// threads; different identities never overlap within 2^34 outputs. Throws ArgumentError for an index or a
/// call that is too large.
///
/// seed -> key; counter words, most significant first: (call, high part of the index, purpose: 12, 12 and 8
/// bits; low part of the index; iteration; block).
inline Philox4x32 make_stream(const StreamKey& key) {
#ifdef PREDCG_STREAM_RECORDER
    PREDCG_STREAM_RECORDER(key);  // a test looks at every identity that is used
#endif
    require(key.index >> 44 == 0, "make_stream", "index", key.index, "an integer below 2^44");
    require(key.call >> 12 == 0, "make_stream", "call", key.call, "an integer below 2^12");
    Philox4x32 engine;
    engine.set_key({static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)});
    const auto high = static_cast<std::uint32_t>(key.index >> 32);
    engine.set_counter({key.call << 20 | high << 8 | static_cast<std::uint32_t>(key.purpose),
                        static_cast<std::uint32_t>(key.index), key.iteration, 0});
    return engine;
}
/// The same, for an identity given word by word.
inline Philox4x32 make_stream(std::uint64_t seed, Purpose purpose, std::uint64_t index = 0,
                              std::uint32_t iteration = 0) {
    return make_stream({.seed = seed, .purpose = purpose, .index = index, .iteration = iteration});
}

/// What Boost.Random asks of a generator: a uniform random bit generator, the user's own or ours.
template <class R>
concept RandomBits = requires(R& rng) {
    typename R::result_type;
    { rng() } -> std::unsigned_integral;
    { (R::min)() } -> std::convertible_to<typename R::result_type>;
    { (R::max)() } -> std::convertible_to<typename R::result_type>;
};

namespace detail {
/// A generator that gives 64 bits at once: `std::uint64_t next_pair()`.
template <class R>
concept HasNextPair = requires(R& rng) {
    { rng.next_pair() } -> std::same_as<std::uint64_t>;
};
/// And fills an array of 32 bits each with the same: `generate(std::uint32_t* words, std::size_t count)`.
template <class R>
concept HasGenerate =
    HasNextPair<R> && requires(R& rng, std::uint32_t* words) { rng.generate(words, std::size_t{}); };
}  // namespace detail

/// Uniform on [0, 1) with 53 random bits.
template <RandomBits R>
double uniform(R& rng) {
    // Boost does the same for any range of outputs, but at three times the cost for these two.
    if constexpr (detail::HasNextPair<R>) {
        return static_cast<double>(rng.next_pair() >> 11) * 0x1p-53;
    } else if constexpr ((R::min)() == 0 && (R::max)() == 0xFFFFFFFFU) {
        const std::uint64_t low = rng(), high = rng();
        return static_cast<double>((high << 32 | low) >> 11) * 0x1p-53;
    } else if constexpr ((R::min)() == 0 && (R::max)() == ~std::uint64_t{0}) {
        return static_cast<double>(rng() >> 11) * 0x1p-53;
    } else {
        return boost::random::generate_canonical<double, 53>(rng);
    }
}

/// The next `count` numbers of uniform(), several at once where the generator can.
template <RandomBits R>
void uniforms(R& rng, double* to, Index count) {
    if constexpr (detail::HasGenerate<R>) {
        constexpr Index at_once = 64;
        std::uint32_t words[2 * at_once];
        for (Index size = 0; count > 0; count -= size) {
            size = std::min(count, at_once);
            rng.generate(words, static_cast<std::size_t>(2 * size));
            for (Index k = 0; k < size; ++k)
                *to++ = static_cast<double>(
                            (static_cast<std::uint64_t>(words[2 * k + 1]) << 32 | words[2 * k]) >> 11) *
                        0x1p-53;
        }
    } else {
        for (Index k = 0; k < count; ++k) to[k] = uniform(rng);
    }
}

/// Uniform on {0, ..., count-1}, up to 2^-53 count.
template <RandomBits R>
Index uniform_index(R& rng, Index count) {
    return std::min(count - 1, static_cast<Index>(uniform(rng) * static_cast<double>(count)));
}

/// Standard normal.
template <RandomBits R>
double standard_normal(R& rng) {
    return boost::random::normal_distribution<double>()(rng);
}

/// Independent standard normals in the place of all components.
template <RandomBits R>
void fill_standard_normal(R& rng, Vector& z) {
    boost::random::normal_distribution<double> normal;
    for (double& x : z) x = normal(rng);
}

/// Vector of independent standard normals.
template <RandomBits R>
Vector standard_normal_vector(R& rng, Index size) {
    Vector z(size);
    fill_standard_normal(rng, z);
    return z;
}

}  // namespace predcg
