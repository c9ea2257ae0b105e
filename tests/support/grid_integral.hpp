#pragma once
// log of the integral of exp(log_density) over a box, by the trapezoidal rule.
#include "grid_posterior.hpp"

#include <limits>

namespace support {

/// The density must have fallen off at the ends that are no walls.
template <class F>
double integral(const std::vector<GridAxis>& axes, F&& log_density) {
    const std::size_t d = axes.size();
    std::vector<int> at(d, 0);
    double top = -std::numeric_limits<double>::infinity(), sum = 0.0;
    predcg::Vector z(static_cast<predcg::Index>(d));
    for (std::size_t carry = 0; carry < d;) {
        double weight = 1.0;
        for (std::size_t k = 0; k < d; ++k) {
            z[static_cast<predcg::Index>(k)] = axes[k].at(at[k]);
            weight *= axes[k].weight(at[k]) * (axes[k].last - axes[k].first) / (axes[k].points - 1);
        }
        const double value = log_density(z);
        if (value > top) {
            sum *= std::exp(top - value);
            top = value;
        }
        if (value > -std::numeric_limits<double>::infinity()) sum += weight * std::exp(value - top);
        for (carry = 0; carry < d && ++at[carry] == axes[carry].points; ++carry) at[carry] = 0;
    }
    return top + std::log(sum);
}

}  // namespace support
