#pragma once
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/types.hpp>

#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace predcg {

/// A precision of its own for every parameter: z_k ~ N(0, 1 / precision_k). The prior of automatic relevance
/// determination (D. J. C. MacKay, Network 6 (1995) 469; M. E. Tipping, J. Mach. Learn. Res. 1 (2001) 211).
class Relevance {
public:
    /// Throws ArgumentError for a precision that is not finite and > 0.
    explicit Relevance(Vector precision) : precision_(std::move(precision)) {
        for (const double a : precision_) require_positive(a, "Relevance", "precision");
    }

    /// One for each parameter.
    const Vector& precision() const { return precision_; }

    /// This and the derivatives throw ArgumentError unless there is one precision for each parameter.
    double log_density(const Vector& z) const {
        require_size(z);
        double sum = 0.0;
        for (Index k = 0; k < z.size(); ++k)
            sum += 0.5 * (std::log(precision_[k] / (2.0 * std::numbers::pi)) - precision_[k] * z[k] * z[k]);
        return sum;
    }
    Vector gradient(const Vector& z) const {
        require_size(z);
        return -precision_.cwiseProduct(z);
    }
    Matrix hessian(const Vector& z) const {
        require_size(z);
        Matrix h = Matrix::Zero(z.size(), z.size());
        for (Index k = 0; k < z.size(); ++k) h(k, k) = -precision_[k];
        return h;
    }
    bool proper() const { return true; }
    /// Of the parameters at these places alone.
    Relevance selected(const std::vector<Index>& places) const {
        return Relevance(linalg::selected(precision_, places));
    }

private:
    void require_size(const Vector& z) const {
        require_equal(precision_.size(), z.size(), "Relevance", "number of precisions",
                      "the number of parameters");
    }

    Vector precision_;
};

}  // namespace predcg
