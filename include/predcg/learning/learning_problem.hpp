#pragma once
// What is to be learnt: models, data and a prior as one function of the parameters.
#include <predcg/core/parallel.hpp>
#include <predcg/engines/batch.hpp>
#include <predcg/engines/observed.hpp>
#include <predcg/engines/roles.hpp>
#include <predcg/learning/coordinates.hpp>
#include <predcg/learning/expected_statistics.hpp>
#include <predcg/learning/lengths.hpp>
#include <predcg/learning/likelihood_expansion.hpp>
#include <predcg/learning/m_step.hpp>
#include <predcg/learning/map_in_learning.hpp>
#include <predcg/learning/prepared_data.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/structure/statistics.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
/// E[d2U_c/dtheta2] from means whose components p .. p+h-1 are its columns; zero where there are none.
[[gnu::cold]] inline Matrix hessian_of(const Vector& means, Index p, Index h) {
    Matrix hessian = Matrix::Zero(p, p);
    for (Index k = 0; k < h; ++k) hessian.data()[k] = means[p + k];
    return hessian;
}

/// The E-step's sums from the moments of (G, H, T), with p, h and t components; or of (G, H, S, T) with t of
/// S and `cells` of T.
[[gnu::cold]] inline ExpectedStatistics statistics_of(BatchMoments sums, double count, Index p, Index h,
                                                      Index t, Index cells = 0) {
    const Index scores_at = p + h, scores_end = scores_at + t;  // of T, or S: T is behind it
    ExpectedStatistics statistics{count,
                                  sums.log_partition,
                                  linalg::part(sums.mean, 0, p),
                                  cells > 0 ? linalg::part(sums.mean, scores_end, cells)
                                            : linalg::part(sums.mean, scores_at, t),
                                  {},
                                  std::move(sums.covariance),
                                  hessian_of(sums.mean, p, h),
                                  std::move(sums.noise)};
    if (h > 0 || cells > 0) {
        std::vector<Index> scores;  // the places of G, and of T or S
        for (Index k = 0; k < scores_end; ++k)
            if (k < p || k >= scores_at) scores.push_back(k);
        statistics.covariance = linalg::selected(statistics.covariance, scores);
        statistics.noise = linalg::selected(statistics.noise, scores);
    }
    return statistics;
}

/// The moments of all draws of independent runs of equal length: a first one, and run(k) for k < more, on all
/// threads.
template <class Run>
[[gnu::cold]] Moments with_runs(Moments first, Index more, const Run& run) {
    if (more == 0) return first;
    std::vector<Moments> runs(static_cast<std::size_t>(more));
    parallel_for(more, [&](Index k) { runs[static_cast<std::size_t>(k)] = run(k); });
    runs.push_back(std::move(first));
    const Index d = runs.front().mean.size();
    const double weight = 1.0 / static_cast<double>(runs.size());
    Moments all{Vector::Zero(d), Matrix::Zero(d, d), Vector::Zero(d), {}};
    for (const Moments& m : runs) linalg::add(all.mean, m.mean, weight);
    for (const Moments& m : runs) {
        Vector off = m.mean;
        linalg::add(off, all.mean, -1.0);
        linalg::add(all.covariance, linalg::second_moments(m.covariance, off), weight);
        for (Index k = 0; k < d; ++k)
            all.standard_error[k] += weight * weight * m.standard_error[k] * m.standard_error[k];
    }
    for (double& error : all.standard_error) error = std::sqrt(error);
    return all;
}

/// p_c's moments from those of (G, H).
[[gnu::cold]] inline CoarseMoments coarse_moments_of(const Moments& all, Index p, Index h) {
    return {{linalg::part(all.mean, 0, p), linalg::leading_block(all.covariance, p),
             linalg::part(all.standard_error, 0, p), all.log_partition},
            hessian_of(all.mean, p, h)};
}
}  // namespace detail

/// A point of parameter space and what is known there.
struct LearningPoint {
    Vector z{};
    ExpectedStatistics statistics{};     ///< What the E-step gave.
    LikelihoodDerivatives likelihood{};  ///< in (theta_c, eta)
    double log_likelihood =
        std::numeric_limits<double>::quiet_NaN();  ///< or the variational objective; NaN: unknown
    double value = 0.0;                            ///< log_likelihood + log prior
    Vector gradient{};                             ///< of value, by z
    Matrix information{};                          ///< of the likelihood, in z: minus its Hessian
    Matrix posterior_information{};                ///< the prior's added
};

/// The log posterior of (theta_c, eta) given data,
///     L(z) = sum_i log int p_cf(x_i|X, eta) p_c(X|theta_c) dX + log prior(z),
/// in the coordinates z of Coordinates, with all that fits and posteriors ask of it: value, gradient,
/// complete, missing and observed information, the terms of each datum, the sums of the E-step, the M-step.
/// Engines are asked by the batch contract (engines/batch.hpp).
///
/// Data are owned if they are handed over (std::move, or a temporary), else referred to; potential and map
/// are referred to, too. Everything is const: what changes from call to call is in a State.
template <LearnablePotential Coarse, LatentMap Map, class Engine, class Prior>
class LearningProblem {
    using Factor = std::remove_cvref_t<decltype(std::declval<const Map&>().likelihood(
        std::declval<const prepared_t<Map>&>(), std::declval<const Vector&>()))>;
    using LatentEngine = detail::latent_engine_for_t<Engine, Factor>;
    using CoarseEngine = detail::coarse_engine_t<Engine>;

public:
    using CoarseType = Coarse;  ///< The coarse potential.
    using MapType = Map;        ///< The map.
    using EngineType = Engine;  ///< The engine, or EngineRoles of two.
    using PriorType = Prior;    ///< The prior.
    using Data = PreparedData<prepared_t<Map>>;
    using CoarseTarget = Boltzmann<Bound<Coarse>>;  ///< The type of p_c.
    using LatentFactor = Factor;                    ///< The likelihood of a datum as a factor in X.
    /// What the engine keeps for a datum.
    using LatentState = batch_state_t<LatentEngine, CoarseTarget, Factor>;

    /// True where log-likelihoods are known.
    static constexpr bool is_exact = detail::normalises_batches<LatentEngine, CoarseTarget, Factor>() &&
                                     NormalisingEngine<CoarseEngine, CoarseTarget>;
    /// True where they are known but for a log Z of which there is a bound (variational_objective).
    static constexpr bool is_variational = !is_exact &&
                                           detail::bounds_batches<LatentEngine, CoarseTarget, Factor>() &&
                                           PartitionOrBound<CoarseEngine, CoarseTarget>;

    /// Parameters, and what engines keep from call to call at them.
    struct State {
        Parameters at;                                                 ///< Where in parameter space.
        std::vector<LatentState> latent{};                             ///< one for each distinct datum
        typename CoarseEngine::template State<CoarseTarget> coarse{};  ///< for p_c
        /// Of more runs of a sampling engine for p_c, whose moments are averaged with those of `coarse`.
        std::vector<typename CoarseEngine::template State<CoarseTarget>> more_coarse{};
        std::uint64_t seed = 1;
        std::uint32_t iteration = 0;                     ///< number of this one
        std::uint32_t latent_call = 0, coarse_call = 0;  ///< questions to the engines in this iteration
        /// What random numbers are used for: names their streams.
        Purpose latent_purpose = Purpose::latent, coarse_purpose = Purpose::coarse;

        /// The next iteration has numbers of its own.
        void begin(std::uint32_t next_iteration) {
            iteration = next_iteration;
            latent_call = coarse_call = 0;
        }

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.at, self.latent, self.coarse, self.more_coarse, self.seed, self.iteration,
                  self.latent_call, self.coarse_call, self.latent_purpose, self.coarse_purpose);
        }
    };

    /// Keeps the data; refers to potential and map. Throws ArgumentError where vectors of the models are not
    /// as long as their parameter_count() or size() says, looked at once: in one random configuration, and in
    /// the first datum where there is one.
    LearningProblem(const Coarse& coarse, const Map& map, Engine engine, Prior prior, Data&& data)
        : LearningProblem(coarse, map, std::move(engine), std::move(prior), data) {
        own_ = std::move(data);
        given_ = nullptr;
    }
    /// Refers to potential, map and data. Throws as above.
    LearningProblem(const Coarse& coarse, const Map& map, Engine engine, Prior prior, const Data& data)
        : coarse_(&coarse), map_(&map), engine_(std::move(engine)), prior_(std::move(prior)), given_(&data),
          coordinates_(data.beta, coarse, map, prior_) {
        detail::require_lengths_of_potential(coarse, start_of(coarse));
        if (!data.forms.empty()) require_lengths(data.forms.front());
    }

    const Coarse& coarse() const { return *coarse_; }
    const Map& map() const { return *map_; }
    const Engine& engine() const { return engine_; }
    const Prior& prior() const { return prior_; }
    const Data& data() const { return given_ ? *given_ : own_; }
    double beta() const { return data().beta; }
    /// From parameters to z and back.
    const Coordinates& coordinates() const { return coordinates_; }

    /// The same with another engine of this type: other settings. Copies data that are its own.
    LearningProblem with_engine(Engine engine) const {
        LearningProblem other = *this;
        other.engine_ = std::move(engine);
        return other;
    }

    /// A block without parameters does not count.
    bool prior_is_proper() const {
        return (coordinates_.coarse_count() == 0 || prior_.coarse.proper()) &&
               (coordinates_.map_count() == 0 || prior_.map.proper());
    }

    /// Throws ArgumentError where vectors that the map makes of a prepared datum are not as long as its
    /// parameter_count() or their size() says.
    void require_lengths(const prepared_t<Map>& x) const {
        detail::require_lengths_of_map(*map_, x, coarse_->space(), start_of(*map_));
    }

    bool is_admissible(const Parameters& at) const { return predcg::is_admissible(*coarse_, at.theta); }

    /// The purposes name the streams of sampling engines. Throws ArgumentError for parameters of another
    /// length.
    [[gnu::cold]] State state(Parameters at,  // NOLINT(performance-unnecessary-value-param): moved from
                              std::uint64_t seed = 1, Purpose latent = Purpose::latent,
                              Purpose coarse = Purpose::coarse) const {
        require_equal(at.eta.size(), coordinates_.map_count(), "LearningProblem", "length of eta");
        require_equal(at.theta.size(), coordinates_.coarse_count(), "LearningProblem", "length of theta");
        State state;
        state.at = std::move(at);
        state.latent.resize(data().forms.size());
        state.seed = seed;
        state.latent_purpose = latent;
        state.coarse_purpose = coarse;
        return state;
    }

    // The E-step.

    /// Expectations under q(X | x_i, theta, eta), summed over the data.
    ExpectedStatistics expect(State& state) const { return expect(state, data().all); }

    /// The same over a batch: the data with these indices. Of data that are spread over processes it must be
    /// all.
    ExpectedStatistics expect(State& state, std::span<const Index> which) const {
        if (which.empty()) return {};  // nothing to add
        double count = 0.0;
        for (const Index k : which) count += data().weights[static_cast<std::size_t>(k)];
        if (data().spread) count = data().count;
        const Index p = coordinates_.coarse_count();
        const auto with_own = [&](auto own, Index extra) {
            const auto batch =
                latent_batch(state.at, which, energy_derivatives(state.at.theta), std::move(own));
            BatchMoments sums = moments<Want::covariances>(batch, state);
            return detail::statistics_of(std::move(sums), count, p, batch.common_size() - p,
                                         batch.own_size() - extra, extra);
        };
        if constexpr (!ScoredMap<Map>) {
            return with_own(map_statistics(), 0);
        } else if constexpr (!is_exact && !is_variational) {  // one run of the engine for both
            const Index cells = which.empty() ? 0 : Index(map_statistic(which.front()).size());
            return with_own([this, at = detail::map_at(*map_, state.at.eta, true)](
                                Index k) { return Stack(at.score(form(k)), map_statistic(k)); },
                            cells);
        } else {
            ExpectedStatistics statistics = with_own(scores(state.at.eta), 0);
            const auto cells = latent_batch(state.at, which, EmptyStatistic{}, map_statistics());
            statistics.map = moments<Want::means>(cells, state).mean;
            return statistics;
        }
    }

    /// The E-step without second moments: count, log_evidence, coarse and map alone (of a ScoredMap of few
    /// parameters, or whose T counts no cells, score in the place of map). With TransferMatrix it is several
    /// times cheaper, and enough for the gradient.
    ExpectedStatistics expect_means(State& state) const {
        const Index p = coordinates_.coarse_count();
        ExpectedStatistics statistics;
        statistics.count = data().count;
        const auto with_own = [&](auto own) {
            const auto batch =
                latent_batch(state.at, data().all, energy_gradient(state.at.theta), std::move(own));
            const BatchMoments sums = moments<Want::means>(batch, state);
            statistics.log_evidence = sums.log_partition;
            statistics.coarse = linalg::part(sums.mean, 0, p);
            return linalg::part(sums.mean, p, batch.own_size());
        };
        if constexpr (ScoredMap<Map>) {
            using Own = std::remove_cvref_t<decltype(map_statistic(0))>;
            constexpr Index few_parameters = 2;  // with more of them counts of cells are cheaper than scores
            if (!CellStatistic<Own> || coordinates_.map_count() <= few_parameters) {
                statistics.score = with_own(scores(state.at.eta));
                return statistics;
            }
        }
        statistics.map = with_own(map_statistics());
        return statistics;
    }

    /// p_c at the state's parameters.
    CoarseMoments expect_coarse(State& state) const {
        const Index p = coordinates_.coarse_count();
        const auto statistic = energy_derivatives(state.at.theta);
        const auto target = coarse_target(state.at.theta);
        const StreamKey key = coarse_key(state);
        Moments all = detail::coarse_engine(engine_).expect(target, statistic, state.coarse, key);
        if constexpr (!is_exact && !is_variational)
            all = detail::with_runs(std::move(all), std::ssize(state.more_coarse), [&](Index k) {
                StreamKey own = key;
                own.index += static_cast<std::uint64_t>(k + 1);
                return detail::coarse_engine(engine_).expect(
                    target, statistic, state.more_coarse[static_cast<std::size_t>(k)], own);
            });
        return detail::coarse_moments_of(all, p, Index(statistic.size()) - p);
    }

    // The M-step.

    /// Moves the state to the maximum of the expected complete-data log posterior. Exact for the map, and,
    /// with an exact engine, for potentials linear in theta; else one Newton step with the complete-data
    /// information (Lange, J. R. Stat. Soc. B 57 (1995) 425), which need not rise by itself.
    [[gnu::cold]] void maximise(State& state, const ExpectedStatistics& statistics) const {
        const Vector eta = best_map(state.at.eta, statistics);
        if (coordinates_.coarse_count() > 0) maximise_coarse(state, statistics);
        state.at.eta = eta;
    }

    /// The map's half alone: eta.
    [[gnu::cold]] Vector best_map(const Vector& eta, const ExpectedStatistics& statistics) const {
        const Vector scales = coordinates_.map_part(coordinates_.scales());
        return detail::maximise_map(*map_, prior_.map, statistics, scales, eta);
    }

    // Values and derivatives.

    /// log p(x_k | theta_c, eta) of every distinct datum (of this process, where they are spread over
    /// several), log Z(q_k) - log Z(p_c). Throws NumericalError
    /// where there is no density.
    Vector log_likelihoods(const Parameters& at) const
        requires(is_exact)
    {
        const double log_z_coarse = detail::coarse_engine(engine_).log_partition(coarse_target(at.theta));
        Vector values = latent_partitions(at).log_partitions;
        for (double& value : values) value -= log_z_coarse;
        return values;
    }

    /// sum_i log Z(q_i): log-likelihood = this - count log Z(p_c).
    double log_evidence(const Parameters& at) const
        requires(is_exact)
    {
        return *latent_partitions(at).log_partition;
    }

    double log_likelihood(const Parameters& at) const
        requires(is_exact)
    {
        const double log_z_coarse = detail::coarse_engine(engine_).log_partition(coarse_target(at.theta));
        return log_evidence(at) - data().count * log_z_coarse;
    }

    /// The same at several parameters, side by side where the engine can (TransferMatrix::log_ratios), which
    /// costs a fraction for each; -infinity where there is no density.
    Vector log_likelihoods(const std::vector<Parameters>& at) const
        requires(is_exact)
    {
        Vector values = Vector::Constant(std::ssize(at), std::numeric_limits<double>::quiet_NaN());
        if constexpr (std::same_as<LatentEngine, CoarseEngine>) {
            std::vector<CoarseTarget> targets;
            std::vector<std::remove_cvref_t<decltype(detail::map_at(*map_, at.front().eta))>> maps;
            const auto factor = [&](Index j, Index k) {
                return maps[static_cast<std::size_t>(j)].likelihood(form(k));
            };
            if constexpr (requires(const LatentEngine& engine) {
                              engine.log_ratios(std::span<const CoarseTarget>(targets), factor,
                                                std::span<const double>(data().weights), 1.0);
                          }) {
                if (!data().spread) {
                    try {
                        for (const Parameters& one : at) {
                            targets.push_back(coarse_target(one.theta));
                            maps.push_back(detail::map_at(*map_, one.eta));
                        }
                        values = detail::coarse_engine(engine_).log_ratios(
                            std::span<const CoarseTarget>(targets), factor,
                            std::span<const double>(data().weights), data().count);
                    } catch (const NumericalError&) {  // of one of them: which, is known one by one
                    }
                }
            }
        }
        for (Index j = 0; j < values.size(); ++j) {
            if (std::isfinite(values[j])) continue;
            try {
                values[j] = log_likelihood(at[static_cast<std::size_t>(j)]);
            } catch (const NumericalError&) {
                values[j] = -std::numeric_limits<double>::infinity();
            }
        }
        return values;
    }

    /// sum_i log Z(q_i) - count log Z(p_c) with lower bounds where log Z is not known. With a bound for q
    /// alone it is a lower bound on the log-likelihood (Neal, Hinton, "A view of the EM algorithm", 1998);
    /// with one for p_c, too, it is no bound. Its derivatives are those of evaluate.
    double variational_objective(const Parameters& at) const
        requires(is_variational)
    {
        return *latent_partitions(at).log_partition -
               data().count *
                   detail::log_partition_or_bound(detail::coarse_engine(engine_), coarse_target(at.theta));
    }

    /// Logarithm of the prior density of z.
    double log_prior(const Vector& z) const {
        return prior_.coarse.log_density(coordinates_.coarse_part(z)) +
               prior_.map.log_density(coordinates_.map_part(z));
    }

    /// Log-likelihood (where known), gradient and informations at a state, in the coordinates (theta_c, eta).
    auto evaluate(State& state) const {
        const ExpectedStatistics statistics = expect(state);
        const CoarseMoments coarse = expect_coarse(state);
        LikelihoodDerivatives e = expand_likelihood(*map_, statistics, coarse, state.at.eta, beta());
        if constexpr (is_exact)
            return LikelihoodExpansion{std::move(e),
                                       detail::log_likelihood_of(statistics, coarse.gradient.log_partition)};
        else
            return e;
    }
    /// The same at given parameters, with fresh states of the engines.
    auto evaluate(const Parameters& at, std::uint64_t seed = 1) const {
        State there = state(at, seed);
        return evaluate(there);
    }

    /// Log-likelihood and gradient of the log posterior by z, from means alone; for exact engines.
    std::pair<double, Vector> value_and_gradient(const Vector& z) const
        requires(is_exact)
    {
        State there = state(coordinates_.parameters(z));
        const ExpectedStatistics statistics = expect_means(there);
        const BatchMoments coarse = predcg::expect<Want::means>(
            detail::coarse_engine(engine_),
            SingleBatch(coarse_target(there.at.theta), energy_gradient(there.at.theta)), there.coarse,
            coarse_key(there));
        Vector gradient = detail::likelihood_gradient(*map_, statistics, coarse.mean, there.at.eta, beta());
        coordinates_.carry_gradient(gradient);
        add_gradient(gradient, prior_.coarse, coordinates_.coarse_part(z), 0);
        add_gradient(gradient, prior_.map, coordinates_.map_part(z), coordinates_.coarse_count());
        return {detail::log_likelihood_of(statistics, coarse.log_partition) + log_prior(z),
                std::move(gradient)};
    }

    /// Everything at a state: one E-step, and p_c. The value is the log posterior with an exact engine, with
    /// the variational objective in the place of the likelihood with one that has bounds, else NaN.
    LearningPoint point(State& state) const { return point(state, expect(state), coordinates_.z(state.at)); }

    /// The same with an E-step that is done, perhaps of a batch and weighted as if it were all data. z is
    /// that of the state's parameters: computed back from them it may round across a bound.
    [[gnu::cold]] LearningPoint point(State& state, ExpectedStatistics statistics, const Vector& z) const {
        LearningPoint point;
        point.z = z;
        const CoarseMoments coarse = expect_coarse(state);
        point.likelihood = expand_likelihood(*map_, statistics, coarse, state.at.eta, beta());
        if constexpr (is_exact)
            point.log_likelihood = detail::log_likelihood_of(statistics, coarse.gradient.log_partition);
        else if constexpr (is_variational)
            point.log_likelihood = variational_objective(state.at);
        point.statistics = std::move(statistics);
        add_prior(point);
        return point;
    }

    /// The same at z, with fresh states of the engines.
    [[gnu::cold]] LearningPoint point(const Vector& z, std::uint64_t seed = 1) const {
        State there = state(coordinates_.parameters(z), seed);
        return point(there, expect(there), z);
    }

    /// The information of the complete data and the prior, in z: of a world where X was seen.
    Matrix complete_information(const LearningPoint& at) const {
        return with_prior(at.z, carried(at.likelihood.complete));
    }

    /// The same as p_c expects it: without the second derivatives of the energy, of which the data's and
    /// p_c's cancel at a maximum, but for their noise. Positive definite wherever the map's part is.
    Matrix scored_information(const LearningPoint& at) const {
        return with_prior(at.z, carried(at.likelihood.scored));
    }

    // Parts, for algorithms that draw X.

    /// p_c at theta.
    CoarseTarget coarse_target(const Vector& theta) const { return boltzmann(*coarse_, theta, beta()); }
    /// The likelihood of datum k as a factor in X. A view of the data.
    Factor latent_factor(Index k, const Vector& eta) const { return map_->likelihood(form(k), eta); }
    /// The map's statistic T(X; x) of datum k. A view of the data.
    auto map_statistic(Index k) const { return detail::map_statistic(*map_, form(k)); }

    /// Whether chains of q(X|x) move one by one only since they are too few to move side by side. Looks at
    /// the first datum.
    [[gnu::cold]] bool has_few_latent_chains([[maybe_unused]] const Parameters& at) const {
        const auto& engine = detail::latent_engine_for<Factor>(engine_);
        const std::span<const Index> first =
            std::span<const Index>(data().all).first(data().all.empty() ? 0 : 1);
        const auto batch = latent_batch(at, first, energy_derivatives(at.theta), map_statistics());
        if constexpr (requires { engine.has_few_chains(batch); })
            return !first.empty() && engine.has_few_chains(batch);
        else
            return false;
    }
    /// The same of chains of p_c.
    [[gnu::cold]] bool has_few_coarse_chains([[maybe_unused]] const Vector& theta) const {
        const auto& engine = detail::coarse_engine(engine_);
        const SingleBatch batch(coarse_target(theta), energy_derivatives(theta));
        if constexpr (requires { engine.has_few_chains(batch); })
            return engine.has_few_chains(batch);
        else
            return false;
    }

private:
    const prepared_t<Map>& form(Index k) const { return data().forms[static_cast<std::size_t>(k)]; }

    EnergyGradient<Coarse> energy_gradient(const Vector& theta) const { return {*coarse_, theta}; }
    auto energy_derivatives(const Vector& theta) const { return detail::energy_derivatives(*coarse_, theta); }
    /// What makes the map's statistic, and its score, of each datum: one type each, wherever it is asked for.
    auto map_statistics() const {
        return [this](Index k) { return map_statistic(k); };
    }
    auto scores(const Vector& eta) const {
        return [this, at = detail::map_at(*map_, eta, true)](Index k) { return at.score(form(k)); };
    }

    /// The q(X|x_k) with a statistic common to all and own(k).
    template <class S, class Own>
    auto latent_batch(const Parameters& at, std::span<const Index> which, S statistic, Own own) const {
        return Batch(
            coarse_target(at.theta), std::move(statistic),
            [this, of = detail::map_at(*map_, at.eta)](Index k) { return of.likelihood(form(k)); },
            std::move(own), which, data().weights);
    }
    template <Want want, class B>
    BatchMoments moments(const B& batch, State& state) const {
        return predcg::expect<want>(detail::latent_engine_for<Factor>(engine_), batch, state.latent,
                                    latent_key(state), data().spread.get());
    }

    [[gnu::cold]] void maximise_coarse(State& state, const ExpectedStatistics& statistics) const {
        const Vector scales = coordinates_.coarse_part(coordinates_.scales());
        if constexpr (LinearCoarsePotential<Coarse> && is_exact)
            state.at.theta = detail::maximise_coarse(*coarse_, prior_.coarse, statistics, scales,
                                                     state.at.theta, beta(), [&](const Vector& theta) {
                                                         State there = state;
                                                         there.at.theta = theta;
                                                         return expect_coarse(there);
                                                     });
        else
            state.at.theta = detail::step_coarse(prior_.coarse, statistics, expect_coarse(state), scales,
                                                 state.at.theta, beta(), is_exact ? 3.0 : 0.5);
    }

    BatchMoments latent_partitions(const Parameters& at) const {
        std::vector<LatentState> none(data().forms.size());
        return predcg::expect<Want::log_partitions>(
            detail::latent_engine_for<Factor>(engine_),
            latent_batch(at, data().all, EmptyStatistic{}, [](Index) { return EmptyStatistic{}; }), none,
            StreamKey{}, data().spread.get());
    }

    StreamKey latent_key(State& state) const {
        const Index first = data().spread ? data().spread->first() : 0;
        return {state.seed, state.latent_purpose, static_cast<std::uint64_t>(first), state.iteration,
                state.latent_call++};
    }
    static StreamKey coarse_key(State& state) {
        return {state.seed, state.coarse_purpose, 0, state.iteration, state.coarse_call++};
    }

    /// Value, gradient and informations of a point, from the likelihood's derivatives.
    [[gnu::cold]] void add_prior(LearningPoint& point) const {
        point.value = point.log_likelihood;
        point.gradient = point.likelihood.gradient;
        coordinates_.carry_gradient(point.gradient);
        point.information = carried(point.likelihood.observed());
        point.posterior_information = with_prior(point.z, point.information);
        add_block(point, prior_.coarse, coordinates_.coarse_part(point.z), 0);
        add_block(point, prior_.map, coordinates_.map_part(point.z), coordinates_.coarse_count());
    }
    /// Adds the block prior of the coordinates from `first` on to value and gradient.
    template <class Block>
    static void add_block(LearningPoint& point, const Block& prior, const Vector& z, Index first) {
        point.value += prior.log_density(z);
        add_gradient(point.gradient, prior, z, first);
    }

    /// An information in (theta_c, eta) as one in z.
    Matrix carried(Matrix information) const {
        coordinates_.carry_information(information);
        return information;
    }
    /// An information of the likelihood, in z, with the prior's.
    [[gnu::cold]] Matrix with_prior(const Vector& z, Matrix information) const {
        subtract_hessian(information, prior_.coarse, coordinates_.coarse_part(z), 0);
        subtract_hessian(information, prior_.map, coordinates_.map_part(z), coordinates_.coarse_count());
        return information;
    }
    template <class Block>
    static void subtract_hessian(Matrix& information, const Block& prior, const Vector& z, Index first) {
        const Matrix hessian = prior.hessian(z);
        for (Index l = 0; l < z.size(); ++l)
            for (Index k = 0; k < z.size(); ++k) information(first + k, first + l) -= hessian(k, l);
    }
    template <class Block>
    static void add_gradient(Vector& gradient, const Block& prior, const Vector& z, Index first) {
        const Vector of_prior = prior.gradient(z);
        for (Index k = 0; k < z.size(); ++k) gradient[first + k] += of_prior[k];
    }

    const Coarse* coarse_;
    const Map* map_;
    Engine engine_;
    Prior prior_;
    const Data* given_;  ///< null where they are its own
    Data own_{};
    Coordinates coordinates_;
};

}  // namespace predcg
