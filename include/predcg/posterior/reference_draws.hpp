#pragma once
// log Z_c about the fit, from draws of p_c there.
#include <predcg/core/linalg.hpp>
#include <predcg/statistics/autocorrelation.hpp>
#include <predcg/statistics/moment_accumulator.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace predcg::detail {

/// A(d) = log E[exp(-d . s)], the change of log Z_c when z moves by d from where s, the scaled features, were
/// drawn (Geyer, Thompson, J. R. Stat. Soc. B 54 (1992) 657; docs/method.md, "log Z by reweighting"). Mean
/// and covariance of all draws give its first and second order, and a few thousand of the draws the rest.
class ReferenceDraws {
public:
    static constexpr Index most_kept = 2000;     // for orders above the second
    static constexpr double least_share = 0.02;  // of the draws in effect: beyond, A is not known
    static constexpr double wanted_share = 0.1;

    /// `draw()` gives the scaled features of the next draw, p numbers; count >= 4.
    template <class Draw>
    ReferenceDraws(Index p, Index count, Draw&& draw) {
        const Index stride = (count + most_kept - 1) / most_kept;
        kept_.resize(p, (count + stride - 1) / stride);
        statistics::MomentAccumulator all(p), kept(p);
        Matrix first(std::min<Index>(count, 20'000), p);  // one chain
        for (Index k = 0; k < count; ++k) {
            const Vector s = draw();
            all.add(0.0, s);
            for (Index j = 0; j < p && k < first.rows(); ++j) first(k, j) = s[j];
            if (k % stride != 0) continue;
            kept.add(0.0, s);
            linalg::set_column(kept_, k / stride, s);
        }
        const Moments of_all = all.moments(), of_kept = kept.moments();
        mean_ = of_all.mean;
        covariance_ = of_all.covariance;
        excess_ = of_all.covariance;
        linalg::add(excess_, of_kept.covariance, -1.0);
        keep_once();
        for (Index k = 0; k < std::ssize(times_); ++k)
            for (Index j = 0; j < p; ++j) kept_(j, k) -= of_kept.mean[j];
        double tau = 1.0;
        for (Index j = 0; j < p; ++j)
            tau = std::max(tau, statistics::monotone_autocorrelation_time(linalg::column_of(first, j)));
        effective_ = static_cast<double>(count) / tau;
    }

    const Vector& mean() const { return mean_; }
    const Matrix& covariance() const { return covariance_; }
    double effective() const { return effective_; }  ///< independent draws that these are worth

    /// What an error of the mean, which shifts the posterior of z of so many data, has of its standard
    /// deviations; the largest of all coordinates. `covariance` is the posterior's (docs/method.md, "log Z by
    /// reweighting").
    [[gnu::cold]] double shared_error(const Matrix& covariance, double count) const {
        double most = 0.0;
        for (Index k = 0; k < covariance.cols(); ++k) {
            const Vector row = linalg::column_of(covariance, k);
            const double square = linalg::dot(row, linalg::applied(covariance_, row));
            if (row[k] > 0.0) most = std::max(most, square / row[k]);
        }
        return count * std::sqrt(most / effective_);
    }

    /// A(d); absent where too few of the draws are in effect.
    std::optional<double> operator()(const Vector& d) const {
        const auto [value, share] = value_and_share(d);
        if (!(share >= least_share)) return std::nullopt;
        return value;
    }

    /// Whether few draws are in effect somewhat beyond d: a chain does not go where none are, so that only
    /// its draws short of there tell that it would.
    bool is_edge(const Vector& d) const {
        return !(value_and_share(linalg::scaled(d, 1.2)).second >= wanted_share);
    }

    /// Whether enough draws are in effect at so many standard deviations from the reference.
    bool covers(const Matrix& spread, double distance) const {
        for (Index k = 0; k < spread.cols(); ++k)
            for (const double sign : {-distance, distance})
                if (!(value_and_share(linalg::scaled(linalg::column_of(spread, k), sign)).second >=
                      wanted_share))
                    return false;
        return true;
    }

private:
    /// Equal draws once, with their number: of small systems there are few others.
    [[gnu::cold]] void keep_once() {
        std::vector<Vector> all;
        for (Index k = 0; k < kept_.cols(); ++k) all.push_back(linalg::column_of(kept_, k));
        std::sort(all.begin(), all.end(), [](const Vector& a, const Vector& b) {
            return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
        });
        kept_count_ = static_cast<double>(all.size());
        Index distinct = 0;
        for (std::size_t k = 0; k < all.size(); ++k) {
            if (k > 0 && std::equal(all[k].begin(), all[k].end(), all[k - 1].begin())) {
                times_.back() += 1.0;
                continue;
            }
            times_.push_back(1.0);
            linalg::set_column(kept_, distinct++, all[k]);
        }
    }

    std::pair<double, double> value_and_share(const Vector& d) const {
        const Index p = d.size();
        double sum = 0.0, square = 0.0, top = 0.0, ties = 0.0;
        for (std::size_t k = 0; k < times_.size(); ++k) {
            const double* s = linalg::column(kept_, static_cast<Index>(k));
            double t = 0.0;
            for (Index j = 0; j < p; ++j) t -= d[j] * s[j];
            const double w = std::exp(t), times = times_[k];
            sum += times * w;
            if (w > top * (1.0 + 1e-9)) {
                top = w;
                ties = 0.0;
            }
            if (w >= top * (1.0 - 1e-9)) ties += times;
            square += times * w * w;
        }
        const double n = kept_count_;
        double value = std::log(sum / n);
        for (Index j = 0; j < p; ++j) {
            value -= d[j] * mean_[j];
            for (Index i = 0; i < p; ++i) value += 0.5 * d[i] * excess_(i, j) * d[j];
        }
        // Many equal draws at the end of what was drawn have the weight: what lies beyond is not known.
        if (ties > 1.0 && ties * top > 0.3 * sum && ties < 0.3 * n) return {value, 0.0};
        return {value, sum * sum / (n * square)};
    }

    Matrix kept_;                // the distinct ones, from their mean, in the first columns
    std::vector<double> times_;  // that each of them was drawn
    double kept_count_ = 0.0;
    Vector mean_;
    Matrix covariance_, excess_;  // excess: of all draws over that of those that are kept
    double effective_ = 0.0;
};

}  // namespace predcg::detail
