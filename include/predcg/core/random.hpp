#pragma once
// Random streams with an identity, and the few distributions the library draws from.
#include <predcg/core/philox.hpp>
#include <predcg/core/types.hpp>

#include <boost/random/generate_canonical.hpp>
#include <boost/random/normal_distribution.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>

namespace predcg {

/// What a stream is for: the one registry of purposes. Two uses of chance never share a purpose, so
/// that they never share random numbers. Append only: the numbers are part of reproducibility.
enum class Purpose : std::uint32_t {
    generate = 1,     ///< fine-scale data
    start = 2,        ///< starts of a fit
    predict = 3,      ///< draws of (X, x) for predictions without an exact route
    latent = 4,       ///< E-step: expectations under q(X|x)
    coarse = 5,       ///< M-step: expectations under p_c(X)
    check = 6,        ///< checks of user types
    batch = 7,        ///< which data a minibatch holds
    posterior = 8,    ///< draws of parameters
    replicate = 9,    ///< replicated data sets of predictive checks
    calibrate = 10,   ///< what a calibration draws itself
    predictive = 11,  ///< single configurations of predictive distributions
    tie = 12,         ///< ties of a deterministic map that are drawn
    mean_field = 13,  ///< starts of a mean field
    folds = 14,       ///< which data a fold of a cross-validation holds
};

/// The identity of a stream of random numbers.
struct StreamKey {
    std::uint64_t seed = 1;
    Purpose purpose = Purpose::check;
    std::uint32_t index = 0;      ///< datum, draw, start, chain
    std::uint32_t iteration = 0;  ///< of a fit
};

/// The stream of an identity. Equal identity gives equal numbers on every machine and for every number of
/// threads; different identities never overlap within 2^34 outputs.
///
/// seed -> key; counter words, most significant first: (purpose, index, iteration, block).
inline Philox4x32 make_stream(const StreamKey& key) {
    Philox4x32 engine;
    engine.set_key({static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)});
    engine.set_counter({static_cast<std::uint32_t>(key.purpose), key.index, key.iteration, 0});
    return engine;
}
inline Philox4x32 make_stream(std::uint64_t seed, Purpose purpose, std::uint32_t index = 0,
                              std::uint32_t iteration = 0) {
    return make_stream({seed, purpose, index, iteration});
}

/// What Boost.Random asks of a generator: a uniform random bit generator, the user's own or ours.
template <class R>
concept RandomBits = requires(R& rng) {
    typename R::result_type;
    { rng() } -> std::unsigned_integral;
    { (R::min)() } -> std::convertible_to<typename R::result_type>;
    { (R::max)() } -> std::convertible_to<typename R::result_type>;
};

/// Uniform on [0, 1) with 53 random bits.
template <RandomBits R>
double uniform(R& rng) {
    // Boost does the same for any range of outputs, but at three times the cost for these two.
    if constexpr (requires { rng.next_pair(); }) {
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

/// Vector of independent standard normals.
template <RandomBits R>
Vector standard_normal_vector(R& rng, Index size) {
    boost::random::normal_distribution<double> normal;
    Vector z(size);
    for (Index i = 0; i < size; ++i) z[i] = normal(rng);
    return z;
}

}  // namespace predcg
