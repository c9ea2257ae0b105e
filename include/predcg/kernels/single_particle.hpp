#pragma once
#include <predcg/concepts/passed_over.hpp>
#include <predcg/concepts/sampler.hpp>
#include <predcg/core/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace predcg {

/// Metropolis moves of single particles in space, for targets that know what such a move changes
/// (ParticleTarget): one particle after the other is displaced uniformly in a cube of half-width h, and the
/// move accepted with min(1, ratio). A call is a sweep: n moves. In warm-up h, at first that of the space's
/// scales(), is tuned to target_accept by Robbins-Monro on its logarithm, up to ten times that scale: where
/// nearly all moves are accepted, longer ones change nothing.
/// Metropolis et al., J. Chem. Phys. 21 (1953) 1087.
struct SingleParticle {
    double step = 0.0;           ///< initial h, in the unit of X; 0: from the space's scales()
    double target_accept = 0.4;  ///< share of moves that warm-up aims at

    /// Where the tuning stands.
    struct State {
        double log_step = std::numeric_limits<double>::quiet_NaN();  ///< log h
        Index sweeps = 0;                                            ///< of warm-up

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.log_step, self.sweeps);
        }
    };

    /// A configuration that is moved, and room for random numbers.
    template <class Moves>
    struct Setup {
        Moves moves;                                                    ///< holds the configuration
        double beta;                                                    ///< of the target
        double first_step;                                              ///< h of a chain that begins
        double longest_step = std::numeric_limits<double>::infinity();  ///< of h
        std::vector<double> uniforms{};                                 ///< four a move
    };

    template <ParticleTarget T>
    auto setup(const T& target) const {
        [[maybe_unused]] constexpr bool asked = detail::SpaceParts<space_t<T>>::asked;
        using Moves = decltype(target.particle_moves());
        double scale = 0.1, longest = std::numeric_limits<double>::infinity();
        if constexpr (HasScales<space_t<T>>) {
            scale = target.space().scales()[0];
            longest = 10.0 * scale;
        }
        return Setup<Moves>{target.particle_moves(), target.beta(), step > 0.0 ? step : scale, longest};
    }

    template <ParticleTarget T, RandomBits R>
    void advance(const T& target, configuration_t<space_t<T>>& X, State& state, R& rng) const {
        auto made = setup(target);
        advance_with(made, X, state, rng);
    }

    template <class Made, class X, RandomBits R>
    void advance_with(Made& made, X& at, State& state, R& rng) const {
        sweep(made, at, state, rng);
    }

    template <class Made, class X, RandomBits R>
    void adapt_with(Made& made, X& at, State& state, R& rng) const {
        const double accepted = sweep(made, at, state, rng);
        ++state.sweeps;
        // The gain stops falling: a target that changes, as in a fit, is followed.
        const double gain = std::pow(static_cast<double>(std::min<Index>(state.sweeps, 200)), -0.6);
        state.log_step =
            std::min(state.log_step + gain * (accepted - target_accept), std::log(made.longest_step));
    }

private:
    /// The fraction of moves that were accepted.
    template <class Made, class X, RandomBits R>
    double sweep(Made& made, X& at, State& state, R& rng) const {
        if (std::isnan(state.log_step)) state.log_step = std::log(made.first_step);
        made.moves.take(at);
        const Index n = made.moves.size();
        made.uniforms.resize(static_cast<std::size_t>(4 * n));
        uniforms(rng, made.uniforms.data(), 4 * n);
        const double h = std::exp(state.log_step);
        const double* u = made.uniforms.data();
        Index accepted = 0;
        for (Index i = 0; i < n; ++i, u += 4) {
            const std::array<double, 3> by{h * (2.0 * u[0] - 1.0), h * (2.0 * u[1] - 1.0),
                                           h * (2.0 * u[2] - 1.0)};
            const double change = made.beta * made.moves.energy_difference(i, by);
            if (!(change <= 0.0) && !(u[3] < std::exp(-change))) continue;
            made.moves.accept();
            ++accepted;
        }
        made.moves.give(at);
        return static_cast<double>(accepted) / static_cast<double>(n);
    }
};

}  // namespace predcg
