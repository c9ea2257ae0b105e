#pragma once
#include <predcg/concepts/optimizer.hpp>
#include <predcg/optimize/gains.hpp>
#include <predcg/optimize/running_information.hpp>

namespace predcg {

/// Newton with noise: z^{t+1} = z^t + gain_t I^-1 gradient, I the observed information averaged over the last
/// 1 / forgetting iterations or so; no step is longer than max_step times its gain. None where the average is
/// not positive definite: the fit then makes an EM step. Where little is seen of X its steps are much longer
/// than those of RobbinsMonro, and its I noisier.
struct StochasticNewton {
    Gains gains{};             ///< lengths of the steps
    double max_step = 0.5;     ///< in z: see RobbinsMonro
    double ridge = 0.5;        ///< relative to the mean information, divided by sqrt(t + 1)
    double forgetting = 0.05;  ///< weight of the newest information in the average
    double step_tolerance = 1e-9;

    /// Where the gains stand, and the averaged information.
    using State = RunningInformation;

    double tolerance() const { return step_tolerance; }

    std::optional<Vector> step(State& state, const Vector&, const Vector& gradient,
                               const Matrix& information) const {
        const double gain = gains(state.count());
        state.add(information, forgetting);
        std::optional<Vector> step = state.step(gradient, ridge, max_step);
        if (step) linalg::multiply(*step, gain);
        return step;
    }
};

}  // namespace predcg
