#pragma once
#include <predcg/learning/exact_fit.hpp>
#include <predcg/learning/prepared_data.hpp>
#include <predcg/learning/requirements.hpp>
#include <predcg/optimize/newton.hpp>

#include <utility>

namespace predcg {

namespace detail {
template <class Problem, class Optimizer>
class NoisyAscent;  // defined in learning/sampled_fit.hpp, so that exact fits need not read it
template <class T>
concept Defined = requires { sizeof(T); };

/// Fits a problem: climbs where its engine knows what is climbed, else follows noisy gradients.
template <class Problem, class Optimizer>
auto fit_problem(const Problem& problem, const Optimizer& optimizer, const FitSettings& settings) {
    if constexpr (Problem::is_exact || Problem::is_variational) {
        return Climb<Problem, Optimizer>(problem, optimizer, settings)();
    } else {
        using Run = NoisyAscent<Problem, Optimizer>;
        static_assert(Defined<Run>,
                      "predcg: a fit with an engine that samples needs #include <predcg/monte_carlo.hpp>");
        if constexpr (Defined<Run>)
            return Run(problem, optimizer, settings)();
        else
            return Estimate{};
    }
}
}  // namespace detail

/// Learns a coarse potential and a probabilistic map from fine-scale samples by expectation-maximisation:
/// the mode of  sum_i log int p_cf(x_i|X, eta) p_c(X|theta_c) dX + log prior(z),  z = (beta theta_c / s_c,
/// eta / s_m).
///
/// With an exact engine every iteration is a Newton step on the observed information (Louis 1982), or,
/// where that is not positive definite or does not rise, an EM step; converged means that the Newton step
/// is within the optimizer's tolerance. Several starts look for the global maximum. Cost of an iteration:
/// one expectation for each distinct datum and one for p_c.
///
/// With an engine that bounds log Z (MeanField) the same steps climb the log-likelihood with bounds in its
/// place, and the information is the one under q: an approximation, with which steps converge linearly. With
/// one that samples (MonteCarlo) a fit follows noisy gradients and states its errors.
/// The result is a Fit with an ExactEstimate, VariationalEstimate or SampledEstimate.
/// Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 2.3; Dempster, Laird, Rubin,
/// J. R. Stat. Soc. B 39 (1977) 1.
template <class Fine, class Coarse, class Map, class Engine, class Optimizer = Newton,
          class Prior = FlatPrior>
class EMCoarseGrainer : private detail::EMRequirements<Fine, Coarse, Map, Engine, Optimizer, Prior> {
public:
    /// What is learnt (learning/learning_problem.hpp), for loops of one's own.
    using Problem = LearningProblem<Coarse, Map, Engine, Prior>;
    using Data = PreparedData<prepared_t<Map>>;

    /// Throws ArgumentError for a map with parameters that cannot be learnt.
    EMCoarseGrainer(Fine fine, Coarse coarse, Map map, Engine engine, Optimizer optimizer = {},
                    Prior prior = {})
        : fine_(std::move(fine)), coarse_(std::move(coarse)), map_(std::move(map)),
          engine_(std::move(engine)), optimizer_(std::move(optimizer)), prior_(std::move(prior)) {
        if constexpr (!StatisticMap<Map>)
            require(Index(map_.parameter_count()) == 0, "EMCoarseGrainer", "map.parameter_count()",
                    Index(map_.parameter_count()),
                    "0, as the map has no sufficient_statistic(x) and expected_log_density(T, count, eta)");
    }

    const Fine& fine() const { return fine_; }
    const Coarse& coarse() const { return coarse_; }
    const Map& map() const { return map_; }
    const Engine& engine() const { return engine_; }
    const Optimizer& optimizer() const { return optimizer_; }
    const Prior& prior() const { return prior_; }

    /// The same with another engine of this type: other settings.
    EMCoarseGrainer with_engine(Engine engine) const {
        return {fine_, coarse_, map_, std::move(engine), optimizer_, prior_};
    }

    /// Data made ready once for all iterations, with weights or one for each; see prepare_data. Throws
    /// ArgumentError, too, where data or fine model are not of the size of what the map draws from the coarse
    /// potential's space, or map.coarse_size(form) is another than that space's; each where the types have
    /// it.
    template <class Range>
    Data prepare(const Range& configurations, double beta, std::span<const double> weights = {}) const {
        if constexpr (detail::DataRequirements<Map, Range>::hold) {
            const detail::DataSizes form_of(map_, coarse_, "EMCoarseGrainer::prepare");
            form_of.require_fine_model(fine_);
            return detail::prepare_by<prepared_t<Map>>(form_of, configurations, beta, weights);
        } else {
            return {};
        }
    }

    /// Not of a temporary range, where prepared data refer to its elements (by_reference).
    template <class Range>
        requires detail::Dangles<prepared_t<Map>, Range>
    Data prepare(const Range&&, double, std::span<const double> = {}) const {
        (void)detail::RefusedTemporary<prepared_t<Map>, Range>{};
        return {};
    }

    /// The learning problem of these data, which are owned if they are handed over. A view of this grainer.
    Problem problem(const Data& data) const& { return {coarse_, map_, engine_, prior_, data}; }
    Problem problem(Data&& data) const& { return {coarse_, map_, engine_, prior_, std::move(data)}; }
    Problem problem(const Data& data) const&& = delete;  // it would refer to what is gone

    /// Fits any range of configurations. beta comes from the data (generate() sets it) or the settings.
    ///
    /// Throws ArgumentError for bad data or settings, CostError from the engine, and FitError, which
    /// carries the parameters, where the likelihood cannot be evaluated at the start.
    template <class Range>
    auto fit(const Range& configurations, const FitSettings& settings = {}) const {
        const double beta = detail::beta_of(configurations, settings.beta, "EMCoarseGrainer::fit");
        return fit_prepared(prepare(configurations, beta), settings);
    }

    [[gnu::cold]] auto fit_prepared(const Data& data, const FitSettings& settings = {}) const {
        return Fit(detail::fit_problem(problem(data), optimizer_, settings), coarse_, map_, engine_);
    }

private:
    Fine fine_;
    Coarse coarse_;
    Map map_;
    Engine engine_;
    Optimizer optimizer_;
    Prior prior_;
};

/// The types of the policies follow.
template <class Fine, class Coarse, class Map, class Engine>
EMCoarseGrainer(Fine, Coarse, Map, Engine) -> EMCoarseGrainer<Fine, Coarse, Map, Engine>;
/// The types of the policies follow.
template <class Fine, class Coarse, class Map, class Engine, class Optimizer>
EMCoarseGrainer(Fine, Coarse, Map, Engine, Optimizer)
    -> EMCoarseGrainer<Fine, Coarse, Map, Engine, Optimizer>;
/// The types of the policies follow.
template <class Fine, class Coarse, class Map, class Engine, class Optimizer, class Prior>
EMCoarseGrainer(Fine, Coarse, Map, Engine, Optimizer, Prior)
    -> EMCoarseGrainer<Fine, Coarse, Map, Engine, Optimizer, Prior>;

}  // namespace predcg
