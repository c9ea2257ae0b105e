#pragma once
// Steps in units of an information that is known by noisy samples of it.
#include <predcg/core/linalg.hpp>
#include <predcg/optimize/step.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace predcg {

/// The average of the last 1 / forgetting informations or so, with which gradients become steps: what an
/// optimizer with noise has as its State.
class RunningInformation {
public:
    /// Iterations so far.
    Index count() const { return count_; }

    void add(const Matrix& information, double forgetting) {
        const double weight = std::max(1.0 / static_cast<double>(++count_), forgetting);
        if (average_.size() != information.size())
            average_ = information;
        else
            for (Index k = 0; k < average_.size(); ++k)
                average_.data()[k] += weight * (information.data()[k] - average_.data()[k]);
    }

    /// (average + r)^-1 gradient, no component longer than max_step; r = ridge times the mean information
    /// over sqrt(count): early averages are noisy, and the ridge keeps them from looking flat. None where the
    /// sum is not positive definite.
    [[gnu::cold]] std::optional<Vector> step(const Vector& gradient, double ridge, double max_step) const {
        Matrix shifted = average_;
        double trace = 0.0;
        for (Index k = 0; k < shifted.rows(); ++k) trace += std::abs(shifted(k, k));
        const double n = static_cast<double>(std::max<Index>(shifted.rows(), 1));
        for (Index k = 0; k < shifted.rows(); ++k)
            shifted(k, k) += ridge * trace / (n * std::sqrt(static_cast<double>(count_)));
        const linalg::Cholesky factor(std::move(shifted));
        if (!factor.ok()) return std::nullopt;
        return shortened(factor.solve(gradient), max_step);
    }

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.count_, self.average_);
    }

private:
    Index count_ = 0;
    Matrix average_;
};

}  // namespace predcg
