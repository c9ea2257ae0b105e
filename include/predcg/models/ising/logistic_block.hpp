#pragma once
#include <predcg/core/error.hpp>
#include <predcg/core/expansion.hpp>
#include <predcg/core/logistic.hpp>
#include <predcg/core/random.hpp>
#include <predcg/maps/block_window.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace predcg::ising {

/// How the probability of a spin follows from its exponent a: logistic(a), or the normal distribution
/// function of a.
enum class Link {
    logit,   ///< p = logistic(a)
    probit,  ///< p = Phi(a), the normal distribution function
};

/// Settings of ising::logistic_map. The defaults are Bernoulli's map with a coefficient for each site.
struct LogisticMapSettings {
    Index level = 2;              ///< l_c, fine sites for each coarse site
    BlockWindow window{};         ///< coarse letters that a block looks at, X_{r+first} .. X_{r+last}
    bool intercept = true;        ///< b_s
    bool autoregressive = false;  ///< g_s, of the spin before in the same block
    /// One coefficient for a site and its mirror image: c_{s,o} = c_{l-1-s,-o}. Not with autoregression,
    /// and with windows that are their own mirror image only.
    bool reflect = false;
    bool tied = false;  ///< the same coefficients at all sites of a block; Bernoulli's map has c_0 alone
    Link link = Link::logit;
    Boundary boundary = Boundary::periodic;
    std::vector<double> coarse_letters{-1.0, 1.0};
};

namespace detail {

/// log of the normal distribution function, without cancellation.
inline double log_normal_cdf(double z) {
    if (z > -30.0) {
        const double tail = 0.5 * std::erfc(-z / std::numbers::sqrt2);
        return z > 5.0 ? std::log1p(-0.5 * std::erfc(z / std::numbers::sqrt2)) : std::log(tail);
    }
    const double y = 1.0 / (z * z);  // Abramowitz, Stegun 26.2.12
    return -0.5 * z * z - std::log(-z) - 0.5 * std::log(2.0 * std::numbers::pi) +
           std::log1p(-y * (1.0 - 3.0 * y * (1.0 - 5.0 * y * (1.0 - 7.0 * y))));
}
/// rho = normal density / distribution function, the slope of log_normal_cdf, and its curvature -rho (rho +
/// z).
struct NormalCdfSlopes {
    double slope, curvature;

    explicit NormalCdfSlopes(double z) {
        if (z > -30.0) {
            slope = std::exp(-0.5 * z * z - 0.5 * std::log(2.0 * std::numbers::pi) - log_normal_cdf(z));
            curvature = -slope * (slope + z);
        } else {  // the series of log_normal_cdf: rho + z without cancellation
            const double y = 1.0 / (z * z), rest = y * (1.0 - 3.0 * y * (1.0 - 5.0 * y * (1.0 - 7.0 * y)));
            slope = -z / (1.0 - rest);
            curvature = slope * z * rest / (1.0 - rest);
        }
    }
};

}  // namespace detail

/// The density of a block of spins that are drawn one after the other,
///     p(x_rs | ..) = F(x_rs a_rs),   a_rs = b_s + g_s x_{r,s-1} + sum_o c_{s,o} X_{r+o},
/// F logistic or the normal distribution function; g_s within the block. Concave in its parameters: the
/// M-step cannot fail. Parameters, site after site: intercept_s, fine_s, then previous_s, own_s, next_s for
/// o = -1, 0, 1 (before_<-o>_s and after_<o>_s further away); without _s where all sites have the same.
class LogisticBlock {
public:
    /// Throws ArgumentError for a level < 1, and for `reflect` where it has no meaning.
    [[gnu::cold]] explicit LogisticBlock(const LogisticMapSettings& settings, bool copies_first = false)
        : level_(settings.level), window_(settings.window), link_(settings.link),
          copies_first_(copies_first) {
        constexpr auto function = "ising::logistic_map";
        constexpr Index most = predcg::detail::BlockGeometry::most_places;
        require_range(level_, 1, most, function, "level", "patterns times windows being at most 2^20");
        require_range(window_.last, 0, most, function, "window.last");
        require_range(-window_.first, 0, most, function, "-window.first");
        if (settings.tied)
            require(!settings.reflect && !copies_first, function, "tied", "true", "false, with reflect");
        tied_ = settings.tied;
        if (settings.reflect)
            require(!settings.autoregressive && window_.first == -window_.last, function, "reflect", "true",
                    "false, with autoregression or a window that is not its own mirror image");
        ends_.push_back(0);
        for (Index s = 0; s < level_; ++s) {
            ends_.push_back(terms_.size());
            if (copies_first && s == 0) continue;
            if (settings.intercept) add(s, settings.reflect, 0, Input::one);
            if (settings.autoregressive && s > 0) add(s, false, 0, Input::fine);
            for (Index o = window_.first; o <= window_.last; ++o)
                if (!copies_first || o != 0) add(s, settings.reflect, o, Input::coarse);
        }
    }

    Index level() const { return level_; }
    BlockWindow window() const { return window_; }
    Index parameter_count() const { return std::ssize(names_); }
    std::vector<std::string> parameter_names() const { return names_; }
    Link link() const { return link_; }

    /// The copy coefficients are 1, the others 0.
    Vector prior_mean() const { return copies(1.0); }
    std::vector<Vector> more_starts() const {
        return copies_first_ ? std::vector<Vector>{} : std::vector<Vector>{copies(3.0)};
    }

    /// The parameters under which X has the density of -X: the coefficients of letters change sign.
    Vector flipped(Vector eta) const {
        std::vector<bool> done(names_.size(), false);
        for (const Term& term : terms_) {
            if (term.input != Input::coarse || done[static_cast<std::size_t>(term.parameter)]) continue;
            eta[term.parameter] = -eta[term.parameter];
            done[static_cast<std::size_t>(term.parameter)] = true;
        }
        return eta;
    }

    /// The density at a window and eta. A view of both, and of the block.
    class Given {
    public:
        Given(const LogisticBlock& block, std::span<const double> w, const Vector& eta)
            : block_(&block), w_(w), eta_(&eta) {}

        double log_density(std::span<const double> x) const {
            double sum = 0.0;
            for (std::size_t s = block_->first(); s < x.size(); ++s) {
                const double z = x[s] * block_->exponent(s, x, w_, *eta_);
                sum += block_->link_ == Link::logit ? -log1p_exp(-z) : detail::log_normal_cdf(z);
            }
            return sum + block_->copied(x, w_);
        }

        Expansion expansion(std::span<const double> x) const {
            const Index p = block_->parameter_count();
            Expansion e{log_density(x), Vector::Zero(p), Matrix::Zero(p, p)};
            for (std::size_t s = block_->first(); s < x.size(); ++s) {
                const double z = x[s] * block_->exponent(s, x, w_, *eta_);
                double slope = 0.0, curvature = 0.0;
                if (block_->link_ == Link::logit) {
                    slope = logistic(-z);
                    curvature = -logistic(z) * slope;
                } else {
                    const detail::NormalCdfSlopes slopes(z);
                    slope = slopes.slope;
                    curvature = slopes.curvature;
                }
                for (const auto& a : block_->terms(s)) {
                    const double of_a = block_->input(a, s, x, w_);
                    e.gradient[a.parameter] += x[s] * slope * of_a;
                    for (const auto& b : block_->terms(s))
                        e.hessian(a.parameter, b.parameter) += curvature * of_a * block_->input(b, s, x, w_);
                }
            }
            return e;
        }

    private:
        const LogisticBlock* block_;
        std::span<const double> w_;
        const Vector* eta_;
    };
    Given given(std::span<const double> w, const Vector& eta) const { return {*this, w, eta}; }

    /// Spin after spin.
    template <RandomBits R>
    void sample(std::span<const double> w, const Vector& eta, R& rng, std::span<double> x) const {
        if (copies_first_) x[0] = own(w);
        for (std::size_t s = first(); s < x.size(); ++s) {
            const double a = exponent(s, x, w, eta);
            const double up = link_ == Link::logit ? logistic(a) : std::exp(detail::log_normal_cdf(a));
            x[s] = uniform(rng) < up ? 1.0 : -1.0;
        }
    }

private:
    enum class Input { one, fine, coarse };
    struct Term {
        Index parameter;
        Input input;
        Index offset;
    };

    /// Those of site s.
    std::span<const Term> terms(std::size_t s) const {
        return {terms_.data() + ends_[s], terms_.data() + ends_[s + 1]};
    }
    std::size_t first() const { return copies_first_ ? 1 : 0; }
    double own(std::span<const double> w) const { return w[static_cast<std::size_t>(-window_.first)]; }
    double copied(std::span<const double> x, std::span<const double> w) const {
        return !copies_first_ || x[0] == own(w) ? 0.0 : -std::numeric_limits<double>::infinity();
    }
    double input(const Term& term, std::size_t s, std::span<const double> x,
                 std::span<const double> w) const {
        if (term.input == Input::one) return 1.0;
        if (term.input == Input::fine) return x[s - 1];
        return w[static_cast<std::size_t>(term.offset - window_.first)];
    }
    double exponent(std::size_t s, std::span<const double> x, std::span<const double> w,
                    const Vector& eta) const {
        double a = 0.0;
        for (const Term& term : terms(s)) a += eta[term.parameter] * input(term, s, x, w);
        return a;
    }
    Vector copies(double value) const {
        Vector eta = Vector::Zero(parameter_count());
        for (const Index k : copies_) eta[k] = value;
        return eta;
    }

    /// A term of site s, the last that has one, with the parameter of its mirror image if that has one.
    [[gnu::cold]] void add(Index s, bool reflect, Index offset, Input input) {
        const auto parameter_of = [&](Index site, Index at) -> std::optional<Index> {
            for (const Term& term : terms(static_cast<std::size_t>(site)))
                if (term.input == input && term.offset == at) return term.parameter;
            return std::nullopt;
        };
        const auto take = [&](Index parameter) {
            terms_.push_back({parameter, input, offset});
            ends_.back() = terms_.size();
        };
        const Index tied_to = input == Input::fine ? 1 : 0, mirrored = level_ - 1 - s;
        std::optional<Index> known;
        if (tied_ && s > tied_to) known = parameter_of(tied_to, offset);
        if (reflect && (mirrored < s || (mirrored == s && offset > 0 && input == Input::coarse)))
            known = parameter_of(mirrored, -offset);
        if (known) return take(*known);
        std::string name = "intercept_";
        if (input == Input::fine) name = "fine_";
        if (input == Input::coarse && offset == 0) {
            name = "own_";
            copies_.push_back(std::ssize(names_));
        }
        if (input == Input::coarse && offset < 0)
            name = offset == -1 ? "previous_" : "before_" + to_text(-offset) + "_";
        if (input == Input::coarse && offset > 0)
            name = offset == 1 ? "next_" : "after_" + to_text(offset) + "_";
        take(std::ssize(names_));
        names_.push_back(tied_ ? name.substr(0, name.size() - 1) : name + to_text(s));
    }

    Index level_;
    BlockWindow window_;
    Link link_;
    bool copies_first_, tied_ = false;
    std::vector<Term> terms_;        // site after site
    std::vector<std::size_t> ends_;  // those of site s end before ends_[s + 1]
    std::vector<std::string> names_;
    std::vector<Index> copies_;
};

}  // namespace predcg::ising
