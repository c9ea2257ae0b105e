#pragma once
// What every way of fitting shares: the coordinates z = (beta theta_c, eta), starts, names, and a log
// posterior's derivatives in z.
#include <predcg/core/random.hpp>
#include <predcg/learning/fit.hpp>
#include <predcg/learning/parameter_names.hpp>
#include <predcg/optimize/projected_newton.hpp>
#include <predcg/priors/priors.hpp>
#include <predcg/structure/potential_operations.hpp>

#include <string>
#include <utility>
#include <vector>

namespace predcg::detail {

/// A point of parameter space and what is known there.
struct FitPoint {
    Vector z;
    ExpectedStatistics statistics;
    LikelihoodExpansion likelihood;  // in (theta_c, eta)
    double value = 0.0;              // log posterior
    Vector gradient;                 // of the log posterior, in z
    Matrix information;              // of the likelihood, in z
    Matrix posterior_information;
};

template <class Grainer>
class FitCoordinates {
protected:
    using Data = typename Grainer::Data;

    [[gnu::cold]] FitCoordinates(const Grainer& grainer, const Data& data, FitSettings settings = {})
        : grainer_(grainer), data_(data), settings_(std::move(settings)),
          p_(grainer.coarse().parameter_count()), m_(grainer.map().parameter_count()) {
        require(settings_.iterations >= 0, "FitSettings", "iterations", settings_.iterations,
                "an integer >= 0");
        require(settings_.starts >= 1, "FitSettings", "starts", settings_.starts, "an integer >= 1");
        scale_ = Vector::Ones(p_ + m_);
        lower_ = Vector::Constant(p_ + m_, lower_bound(grainer.prior().map));
        for (Index k = 0; k < p_; ++k) {
            scale_[k] = data.beta;
            lower_[k] = lower_bound(grainer.prior().coarse);
        }
        names_ = all_names_ = coarse_names_of(grainer.coarse());
        map_names_ = map_names_of(grainer.map());
        for (const std::string& name : map_names_) all_names_.push_back(name);
    }

    [[gnu::cold]] Parameters parameters_of(const Vector& z) const {
        Parameters parameters{Vector(p_), Vector(m_)};
        for (Index k = 0; k < p_; ++k) parameters.theta[k] = z[k] / scale_[k];
        for (Index k = 0; k < m_; ++k) parameters.eta[k] = z[p_ + k];
        return parameters;
    }

    [[gnu::cold]] Vector z_of(const Parameters& parameters) const {
        Vector z(p_ + m_);
        for (Index k = 0; k < p_; ++k) z[k] = parameters.theta[k] * scale_[k];
        for (Index k = 0; k < m_; ++k) z[p_ + k] = parameters.eta[k];
        return z;
    }

    bool prior_is_proper() const {
        return (p_ == 0 || grainer_.prior().coarse.proper()) && (m_ == 0 || grainer_.prior().map.proper());
    }

    /// The models' own start, then normal displacements of it by 1 in every coordinate of z.
    [[gnu::cold]] std::vector<Vector> make_starts() const {
        if (settings_.start) {
            require_equal(settings_.start->theta.size(), p_, "FitSettings", "length of start.theta");
            require_equal(settings_.start->eta.size(), m_, "FitSettings", "length of start.eta");
            const Vector z = z_of(*settings_.start);
            for (const double x : z) require_finite(x, "FitSettings", "start");
            return {linalg::moved(z, 0.0, z, lower_)};
        }
        const Vector own = z_of({start_of(grainer_.coarse(), p_), start_of(grainer_.map(), m_)});
        std::vector<Vector> starts{linalg::moved(own, 0.0, own, lower_)};
        for (Index k = 1; k < (p_ + m_ == 0 ? 1 : settings_.starts); ++k) {
            Philox4x32 rng = make_stream(settings_.seed, Purpose::start, static_cast<std::uint32_t>(k));
            for (int attempt = 0; attempt < 100; ++attempt) {
                const Vector z = linalg::moved(own, 1.0, standard_normal_vector(rng, own.size()), lower_);
                if (!is_admissible(grainer_.coarse(), parameters_of(z).theta)) continue;
                starts.push_back(z);
                break;
            }
        }
        return starts;
    }

    template <class Model>
    static Vector start_of(const Model& model, Index size) {
        if constexpr (requires {
                          { model.start() } -> VectorLike;
                      })
            return model.start();
        else
            return Vector::Zero(size);
    }

    /// Value and derivatives of the log posterior in z, from the likelihood's in (theta_c, eta).
    [[gnu::cold]] FitPoint posterior_point(Vector z, ExpectedStatistics statistics,
                                           LikelihoodExpansion likelihood) const {
        FitPoint point{std::move(z), std::move(statistics), std::move(likelihood), 0.0, {}, {}, {}};
        point.value = point.likelihood.log_likelihood;
        point.gradient = point.likelihood.gradient;
        point.information = point.likelihood.observed();
        for (Index l = 0; l < point.z.size(); ++l) {
            point.gradient[l] /= scale_[l];
            for (Index k = 0; k < point.z.size(); ++k) point.information(k, l) /= scale_[k] * scale_[l];
        }
        point.posterior_information = point.information;
        add_prior(point, grainer_.prior().coarse, 0, p_);
        add_prior(point, grainer_.prior().map, p_, m_);
        return point;
    }

    /// Adds the block prior of coordinates first..first+count-1.
    template <class Block>
    [[gnu::cold]] static void add_prior(FitPoint& point, const Block& prior, Index first, Index count) {
        Vector z(count);
        for (Index k = 0; k < count; ++k) z[k] = point.z[first + k];
        point.value += prior.log_density(z);
        const Vector gradient = prior.gradient(z);
        const Matrix hessian = prior.hessian(z);
        for (Index l = 0; l < count; ++l) {
            point.gradient[first + l] += gradient[l];
            for (Index k = 0; k < count; ++k)
                point.posterior_information(first + k, first + l) -= hessian(k, l);
        }
    }

    /// The parts of a result that do not depend on how it was found.
    [[gnu::cold]] FitResult describe(FitResult result, const Vector& z) const {
        result.parameters = parameters_of(z);
        result.coarse_names = names_;
        result.map_names = map_names_;
        result.beta = data_.beta;
        result.data_count = data_.count;
        result.seed = settings_.seed;
        return result;
    }

    const Grainer& grainer_;
    const Data& data_;
    FitSettings settings_;
    Index p_, m_;
    Vector scale_, lower_;
    std::vector<std::string> names_, map_names_, all_names_;
};

}  // namespace predcg::detail
