#pragma once
// What a fit says for each of its terms: Wald statistics and unit-information precisions.
#include <predcg/learning/identifiability.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace predcg {

/// A term of a coarse potential, or a parameter of a map, alone among the others.
struct TermScore {
    std::string name;
    bool kept = true;            ///< Whether the term stays.
    double estimate = 0.0;       ///< of beta theta_k or eta_k, at the mode under the term's own prior
    double z = 0.0;              ///< estimate over its standard error, the term's prior taken out
    double precision = 0.0;      ///< alpha_k of its prior, z_k ~ N(0, 1 / alpha_k)
    double evidence_gain = 0.0;  ///< log evidence with the term less that without it, others as they are
};

/// What the evidence gains by a term of a quadratic log-likelihood, under the unit-information prior of N
/// data:
///     1/2 [ z^2 N/(N+1) - log(N+1) ],
/// positive iff z^2 > (1 + 1/N) log(N+1), which is log N up to terms of order log(N)/N.
/// (With data about beta theta_k of precision S and mean t, z^2 = S t^2, and prior precision alpha = S/N, the
/// evidence ratio is N(t; 0, 1/S + 1/alpha) / N(t; 0, 1/S).) R. E. Kass, L. Wasserman, J. Am. Stat. Assoc. 90
/// (1995) 928.
inline double unit_information_gain(double z, double count) {
    return 0.5 * (z * z * count / (count + 1.0) - std::log(count + 1.0));
}

namespace detail {

/// Precision S of the data (and other priors) about each of the first coordinates z, given all others
/// integrated out, and z-scores, from the posterior information and prior precisions alpha of these:
///     S_k = 1 / Sigma_kk - alpha_k,   z_k = (t_k / Sigma_kk) / sqrt(S_k),   Sigma = information^-1
/// (the sparsity S and quality Q = t / Sigma of M. E. Tipping, A. C. Faul, AISTATS 2003). S is taken as no
/// less than the information from which a direction counts as identified.
struct TermInformation {
    Vector precision, z;

    TermInformation(const linalg::Cholesky& information, Index size, const Vector& estimate,
                    const Vector& prior_precision)
        : precision(estimate.size()), z(estimate.size()) {
        for (Index k = 0; k < estimate.size(); ++k) {
            const double posterior = 1.0 / information.solve(Vector::Unit(size, k))[k];
            precision[k] = std::max(posterior - prior_precision[k], identified_from);
            z[k] = estimate[k] * posterior / std::sqrt(precision[k]);
        }
    }
};

}  // namespace detail
}  // namespace predcg
