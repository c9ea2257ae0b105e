#pragma once
// Relative entropies between a fine model and what was learnt, where both are exact.
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/prepared_data.hpp>
#include <predcg/relative_entropy/relative_entropy_fit.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <limits>
#include <utility>

namespace predcg {

namespace detail {
/// Averages under the fine model, by enumeration: of log p_f, unnormalised, and of what f(x) gives.
template <class U, class F>
class WithFineDensity {
public:
    WithFineDensity(const Boltzmann<U>& fine, Index size, const F& f) : fine_(&fine), f_(&f), size_(size) {}
    Index size() const { return 1 + size_; }
    Vector operator()(const configuration_t<space_t<U>>& x) const {
        const Vector of_x = (*f_)(x);  // may throw
        Vector all(size());
        all << fine_->log_density(x), of_x;
        return all;
    }

private:
    const Boltzmann<U>* fine_;
    const F* f_;
    Index size_;
};

/// (<log p_f>, <f>) under the fine model.
template <FinePotential U, class F>
Vector fine_averages(const U& fine, double beta, Index size, const F& f, const Enumeration& over) {
    const Boltzmann<U> p_f(fine, beta);
    const Moments m = over.expect(p_f, WithFineDensity<U, F>(p_f, size, f));
    Vector averages = m.mean;
    averages[0] -= m.log_partition.value();
    return averages;
}

/// log Z of a fit's density, for the divergences.
template <class Engine, class T>
double log_partition_of(const Engine& engine, const T& target) {
    static_assert(NormalisingEngine<Engine, T>,
                  "predcg: a divergence needs log Z of p_c, and of q(X|x) where the map is probabilistic: an "
                  "engine with log_partition(target) (concept NormalisingEngine; MonteCarlo and MeanField "
                  "have none)");
    if constexpr (NormalisingEngine<Engine, T>)
        return engine.log_partition(target);
    else
        return 0.0;
}
}  // namespace detail

/// Relative entropy of a fine model and a fit with a probabilistic map, learnt or a reconstruction, in nats:
///     KL(p_f || p) = sum_x p_f(x) ln(p_f(x) / p(x)),   p(x) = sum_X p_cf(x|X, eta) p_c(X|theta_c),
/// at the fit's beta; infinity where the fit excludes an x. For exact engines. Cost: one log partition sum
/// for each fine configuration; too many are refused by CostError. Throws ArgumentError for a fine model of
/// another size than the fit's.
template <FinePotential U, class Coarse, class Map, class Engine, class Result>
double divergence(const U& fine, const Fit<Coarse, Map, Engine, Result>& fit, const Enumeration& over = {}) {
    const auto coarse = boltzmann(fit.coarse, fit.parameters.theta, fit.beta);
    const double log_z = detail::log_partition_of(detail::coarse_engine(fit.engine), coarse);
    bool excluded = false;
    const detail::DataSizes form_of(fit.map, fit.coarse, "divergence");
    const auto log_p = [&](const configuration_t<space_t<U>>& x) {
        const auto form = form_of(x);
        double value = 0.0;
        try {
            value = detail::log_partition_of(detail::latent_engine(fit.engine),
                                             Product(coarse, fit.map.likelihood(form, fit.parameters.eta))) -
                    log_z;
        } catch (const NumericalError&) {  // no X makes this x
            excluded = true;
        }
        return Vector(Vector::Constant(1, value));
    };
    const Vector averages = detail::fine_averages(fine, fit.beta, 1, log_p, over);
    return excluded ? std::numeric_limits<double>::infinity() : averages[0] - averages[1];
}

/// The relative entropy of coarse-graining by a deterministic map, and its parts, in nats.
struct RelativeEntropyParts {
    double objective = 0.0;  ///< F(theta_c) = < ln p_f(x) - E_xi ln p_c(xi(x)) >
    double mapping_entropy =
        0.0;  ///< S_map = < E_xi ln Omega(xi(x)) >, Omega(X) = number of x with xi(x) = X
    /// Both parts together.
    double value() const { return objective + mapping_entropy; }
};

/// Both under the fine model itself, by enumeration. The sum is KL(p_f(x) q(X|x) || p_c(X) q(X|x)/Omega(X)),
/// q(X|x) what xi says of X and Omega(X) = sum_x q(X|x): where xi has no ties the divergence of the fit
/// reconstructed uniformly, else a bound above that of the tie-weighted reconstruction. The map needs
/// log_preimages(X) = ln Omega(X). Throws as divergence does. Shell, J. Chem. Phys. 129 (2008) 144108, eq. 4.
template <FinePotential U, class Coarse, class Xi, class Engine, class Result>
RelativeEntropyParts relative_entropy_of(const U& fine,
                                         const RelativeEntropyFit<Coarse, Xi, Engine, Result>& fit,
                                         const Enumeration& over = {}) {
    constexpr bool counts = HasPreimages<Xi>;
    static_assert(counts, "predcg: S_map needs a deterministic map with log_preimages(X)");
    const Xi& xi = fit.map.xi();
    const auto coarse = boltzmann(fit.coarse, fit.parameters.theta, fit.beta);
    const double log_z = detail::log_partition_of(fit.engine.coarse, coarse);
    struct LogPreimages {
        const Xi* xi;
        Vector operator()(const typename Xi::coarse_type& X) const {
            if constexpr (counts)
                return Vector::Constant(1, xi->log_preimages(X));
            else
                return {};
        }
        Index size() const { return 1; }
    };
    const detail::DataSizes form_of(fit.map, fit.coarse, "relative_entropy_of");
    const auto of_image = [&](const configuration_t<space_t<U>>& x) {
        const auto form = form_of(x);
        const auto average = [&](const auto& s) {
            return fit.engine.latent.average(form.image, fit.coarse.space(), s)[0];
        };
        const double log_p = average(LogDensity(coarse)) - log_z, log_omega = average(LogPreimages{&xi});
        return Vector{{log_p, log_omega}};
    };
    const Vector averages = detail::fine_averages(fine, fit.beta, 2, of_image, over);
    return {averages[0] - averages[1], averages[2]};
}

}  // namespace predcg
