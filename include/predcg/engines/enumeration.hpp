#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/statistics/log_sum_exp.hpp>
#include <predcg/statistics/moment_accumulator.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace predcg {

/// Exact engine for any finite space, by visiting all q^n configurations.
///
/// Cost: q^n evaluations of target and statistic; a space with more than `limit` configurations is
/// refused by CostError before any work. For chains use TransferMatrix, whose cost is linear in n.
struct Enumeration {
    double limit = 4'194'304.0;  ///< configurations (2^22: seconds)

    template <class T>
    using State = NoState;

    /// Calls f(X, log density) for every configuration; site 0 changes fastest. Throws
    /// CostError for more than `limit`.
    template <FiniteTarget T, class F>
    void visit(const T& target, F&& f) const {
        const auto& space = target.space();
        const auto& letters = space.values();
        const std::size_t q = std::ranges::size(letters);
        const auto n = static_cast<std::size_t>(space.size());
        const double count = std::pow(static_cast<double>(q), static_cast<double>(n));
        if (!(count <= limit))
            throw CostError("Enumeration", count, limit, "configurations",
                            "use TransferMatrix for a chain, or raise Enumeration::limit");
        const auto letter = [&](std::size_t k) {
            return *(std::ranges::begin(letters) + static_cast<std::ptrdiff_t>(k));
        };
        auto X = blank_configuration(space);
        std::vector<std::size_t> digits(n, 0);
        for (std::size_t i = 0; i < n; ++i) X[i] = letter(0);
        for (;;) {
            f(std::as_const(X), static_cast<double>(target.log_density(X)));
            std::size_t i = 0;
            while (i < n && ++digits[i] == q) {
                digits[i] = 0;
                X[i] = letter(0);
                ++i;
            }
            if (i == n) return;
            X[i] = letter(digits[i]);
        }
    }

    /// log of the sum over all configurations of the target's density.
    template <FiniteTarget T>
    double log_partition(const T& target) const {
        statistics::LogSumExp sum;
        visit(target, [&](const auto&, double log_density) { sum.add(log_density); });
        return checked(sum.value());
    }

    /// Mean and covariance of a statistic, and log_partition.
    template <FiniteTarget T, Statistic<configuration_t<space_t<T>>> S>
    Moments expect(const T& target, const S& statistic, NoState&, const StreamKey&) const {
        return expect(target, statistic);
    }

    template <FiniteTarget T, Statistic<configuration_t<space_t<T>>> S>
    Moments expect(const T& target, const S& statistic) const {
        statistics::MomentAccumulator sum(statistic.size());
        visit(target, [&](const auto& X, double log_density) { sum.add(log_density, statistic(X)); });
        checked(sum.log_weight());
        return sum.moments();
    }

    /// Moments of the site values, for letters that convert to double.
    template <FiniteTarget T>
        requires NumericSpace<space_t<T>>
    SiteMoments site_moments(const T& target, int order) const {
        const Index n = target.space().size();
        statistics::MomentAccumulator sum(n);
        Vector values(n);
        visit(target, [&](const auto& X, double log_density) {
            for (Index i = 0; i < n; ++i) values[i] = static_cast<double>(X[static_cast<std::size_t>(i)]);
            sum.add(log_density, values);
        });
        checked(sum.log_weight());
        const Moments m = sum.moments();
        if (order < 2) return {m.mean, {}};
        return {m.mean, linalg::second_moments(m.covariance, m.mean)};
    }

    /// The same of numbers x whose moments given X are `given`.
    template <FiniteTarget T, ConditionalMoments<configuration_t<space_t<T>>> G>
    SiteMoments site_moments(const T& target, const G& given, int order) const {
        const double log_z = log_partition(target);
        const Index n = given.size();
        Vector mean = Vector::Zero(n);
        Matrix second = Matrix::Zero(n, n);
        visit(target, [&](const auto& X, double log_density) {
            const double p = std::exp(log_density - log_z);
            const SiteMoments moments = given(X);
            for (Index j = 0; j < n; ++j) {
                mean[j] += p * moments.mean[j];
                for (Index i = 0; i < n; ++i) second(i, j) += p * moments.second(i, j);
            }
        });
        if (order < 2) return {std::move(mean), {}};
        return {std::move(mean), std::move(second)};
    }

    /// P(X_i = a, X_j = b), q x q, letters in the order of values().
    template <FiniteTarget T>
    Matrix two_point(const T& target, Index i, Index j) const {
        const auto& space = target.space();
        for (Index site : {i, j})
            require_range(site, 0, Index(space.size()) - 1, "Enumeration::two_point", "site");
        const auto& letters = space.values();
        const Index q = static_cast<Index>(std::ranges::size(letters));
        const double log_z = log_partition(target);
        const auto place = [&](const auto& X, Index site) {
            const auto at = std::ranges::find(letters, X[static_cast<std::size_t>(site)]);
            return static_cast<Index>(at - std::ranges::begin(letters));
        };
        Matrix joint = Matrix::Zero(q, q);
        visit(target, [&](const auto& X, double log_density) {
            joint(place(X, i), place(X, j)) += std::exp(log_density - log_z);
        });
        return joint;
    }

    /// Independent exact draws by inversion; keeps the cumulative table (q^n doubles).
    template <FiniteTarget T>
    class ConfigurationSampler {
    public:
        /// Tabulates all states. Throws CostError for too many.
        ConfigurationSampler(const Enumeration& engine, const T& target)
            : space_(target.space()), blank_(blank_configuration(space_)) {
            const double log_z = engine.log_partition(target);
            double sum = 0.0;
            engine.visit(target, [&](const auto&, double log_density) {
                cumulative_.push_back(sum += std::exp(log_density - log_z));
            });
        }

        template <RandomBits R>
        configuration_t<space_t<T>> draw(R& rng) const {
            const double u = uniform(rng) * cumulative_.back();
            const auto at = std::upper_bound(cumulative_.begin(), cumulative_.end(), u);
            auto index = static_cast<std::size_t>(at - cumulative_.begin());
            auto X = blank_;
            const auto& letters = space_.values();
            const std::size_t q = std::ranges::size(letters);
            for (std::size_t i = 0; i < static_cast<std::size_t>(space_.size()); ++i, index /= q)
                X[i] = *(std::ranges::begin(letters) + static_cast<std::ptrdiff_t>(index % q));
            return X;
        }

    private:
        space_t<T> space_;
        configuration_t<space_t<T>> blank_;
        std::vector<double> cumulative_;
    };

    template <FiniteTarget T>
    ConfigurationSampler<T> sampler(const T& target) const {
        return {*this, target};
    }

private:
    static double checked(double log_z) {
        if (!std::isfinite(log_z))
            throw NumericalError("Enumeration: log of the partition sum is " + to_text(log_z) +
                                 "; some energy is NaN or infinite, or every configuration is forbidden");
        return log_z;
    }
};

}  // namespace predcg
