#pragma once
// Normal approximations of a posterior: quick where they hold, and they say where they do not.
#include <predcg/core/parallel.hpp>
#include <predcg/learning/blocks.hpp>
#include <predcg/posterior/log_posterior.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/statistics/pareto.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// Settings of the Laplace approximations.
struct LaplaceSettings {
    Index draws = 4000;
    double largest_pareto_k = 0.7;  ///< beyond it the joint approximation gives no draws
    std::uint64_t seed = 1;
};

namespace detail {

/// R with R R^T the inverse of P: its eigenvectors, scaled to standard deviations.
inline Matrix inverse_root(const Matrix& P) {
    const linalg::SymmetricEigen eigen(P);
    Matrix root = eigen.vectors;
    for (Index k = 0; k < root.cols(); ++k)
        for (Index i = 0; i < root.rows(); ++i) root(i, k) /= std::sqrt(eigen.values[k]);
    return root;
}

/// "0.98 pair_1 + 0.20 linear: 0.03": the direction of least information, with its eigenvalue.
inline std::string flattest(const Matrix& information, const std::vector<std::string>& names) {
    const auto all = weak_directions(information, names, std::numeric_limits<double>::infinity());
    return all.front().text + ": " + to_text(all.front().information);
}

inline Vector mode_of(const Estimate& fit) {
    return linalg::joined(fit.parameters.theta, fit.parameters.eta);
}

inline PosteriorResult laplace_result(PosteriorMethod method, const Estimate& fit, double data_count,
                                      std::uint64_t seed) {
    PosteriorResult result;
    result.method = method;
    result.fit = fit;
    result.fit.data_count = data_count;
    result.seed = seed;
    result.draws.resize(fit.parameters.theta.size() + fit.parameters.eta.size(), 0);
    return result;
}

/// mean and covariance of (theta_c, eta) from those of z.
inline void set_normal(PosteriorResult& result, const Vector& centre, const Matrix& covariance) {
    result.mean = centre;
    result.covariance = covariance;
    result.sd.resize(centre.size());
    for (Index k = 0; k < centre.size(); ++k) result.sd[k] = std::sqrt(covariance(k, k));
}

}  // namespace detail

/// Normal in z = (beta theta_c / s_c, eta / s_m) at the mode, with the inverse of the observed information
/// (Louis 1982) of likelihood and prior as covariance, cut at the bounds of the prior.
///
/// It carries its Pareto k against the exact log posterior (statistics::pareto_smooth of p/q over the draws).
/// Where that exceeds the limit, or the information is not positive definite, it has no draws, reliable is
/// false, and remarks say so: nothing is repaired. mean and covariance are those of the normal that is not
/// cut. Cost: one expansion and `draws` log densities of LogPosterior. Needs exact engines. Throws
/// ArgumentError for less than 25 draws or an improper prior.
template <class Learner, class AnyData>
auto laplace_joint(const Learner& learner, const AnyData& any_data, const Estimate& fit,
                   const LaplaceSettings& settings = {}) {
    require_range(settings.draws, 25, std::numeric_limits<Index>::max(), "laplace_joint", "draws");
    detail::require_same_model(fit, learner.coarse(), learner.map(), "laplace_joint");
    const auto problem = detail::problem_of(learner, any_data, fit.beta);
    detail::require_proper(problem.prior_is_proper(), "laplace_joint");
    const LogPosterior posterior(problem);
    const Coordinates& c = problem.coordinates();
    const Vector mode = c.z(fit.parameters);
    const Matrix information = problem.point(mode).posterior_information;
    auto result =
        detail::laplace_result(PosteriorMethod::laplace_joint, fit, problem.data().count, settings.seed);
    const auto finish = [&] {
        return Posterior(std::move(result), learner.coarse(), learner.map(), learner.engine());
    };
    const auto refuse = [&](const std::string& why) {
        result.reliable = false;
        result.draws.resize(result.draws.rows(), 0);
        result.remarks.push_back("not Gaussian: " + why + "; use the full posterior");
        return finish();
    };
    if (linalg::SymmetricEigen(information).values[0] <= 0.0) {
        Matrix unknown = Matrix::Zero(mode.size(), mode.size());
        for (Index k = 0; k < mode.size(); ++k) unknown(k, k) = std::numeric_limits<double>::quiet_NaN();
        detail::set_normal(result, detail::mode_of(fit), unknown);
        return refuse("the information at the mode is not positive definite (" +
                      detail::flattest(information, c.names()) + ")");
    }
    const Matrix root = detail::inverse_root(information);
    const Vector& factor = c.factor();
    Matrix covariance = linalg::product(root, linalg::transposed(root));
    for (Index l = 0; l < mode.size(); ++l)
        for (Index k = 0; k < mode.size(); ++k) covariance(k, l) *= 1.0 / factor[k] * (1.0 / factor[l]);
    detail::set_normal(result, detail::mode_of(fit), covariance);

    result.draws.resize(mode.size(), settings.draws);
    std::vector<double> log_ratios(static_cast<std::size_t>(settings.draws));
    std::atomic<bool> inside{true};
    detail::for_each(problem.data(), settings.draws, [&](Index k) {
        Philox4x32 rng = make_stream(settings.seed, Purpose::laplace, static_cast<std::uint64_t>(k));
        Vector u, z;
        bool found = false;
        for (int attempt = 0; attempt < 1000 && !found; ++attempt) {  // at a mode on the bound: half of them
            u = standard_normal_vector(rng, mode.size());
            z = mode;
            linalg::add(z, linalg::applied(root, u));
            found = posterior.space().contains(z) && std::isfinite(problem.log_prior(z));
        }
        if (!found) inside = false;
        log_ratios[static_cast<std::size_t>(k)] = posterior.log_density(z) + 0.5 * linalg::squared_norm(u);
        const Parameters there =
            with_label_of(fit.parameters.eta, learner.coarse(), learner.map(), c.parameters(z));
        linalg::set_column(result.draws, k, linalg::joined(there.theta, there.eta));
    });
    if (!inside) return refuse("hardly any of it lies within the bounds of the prior");
    result.pareto_k = statistics::pareto_smooth(std::move(log_ratios)).pareto_k;
    if (!(*result.pareto_k <= settings.largest_pareto_k))
        return refuse("Pareto k is " + to_text(*result.pareto_k) + ", above " +
                      to_text(settings.largest_pareto_k));
    return finish();
}

/// The approximation of the slides, for comparison: theta_c fixed at the mode, each natural parameter of the
/// map (theta_cf) normal, with the complete-data curvature of the expected log p_cf in that parameter (no
/// prior in it), clipped to its range. It knows neither the uncertainty of theta_c nor that X is latent: its
/// intervals are far too narrow. Needs a NaturalMap. Cost: one E-step.
template <class Learner, class AnyData>
auto laplace_slides(const Learner& learner, const AnyData& any_data, const Estimate& fit,
                    const LaplaceSettings& settings = {}) {
    require_range(settings.draws, 1, std::numeric_limits<Index>::max(), "laplace_slides", "draws");
    detail::require_same_model(fit, learner.coarse(), learner.map(), "laplace_slides");
    static_assert(NaturalMap<std::remove_cvref_t<decltype(learner.map())>>,
                  "predcg: the slides' Laplace is normal in the map's natural parameter; the map needs "
                  "natural(k, eta), unconstrained(k, value) and natural_names() (concept NaturalMap)");
    const Parameters& at = fit.parameters;
    const auto problem = detail::problem_of(learner, any_data, fit.beta);
    auto state = problem.state(at, settings.seed, Purpose::slides_latent);
    const ExpectedStatistics statistics = problem.expect(state);
    const Expansion complete = detail::map_expansion(learner.map(), statistics.map, statistics.count, at.eta);
    const Index p = at.theta.size(), m = at.eta.size();
    const Vector centre = detail::mode_of(fit);
    auto result =
        detail::laplace_result(PosteriorMethod::laplace_slides, fit, problem.data().count, settings.seed);
    Matrix covariance = Matrix::Zero(centre.size(), centre.size());
    Vector sd(m);
    for (Index k = 0; k < m; ++k) {
        // d2/dt2 = (f'' - f' t''/t') / t'^2 for t = t(eta)
        const NaturalParameter t = learner.map().natural(k, at.eta[k]);
        const double precision =
            -(complete.hessian(k, k) - complete.gradient[k] * t.curvature / t.slope) / (t.slope * t.slope);
        if (!(precision > 0.0))
            throw NumericalError("laplace_slides: the complete-data curvature of map parameter " +
                                 to_text(k + 1) + " is not negative at the mode");
        sd[k] = 1.0 / std::sqrt(precision);
        detail::Blocks(covariance, p).map(k, k) = sd[k] * sd[k] / (t.slope * t.slope);
    }
    detail::set_normal(result, centre, covariance);
    result.remarks.push_back(
        "for comparison only: theta_c held fixed and X taken as seen, so that intervals are "
        "far too narrow");
    result.draws.resize(centre.size(), settings.draws);
    for (Index draw = 0; draw < settings.draws; ++draw) {
        Philox4x32 rng =
            make_stream(settings.seed, Purpose::laplace_slides, static_cast<std::uint64_t>(draw));
        Vector eta(m);
        for (Index k = 0; k < m; ++k)
            eta[k] = learner.map().unconstrained(k, learner.map().natural(k, at.eta[k]).value +
                                                        sd[k] * standard_normal(rng));
        linalg::set_column(result.draws, draw, linalg::joined(at.theta, eta));
    }
    return Posterior(std::move(result), learner.coarse(), learner.map(), learner.engine());
}

}  // namespace predcg
