#pragma once
// What sampling adds to the expectations of a posterior's draws, taken out again.
#include <predcg/core/linalg.hpp>
#include <predcg/core/types.hpp>
#include <predcg/statistics/quantile.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Values of a function of the draws without the noise that sampling added to them.
struct Denoised {
    Vector values;
    double sd_error = 0.0;  ///< standard error of their standard deviation, of the noise alone
    Vector errors;          ///< of each value, of what the smooth part has of the noise
};

/// Functions y_k = f(theta_k) + noise of the draws theta_k of a posterior, where the noise is independent and
/// has a known variance S. f is a polynomial of the parameters, which pools what all draws say, and a rest.
/// The polynomial's degree (0 to 3) has the least generalised cross-validation error, RSS / (n - terms)^2
/// (Craven, Wahba, Numer. Math. 31 (1979) 377). Both parts shrink to the variance that they have without S,
///     polynomial:  sum over the orthonormal terms of c^2 - S,      rest:  RSS / (n - terms) - S,
/// where they stand out of the noise; else the polynomial stays as it is, and the rest is zero
/// (docs/method.md, "Sampling noise in intervals").
class SmoothOverDraws {
public:
    /// Draws are columns. Cost: O(draws terms^2), at most 120 terms, and draws / 10.
    [[gnu::cold]] explicit SmoothOverDraws(const Matrix& draws) : draws_(draws.cols()) {
        const Index most = std::min<Index>(120, draws_ / 10);
        const std::vector<Vector> bounded = bounded_parameters(draws);
        // The terms of the degree before, and the last parameter in each.
        std::vector<Vector> before{Vector::Ones(draws_)};
        std::vector<std::size_t> last{0};
        add(before.front());
        ends_.push_back(1);
        for (int degree = 1; degree <= 3; ++degree) {
            std::vector<Vector> terms;
            std::vector<std::size_t> last_of_terms;
            for (std::size_t t = 0; t < before.size(); ++t)
                for (std::size_t k = last[t]; k < bounded.size(); ++k)
                    if (std::ssize(basis_) + std::ssize(terms) <= most) {
                        terms.push_back(linalg::times(before[t], bounded[k]));
                        last_of_terms.push_back(k);
                    }
            if (std::ssize(basis_) + std::ssize(terms) > most) break;
            for (const Vector& term : terms) add(term);
            ends_.push_back(basis_.size());
            before.swap(terms);
            last.swap(last_of_terms);
        }
    }

    /// `noise` is S, estimated with `freedom` degrees of freedom (infinite: known).
    [[gnu::cold]] Denoised operator()(const Vector& y, double noise, double freedom) const {
        const double n = static_cast<double>(draws_);
        std::vector<double> c;
        c.reserve(basis_.size());
        for (const Vector& term : basis_) c.push_back(linalg::dot(y, term));
        const auto [terms, rss] = best_degree(y, c);
        const double q = static_cast<double>(terms);
        Vector smooth = Vector::Zero(draws_), errors = Vector::Zero(draws_);
        double of_terms = 0.0;  // sum of c^2 but for the mean's
        for (std::size_t t = 0; t < terms; ++t) {
            if (t > 0) of_terms += c[t] * c[t];
            for (Index k = 0; k < draws_; ++k) {
                smooth[k] += c[t] * basis_[t][k];
                errors[k] += noise * basis_[t][k] * basis_[t][k];
            }
        }
        for (double& e : errors) e = std::sqrt(e);

        const double rest = n > q ? rss / (n - q) : 0.0;
        const double rest_error = std::hypot(rest * std::sqrt(2.0 / std::max(1.0, n - q)),
                                             std::isfinite(freedom) ? noise * std::sqrt(2.0 / freedom) : 0.0);
        const double kept = std::max(0.0, rest - noise);
        const bool is_rest = kept > 3.0 * rest_error || (rest > 0.0 && (n < 40.0 || noise < 0.1 * rest));
        const double shrink_rest = is_rest ? std::sqrt(kept / rest) : 0.0;
        const double signal = of_terms - (q - 1.0) * noise;
        const double signal_error =
            std::sqrt(4.0 * std::max(0.0, signal) * noise + 2.0 * (q - 1.0) * noise * noise);
        const double shrink_terms = signal > 3.0 * signal_error ? std::sqrt(signal / of_terms) : 1.0;

        Denoised result{Vector(draws_), 0.0, std::move(errors)};
        const double centre = c[0] * basis_[0][0];  // the first term is constant
        double square = 0.0;
        for (Index k = 0; k < draws_; ++k) {
            const double d = shrink_terms * (smooth[k] - centre) + shrink_rest * (y[k] - smooth[k]);
            result.values[k] = centre + d;
            square += d * d;
        }
        const double sd = std::sqrt(square / std::max(1.0, n - 1.0));
        const double dropped = is_rest ? 0.0 : kept;
        const double variance_error = std::hypot(signal_error / n, rest_error) + dropped;
        result.sd_error = variance_error < sd * sd ? variance_error / (2.0 * sd) : std::sqrt(variance_error);
        return result;
    }

private:
    /// Every parameter from its median, in units of its spread there, and drawn in where it is far out, so
    /// that no draw has a weight of its own: t / sqrt(1 + (t / 4)^2). Parameters that do not vary are left
    /// out.
    [[gnu::cold]] static std::vector<Vector> bounded_parameters(const Matrix& draws) {
        std::vector<Vector> all;
        for (Index p = 0; p < draws.rows(); ++p) {
            Vector t = linalg::row_of(draws, p);
            const double centre = median(t);
            for (double& x : t) x -= centre;
            Vector away = t;
            for (double& x : away) x = std::abs(x);
            double scale = 1.4826 * median(away);
            if (!(scale > 0.0)) scale = linalg::largest(away);
            if (!(scale > 0.0)) continue;
            for (double& x : t) {
                x /= scale;
                x /= std::sqrt(1.0 + x * x / 16.0);
            }
            all.push_back(std::move(t));
        }
        return all;
    }

    static double median(const Vector& x) { return sorted(x)[static_cast<std::size_t>(x.size() / 2)]; }

    /// Adds what is left of a term after those before it (Gram-Schmidt, twice), unless nothing is.
    void add(Vector term) {
        const double before = std::sqrt(linalg::squared_norm(term));
        for (int pass = 0; pass < 2; ++pass)
            for (const Vector& known : basis_) {
                const double along = linalg::dot(term, known);
                for (Index k = 0; k < draws_; ++k) term[k] -= along * known[k];
            }
        const double norm = std::sqrt(linalg::squared_norm(term));
        if (!(norm > 1e-7 * before)) return;
        for (double& x : term) x /= norm;
        basis_.push_back(std::move(term));
    }

    /// Number of terms, and the sum of squares that they leave.
    std::pair<std::size_t, double> best_degree(const Vector& y, const std::vector<double>& c) const {
        std::pair<std::size_t, double> best{};
        double least = 0.0;
        Vector left = y;
        std::size_t t = 0;
        for (const std::size_t end : ends_) {
            for (; t < end; ++t)
                for (Index k = 0; k < draws_; ++k) left[k] -= c[t] * basis_[t][k];
            const double rss = linalg::squared_norm(left),
                         free = static_cast<double>(draws_) - static_cast<double>(end);
            if (best.first > 0 && !(rss / (free * free) < least)) continue;
            best = {end, rss};
            least = rss / (free * free);
        }
        return best;
    }

    Index draws_;
    std::vector<Vector> basis_;      // orthonormal over the draws, by degree
    std::vector<std::size_t> ends_;  // terms up to each degree
};

}  // namespace predcg::detail
