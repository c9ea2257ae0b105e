#pragma once
#include <predcg/concepts/optimizer.hpp>
#include <predcg/optimize/gains.hpp>
#include <predcg/optimize/running_information.hpp>

namespace predcg {

/// z^{t+1} = z^t + gain_t C^-1 gradient, with C the information of the complete data that p_c expects,
/// averaged over the last 1 / forgetting iterations or so: a gain of 1 is an EM step to first order, whatever
/// the size of the system and the units are. C is a covariance, so that steps always ascend, and it exceeds
/// the observed information, so that gains up to 1 cannot overshoot near a maximum. The gradient's noise is
/// averaged by gains that fall, and by the average of the iterates afterwards; gains fall slowly, as EM steps
/// are short where little is seen of X.
///
/// C is forgotten quickly: along a curved valley, as of parameters that trade, its stiff direction turns, and
/// an average over all directions is stiff in every one of them, which makes the iterates creep.
///
/// A step is no longer than max_step times its gain, in z = (beta theta_c / s_c, eta / s_m). Posterior
/// standard deviations would be no measure of it: a large system has tiny ones, and starts hundreds of them
/// away.
///
/// Robbins, Monro, Ann. Math. Stat. 22 (1951) 400; Lange, J. R. Stat. Soc. B 57 (1995) 425; Polyak, Juditsky,
/// SIAM J. Control Optim. 30 (1992) 838.
struct RobbinsMonro {
    Gains gains{.rho = 0.6};       ///< lengths of the steps
    double max_step = 0.5;         ///< in z, for a gain of 1
    double forgetting = 0.3;       ///< weight of the newest information in the average
    double step_tolerance = 1e-9;  ///< with exact engines

    /// Where the gains stand, and the averaged information.
    using State = RunningInformation;
    /// The fit gives it that information of the complete data.
    static constexpr bool complete_information = true;

    double tolerance() const { return step_tolerance; }

    std::optional<Vector> step(State& state, const Vector&, const Vector& gradient,
                               const Matrix& information) const {
        const double gain = gains(state.count());
        state.add(information, forgetting);
        std::optional<Vector> step = state.step(gradient, 0.0, max_step);
        if (step) linalg::multiply(*step, gain);
        return step;
    }
};

}  // namespace predcg
