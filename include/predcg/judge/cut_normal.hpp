#pragma once
#include <predcg/core/linalg.hpp>
#include <predcg/priors/draw.hpp>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Normal with lower bounds, as a product of conditionals in an order that begins with the bounded
/// coordinates: each is N(mean given the earlier ones, sd^2) cut at its bound and normalised. With one bound
/// it is the normal cut there; with several it is a density close to that one, whose normalisation is known
/// (J. Geweke, Comput. Sci. Stat. 23 (1991) 571).
class CutNormal {
public:
    /// ok() is false where the covariance is not positive definite.
    CutNormal(Vector mean, const Matrix& covariance, Vector lower)
        : mean_(std::move(mean)), lower_(std::move(lower)), order_(bounded_first(lower_)),
          factor_(linalg::selected(covariance, order_)) {}

    bool ok() const { return factor_.ok(); }

    template <RandomBits R>
    Vector draw(R& rng) const {
        return walk(Vector(mean_.size()), [&rng](const TruncatedNormal& conditional, double& z) {
            z = draw_prior(conditional, 1, rng)[0];
        });
    }

    double log_density(const Vector& z) const {
        double sum = 0.0;
        walk(z, [&sum](const TruncatedNormal& conditional, double& at) {
            sum += conditional.log_density(Vector::Constant(1, at));
        });
        return sum;
    }

private:
    static std::vector<Index> bounded_first(const Vector& lower) {
        std::vector<Index> order;
        for (const bool bounded : {true, false})
            for (Index k = 0; k < lower.size(); ++k)
                if (std::isfinite(lower[k]) == bounded) order.push_back(k);
        return order;
    }

    /// Calls f(conditional of coordinate, coordinate) in order, and returns the coordinates.
    template <class F>
    Vector walk(Vector z, F&& f) const {
        const Matrix& L = factor_.factor();
        Vector standard(z.size());
        for (Index k = 0; k < z.size(); ++k) {
            const Index at = order_[static_cast<std::size_t>(k)];
            double centre = mean_[at];
            for (Index l = 0; l < k; ++l) centre += L(k, l) * standard[l];
            f(TruncatedNormal{centre, L(k, k), lower_[at]}, z[at]);
            standard[k] = (z[at] - centre) / L(k, k);
        }
        return z;
    }

    Vector mean_, lower_;
    std::vector<Index> order_;
    linalg::Cholesky factor_;
};

}  // namespace predcg::detail
