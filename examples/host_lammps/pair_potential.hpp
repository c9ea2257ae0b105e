#pragma once
// The coarse model: points in a periodic cube with a pair potential that is linear in what is learnt.
#include <predcg/predcg.hpp>

#include "melt.hpp"

namespace host {

/// U_c = sum_{i<j} sum_k theta_k B_k(r_ij): uniform cubic B-splines between a core and a cut-off, nearest
/// images. u, u' and u'' are 0 at the cut-off. Within the core, where chains hardly come, u goes on as a
/// straight line.
class PairPotential {
public:
    struct Space {
        using configuration_type = predcg::Vector;
        std::size_t points;
        double side;

        predcg::Index size() const { return static_cast<predcg::Index>(3 * points); }
        predcg::Vector random(auto& rng) const {  // a start: a grid, shaken
            const auto across = static_cast<std::size_t>(std::ceil(std::cbrt(static_cast<double>(points))));
            predcg::Vector X(size());
            for (std::size_t i = 0; i < points; ++i) {
                const std::size_t at[] = {i % across, i / across % across, i / (across * across)};
                for (std::size_t k = 0; k < 3; ++k)
                    X[static_cast<predcg::Index>(3 * i + k)] =
                        side / static_cast<double>(across) *
                        (static_cast<double>(at[k]) + 0.2 * predcg::uniform(rng));
            }
            return X;
        }
    };

    PairPotential(std::size_t points, double side, double core, double cutoff, std::size_t intervals)
        : space_{points, side}, core_(core), h_((cutoff - core) / static_cast<double>(intervals)),
          count_(intervals) {}

    const Space& space() const { return space_; }
    predcg::Index parameter_count() const { return static_cast<predcg::Index>(count_); }
    /// Where learning begins: soft spheres. Points without interaction would be far off.
    predcg::Vector start() const {
        predcg::Vector theta(parameter_count());
        for (predcg::Index k = 0; k < theta.size(); ++k)
            theta[k] = 5.0 * std::pow(0.55, static_cast<double>(k));
        return theta;
    }
    double cutoff() const { return core_ + h_ * static_cast<double>(count_); }

    /// The splines that are not 0 at r: numbers first, first + 1, ...
    struct Splines {
        std::size_t first = 0, many = 0;
        std::array<double, 4> value{}, slope{};
    };
    Splines at(double r) const {
        const double s = std::max(0.0, (r - core_) / h_);
        const auto interval = static_cast<std::size_t>(s);
        if (interval >= count_) return {};
        const double t = s - static_cast<double>(interval), u = 1.0 - t;
        Splines b{interval,
                  std::min<std::size_t>(4, count_ - interval),
                  {u * u * u / 6.0, (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
                   (-3.0 * t * t * t + 3.0 * t * t + 3.0 * t + 1.0) / 6.0, t * t * t / 6.0},
                  {-0.5 * u * u / h_, (1.5 * t * t - 2.0 * t) / h_, (-1.5 * t * t + t + 0.5) / h_,
                   0.5 * t * t / h_}};
        if (r < core_)
            for (std::size_t k = 0; k < 4; ++k) b.value[k] += (r - core_) * b.slope[k];
        return b;
    }

    predcg::Vector features(const predcg::Vector& X) const {
        predcg::Vector f = predcg::Vector::Zero(parameter_count());
        for_each_pair(X, [&](double r, auto&&...) {
            const Splines s = at(r);
            for (std::size_t k = 0; k < s.many; ++k) f[static_cast<predcg::Index>(s.first + k)] += s.value[k];
        });
        return f;
    }

    predcg::Vector energy_gradient(const predcg::Vector& X, const predcg::Vector& theta) const {
        predcg::Vector g = predcg::Vector::Zero(X.size());
        for_each_pair(X, [&](double r, const Point& d, predcg::Index i, predcg::Index j) {
            const Splines s = at(r);
            double slope = 0.0;
            for (std::size_t k = 0; k < s.many; ++k)
                slope += theta[static_cast<predcg::Index>(s.first + k)] * s.slope[k];
            for (std::size_t k = 0; k < 3; ++k) {
                const double along = r > 0.0 ? slope * d[k] / r : 0.0;
                g[3 * i + static_cast<predcg::Index>(k)] += along;
                g[3 * j + static_cast<predcg::Index>(k)] -= along;
            }
        });
        return g;
    }

private:
    template <class F>
    void for_each_pair(const predcg::Vector& X, F&& f) const {
        const double side = space_.side, reach = cutoff() * cutoff();
        const auto n = static_cast<predcg::Index>(space_.points);
        for (predcg::Index i = 0; i < n; ++i)
            for (predcg::Index j = 0; j < i; ++j) {
                Point d;
                double square = 0.0;
                for (predcg::Index k = 0; k < 3; ++k) {
                    double x = X[3 * i + k] - X[3 * j + k];
                    x -= side * std::round(x / side);
                    d[static_cast<std::size_t>(k)] = x;
                    square += x * x;
                }
                if (square < reach) f(std::sqrt(square), d, i, j);
            }
    }

    Space space_;
    double core_, h_;
    std::size_t count_;
};
static_assert(predcg::LinearCoarsePotential<PairPotential>);

}  // namespace host
