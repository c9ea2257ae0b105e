#pragma once
// Variational mean field: the product of site distributions nearest to a chain target.
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/engines/product_ascent.hpp>
#include <predcg/engines/transfer_matrix.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace predcg {

/// A product q(X) = prod_i q_i(X_i) near a target pi(X) = exp(sum_i w_i) / Z.
struct FactorisedDistribution {
    Matrix probabilities;      ///< q_i(a): row a, letters in the order of values(); column i
    double lower_bound = 0.0;  ///< sum_i E_q[w_i] + entropy of q = log Z - KL(q || pi) <= log Z
    Index sweeps = 0;          ///< of the start it comes from
    bool converged = false;    ///< else the sweeps came to their limit; the bound holds all the same
};

/// Engine for chains of any finite alphabet, open or periodic, with site-dependent windows, that replaces the
/// target by the nearest product: q maximises the lower bound on log Z (minimises KL(q || pi)) by coordinate
/// ascent,
///     log q_j(a) = sum over windows i with site j of E_q[w_i | X_j = a] + const,
/// site by site. No sweep lowers the bound. It has several maxima: it is climbed from uniform q, from q that
/// lean to each letter, that alternate, and from `random_starts` drawn ones; a later start wins where its
/// bound is larger by more than 1e-9 of it. Of maxima that a symmetry makes equal the first wins, so that a
/// ferromagnet below its mean-field temperature leans to the first letter of values().
///
/// Not exact: moments are those of q. Sites do not correlate under q; the covariance is that of the statistic
/// under q; standard_error is 0, since nothing is sampled, and says nothing of the bias. With a coupling K
/// the bound and the means of sites are wrong by the order of K^2, moments of neighbours by that of K:
/// docs/mean_field.md. q depends on target and settings alone.
///
/// Cost of a sweep: n W^2 q^W operations with windows of W letters; moments then cost TransferMatrix's
/// expect with the statistic's window. Throws CostError before any work where a sweep exceeds `cost_limit`,
/// NumericalError for a window weight that is not finite (a forbidden configuration has no product near it)
/// and, from expect, where the best start has not converged.
/// C. M. Bishop, "Pattern Recognition and Machine Learning" (2006), sec. 10.1.
struct MeanField {
    double tolerance = 1e-12;  ///< largest change of a probability in the last sweep
    Index sweeps = 10000;      ///< limit for each start
    Index random_starts = 2;   ///< Starts at random, beside those that the target suggests.
    std::uint64_t seed = 1;    ///< of the random starts
    double cost_limit = 1e8;   ///< operations of a sweep (about a nanosecond each)

    template <class T>
    using State = NoState;

    /// The best product found.
    template <ChainTarget T>
    FactorisedDistribution approximate(const T& target) const {
        require(tolerance >= 0.0, "MeanField", "tolerance", tolerance, "a number >= 0");
        require(sweeps >= 1, "MeanField", "sweeps", sweeps, "an integer >= 1");
        require(random_starts >= 0, "MeanField", "random_starts", random_starts, "an integer >= 0");
        const detail::ProductAscent ascent(target, cost_limit);
        FactorisedDistribution best;
        bool first = true;
        for (Matrix& q : ascent.starts(random_starts, seed)) {
            FactorisedDistribution there = climb(ascent, std::move(q));
            const double margin = 1e-9 * std::max(1.0, std::abs(best.lower_bound));
            if (first || there.lower_bound > best.lower_bound + margin) best = std::move(there);
            first = false;
        }
        return best;
    }

    /// Lower bound on log of the sum over all configurations of the target's density. A difference of two
    /// such bounds, as in a log-likelihood log Z(q) - log Z(p_c), is no bound of anything.
    template <ChainTarget T>
    double lower_bound(const T& target) const {
        return approximate(target).lower_bound;
    }

    /// Mean and covariance of a statistic under q, exact for q.
    template <ChainTarget T, ChainStatistic<letter_t<space_t<T>>> S>
    Moments expect(const T& target, const S& statistic, NoState&, const StreamKey&) const {
        return expect(target, statistic);
    }

    template <ChainTarget T, ChainStatistic<letter_t<space_t<T>>> S>
    Moments expect(const T& target, const S& statistic) const {
        const FactorisedDistribution q = approximate(target);
        if (!q.converged)
            throw NumericalError("MeanField::expect: not converged to " + to_text(tolerance) + " after " +
                                 to_text(sweeps) + " sweeps; raise MeanField::sweeps or tolerance");
        Moments moments =
            TransferMatrix{}.expect(detail::ProductTarget(target.space(), q.probabilities), statistic);
        moments.log_partition.reset();
        return moments;
    }

private:
    FactorisedDistribution climb(const detail::ProductAscent& ascent, Matrix q) const {
        FactorisedDistribution there;
        while (there.sweeps < sweeps && !there.converged) {
            there.converged = ascent.sweep(q) <= tolerance;
            ++there.sweeps;
        }
        there.lower_bound = ascent.bound(q);
        there.probabilities = std::move(q);
        return there;
    }
};

}  // namespace predcg
