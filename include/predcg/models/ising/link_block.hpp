#pragma once
#include <predcg/core/error.hpp>
#include <predcg/core/expansion.hpp>
#include <predcg/core/logistic.hpp>
#include <predcg/core/random.hpp>
#include <predcg/maps/block_window.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace predcg::ising {

/// Settings of ising::link_map.
struct LinkMapSettings {
    Index level = 2;       ///< l_c, fine sites for each coarse site
    Index neighbours = 2;  ///< coarse letters that a block looks at: 2 (o = 0, 1) or 4 (o = -1 .. 2)
    /// One coefficient for a term and its mirror image, c_{s,o} = c_{l-1-s,1-o}. Wrong for antiferromagnets.
    bool mirrored = true;
    Boundary boundary = Boundary::periodic;
    std::vector<double> coarse_letters{-1.0, 1.0};
};

/// A Gibbs density of a block, whose coarse letters sit on the links between blocks:
///     p(x_r|X) = exp(E) / Z(w),   E = g sum_s x_s x_{s+1} + h sum_s x_s + sum_{s,o} c_{s,o} (x_s X_{r+o} +
///     mirror image x_{l-1-s} X_{r+1-o}).
/// Parameters: inner (g), field (h), c_s,o. Its normaliser is a sum over the block by a transfer matrix of
/// two states; derivatives take moments of all its terms, l p^2 operations and more.
class LinkBlock {
public:
    /// Throws ArgumentError for a level < 1, and for another number of neighbours than 2 or 4.
    [[gnu::cold]] explicit LinkBlock(const LinkMapSettings& settings) : level_(settings.level) {
        constexpr auto function = "ising::link_map";
        require_range(level_, 1, predcg::detail::BlockGeometry::most_places, function, "level",
                      "patterns times windows being at most 2^20");
        require(settings.neighbours == 2 || settings.neighbours == 4, function, "neighbours",
                settings.neighbours, "2 or 4");
        window_ = settings.neighbours == 2 ? BlockWindow{0, 1} : BlockWindow{-1, 2};
        if (level_ > 1) {
            inner_ = std::ssize(names_);
            names_.push_back("inner");
        }
        field_ = std::ssize(names_);
        names_.push_back("field");
        const Index width = window_.width();
        parameter_.assign(static_cast<std::size_t>(level_ * width), -1);
        for (Index s = 0; s < level_; ++s)
            for (Index o = window_.first; o <= window_.last; ++o) {
                auto& own = parameter_[static_cast<std::size_t>(s * width + o - window_.first)];
                if (settings.mirrored) {
                    const Index image = (level_ - 1 - s) * width + (1 - o) - window_.first;
                    own = parameter_[static_cast<std::size_t>(image)];
                }
                if (own >= 0) continue;
                own = std::ssize(names_);
                if (s == 0 && o == 0) copy_ = own;
                names_.push_back("c_" + to_text(s) + "," + to_text(o));
            }
    }

    Index level() const { return level_; }
    BlockWindow window() const { return window_; }
    Index parameter_count() const { return std::ssize(names_); }
    std::vector<std::string> parameter_names() const { return names_; }

    /// c_0,0 is 1, the others 0.
    Vector prior_mean() const { return copy(1.0); }
    std::vector<Vector> more_starts() const { return {copy(3.0)}; }

    /// The parameters under which X has the density of -X: the coefficients of letters change sign.
    Vector flipped(Vector eta) const {
        for (Index k = field_ + 1; k < eta.size(); ++k) eta[k] = -eta[k];
        return eta;
    }

    /// The density at a window and eta. A view of the block.
    class Given {
    public:
        Given(const LinkBlock& block, std::span<const double> w, const Vector& eta)
            : block_(&block), fields_(static_cast<std::size_t>(block.level_)), w_(w),
              coupling_(block.level_ > 1 ? eta[block.inner_] : 0.0) {
            const Index width = block.window_.width();
            for (Index s = 0; s < block.level_; ++s) {
                double h = eta[block.field_];
                for (Index k = 0; k < width; ++k)
                    h += eta[block.parameter_[static_cast<std::size_t>(s * width + k)]] *
                         w[static_cast<std::size_t>(k)];
                fields_[static_cast<std::size_t>(s)] = h;
            }
            log_z_ = forward();
        }

        double log_density(std::span<const double> x) const {
            double energy = 0.0;
            for (std::size_t s = 0; s < x.size(); ++s) {
                energy += fields_[s] * x[s];
                if (s > 0) energy += coupling_ * x[s - 1] * x[s];
            }
            return energy - log_z_;
        }

        Expansion expansion(std::span<const double> x) const {
            if (mean_.size() == 0) find_moments();
            Vector gradient = features(x);
            gradient -= mean_;
            return {log_density(x), std::move(gradient), negative_covariance_};
        }

        /// The rest of the block's weight behind spin s, log of it for spin s down and up: log sums over
        /// what follows.
        std::vector<std::pair<double, double>> rests() const {
            std::vector<std::pair<double, double>> rest(fields_.size(), {0.0, 0.0});
            for (std::size_t s = fields_.size() - 1; s-- > 0;) {
                const double down = rest[s + 1].first - fields_[s + 1],
                             up = rest[s + 1].second + fields_[s + 1];
                rest[s] = {log_sum_exp(down + coupling_, up - coupling_),
                           log_sum_exp(down - coupling_, up + coupling_)};
            }
            return rest;
        }
        double field(std::size_t s) const { return fields_[s]; }
        double coupling() const { return coupling_; }

    private:
        double forward() const {
            double down = -fields_[0], up = fields_[0];
            for (std::size_t s = 1; s < fields_.size(); ++s) {
                const double d = log_sum_exp(down + coupling_, up - coupling_) - fields_[s];
                up = log_sum_exp(down - coupling_, up + coupling_) + fields_[s];
                down = d;
            }
            return log_sum_exp(down, up);
        }

        Vector features(std::span<const double> x) const {
            Vector f = Vector::Zero(block_->parameter_count());
            const Index width = block_->window_.width();
            for (std::size_t s = 0; s < x.size(); ++s) {
                f[block_->field_] += x[s];
                if (s > 0) f[block_->inner_] += x[s - 1] * x[s];
                for (Index k = 0; k < width; ++k)
                    f[block_
                          ->parameter_[s * static_cast<std::size_t>(width) + static_cast<std::size_t>(k)]] +=
                        x[s] * w_[static_cast<std::size_t>(k)];
            }
            return f;
        }

        /// Over all patterns of the block: it is small.
        void find_moments() const {
            const Index p = block_->parameter_count();
            mean_ = Vector::Zero(p);
            negative_covariance_ = Matrix::Zero(p, p);
            std::vector<double> x(fields_.size());
            for (std::size_t pattern = 0; pattern < (std::size_t{1} << fields_.size()); ++pattern) {
                for (std::size_t s = 0; s < x.size(); ++s) x[s] = (pattern >> s & 1U) != 0 ? 1.0 : -1.0;
                const double weight = std::exp(log_density(x));
                const Vector f = features(x);
                for (Index k = 0; k < p; ++k) {
                    mean_[k] += weight * f[k];
                    for (Index l = 0; l < p; ++l) negative_covariance_(l, k) -= weight * f[l] * f[k];
                }
            }
            for (Index k = 0; k < p; ++k)
                for (Index l = 0; l < p; ++l) negative_covariance_(l, k) += mean_[l] * mean_[k];
        }

        const LinkBlock* block_;
        std::vector<double> fields_;
        std::span<const double> w_;
        double coupling_, log_z_ = 0.0;
        mutable Vector mean_;
        mutable Matrix negative_covariance_;
    };
    Given given(std::span<const double> w, const Vector& eta) const { return {*this, w, eta}; }

    /// Spin after spin, each given those before it.
    template <RandomBits R>
    void sample(std::span<const double> w, const Vector& eta, R& rng, std::span<double> x) const {
        const Given at(*this, w, eta);
        const auto rest = at.rests();
        for (std::size_t s = 0; s < x.size(); ++s) {
            double a = 2.0 * at.field(s) + rest[s].second - rest[s].first;
            if (s > 0) a += 2.0 * at.coupling() * x[s - 1];
            x[s] = uniform(rng) < logistic(a) ? 1.0 : -1.0;
        }
    }

private:
    Vector copy(double value) const {
        Vector eta = Vector::Zero(parameter_count());
        eta[copy_] = value;
        return eta;
    }

    Index level_;
    BlockWindow window_;
    Index inner_ = 0, field_ = 0, copy_ = 0;
    std::vector<Index> parameter_;  // of site s and offset o
    std::vector<std::string> names_;
};

}  // namespace predcg::ising
