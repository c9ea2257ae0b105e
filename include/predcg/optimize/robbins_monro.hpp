#pragma once
#include <predcg/concepts/optimizer.hpp>
#include <predcg/optimize/gains.hpp>

namespace predcg {

/// theta^{t+1} = theta^t + alpha_t gradient, the gradient being that of one datum on average and theta in
/// units of 1 / beta; the map's parameters take their M-step. Robbins, Monro, Ann. Math. Stat. 22 (1951)
/// 400. Iterates are averaged afterwards: Polyak, Juditsky, SIAM J. Control Optim. 30 (1992) 838.
struct RobbinsMonro {
    Gains gains{};                 ///< Length of the steps.
    double step_tolerance = 1e-9;  ///< with exact engines

    /// Where the gains stand.
    struct State {
        Index t = 0;
    };
    /// The fit gives the optimizer the coarse parameters alone.
    static constexpr bool closed_form_map = true;

    double tolerance() const { return step_tolerance; }

    std::optional<Vector> step(State& state, const Vector&, const Vector& gradient, const Matrix&) const {
        return Vector(gains(state.t++) * gradient);
    }
};

}  // namespace predcg
