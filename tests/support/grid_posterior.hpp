#pragma once
// A density of two numbers on a grid: moments and quantiles of each by the trapezoidal rule.
#include <predcg/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace support {

struct GridAxis {
    double first, last;
    int points;

    double at(int k) const { return first + (last - first) * k / (points - 1); }
    double weight(int k) const { return k == 0 || k == points - 1 ? 0.5 : 1.0; }
};

class GridPosterior {
public:
    /// log_density(a, b), unnormalised; it must have fallen off at the ends that are no walls.
    template <class F>
    GridPosterior(GridAxis a, GridAxis b, F&& log_density) : axes_{a, b} {
        std::vector<double> values;
        for (int i = 0; i < a.points; ++i)
            for (int j = 0; j < b.points; ++j) values.push_back(log_density(a.at(i), b.at(j)));
        const double top = *std::max_element(values.begin(), values.end());
        double total = 0.0;
        for (auto& m : marginals_) m.clear();
        marginals_[0].assign(static_cast<std::size_t>(a.points), 0.0);
        marginals_[1].assign(static_cast<std::size_t>(b.points), 0.0);
        for (int i = 0; i < a.points; ++i)
            for (int j = 0; j < b.points; ++j) {
                const double w = std::exp(values[static_cast<std::size_t>(i * b.points + j)] - top);
                marginals_[0][static_cast<std::size_t>(i)] += w * b.weight(j);
                marginals_[1][static_cast<std::size_t>(j)] += w * a.weight(i);
                total += w * a.weight(i) * b.weight(j);
            }
        for (auto& marginal : marginals_)
            for (double& density : marginal) density /= total;
    }

    double mean(predcg::Index k) const {
        return average(k, [](double x) { return x; });
    }
    double sd(predcg::Index k) const {
        const double centre = mean(k);
        return std::sqrt(average(k, [centre](double x) { return (x - centre) * (x - centre); }));
    }

    /// From the cumulative trapezoids, with the density linear between grid points.
    double quantile(predcg::Index k, double p) const {
        const auto& marginal = marginals_[static_cast<std::size_t>(k)];
        const GridAxis& axis = axes_[static_cast<std::size_t>(k)];
        double below = 0.0;
        for (int i = 0; i + 1 < axis.points; ++i) {
            const double left = marginal[static_cast<std::size_t>(i)];
            const double right = marginal[static_cast<std::size_t>(i + 1)];
            const double mass = 0.5 * (left + right);
            if (below + mass < p) {
                below += mass;
                continue;
            }
            // left t + (right - left) t^2 / 2 = p - below
            const double need = p - below, slope = right - left;
            const double t = 2.0 * need / (left + std::sqrt(left * left + 2.0 * slope * need));
            return axis.at(i) + t * (axis.at(i + 1) - axis.at(i));
        }
        return axis.last;
    }

private:
    template <class F>
    double average(predcg::Index k, F&& f) const {
        const GridAxis& axis = axes_[static_cast<std::size_t>(k)];
        double sum = 0.0;
        for (int i = 0; i < axis.points; ++i)
            sum += f(axis.at(i)) * axis.weight(i) *
                   marginals_[static_cast<std::size_t>(k)][static_cast<std::size_t>(i)];
        return sum;
    }

    GridAxis axes_[2];
    std::vector<double> marginals_[2];
};

}  // namespace support
