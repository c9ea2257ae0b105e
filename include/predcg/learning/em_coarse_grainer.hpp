#pragma once
#include <predcg/engines/batch.hpp>
#include <predcg/engines/roles.hpp>
#include <predcg/learning/fit_run.hpp>
#include <predcg/learning/m_step.hpp>
#include <predcg/learning/prepared_data.hpp>
#include <predcg/learning/requirements.hpp>
#include <predcg/optimize/newton.hpp>

#include <limits>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
template <class Grainer>
class StochasticRun;  // defined in learning/stochastic_run.hpp, so that exact fits need not read it
template <class T>
concept Defined = requires { sizeof(T); };
}  // namespace detail

/// Learns a coarse potential and a probabilistic map from fine-scale samples by expectation-maximisation:
/// the mode of  sum_i log int p_cf(x_i|X, eta) p_c(X|theta_c) dX + log prior(beta theta_c) + log prior(eta).
///
/// With an exact engine every iteration is a Newton step on the observed information (Louis 1982), or,
/// where that is not positive definite or does not rise, an EM step; converged means that the Newton step
/// is within the optimizer's tolerance. Several starts look for the global maximum. Cost of an iteration:
/// one expectation for each distinct datum and one for p_c.
///
/// With an engine that bounds log Z (MeanField) the same steps climb the log-likelihood with bounds in its
/// place, and the information is the one under q: an approximation, with which steps converge linearly.
/// Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 2.3; Dempster, Laird, Rubin,
/// J. R. Stat. Soc. B 39 (1977) 1.
template <class Fine, class Coarse, class Map, class Engine, class Optimizer = Newton,
          class Prior = FlatPrior>
class EMCoarseGrainer : private detail::EMRequirements<Fine, Coarse, Map, Engine, Optimizer, Prior> {
public:
    using Data = PreparedData<prepared_t<Map>>;
    using CoarseTarget = Boltzmann<Bound<Coarse>>;
    using LatentTarget = detail::latent_target_t<Coarse, Map>;
    using OptimizerType = Optimizer;
    using FitType = Fit<Coarse, Map, Engine>;

    using LatentState = typename latent_engine_t<Engine>::template State<LatentTarget>;

    /// True where log-likelihoods are known: the fit then climbs them.
    static constexpr bool is_exact = NormalisingEngine<latent_engine_t<Engine>, LatentTarget> &&
                                     NormalisingEngine<coarse_engine_t<Engine>, CoarseTarget>;

    /// True where they are known but for a log Z of which there is a bound: the fit then climbs
    /// variational_objective. Else it follows noisy gradients.
    static constexpr bool is_variational = !is_exact &&
                                           PartitionOrBound<latent_engine_t<Engine>, LatentTarget> &&
                                           PartitionOrBound<coarse_engine_t<Engine>, CoarseTarget>;

    /// What changes while learning; policies are constant.
    struct State {
        Vector theta, eta;
        double beta = 1.0;
        typename Optimizer::State optimizer{};
        std::vector<LatentState> latent{};  ///< of the engine, one for each datum
        typename coarse_engine_t<Engine>::template State<CoarseTarget> coarse{};
        std::uint64_t seed = 1;
        std::uint32_t iteration = 0;
    };

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
    /// ArgumentError, too, where the data do not belong to this number of coarse sites.
    template <std::ranges::input_range Range>
    Data prepare(const Range& configurations, double beta, std::span<const double> weights = {}) const {
        Data data = prepare_data(map_, configurations, beta, weights);
        for (const auto& form : data.forms)
            detail::require_coarse_size(map_, form, coarse_.space().size(), "EMCoarseGrainer::prepare");
        return data;
    }

    [[gnu::cold]] State make_state(const Data& data, Parameters parameters, std::uint64_t seed = 1) const {
        State state;
        state.theta = std::move(parameters.theta);
        state.eta = std::move(parameters.eta);
        state.beta = data.beta;
        state.latent.resize(data.forms.size());
        state.seed = seed;
        require_equal(state.eta.size(), map_.parameter_count(), "EMCoarseGrainer", "length of eta");
        require_equal(state.theta.size(), coarse_.parameter_count(), "EMCoarseGrainer", "length of theta");
        return state;
    }

    /// E-step: expectations under q(X | x_i, theta, eta), summed over the data.
    ExpectedStatistics expect(State& state, const Data& data) const { return expect(state, data, data.all); }

    /// The same over a batch: the data with these indices.
    ExpectedStatistics expect(State& state, const Data& data, std::span<const Index> batch) const {
        ExpectedStatistics statistics;
        for (const Index k : batch) statistics.count += data.weights[static_cast<std::size_t>(k)];
        const Index p = state.theta.size();
        const CoarseTarget coarse = boltzmann(coarse_, state.theta, state.beta);
        const auto target = [&](Index k) {
            return LatentTarget(coarse, map_.likelihood(data.forms[static_cast<std::size_t>(k)], state.eta));
        };
        const auto statistic = [&](Index k) {
            return Stack(Stack(EnergyGradient<Coarse>(coarse_, state.theta),
                               detail::map_statistic(map_, data.forms[static_cast<std::size_t>(k)])),
                         detail::energy_hessian(coarse_, state.theta));
        };
        const MomentSums sums =
            expect_sum(latent_engine(engine_), statistic(0).size(), target, statistic, batch, data.weights,
                       state.latent, {state.seed, Purpose::latent, 0, state.iteration});
        const Index learnt = sums.mean.size() - detail::energy_hessian(coarse_, state.theta).size();
        statistics.log_evidence = sums.log_partition;
        statistics.coarse = linalg::part(sums.mean, 0, p);
        statistics.map = linalg::part(sums.mean, p, learnt - p);
        statistics.covariance = linalg::leading_block(sums.covariance, learnt);
        statistics.noise = linalg::part(sums.noise, 0, learnt);
        statistics.coarse_hessian = detail::hessian_matrix(sums.mean, learnt, p);
        return statistics;
    }

    /// The E-step without second moments: count, log_evidence, coarse and map alone. With TransferMatrix it
    /// is several times cheaper, and enough for the gradient.
    ExpectedStatistics expect_means(State& state, const Data& data) const {
        const Index p = state.theta.size();
        MeanSums sums = expect_mean_sum(
            latent_engine(engine_), p + detail::map_statistic(map_, data.forms.front()).size(),
            boltzmann(coarse_, state.theta, state.beta), EnergyGradient<Coarse>(coarse_, state.theta),
            likelihood_maker(state.eta, data),
            [&](Index k) { return detail::map_statistic(map_, data.forms[static_cast<std::size_t>(k)]); },
            data.all, data.weights, state.latent, StreamKey{state.seed, Purpose::latent, 0, state.iteration});
        ExpectedStatistics statistics;
        statistics.count = data.count;
        statistics.log_evidence = sums.log_partition;
        statistics.coarse = linalg::part(sums.mean, 0, p);
        statistics.map = linalg::part(sums.mean, p, sums.mean.size() - p);
        return statistics;
    }

    /// sum_i log Z(q_i): log-likelihood = this - count log Z(p_c). For exact engines.
    double log_evidence(const Data& data, const Parameters& at) const {
        return log_partition_sum(latent_engine(engine_), boltzmann(coarse_, at.theta, data.beta),
                                 likelihood_maker(at.eta, data), data.all, data.weights);
    }

    /// log p(x_k | theta_c, eta) of every distinct datum, log Z(q_k) - log Z(p_c). For exact engines. Throws
    /// NumericalError where there is no density.
    Vector log_likelihoods(const Data& data, const Parameters& at) const {
        const CoarseTarget coarse = boltzmann(coarse_, at.theta, data.beta);
        const double log_z_coarse = coarse_engine(engine_).log_partition(coarse);
        return log_partitions(latent_engine(engine_), coarse, likelihood_maker(at.eta, data), data.all)
                   .array() -
               log_z_coarse;
    }

    /// sum_i log Z(q_i) - count log Z(p_c) with lower bounds where log Z is not known. With a bound for q
    /// alone it is a lower bound on the log-likelihood (Neal, Hinton, "A view of the EM algorithm", 1998);
    /// with one for p_c, too, it is no bound. Its derivatives are the `gradient` of evaluate.
    double variational_objective(const Data& data, const Parameters& at) const
        requires(is_variational)
    {
        const CoarseTarget coarse = boltzmann(coarse_, at.theta, data.beta);
        double sum = -data.count * log_partition_or_bound(coarse_engine(engine_), coarse);
        const auto likelihood = likelihood_maker(at.eta, data);
        for (const Index k : data.all)
            sum += data.weights[static_cast<std::size_t>(k)] *
                   log_partition_or_bound(latent_engine(engine_), LatentTarget(coarse, likelihood(k)));
        return sum;
    }

    /// p_c at the state's parameters.
    CoarseMoments expect_coarse(State& state) const {
        const Index p = state.theta.size();
        const Stack statistic(EnergyGradient<Coarse>(coarse_, state.theta),
                              detail::energy_hessian(coarse_, state.theta));
        CoarseMoments moments{coarse_engine(engine_).expect(
                                  boltzmann(coarse_, state.theta, state.beta), statistic, state.coarse,
                                  StreamKey{state.seed, Purpose::coarse, 0, state.iteration}),
                              Matrix()};
        moments.hessian = detail::hessian_matrix(moments.gradient.mean, p, p);
        moments.gradient.mean = linalg::part(moments.gradient.mean, 0, p);
        moments.gradient.standard_error = linalg::part(moments.gradient.standard_error, 0, p);
        moments.gradient.covariance = linalg::leading_block(moments.gradient.covariance, p);
        return moments;
    }

    /// The mean of dU_c/dtheta and log Z, alone, of p_c at the state's parameters.
    MeanSums expect_coarse_means(State& state) const {
        return expect_mean(coarse_engine(engine_), boltzmann(coarse_, state.theta, state.beta),
                           EnergyGradient<Coarse>(coarse_, state.theta), state.coarse,
                           StreamKey{state.seed, Purpose::coarse, 0, state.iteration});
    }

    /// M-step: maximises the expected complete-data log posterior. Exact for the map, and, with an exact
    /// engine, for potentials linear in theta; else one Newton step with the complete-data information
    /// (Lange, J. R. Stat. Soc. B 57 (1995) 425), which need not rise by itself.
    [[gnu::cold]] void maximise(State& state, const ExpectedStatistics& statistics) const {
        state.eta = detail::maximise_map(map_, prior_.map, statistics, state.eta);
        if (state.theta.size() == 0) return;
        if constexpr (LinearCoarsePotential<Coarse> && is_exact)
            state.theta = detail::maximise_coarse(coarse_, prior_.coarse, statistics, state.theta, state.beta,
                                                  [&](const Vector& theta) {
                                                      State there = state;
                                                      there.theta = theta;
                                                      return expect_coarse(there);
                                                  });
        else
            state.theta = detail::step_coarse(prior_.coarse, statistics, expect_coarse(state), state.theta,
                                              state.beta, is_exact ? 3.0 : 0.5);
    }

    /// Log-likelihood (NaN unless exact), gradient and informations at a point, in the coordinates (theta_c,
    /// eta). Seed and iteration name the streams of sampling engines; see curvature for their errors.
    LikelihoodExpansion evaluate(const Data& data, const Parameters& parameters, std::uint64_t seed = 1,
                                 std::uint32_t iteration = 0) const {
        State state = make_state(data, parameters, seed);
        state.iteration = iteration;
        const ExpectedStatistics statistics = expect(state, data);
        LikelihoodExpansion e =
            expand_likelihood(map_, statistics, expect_coarse(state), state.eta, state.beta);
        if constexpr (!is_exact) e.log_likelihood = std::numeric_limits<double>::quiet_NaN();
        return e;
    }

    /// Fits any range of configurations. beta comes from the data (generate() sets it) or the settings.
    ///
    /// Throws ArgumentError for bad data or settings, CostError from the engine, and FitError, which
    /// carries the parameters, where the likelihood cannot be evaluated at the start.
    template <std::ranges::input_range Range>
    FitType fit(const Range& configurations, const FitSettings& settings = {}) const {
        return fit_prepared(prepare(configurations, beta_of(configurations, settings)), settings);
    }

    FitType fit_prepared(const Data& data, const FitSettings& settings = {}) const {
        if constexpr (is_exact || is_variational)
            return FitType(detail::FitRun<EMCoarseGrainer>(*this, data, settings)(), coarse_, map_, engine_);
        else
            return fit_stochastic(data, settings);
    }

    /// The inverse temperature that data carry (generate() sets it), or the settings'. Throws ArgumentError
    /// where neither has one, or both a different one.
    template <class Range>
    static double beta_of(const Range& configurations, const FitSettings& settings) {
        if constexpr (requires {
                          { configurations.beta } -> std::convertible_to<double>;
                      }) {
            const double beta = configurations.beta;
            if (settings.beta)
                require(*settings.beta == beta, "EMCoarseGrainer::fit", "settings.beta", *settings.beta,
                        "absent, or " + to_text(beta) + " as in the data");
            return beta;
        } else {
            if (!settings.beta)
                throw ArgumentError("EMCoarseGrainer::fit", "settings.beta", "absent",
                                    "the inverse temperature at which the data were sampled");
            return *settings.beta;
        }
    }

private:
    /// The likelihood of datum k as a factor in X.
    auto likelihood_maker(const Vector& eta, const Data& data) const {
        return [this, &eta, &data](Index k) {
            return map_.likelihood(data.forms[static_cast<std::size_t>(k)], eta);
        };
    }

    FitType fit_stochastic(const Data& data, const FitSettings& settings) const {
        using Run = detail::StochasticRun<EMCoarseGrainer>;
        static_assert(detail::Defined<Run>,
                      "predcg: a fit with an engine that samples needs #include <predcg/monte_carlo.hpp>");
        if constexpr (detail::Defined<Run>)
            return FitType(Run(*this, data, settings)(), coarse_, map_, engine_);
    }

    Fine fine_;
    Coarse coarse_;
    Map map_;
    Engine engine_;
    Optimizer optimizer_;
    Prior prior_;
};

template <class Fine, class Coarse, class Map, class Engine>
EMCoarseGrainer(Fine, Coarse, Map, Engine) -> EMCoarseGrainer<Fine, Coarse, Map, Engine>;
template <class Fine, class Coarse, class Map, class Engine, class Optimizer>
EMCoarseGrainer(Fine, Coarse, Map, Engine, Optimizer)
    -> EMCoarseGrainer<Fine, Coarse, Map, Engine, Optimizer>;
template <class Fine, class Coarse, class Map, class Engine, class Optimizer, class Prior>
EMCoarseGrainer(Fine, Coarse, Map, Engine, Optimizer, Prior)
    -> EMCoarseGrainer<Fine, Coarse, Map, Engine, Optimizer, Prior>;

}  // namespace predcg
