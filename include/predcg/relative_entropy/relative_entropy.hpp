#pragma once
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/optimize/moment_matching.hpp>
#include <predcg/relative_entropy/relative_entropy_fit.hpp>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
/// What RelativeEntropy asks of its policies, said in words.
template <class Coarse, class Xi, class Engine, class Optimize, class Priors>
struct RelativeEntropyRequirements : CoarseRequirements<Coarse>,
                                     OptimizerRequirements<Optimize>,
                                     PriorRequirements<Priors> {
    static constexpr bool map_holds = DeterministicMap<Xi>;
    static_assert(
        map_holds,
        "predcg: the deterministic map needs fine_type, coarse_type, and operator()(x) that returns "
        "coarse_type or SiteLetters<Letter> (concept DeterministicMap)");
    static_assert(!std::is_same_v<Optimize, IterativeBoltzmann> ||
                      (LinearCoarsePotential<Coarse> && HasTwoValuedTerms<Coarse>),
                  "predcg: iterative Boltzmann inversion needs a coarse potential with features(X) and "
                  "two_valued_terms() (concept HasTwoValuedTerms)");
    template <bool holds>
    static constexpr bool engine_fits() {
        if constexpr (holds)
            return EngineParts<Engine>::asked && TargetEngineParts<Engine, Boltzmann<Bound<Coarse>>>::asked &&
                   ExpectationEngine<Engine, Boltzmann<Bound<Coarse>>, EnergyGradient<Coarse>>;
        else
            return true;
    }
    static_assert(engine_fits<CoarseRequirements<Coarse>::holds>(),
                  "predcg: the engine for p_c cannot take expectations of this potential");
};
}  // namespace detail

/// Minimises the relative entropy of a deterministic map xi over theta_c,
///     F(theta_c) = < ln p_f(x) - ln p_c(xi(x) | theta_c) >_{p_f},
/// with the data in the place of p_f. (M. S. Shell, J. Chem. Phys. 129 (2008) 144108; the relative entropy is
/// F + S_map, see divergence.hpp.) It is a learning problem whose averages over X are known, q(X|x) = what xi
/// says of X, with nothing to learn in the map: at the optimum the moments of dU_c/dtheta are those of the
/// mapped data. Ties of xi are averaged exactly (MappingEngine), or drawn on request.
///
/// Engine, optimizer and prior (its coarse block) as in EMCoarseGrainer: exact engines give Newton steps,
/// MonteCarlo (with monte_carlo.hpp) a stochastic fit. InverseMonteCarlo and IterativeBoltzmann are two more
/// optimizers. For a potential linear in theta F is convex and one start is made; else settings.starts.
/// Cost of an iteration: one expectation under p_c, and the average over ties for each distinct image.
template <class Coarse, class Xi, class Engine, class Optimizer = Newton, class Prior = FlatPrior>
class RelativeEntropy : private detail::RelativeEntropyRequirements<Coarse, Xi, Engine, Optimizer, Prior> {
public:
    using Map = MappedData<Xi>;  ///< The latent half of a map.
    /// What is maximised.
    using Problem = LearningProblem<Coarse, Map, EngineRoles<MappingEngine, Engine>, Prior>;
    using Data = PreparedData<prepared_t<Map>>;

    /// Keeps all of them by value.
    RelativeEntropy(Coarse coarse, Xi xi, Engine engine, Optimizer optimizer = {}, Prior prior = {})
        : coarse_(std::move(coarse)), map_(std::move(xi)), engine_{MappingEngine{}, std::move(engine)},
          optimizer_(std::move(optimizer)), prior_(std::move(prior)) {}

    const Coarse& coarse() const { return coarse_; }
    const Map& map() const { return map_; }
    const EngineRoles<MappingEngine, Engine>& engine() const { return engine_; }
    const Optimizer& optimizer() const { return optimizer_; }
    const Prior& prior() const { return prior_; }

    /// The same with another limit on the cost of averages over ties.
    RelativeEntropy with_mapping(const MappingEngine& mapping) const {
        RelativeEntropy other = *this;
        other.engine_.latent = mapping;
        return other;
    }

    /// Data mapped once for all iterations; see prepare_data.
    template <class Range>
    Data prepare(const Range& configurations, double beta, std::span<const double> weights = {},
                 Ties ties = Ties::average, std::uint64_t seed = 1) const {
        if constexpr (detail::DataRequirements<Map, Range>::hold) {
            const detail::DataSizes form_of(map_, coarse_, "RelativeEntropy::prepare");
            if (ties == Ties::average)
                return detail::prepare_by<prepared_t<Map>>(form_of, configurations, beta, weights);
            std::vector<prepared_t<Map>> images;
            for (const auto& x : configurations)
                images.push_back(form_of(x));  // NOLINT(performance-inefficient-vector-operation): no size
            detail::draw_ties(images, seed);
            return prepare_data(map_, images, beta, weights);
        } else {
            return {};
        }
    }

    /// The learning problem of these data, which are owned if they are handed over: for posteriors, and loops
    /// of one's own. A view of this.
    Problem problem(const Data& data) const& { return {coarse_, map_, engine_, prior_, data}; }
    Problem problem(Data&& data) const& { return {coarse_, map_, engine_, prior_, std::move(data)}; }
    Problem problem(const Data& data) const&& = delete;  // it would refer to what is gone

    /// Fits any range of configurations; beta comes from the data or the settings, and seed names the draws
    /// of ties, too. Throws as EMCoarseGrainer::fit does, and CostError for ties that cost too much.
    template <class Range>
    auto fit(const Range& configurations, const FitSettings& settings = {}, Ties ties = Ties::average) const {
        const double beta = detail::beta_of(configurations, settings.beta, "RelativeEntropy::fit");
        return fit_prepared(prepare(configurations, beta, {}, ties, settings.seed), settings);
    }

    auto fit_prepared(const Data& data, FitSettings settings = {}) const {
        if constexpr (LinearCoarsePotential<Coarse>) {
            require(settings.starts >= 1, "FitSettings", "starts", settings.starts, "an integer >= 1");
            settings.starts = 1;
        }
        detail::require_here(data, "RelativeEntropy::fit_prepared");
        const Problem problem = this->problem(data);
        auto result = detail::fit_problem(problem, optimizer_for(data), settings);
        using Result = decltype(result);
        using Base = typename RelativeEntropyFit<Coarse, Xi, Engine, Result>::Base;
        RelativeEntropyFit<Coarse, Xi, Engine, Result> fit(Base(std::move(result), coarse_, map_, engine_));
        const Index p = fit.parameters.theta.size();
        const double beta = data.beta, N = data.count;
        const std::vector<Vector> moments = image_moments(data, fit.parameters.theta);
        fit.target_moments = mean_of(data, moments, p);
        fit.model_moments = fit.target_moments + fit.likelihood.gradient / (beta * N);
        if constexpr (Problem::is_exact) fit.objective = -fit.log_likelihood / N;
        Matrix V = Matrix::Zero(p, p);
        for (std::size_t k = 0; k < moments.size(); ++k) {
            const Vector d = beta * (moments[k] - fit.target_moments);
            V += data.weights[k] * d * d.transpose();
        }
        const bool vary = std::ranges::any_of(moments, [&](const Vector& m) { return m != moments[0]; });
        V *= N > 1.0 && vary ? N / (N - 1.0) : std::numeric_limits<double>::quiet_NaN();
        fit.covariance = detail::sandwich(fit.likelihood.observed() + prior_information(problem, fit), V);
        return fit;
    }

private:
    /// E_xi[dU_c/dtheta] of every distinct image.
    std::vector<Vector> image_moments(const Data& data, const Vector& theta) const {
        const EnergyGradient<Coarse> statistic(coarse_, theta);
        std::vector<Vector> moments;
        moments.reserve(data.forms.size());
        for (const auto& form : data.forms)
            moments.push_back(engine_.latent.average(form.image, coarse_.space(), statistic));
        return moments;
    }

    static Vector mean_of(const Data& data, const std::vector<Vector>& moments, Index size) {
        Vector sum = Vector::Zero(size);
        for (std::size_t k = 0; k < moments.size(); ++k) sum += data.weights[k] * moments[k];
        return sum / data.count;
    }

    /// Minus the Hessian of the log prior by theta_c.
    Matrix prior_information(const Problem& problem, const Estimate& fit) const {
        const Coordinates& c = problem.coordinates();
        Matrix information = -Matrix(prior_.coarse.hessian(c.z(fit.parameters)));
        for (Index l = 0; l < information.cols(); ++l)
            for (Index k = 0; k < information.rows(); ++k) information(k, l) *= c.factor()[k] * c.factor()[l];
        return information;
    }

    /// The optimizer, with target moments if it needs them.
    Optimizer optimizer_for(const Data& data) const {
        Optimizer optimizer = optimizer_;
        if constexpr (std::is_same_v<Optimizer, IterativeBoltzmann>) {
            const Index p = coarse_.parameter_count();
            optimizer.terms = coarse_.two_valued_terms();
            optimizer.targets = mean_of(data, image_moments(data, Vector::Zero(p)), p);
        }
        return optimizer;
    }

    Coarse coarse_;
    Map map_;
    EngineRoles<MappingEngine, Engine> engine_;
    Optimizer optimizer_;
    Prior prior_;
};

/// The types of the policies follow.
template <class Coarse, class Xi, class Engine>
RelativeEntropy(Coarse, Xi, Engine) -> RelativeEntropy<Coarse, Xi, Engine>;
/// The types of the policies follow.
template <class Coarse, class Xi, class Engine, class Optimizer>
RelativeEntropy(Coarse, Xi, Engine, Optimizer) -> RelativeEntropy<Coarse, Xi, Engine, Optimizer>;
/// The types of the policies follow.
template <class Coarse, class Xi, class Engine, class Optimizer, class Prior>
RelativeEntropy(Coarse, Xi, Engine, Optimizer, Prior)
    -> RelativeEntropy<Coarse, Xi, Engine, Optimizer, Prior>;

}  // namespace predcg
