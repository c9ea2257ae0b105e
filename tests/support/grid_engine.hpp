#pragma once
// Exact expectations of two or three particles in a cubic box, on a BoxGrid: an engine that knows log Z.
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/statistics/log_sum_exp.hpp>
#include <predcg/statistics/moment_accumulator.hpp>

#include "box_grid.hpp"

namespace support {

struct GridEngine {
    BoxGrid grid;

    template <class T>
    using State = predcg::NoState;

    template <predcg::Target T>
    double log_partition(const T& target) const {
        predcg::statistics::LogSumExp sum;
        grid.visit([&](const predcg::Points& x, double weight) {
            sum.add(std::log(weight) + target.log_density(x));
        });
        return sum.value() + grid.log_cell();
    }

    template <predcg::Target T, predcg::Statistic<predcg::Points> S>
    predcg::Moments expect(const T& target, const S& statistic, predcg::NoState&,
                           const predcg::StreamKey&) const {
        predcg::statistics::MomentAccumulator sum(statistic.size());
        grid.visit([&](const predcg::Points& x, double weight) {
            sum.add(std::log(weight) + target.log_density(x), statistic(x));
        });
        predcg::Moments moments = sum.moments();
        moments.log_partition = sum.log_weight() + grid.log_cell();
        return moments;
    }
};

}  // namespace support
