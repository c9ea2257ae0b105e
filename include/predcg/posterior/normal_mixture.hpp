#pragma once
// Mixtures of normal densities: what chains jump to, and what importance sampling draws from.
#include <predcg/chains/lanes.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Normal densities with weights.
class NormalMixture {
public:
    [[gnu::cold]] void add(Vector mean, const Matrix& covariance, double weight = 1.0) {
        linalg::SymmetricEigen eigen(covariance);
        Part part{std::move(mean), eigen.vectors, linalg::transposed(eigen.vectors), weight,
                  std::log(weight)};
        for (Index l = 0; l < eigen.values.size(); ++l) {
            const double width = std::sqrt(std::max(eigen.values[l], std::numeric_limits<double>::min()));
            part.log_height -= std::log(width);
            for (Index k = 0; k < eigen.values.size(); ++k) {
                part.root(k, l) *= width;
                part.inverse(l, k) /= width;
            }
        }
        parts_.push_back(std::move(part));
        total_ += weight;
    }

    std::size_t size() const { return parts_.size(); }

    /// Adds normal number k once more, `factor` times as wide and of weight 1.
    void add_wider(std::size_t k, double factor) {
        Part part = parts_[k].widened(factor);
        part.log_height -= std::log(part.weight);
        part.weight = 1.0;
        parts_.push_back(std::move(part));
        total_ += 1.0;
    }

    /// The same densities of v = (axes^T (u - centre)) / width, width and axes those of an eigenvalue
    /// problem.
    [[gnu::cold]] NormalMixture seen_from(const Vector& centre, const Matrix& axes,
                                          const Vector& width) const {
        NormalMixture other;
        for (const Part& part : parts_) {
            Matrix root = linalg::product(linalg::transposed(axes), part.root);
            for (Index l = 0; l < root.cols(); ++l)
                for (Index k = 0; k < root.rows(); ++k) root(k, l) /= width[k];
            other.add(along_axes(axes, part.mean, centre, width),
                      linalg::product(root, linalg::transposed(root)), part.weight);
        }
        return other;
    }

    /// The same, with normals from the one with number `first` on that are `factor` times as wide.
    [[gnu::cold]] NormalMixture widened(std::size_t first, double factor) const {
        NormalMixture other = *this;
        for (std::size_t j = first; j < parts_.size(); ++j) other.parts_[j] = parts_[j].widened(factor);
        return other;
    }

    /// The mixture that a step of EM makes of this one, of points with importance weights that add up to 1:
    /// the parts of the points that the normals have are their weights (or `least_weight`, where that is
    /// more) and, of those from number `first` on, their means and covariances. The covariance is drawn
    /// towards the one it was as if five points had shown that; a normal with fewer effective points than
    /// twice the dimension stays where it is. Cappe, Douc, Guillin, Marin, Robert, Stat. Comput. 18 (2008)
    /// 447.
    [[gnu::cold]] NormalMixture fitted(const std::vector<Vector>& points, const Vector& weights,
                                       std::size_t first, double least_weight) const {
        constexpr double trust = 5.0;
        const Index size = points.front().size();
        Matrix share(weights.size(), static_cast<Index>(parts_.size()));  // a column for each normal
        for_each_block(points, [&](Index begin, Index count, const Lanes* logs, const Lanes& log_sum) {
            for (Index j = 0; j < share.cols(); ++j) {
                const Lanes part = (logs[j] - log_sum).exp();
                for (Index lane = 0; lane < count; ++lane)
                    share(begin + lane, j) = weights[begin + lane] * part[lane];
            }
        });
        NormalMixture other;
        Vector away(size);
        for (std::size_t j = 0; j < parts_.size(); ++j) {
            const double* w = linalg::column(share, static_cast<Index>(j));
            double sum = 0.0, squares = 0.0;
            for (Index k = 0; k < share.rows(); ++k) {
                sum += w[k];
                squares += w[k] * w[k];
            }
            const double effective = squares > 0.0 ? sum * sum / squares : 0.0;
            Vector mean = parts_[j].mean;
            Matrix covariance = parts_[j].covariance();
            if (j >= first && effective >= 2.0 * static_cast<double>(size)) {
                mean.setZero();
                for (Index k = 0; k < share.rows(); ++k)
                    linalg::add(mean, points[static_cast<std::size_t>(k)], w[k] / sum);
                const double keep = effective / (effective + trust);
                covariance = linalg::scaled(covariance, 1.0 - keep);
                for (Index k = 0; k < share.rows(); ++k) {
                    const double part = keep * w[k] / sum;
                    if (part < 1e-12) continue;
                    const Vector& u = points[static_cast<std::size_t>(k)];
                    for (Index l = 0; l < size; ++l) away[l] = u[l] - mean[l];
                    for (Index l = 0; l < size; ++l)
                        for (Index i = 0; i < size; ++i) covariance(i, l) += part * away[i] * away[l];
                }
            }
            other.add(std::move(mean), covariance, std::max(sum, least_weight));
        }
        return other;
    }

    template <RandomBits R>
    Vector draw(R& rng) const {
        double left = total_ * uniform(rng);
        std::size_t j = 0;
        while (j + 1 < parts_.size() && left >= parts_[j].weight) left -= parts_[j++].weight;
        const Part& part = parts_[j];
        const Vector normal = standard_normal_vector(rng, part.mean.size());
        Vector u = part.mean;
        for (Index l = 0; l < u.size(); ++l)
            for (Index k = 0; k < u.size(); ++k) u[k] += part.root(k, l) * normal[l];
        return u;
    }

    /// Of all of them, up to a constant that mixtures of as many dimensions share.
    [[gnu::cold]] Vector log_densities(const std::vector<Vector>& points) const {
        Vector values(std::ssize(points));
        const double log_total = std::log(total_);
        for_each_block(points, [&](Index begin, Index count, const Lanes*, const Lanes& log_sum) {
            for (Index lane = 0; lane < count; ++lane) values[begin + lane] = log_sum[lane] - log_total;
        });
        return values;
    }
    /// The same number as among others.
    double log_density(const Vector& u) const { return log_densities({u})[0]; }

    /// (axes^T (u - centre)) / width.
    static Vector along_axes(const Matrix& axes, const Vector& u, const Vector& centre, const Vector& width) {
        Vector v = Vector::Zero(u.size());
        for (Index l = 0; l < v.size(); ++l) {
            for (Index k = 0; k < v.size(); ++k) v[l] += axes(k, l) * (u[k] - centre[k]);
            v[l] /= width[l];
        }
        return v;
    }

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.parts_, self.total_);
    }

private:
    struct Part {
        Vector mean;
        Matrix root, inverse;  ///< u = mean + root n, n = inverse (u - mean) independent and of variance 1
        double weight = 1.0, log_height = 0.0;

        Matrix covariance() const { return linalg::product(root, linalg::transposed(root)); }
        Part widened(double factor) const {
            const auto size = static_cast<double>(mean.size());
            return {mean, linalg::scaled(root, factor), linalg::scaled(inverse, 1.0 / factor), weight,
                    log_height - size * std::log(factor)};
        }

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.mean, self.root, self.inverse, self.weight, self.log_height);
        }
    };

    /// take(begin, count, log densities times weights of all normals, log of their sum) for as many points at
    /// a time as there are lanes.
    template <class Take>
    void for_each_block(const std::vector<Vector>& points, Take&& take) const {
        const Index all = std::ssize(points), size = parts_.front().mean.size();
        std::vector<Lanes> u(static_cast<std::size_t>(2 * size)), logs(parts_.size());
        Lanes* away = u.data() + size;
        for (Index begin = 0; begin < all; begin += lane_count) {
            const Index count = std::min(lane_count, all - begin);
            for (Index lane = 0; lane < lane_count; ++lane) {  // the last point fills what is left
                const Vector& point = points[static_cast<std::size_t>(begin + std::min(lane, count - 1))];
                for (Index k = 0; k < size; ++k) u[static_cast<std::size_t>(k)][lane] = point[k];
            }
            Lanes largest = Lanes::of(-std::numeric_limits<double>::infinity());
            for (std::size_t j = 0; j < parts_.size(); ++j) {
                const Part& part = parts_[j];
                for (Index k = 0; k < size; ++k) away[k] = -part.mean[k] + u[static_cast<std::size_t>(k)];
                Lanes squares = Lanes::of(0.0);
                for (Index l = 0; l < size; ++l) {
                    Lanes normal = part.inverse(l, 0) * away[0];
                    for (Index k = 1; k < size; ++k) normal += part.inverse(l, k) * away[k];
                    squares += normal * normal;
                }
                logs[j] = part.log_height + -0.5 * squares;
                largest = Lanes::larger(largest, logs[j]);
            }
            Lanes sum = Lanes::of(0.0);
            for (const Lanes& log : logs) sum += (log - largest).exp();
            take(begin, count, logs.data(), largest + sum.log());
        }
    }

    std::vector<Part> parts_;
    double total_ = 0.0;
};

}  // namespace predcg::detail
