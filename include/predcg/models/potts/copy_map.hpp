#pragma once
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/letter_moments.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/models/potts/letter_counts.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace predcg::potts {

/// Settings of potts::copy_map.
struct CopyMapSettings {
    Index level = 2;  ///< l_c, fine sites for each coarse site
};

/// Independent fine letters that copy their coarse one with probability p, and else have any other, each
/// as likely:
///     p_cf(x|X, eta) = prod_r prod_s (p if x_rs = X_r, else (1 - p) / (q - 1)),   p = e^eta / (e^eta + q -
///     1),
/// block r = fine sites r l_c .. r l_c + l_c - 1; eta = log odds of the own letter against one other, 0 for
/// uniform letters, logit p for q = 2. The density is that of all letters permuted.
template <std::size_t Q>
class CopyMap {
public:
    using fine_type = std::vector<Letter>;
    using coarse_type = std::vector<Letter>;

    /// Throws ArgumentError for a level < 1.
    explicit CopyMap(CopyMapSettings settings) : level_(settings.level) {
        require(level_ >= 1, "potts::copy_map", "level", level_, "an integer >= 1");
    }

    Index level() const { return level_; }
    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const { return {"log_odds_copy"}; }
    Vector start() const { return Vector::Ones(1); }

    /// Probability that a fine letter equals its coarse one.
    static double copy(const Vector& eta) { return 1.0 / (1.0 + others * std::exp(-eta[0])); }

    /// Letters of each block, counted. Throws ArgumentError if the level does not divide the number of sites
    /// or a value is no letter.
    template <class X>
    LetterCounts prepare(const X& x) const {
        return letter_counts(x, static_cast<Index>(Q), level_, "potts::CopyMap::prepare");
    }
    static constexpr bool takes(Letter letter) { return letter < Q; }
    Index coarse_size(const LetterCounts& counts) const { return counts.blocks(); }

    /// p_cf(x | ., eta) as a factor in X. A view of the counts.
    class Likelihood {
    public:
        /// Of the counts of a datum, at eta.
        Likelihood(const LetterCounts& counts, double eta) : counts_(&counts), eta_(eta) {}

        template <class X>
        double log_density(const X& configuration) const {
            double sum = 0.0;
            for (Index r = 0; r < counts_->blocks(); ++r)
                sum += weight(r, configuration[static_cast<std::size_t>(r)]);
            return sum;
        }
        Window window() const { return {}; }
        double local_log_density(Index i, std::span<const Letter> w) const { return weight(i, w[0]); }
        template <class X>
        double log_density_difference(const X& configuration, Index i, Letter v) const {
            return eta_ * (counts_->at(i, v) - counts_->at(i, configuration[static_cast<std::size_t>(i)]));
        }

    private:
        double weight(Index r, Letter a) const {
            return eta_ * counts_->at(r, a) - static_cast<double>(counts_->level) * log_sum(eta_);
        }
        const LetterCounts* counts_;
        double eta_;
    };
    Likelihood likelihood(const LetterCounts& counts, const Vector& eta) const { return {counts, eta[0]}; }

    /// (number of fine letters equal to their coarse letter, number of all). A view of the counts.
    class Agreement {
    public:
        /// Refers to the counts.
        explicit Agreement(const LetterCounts& counts) : counts_(&counts) {}

        Index size() const { return 2; }
        template <class X>
        Eigen::Vector2d operator()(const X& configuration) const {
            double equal = 0.0;
            for (Index r = 0; r < counts_->blocks(); ++r)
                equal += counts_->at(r, configuration[static_cast<std::size_t>(r)]);
            return {equal, static_cast<double>(counts_->level * counts_->blocks())};
        }
        Window window() const { return {}; }
        Eigen::Vector2d local(Index i, std::span<const Letter> w) const {
            return {counts_->at(i, w[0]), static_cast<double>(counts_->level)};
        }

    private:
        const LetterCounts* counts_;
    };
    Agreement sufficient_statistic(const LetterCounts& counts) const { return Agreement(counts); }

    /// T_0 eta - T_1 log(e^eta + q - 1).
    Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const double p = copy(eta);
        return {T[0] * eta[0] - T[1] * log_sum(eta[0]), Vector::Constant(1, T[0] - T[1] * p),
                Matrix::Constant(1, 1, -T[1] * p * (1.0 - p))};
    }

    /// The alphabet of the fine sites.
    static std::vector<Letter> fine_letters() {
        std::vector<Letter> all(Q);
        for (std::size_t a = 0; a < Q; ++a) all[a] = static_cast<Letter>(a);
        return all;
    }
    /// E[v(x_i)|X] and E[v(x_i) v(x_j)|X] above so many coarse sites, of numbers v that the letters stand
    /// for.
    LetterMoments<Letter> conditional_moments(Index coarse_sites, const Vector& eta,
                                              const Vector& values) const {
        require_equal(values.size(), static_cast<Index>(Q), "potts::CopyMap::conditional_moments",
                      "number of values");
        const double p = copy(eta), other = (1.0 - p) / others;
        const auto given_letter = [&](const Vector& v) {
            Vector mean(v.size());
            for (Index a = 0; a < v.size(); ++a) mean[a] = (p - other) * v[a] + other * linalg::sum(v);
            return mean;
        };
        return {fine_letters(), coarse_sites, level_, given_letter(values), given_letter(values.cwiseAbs2())};
    }

    template <RandomBits R>
    fine_type sample(const coarse_type& X, const Vector& eta, R& rng) const {
        const double p = copy(eta);
        fine_type x(X.size() * static_cast<std::size_t>(level_));
        for (std::size_t i = 0; i < x.size(); ++i) {
            x[i] = X[i / static_cast<std::size_t>(level_)];
            if (uniform(rng) < p) continue;
            const Index other = uniform_index(rng, static_cast<Index>(Q) - 1);
            x[i] = static_cast<Letter>(other < x[i] ? other : other + 1);
        }
        return x;
    }

private:
    static constexpr double others = static_cast<double>(Q) - 1.0;
    /// log(e^eta + q - 1).
    static double log_sum(double eta) {
        return eta > 0.0 ? eta + std::log1p(others * std::exp(-eta)) : std::log(others + std::exp(eta));
    }

    Index level_;
};

/// The map of these settings.
template <std::size_t Q>
CopyMap<Q> copy_map(CopyMapSettings settings = {}) {
    return CopyMap<Q>(settings);
}

}  // namespace predcg::potts
