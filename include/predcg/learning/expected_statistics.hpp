#pragma once
#include <predcg/core/linalg.hpp>

#include <optional>

namespace predcg {

/// What an E-step leaves behind: sums over data of expectations under q_i(X) = q(X | x_i). M-step,
/// gradient and information are functions of these alone, and sums of sums are sums: minibatches,
/// weights, online learning, threads and processes act through += and *= here and nowhere else.
struct ExpectedStatistics {
    double count = 0.0;                  ///< number of data, or their total weight
    std::optional<double> log_evidence;  ///< sum_i log Z(q_i); log-likelihood = this - count log Z(p_c)
    Vector coarse;                       ///< sum_i E_i[dU_c/dtheta]
    Vector map;                          ///< sum_i E_i[T(X; x_i)], the map's sufficient statistic
    Vector score;  ///< sum_i E_i[d log p_cf / d eta], in the place of `map` where means of a ScoredMap do
    Matrix covariance;      ///< sum_i Cov_i[(dU_c/dtheta, T)], of a ScoredMap with S for T
    Matrix coarse_hessian;  ///< sum_i E_i[d2U_c/dtheta2]
    Vector noise;           ///< squared Monte Carlo errors of the same means; zero if exact

    /// Sums over more data.
    ExpectedStatistics& operator+=(const ExpectedStatistics& other) {
        if (other.is_empty()) return *this;
        if (is_empty()) return *this = other;  // sums may begin with ExpectedStatistics{}
        count += other.count;
        if (log_evidence && other.log_evidence)
            *log_evidence += *other.log_evidence;
        else
            log_evidence.reset();
        linalg::add(coarse, other.coarse);
        linalg::add(map, other.map);
        linalg::add(score, other.score);
        linalg::add(covariance, other.covariance);
        linalg::add(coarse_hessian, other.coarse_hessian);
        linalg::add(noise, other.noise);
        return *this;
    }

    /// Nothing has been added yet.
    bool is_empty() const { return count == 0.0 && covariance.size() == 0 && coarse.size() == 0; }

    /// All sums times a weight.
    ExpectedStatistics& operator*=(double factor) {
        count *= factor;
        if (log_evidence) *log_evidence *= factor;
        linalg::multiply(coarse, factor);
        linalg::multiply(map, factor);
        linalg::multiply(score, factor);
        linalg::multiply(covariance, factor);
        linalg::multiply(coarse_hessian, factor);
        linalg::multiply(noise, factor * factor);
        return *this;
    }
};

}  // namespace predcg
