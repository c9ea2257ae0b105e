#pragma once
#include <predcg/core/space.hpp>
#include <predcg/engines/roles.hpp>
#include <predcg/learning/fit_coordinates.hpp>
#include <predcg/learning/prepared_data.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <limits>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
inline void require_proper(bool proper, const char* function) {
    if (!proper)
        throw ArgumentError(function, "prior", "improper (flat)",
                            "a proper prior, for example weak_prior(): where the map forgets X the "
                            "likelihood does not fall, and the posterior has no integral");
}
}  // namespace detail

/// The log posterior around a point, in z = (beta theta_c, eta).
struct PosteriorExpansion {
    double value = 0.0;  ///< log-likelihood + log prior density
    Vector gradient;
    Matrix information;             ///< minus the Hessian
    Matrix likelihood_information;  ///< the likelihood's part: complete - missing (Louis 1982)
};

/// The posterior of the parameters as a target on z = (beta theta_c, eta), for a grainer with an exact
/// engine:
///     log p(z | x) = sum_i log Z(q_i) - N log Z(p_c) + log prior(beta theta_c) + log prior(eta),
/// q_i ~ p_cf(x_i|X, eta) exp(-beta U_c). -infinity where the potential does not admit theta_c, or the
/// density of X has no integral; lower bounds of priors are walls of its space. Cost: one log_partition, or
/// for the gradient one mean, for each distinct datum and for p_c, by the batch forms of the engine. A view
/// of grainer and data.
template <class Grainer>
class LogPosterior : detail::FitCoordinates<Grainer> {
    using Base = detail::FitCoordinates<Grainer>;
    using Base::data_, Base::grainer_, Base::lower_, Base::m_, Base::p_, Base::scale_;

public:
    using Data = typename Grainer::Data;

    LogPosterior(const Grainer& grainer, const Data& data) : Base(grainer, data), space_(p_ + m_, walls()) {
        static_assert(Grainer::is_exact,
                      "predcg: this posterior needs exact engines for q(X|x) and p_c (log_partition); with "
                      "sampling engines use exchange_posterior");
    }

    const WalledSpace& space() const { return space_; }
    using Base::all_names_;
    using Base::parameters_of;
    using Base::prior_is_proper;
    using Base::z_of;

    /// z_k = scale_k times parameter k: beta for theta_c, 1 for eta.
    const Vector& scale() const { return this->scale_; }

    const std::vector<std::string>& names() const { return all_names_; }

    double log_density(const Vector& z) const {
        if (!inside(z)) return outside;
        const Parameters at = parameters_of(z);
        try {
            const double log_z_coarse =
                coarse_engine(grainer_.engine())
                    .log_partition(boltzmann(grainer_.coarse(), at.theta, data_.beta));
            return grainer_.log_evidence(data_, at) - data_.count * log_z_coarse + log_prior(z);
        } catch (const NumericalError&) {
            return outside;  // no density of X there
        }
    }

    Vector log_density_gradient(const Vector& z) const { return log_density_and_gradient(z).second; }

    std::pair<double, Vector> log_density_and_gradient(const Vector& z) const {
        if (!inside(z)) return {outside, Vector::Zero(z.size())};
        try {
            auto state = grainer_.make_state(data_, parameters_of(z));
            const ExpectedStatistics statistics = grainer_.expect_means(state, data_);
            auto [value, gradient] = likelihood_gradient(
                grainer_.map(), statistics, grainer_.expect_coarse_means(state), state.eta, data_.beta);
            gradient = gradient.cwiseQuotient(scale_);
            gradient.head(p_) += grainer_.prior().coarse.gradient(z.head(p_));
            gradient.tail(m_) += grainer_.prior().map.gradient(z.tail(m_));
            return {value + log_prior(z), std::move(gradient)};
        } catch (const NumericalError&) {
            return {outside, Vector::Zero(z.size())};
        }
    }

    /// Value and derivatives; throws NumericalError where there is no density.
    PosteriorExpansion expansion(const Vector& z) const {
        detail::FitPoint point = expanded_at(z);
        return {point.value, std::move(point.gradient), std::move(point.posterior_information),
                std::move(point.information)};
    }

    double log_prior(const Vector& z) const {
        return grainer_.prior().coarse.log_density(z.head(p_)) + grainer_.prior().map.log_density(z.tail(m_));
    }

private:
    static constexpr double outside = -std::numeric_limits<double>::infinity();

    bool inside(const Vector& z) const {
        for (Index k = 0; k < z.size(); ++k)
            if (!(std::isfinite(z[k]) && z[k] >= lower_[k])) return false;
        return is_admissible(grainer_.coarse(), parameters_of(z).theta);
    }

    detail::FitPoint expanded_at(const Vector& z) const {
        auto state = grainer_.make_state(data_, parameters_of(z));
        ExpectedStatistics statistics = grainer_.expect(state, data_);
        LikelihoodExpansion likelihood = expand_likelihood(
            grainer_.map(), statistics, grainer_.expect_coarse(state), state.eta, data_.beta);
        return this->posterior_point(z, std::move(statistics), std::move(likelihood));
    }

    std::vector<Wall> walls() const {
        std::vector<Wall> walls;
        for (Index k = 0; k < lower_.size(); ++k)
            if (std::isfinite(lower_[k])) walls.push_back({Vector::Unit(lower_.size(), k), lower_[k]});
        return walls;
    }

    WalledSpace space_;
};

}  // namespace predcg
