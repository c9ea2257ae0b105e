#pragma once
// What a minimised relative entropy gives: a plain value.
#include <predcg/core/linalg.hpp>
#include <predcg/engines/roles.hpp>
#include <predcg/learning/estimate.hpp>
#include <predcg/relative_entropy/drawn_reconstruction.hpp>
#include <predcg/relative_entropy/mapping_engine.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

namespace predcg {

/// A fit of p_c to mapped data. What it inherits is said of L = sum_i E_xi[log p_c(xi(x_i))] = -N F + const:
/// log_likelihood where it is known, likelihood's gradient and informations, status, directions, trace,
/// starts.
template <class Coarse, class Xi, class Engine, class Result = ExactEstimate>
struct RelativeEntropyFit : Fit<Coarse, MappedData<Xi>, EngineRoles<MappingEngine, Engine>, Result> {
    /// The fit as of any learner.
    using Base = Fit<Coarse, MappedData<Xi>, EngineRoles<MappingEngine, Engine>, Result>;

    Vector target_moments;  ///< mean over the data of E_xi[dU_c/dtheta]
    Vector model_moments;   ///< <dU_c/dtheta> under p_c, noisy where that is sampled
    std::optional<double>
        objective{};  ///< F(theta_c) - <ln p_f> = -(1/N) sum_i E_xi[ln p_c(xi(x_i))], if known
    /// Of theta_c over data sets, in energy^2: H^-1 V H^-1, with H the information of data and prior, and V =
    /// N times the covariance over the data of beta E_xi[dU_c/dtheta] (unbiased). It holds for a wrong model,
    /// too, for independent data. NaN for one datum, data that are all alike (which say nothing of how others
    /// would differ), or H that is not positive definite. Huber, Proc. 5th
    /// Berkeley Symp. 1 (1967) 221; White, Econometrica 50 (1982) 1.
    Matrix covariance;

    /// Adds target moments and errors to a fit.
    explicit RelativeEntropyFit(Base fit) : Base(std::move(fit)) {}

    /// Square roots of the sandwich's diagonal, energy.
    Vector standard_errors() const {
        Vector errors = covariance.diagonal();
        for (double& error : errors) error = std::sqrt(error);  // Eigen's of AVX-512 is not rounded correctly
        return errors;
    }

    /// The same p_c with a way back to the fine scale, for predict(): a probabilistic map with its
    /// parameters, or any function f(X, rng) -> x.
    template <class Reconstruction>
    auto reconstructed(Reconstruction back,
                       Vector eta = {}) const {  // NOLINT(performance-unnecessary-value-param): moved from
        using Fine = typename Xi::fine_type;
        using X = typename Xi::coarse_type;
        if constexpr (FineSampler<Reconstruction>) {
            Result result = this->result();
            result.map_names = detail::map_names_of(back);
            result.parameters.eta = std::move(eta);
            return Fit(std::move(result), this->coarse, std::move(back), this->engine.coarse);
        } else {
            static_assert(std::is_invocable_r_v<Fine, const Reconstruction&, const X&, Philox4x32&>,
                          "predcg: a reconstruction is a probabilistic map, or a function f(X, rng) -> x");
            return reconstructed(DrawnReconstruction<Fine, X, Reconstruction>(std::move(back)));
        }
    }
};

namespace detail {
/// H^-1 V H^-1, or NaN where H is not positive definite.
inline Matrix sandwich(const Matrix& H, const Matrix& V) {
    const linalg::Cholesky factor(H);
    if (!factor.ok()) return Matrix::Constant(H.rows(), H.cols(), std::numeric_limits<double>::quiet_NaN());
    const auto solved = [&](const Matrix& M) {
        Matrix result(M.rows(), M.cols());
        for (Index k = 0; k < M.cols(); ++k) result.col(k) = factor.solve(linalg::column_of(M, k));
        return result;
    };
    const Matrix half = solved(V).transpose();
    return solved(half);
}
}  // namespace detail

}  // namespace predcg
