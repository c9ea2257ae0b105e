#pragma once
#include <predcg/core/types.hpp>
#include <predcg/core/window.hpp>

#include <algorithm>

namespace predcg::letters::detail {

/// (1/n) sum_i f(i, i + l) for l = 0..most_lag: on a ring all n terms, for which the first `period` stand; of
/// an open chain n - l terms over n.
template <class F>
Vector by_lag(Boundary boundary, Index most_lag, Index n, Index period, F&& f) {
    Vector mean = Vector::Zero(std::min(most_lag, n - 1) + 1);
    const bool open = boundary == Boundary::open;
    for (Index l = 0; l < mean.size(); ++l)
        for (Index i = 0; i < (open ? n - l : period); ++i)
            mean[l] += f(i, (i + l) % n) / static_cast<double>(open ? n : period);
    return mean;
}

}  // namespace predcg::letters::detail
