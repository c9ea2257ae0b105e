#pragma once
#include <predcg/concepts/observable.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>

namespace predcg::gaussian {

/// (1/n) sum_i |x_i|^2 over the n beads of dimension d.
struct MeanSquareDisplacement {
    Index dimension = 1;

    double operator()(const Vector& x) const {
        return linalg::squared_norm(x) * static_cast<double>(dimension) / static_cast<double>(x.size());
    }
    int order() const { return 2; }
    double from_moments(const SiteMoments& m) const {
        double sum = 0.0;
        for (Index i = 0; i < m.second.sites(); ++i) sum += m.second(i, i);
        return sum * static_cast<double>(dimension) / static_cast<double>(m.mean.size());
    }
};

/// |x_{n-1} - x_0|^2, the squared end-to-end distance.
struct EndToEnd {
    Index dimension = 1;

    double operator()(const Vector& x) const {
        double sum = 0.0;
        for (Index c = 0; c < dimension; ++c) {
            const double apart = x[x.size() - dimension + c] - x[c];
            sum += apart * apart;
        }
        return sum;
    }
    int order() const { return 2; }
    double from_moments(const SiteMoments& m) const {
        double sum = 0.0;
        for (Index c = 0; c < dimension; ++c) {
            const Index a = c, b = m.mean.size() - dimension + c;
            sum += m.second(a, a) + m.second(b, b) - 2.0 * m.second(a, b);
        }
        return sum;
    }
};

}  // namespace predcg::gaussian
