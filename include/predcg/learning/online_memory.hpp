#pragma once
// What online learning remembers: sums over blocks of configurations, in parts that follow each other in
// time.
#include <predcg/core/linalg.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Sums over configurations of the log-likelihood's expansion at the point z_t where each was looked at, in
/// the coordinates z: to second order the score at z is  slope - information z.
struct OnlineSums {
    double count = 0.0;  ///< weight of the configurations
    Index blocks = 0;    ///< steps
    Vector slope;        ///< sum of gradient + information z_t
    Vector em_slope;     ///< sum of gradient + complete z_t
    Vector place;        ///< sum of weight z_t
    Matrix information;  ///< observed
    Matrix complete;     ///< if X were seen
    Matrix noise;        ///< covariance of the gradient by sampling

    static OnlineSums zero(Index d) {
        return {0.0,
                0,
                Vector::Zero(d),
                Vector::Zero(d),
                Vector::Zero(d),
                Matrix::Zero(d, d),
                Matrix::Zero(d, d),
                Matrix::Zero(d, d)};
    }

    OnlineSums& operator+=(const OnlineSums& other) {
        count += other.count;
        blocks += other.blocks;
        linalg::add(slope, other.slope);
        linalg::add(em_slope, other.em_slope);
        linalg::add(place, other.place);
        linalg::add(information, other.information);
        linalg::add(complete, other.complete);
        linalg::add(noise, other.noise);
        return *this;
    }

    Vector score(const Vector& z) const {
        Vector s = slope;
        for (Index l = 0; l < z.size(); ++l)
            for (Index k = 0; k < z.size(); ++k) s[k] -= information(k, l) * z[l];
        return s;
    }
    Vector mean_place() const { return linalg::scaled(place, 1.0 / count); }

    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.count, self.blocks, self.slope, self.em_slope, self.place, self.information, self.complete,
              self.noise);
    }
};

/// v^T A v.
inline double quadratic(const Matrix& A, const Vector& v) {
    double sum = 0.0;
    for (Index l = 0; l < v.size(); ++l)
        for (Index k = 0; k < v.size(); ++k) sum += v[k] * A(k, l) * v[l];
    return sum;
}

/// Whether the early and the late half of what is remembered differ.
struct OnlineDrift {
    bool found = false;
    Index parameter = 0;      ///< the one whose score differs most
    double difference = 0.0;  ///< in standard errors
};

/// The blocks of the past in at most 32 parts of as many blocks each: when they are full, neighbours are
/// joined. Memory does not grow. What lies further back than a window of configurations is dropped part by
/// part.
class OnlineMemory {
public:
    static constexpr Index most = 32;
    static constexpr double bending = 0.3;

    explicit OnlineMemory(Index parameters = 0)
        : parts_(static_cast<std::size_t>(most), OnlineSums::zero(parameters)) {}

    void add(const OnlineSums& block, double window) {
        if (used_ > 0 && part(used_ - 1).blocks < length_) {
            part(used_ - 1) += block;
        } else {
            if (used_ == most) join_neighbours();
            part(used_++) = block;
        }
        count_ += block.count;
        blocks_ += 1;
        while (used_ > 1 && count_ - part(0).count >= window) {
            count_ -= part(0).count;
            std::rotate(parts_.begin(), parts_.begin() + 1, parts_.begin() + used_);
            --used_;
        }
    }

    Index used() const { return used_; }
    Index blocks() const { return blocks_; }  ///< ever
    double count() const { return count_; }
    const OnlineSums& part(Index k) const { return parts_[static_cast<std::size_t>(k)]; }

    OnlineSums sum(Index first) const {
        OnlineSums s = OnlineSums::zero(part(0).slope.size());
        for (Index k = first; k < used_; ++k) s += part(k);
        return s;
    }

    /// The parts that are of use at z, from the first on, and the error of their expansion in standard
    /// deviations of the posterior.
    struct Use {
        Index first = 0;
        double bend = 0.0;
    };

    /// Early configurations were looked at far from where the parameters are now, and the expansion is wrong
    /// there by the third derivative: in standard deviations of one configuration's posterior by about
    /// 0.3 delta^2, delta the distance. The oldest parts are left out for the least mean squared error of the
    /// estimate, 1 / number + (0.3 mean delta^2)^2; in the long run no more than half of all, and not before
    /// the information of the others and the prior's (minus its Hessian at z) is positive definite.
    Use of_use(const Vector& z, const Matrix& prior) const {
        if (used_ == 0) return {};
        OnlineSums all = sum(used_ / 2);
        Matrix total = all.information;
        linalg::add(total, prior);
        const bool definite = linalg::Cholesky(std::move(total)).ok();
        linalg::multiply(all.information, 1.0 / all.count);
        linalg::multiply(all.complete, 1.0 / all.count);
        const Matrix& metric = definite ? all.information : all.complete;
        const double least = count_ * std::min(0.5, static_cast<double>(blocks_) / 128.0);
        double count = 0.0, squares = 0.0, smallest = std::numeric_limits<double>::infinity();
        Use use;
        Matrix information = prior;
        bool definite_since = false;
        for (Index k = used_ - 1; k >= 0; --k) {
            Vector from = part(k).mean_place();
            linalg::add(from, z, -1.0);
            squares += part(k).count * std::max(0.0, quadratic(metric, from));
            count += part(k).count;
            const double bias = bending * squares / count, error = 1.0 / count + bias * bias;
            if (!definite_since) {
                linalg::add(information, part(k).information);
                definite_since = linalg::Cholesky(information).ok();
            } else if (error > smallest && count > least) {
                continue;
            }
            smallest = error;
            use = {k, bias * std::sqrt(count)};
        }
        if (!definite_since) return {used_ / 2, 1.0};
        return use;
    }

    /// Covariance of the sum of scores from `first` on by how the parts scatter: correlations in time that
    /// are shorter than a part are counted.
    Matrix scatter(Index first, const Vector& z) const {
        const OnlineSums all = sum(first);
        const Vector total = linalg::scaled(all.score(z), 1.0 / all.count);
        Matrix S = Matrix::Zero(z.size(), z.size());
        double squares = 0.0;  // parts need not be equal
        for (Index p = first; p < used_; ++p) squares += part(p).count * part(p).count;
        const double unbiased = 1.0 / (1.0 - squares / (all.count * all.count));
        for (Index p = first; p < used_; ++p) {
            Vector s = part(p).score(z);
            linalg::add(s, total, -part(p).count);
            for (Index l = 0; l < z.size(); ++l)
                for (Index k = 0; k < z.size(); ++k) S(k, l) += s[k] * s[l] * unbiased;
        }
        return S;
    }

    /// Compares the mean scores of both halves of all parts, those not of use included: Student's t for every
    /// parameter, its variance from the differences of neighbouring parts (von Neumann, Ann. Math. Stat. 12
    /// (1941) 367), less what the expansion may be wrong by. Found with a probability of about 1e-3 a look,
    /// for all parameters together, where nothing drifts and correlations in time are shorter than a part.
    OnlineDrift drift(const Vector& z) const {
        OnlineDrift worst;
        if (used_ < 8) return worst;
        // A last part that has just begun would count as much as the others.
        const Index n = part(used_ - 1).blocks * 2 < length_ ? used_ - 1 : used_, half = n / 2;
        OnlineSums all = sum(0);
        linalg::multiply(all.information, 1.0 / all.count);
        double number[2] = {0.0, 0.0}, bend = 0.0;
        for (Index p = 0; p < n; ++p) number[p >= half] += part(p).count;
        for (Index p = 0; p < n; ++p) {
            Vector from = part(p).mean_place();
            linalg::add(from, z, -1.0);
            bend += 0.1 * std::max(0.0, quadratic(all.information, from)) * part(p).count / number[p >= half];
        }
        for (Index k = 0; k < z.size(); ++k) {
            double mean[2] = {0.0, 0.0}, before = 0.0, variance = 0.0;  // of a configuration
            for (Index p = 0; p < n; ++p) {
                const double score = part(p).score(z)[k], one = score / part(p).count;
                mean[p >= half] += score / number[p >= half];
                if (p > 0)
                    variance += (one - before) * (one - before) /
                                (1.0 / part(p).count + 1.0 / part(p - 1).count) / static_cast<double>(n - 1);
                before = one;
            }
            const double error = std::sqrt(variance * (1.0 / number[0] + 1.0 / number[1]));
            const double wrong = bend * std::sqrt(std::max(0.0, all.information(k, k)));
            const double t = (std::abs(mean[1] - mean[0]) - wrong) / error;
            if (t > worst.difference) worst = {false, k, t};
        }
        worst.found =
            worst.difference > student_bound(static_cast<double>(n - 1) / 1.5, static_cast<double>(z.size()));
        return worst;
    }

    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.used_, self.length_, self.blocks_, self.count_);
        // Read before anything is trusted: is_sound.
        for (Index k = 0; k < std::clamp<Index>(self.used_, 0, most); ++k) visit(self.part(k));
    }

    /// Whether what was read can be such a memory.
    bool is_sound(Index d) const {
        if (used_ < 0 || used_ > most || length_ < 1 || length_ > (Index{1} << 40) || blocks_ < used_ ||
            blocks_ > (Index{1} << 60) || !(count_ >= 0.0 && std::isfinite(count_)))
            return false;
        for (Index k = 0; k < used_; ++k) {
            const OnlineSums& p = part(k);
            if (!(p.count > 0.0 && std::isfinite(p.count)) || p.blocks < 1 || p.blocks > length_ ||
                !linalg::all_finite(p.slope) || !linalg::all_finite(p.em_slope) ||
                !linalg::all_finite(p.place) || !linalg::all_finite(p.information) ||
                !linalg::all_finite(p.complete))
                return false;
        }
        const auto is_square = [d](const Matrix& m) { return m.rows() == d && m.cols() == d; };
        return std::all_of(parts_.begin(), parts_.end(), [&](const OnlineSums& p) {
            return p.slope.size() == d && p.em_slope.size() == d && p.place.size() == d &&
                   is_square(p.information) && is_square(p.complete) && is_square(p.noise);
        });
    }

private:
    OnlineSums& part(Index k) { return parts_[static_cast<std::size_t>(k)]; }

    void join_neighbours() {
        for (Index k = 0; 2 * k < used_; ++k) {
            if (k > 0) std::swap(part(k), part(2 * k));
            part(k) += part(2 * k + 1);
        }
        used_ /= 2;
        length_ *= 2;
    }

    /// The two-sided quantile of Student's t at 1e-3 / comparisons, from the normal one by Cornish and
    /// Fisher.
    static double student_bound(double freedom, double comparisons) {
        // -> normal quantile of p / 2, to 5e-4 (Abramowitz, Stegun 26.2.23).
        const double t = std::sqrt(-2.0 * std::log(0.5e-3 / comparisons));
        const double x = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                                 (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
        const double x3 = x * x * x, x5 = x3 * x * x, x7 = x5 * x * x;
        return x + (x3 + x) / (4.0 * freedom) +
               (5.0 * x5 + 16.0 * x3 + 3.0 * x) / (96.0 * freedom * freedom) +
               (3.0 * x7 + 19.0 * x5 + 17.0 * x3 - 15.0 * x) / (384.0 * freedom * freedom * freedom);
    }

    std::vector<OnlineSums> parts_;
    Index used_ = 0, length_ = 1, blocks_ = 0;  // length: blocks of a part
    double count_ = 0.0;
};

}  // namespace predcg::detail
