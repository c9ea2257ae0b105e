#pragma once
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/optimize/moment_matching.hpp>
#include <predcg/relative_entropy/relative_entropy_fit.hpp>

#include <algorithm>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
/// What RelativeEntropy asks beyond EMCoarseGrainer, said in words.
template <class Xi, class Coarse, class Optimize>
struct RelativeEntropyRequirements {
    static_assert(
        DeterministicMap<Xi>,
        "predcg: the deterministic map needs fine_type, coarse_type, and operator()(x) that returns "
        "coarse_type or SiteLetters<Letter> (concept DeterministicMap)");
    static_assert(!std::is_same_v<Optimize, IterativeBoltzmann> ||
                      (LinearCoarsePotential<Coarse> && HasTwoValuedTerms<Coarse>),
                  "predcg: iterative Boltzmann inversion needs a coarse potential with features(X) and "
                  "two_valued_terms() (concept HasTwoValuedTerms)");
};

/// prepare() that draws ties; counts the data it has seen, and those it has not for their weight 0.
template <class Map>
struct DrawingMap : Map {
    DrawingMap(Map map, std::uint64_t ties_seed, std::span<const double> data_weights)
        : Map(std::move(map)), seed(ties_seed), weights(data_weights) {}

    typename Map::Form prepare(const typename Map::fine_type& x) const {
        typename Map::Form form = Map::prepare(x);
        if constexpr (is_site_letters<decltype(form.image)>) {
            while (count < weights.size() && weights[count] == 0.0) ++count;
            auto rng = make_stream(seed, Purpose::tie, count++);
            form.image = drawn(form.image, rng);
        }
        return form;
    }

    std::uint64_t seed;
    std::span<const double> weights;
    mutable std::uint64_t count = 0;
};
}  // namespace detail

/// Minimises the relative entropy of a deterministic map xi over theta_c,
///     F(theta_c) = < ln p_f(x) - ln p_c(xi(x) | theta_c) >_{p_f},
/// with the data in the place of p_f. (M. S. Shell, J. Chem. Phys. 129 (2008) 144108; the relative entropy is
/// F
/// + S_map, see divergence.hpp.) It is the fit of EMCoarseGrainer with q(X|x) = what xi says of X and nothing
/// to learn in the map: at the optimum the moments of dU_c/dtheta are those of the mapped data. Ties of xi
/// are averaged exactly (MappingEngine), or drawn on request.
///
/// Engine, optimizer and prior (its coarse block) as in EMCoarseGrainer: exact engines give Newton steps,
/// MonteCarlo (with monte_carlo.hpp) a stochastic fit. InverseMonteCarlo and IterativeBoltzmann are two more
/// optimizers. For a potential linear in theta F is convex and one start is made; else settings.starts.
/// Cost of an iteration: one expectation under p_c, and the average over ties for each distinct image.
template <class Coarse, class Xi, class Engine, class Optimizer = Newton, class Prior = FlatPrior>
class RelativeEntropy : private detail::RelativeEntropyRequirements<Xi, Coarse, Optimizer> {
public:
    using Grainer = EMCoarseGrainer<SamplesOnly<typename Xi::fine_type>, Coarse, MappedData<Xi>,
                                    EngineRoles<MappingEngine, Engine>, Optimizer, Prior>;
    using Data = typename Grainer::Data;
    using FitType = RelativeEntropyFit<Coarse, Xi, Engine>;

    RelativeEntropy(Coarse coarse, Xi xi, Engine engine, Optimizer optimizer = {}, Prior prior = {})
        : grainer_({}, std::move(coarse), MappedData<Xi>(std::move(xi)), {MappingEngine{}, std::move(engine)},
                   std::move(optimizer), std::move(prior)) {}

    /// The same with another limit on the cost of averages over ties.
    RelativeEntropy with_mapping(MappingEngine mapping) const {
        return RelativeEntropy(grainer_.with_engine({std::move(mapping), grainer_.engine().coarse}));
    }

    /// The learning problem: expect, expect_coarse and evaluate for a loop of one's own, and what posteriors
    /// take. An IterativeBoltzmann in it has no targets yet.
    const Grainer& grainer() const { return grainer_; }

    /// Data mapped once for all iterations; see EMCoarseGrainer::prepare.
    template <std::ranges::input_range Range>
    Data prepare(const Range& configurations, double beta, std::span<const double> weights = {},
                 Ties ties = Ties::average, std::uint64_t seed = 1) const {
        if (ties == Ties::average) return grainer_.prepare(configurations, beta, weights);
        Data data =
            prepare_data(detail::DrawingMap(grainer_.map(), seed, weights), configurations, beta, weights);
        for (const auto& form : data.forms)
            detail::require_coarse_size(grainer_.map(), form, grainer_.coarse().space().size(),
                                        "RelativeEntropy::prepare");
        return data;
    }

    /// Fits any range of configurations; beta comes from the data or the settings, and seed names the draws
    /// of ties, too. Throws as EMCoarseGrainer::fit does, and CostError for ties that cost too much.
    template <std::ranges::input_range Range>
    FitType fit(const Range& configurations, const FitSettings& settings = {},
                Ties ties = Ties::average) const {
        return fit_prepared(
            prepare(configurations, Grainer::beta_of(configurations, settings), {}, ties, settings.seed),
            settings);
    }

    FitType fit_prepared(const Data& data, FitSettings settings = {}) const {
        if constexpr (LinearCoarsePotential<Coarse>) {
            require(settings.starts >= 1, "FitSettings", "starts", settings.starts, "an integer >= 1");
            settings.starts = 1;
        }
        FitType fit(with_targets(data).fit_prepared(data, settings));
        const Index p = fit.parameters.theta.size();
        const double beta = data.beta, N = data.count;
        const std::vector<Vector> moments = image_moments(data, fit.parameters.theta);
        fit.target_moments = mean_of(data, moments, p);
        fit.model_moments = fit.target_moments + fit.likelihood.gradient / (beta * N);
        fit.objective = -fit.log_likelihood / N;
        Matrix V = Matrix::Zero(p, p);
        for (std::size_t k = 0; k < moments.size(); ++k) {
            const Vector d = beta * (moments[k] - fit.target_moments);
            V += data.weights[k] * d * d.transpose();
        }
        const bool vary = std::ranges::any_of(moments, [&](const Vector& m) { return m != moments[0]; });
        V *= N > 1.0 && vary ? N / (N - 1.0) : std::numeric_limits<double>::quiet_NaN();
        const Matrix H = fit.likelihood.observed() -
                         beta * beta * Matrix(grainer_.prior().coarse.hessian(beta * fit.parameters.theta));
        fit.covariance = detail::sandwich(H, V);
        return fit;
    }

private:
    explicit RelativeEntropy(Grainer grainer) : grainer_(std::move(grainer)) {}

    /// E_xi[dU_c/dtheta] of every distinct image.
    std::vector<Vector> image_moments(const Data& data, const Vector& theta) const {
        const EnergyGradient<Coarse> statistic(grainer_.coarse(), theta);
        std::vector<Vector> moments;
        for (const auto& form : data.forms)
            moments.push_back(
                grainer_.engine().latent.average(form.image, grainer_.coarse().space(), statistic));
        return moments;
    }

    static Vector mean_of(const Data& data, const std::vector<Vector>& moments, Index size) {
        Vector sum = Vector::Zero(size);
        for (std::size_t k = 0; k < moments.size(); ++k) sum += data.weights[k] * moments[k];
        return sum / data.count;
    }

    /// The grainer, with target moments in an optimizer that needs them.
    Grainer with_targets(const Data& data) const {
        if constexpr (std::is_same_v<Optimizer, IterativeBoltzmann>) {
            const Index p = grainer_.coarse().parameter_count();
            Optimizer optimizer = grainer_.optimizer();
            optimizer.terms = grainer_.coarse().two_valued_terms();
            optimizer.targets = mean_of(data, image_moments(data, Vector::Zero(p)), p);
            return {grainer_.fine(),   grainer_.coarse(),    grainer_.map(),
                    grainer_.engine(), std::move(optimizer), grainer_.prior()};
        } else {
            return grainer_;
        }
    }

    Grainer grainer_;
};

template <class Coarse, class Xi, class Engine>
RelativeEntropy(Coarse, Xi, Engine) -> RelativeEntropy<Coarse, Xi, Engine>;
template <class Coarse, class Xi, class Engine, class Optimizer>
RelativeEntropy(Coarse, Xi, Engine, Optimizer) -> RelativeEntropy<Coarse, Xi, Engine, Optimizer>;
template <class Coarse, class Xi, class Engine, class Optimizer, class Prior>
RelativeEntropy(Coarse, Xi, Engine, Optimizer, Prior)
    -> RelativeEntropy<Coarse, Xi, Engine, Optimizer, Prior>;

}  // namespace predcg
