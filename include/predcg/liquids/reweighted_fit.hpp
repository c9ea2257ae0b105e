#pragma once
// Relative entropy minimised by exact Newton steps on reweighted samples.
#include <predcg/core/parallel.hpp>
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/engines/reweighting.hpp>
#include <predcg/judge/evidence.hpp>
#include <predcg/optimize/newton.hpp>
#include <predcg/posterior/log_posterior.hpp>
#include <predcg/relative_entropy/features_only.hpp>
#include <predcg/relative_entropy/relative_entropy.hpp>
#include <predcg/statistics/autocorrelation.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

namespace predcg {

/// Features of draws of p_c, along chains that go on from call to call as theta changes. All chains are the
/// engine's settings().chains; they run on all threads, and give the same draws for any number of them.
template <LinearCoarsePotential Coarse, class Kernel>
class FeatureChains {
    using Target = Boltzmann<Bound<Coarse>>;
    using X = configuration_t<space_t<Coarse>>;

public:
    /// Refers to the potential. Streams are (seed, purpose, first_index + chain, call).
    FeatureChains(const Coarse& coarse, const MonteCarlo<Kernel>& engine, double beta, std::uint64_t seed,
                  std::uint64_t first_index = 0, Purpose purpose = Purpose::coarse)
        : coarse_(&coarse), engine_(engine), beta_(beta), seed_(seed), first_index_(first_index),
          purpose_(purpose), chains_(static_cast<std::size_t>(engine.settings().chains)) {}

    /// dU_c/dtheta of so many draws at theta, rounded up to equal chains, one chain after the other;
    /// `configurations`, where given, gets the draws themselves. Moves before: warm_up of new chains, refresh
    /// of old ones; thinning before each. After a stop chains stand still. Each chain keeps where it is, and
    /// its draws, in a part of `place`; a call that was killed goes on there.
    std::vector<Vector> draw(const Vector& theta, Index count, const std::stop_token& stop = {},
                             std::vector<X>* configurations = nullptr, const CheckpointPlace& place = {}) {
        require(!(configurations && place), "FeatureChains::draw", "configurations", "wanted",
                "none with a checkpoint, which does not keep them");
        const MonteCarloSettings& s = engine_.settings();
        const Target target = boltzmann(*coarse_, theta, beta_);
        const auto rows = static_cast<std::size_t>((count + s.chains - 1) / s.chains);
        std::vector<Vector> all(rows * chains_.size());
        if (configurations) configurations->resize(all.size());
        parallel_for(static_cast<Index>(chains_.size()), [&](Index c) {
            auto& chain = chains_[static_cast<std::size_t>(c)];
            Philox4x32 rng =
                make_stream(seed_, purpose_, first_index_ + static_cast<std::uint64_t>(c), call_);
            detail::KernelRun<Kernel, Target> run(engine_.kernel(), target);
            const Index before = chain ? s.refresh : s.warm_up;
            if (!chain) chain.emplace(Chain{target.space().random(rng), {}});
            Kept now{call_, 0, rng, chain, {}};
            const CheckpointPlace own = place.within("chain " + to_text(c));
            if (Kept kept; own.restore(kept) && kept.call == call_) now = std::move(kept);
            bool stopped = false;
            const auto goes_on = [&] {
                if (stopped) return false;
                stopped = stop.stop_requested();
                if (own && (stopped || own.is_due())) own.keep(now);
                return !stopped;
            };
            for (; now.warmed < before && goes_on(); ++now.warmed)
                run.warm_up(now.chain->at, now.chain->kernel, now.rng);
            while (now.draws.size() < rows) {
                if (goes_on())
                    for (Index move = 0; move < s.thinning; ++move)
                        run.advance(now.chain->at, now.chain->kernel, now.rng);
                now.draws.push_back(coarse_->features(now.chain->at));
                if (configurations)
                    (*configurations)[static_cast<std::size_t>(c) * rows + now.draws.size() - 1] =
                        now.chain->at;
            }
            if (!stopped) own.keep(now);
            chain = std::move(now.chain);
            std::move(now.draws.begin(), now.draws.end(),
                      all.begin() + static_cast<std::ptrdiff_t>(c) * static_cast<std::ptrdiff_t>(rows));
        });
        ++call_;
        return all;
    }
    /// Number of chains.
    Index chains() const { return static_cast<Index>(chains_.size()); }
    /// Where the first chain is: a draw. There must have been one.
    const X& where() const { return chains_.front()->at; }

    /// To be saved (core/bytes.hpp): where the chains are, and the number of calls.
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.call_, self.chains_);
    }

private:
    struct Chain {
        X at;
        detail::kernel_state_t<Kernel> kernel;

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.at, self.kernel);
        }
    };

    /// A chain at work.
    struct Kept {
        std::uint32_t call = 0;
        Index warmed = 0;
        Philox4x32 rng{};
        std::optional<Chain> chain{};
        std::vector<Vector> draws{};

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.call, self.warmed, self.rng, self.chain, self.draws);
        }
    };

    const Coarse* coarse_;
    MonteCarlo<Kernel> engine_;
    double beta_;
    std::uint64_t seed_, first_index_;
    Purpose purpose_;
    std::uint32_t call_ = 0;
    std::vector<std::optional<Chain>> chains_;
};

/// Settings of fit_by_reweighting.
struct ReweightingSettings {
    Index draws = 4000;        ///< of p_c, of all chains together, in the last round
    Index first_draws = 500;   ///< in the first; twice as many after each round that reached its maximum
    double least_share = 0.2;  ///< of the draws that must be in effect where a round may go
    Index rounds = 40;         ///< at most
    std::uint64_t seed = 1;    ///< of the chains
    std::function<void(Index round, Index draws, double share)> observer{};  ///< after every round
    std::stop_token stop{};
    CheckpointPlace checkpoint{};  ///< where rounds and chains keep what they need to go on
};

/// What fit_by_reweighting finds: a learner whose log Z_c is known near the fit, its data, and the fit.
/// Everything that asks for an exact engine can be asked of learner and data: laplace_joint,
/// laplace_evidence, full_posterior; as far as the draws reach.
template <class Prior>
struct ReweightedFit {
    /// The learning problem in features alone.
    using Learner = RelativeEntropy<FeaturesOnly, IdentityMap<Vector>, Reweighting<Vector>, Newton, Prior>;
    /// Data as features.
    using Data = typename Learner::Data;
    /// A fit of it.
    using Fit = decltype(std::declval<const Learner&>().fit_prepared(std::declval<const Data&>()));

    Learner learner;         ///< with the draws of the last round
    Data data;               ///< features of the data
    Fit fit;                 ///< the mode; log-likelihoods are up to a constant of all priors
    Vector reference;        ///< theta_c of the draws
    Index rounds = 0;        ///< that were made
    Index draws = 0;         ///< of the last round
    double effective = 0.0;  ///< independent draws that these are worth, by the slowest feature
    double share = 0.0;      ///< of the draws that are in effect at the mode
    /// Standard deviations of theta_c: of the posterior by its curvature, and of what sampling adds to the
    /// mode.
    Vector sd, sampling_error;
};

namespace detail {

/// The slowest of the features along chains, in draws.
[[gnu::cold]] inline double slowest_time(const std::vector<Vector>& draws, Index chains) {
    const Index p = draws.front().size(), rows = std::ssize(draws) / chains;
    double time = 1.0;
    for (Index k = 0; k < p; ++k) {
        double sum = 0.0;
        for (Index c = 0; c < chains; ++c) {
            Vector series(rows);
            for (Index m = 0; m < rows; ++m) series[m] = draws[static_cast<std::size_t>(c * rows + m)][k];
            if (statistics::variance(series) > 0.0) sum += statistics::monotone_autocorrelation_time(series);
        }
        time = std::max(time, sum / static_cast<double>(chains));
    }
    return time;
}

/// Standard deviations of theta_c at a fit.
template <class Prior>
[[gnu::cold]] void add_errors(ReweightedFit<Prior>& result) {
    const auto problem = result.learner.problem(result.data);
    const Coordinates& c = problem.coordinates();
    const Index p = c.size();
    const LearningPoint at = problem.point(c.z(result.fit.parameters));
    result.sd = result.sampling_error = Vector::Constant(p, std::numeric_limits<double>::quiet_NaN());
    const linalg::Cholesky factor(at.posterior_information);
    if (!factor.ok()) return;
    // The likelihood's information is N times the covariance under p_c; its mean has that over the draws.
    const double draws_per_datum = result.effective * result.share / problem.data().count;
    for (Index k = 0; k < p; ++k) {
        Vector unit = Vector::Zero(p);
        unit[k] = 1.0;
        const Vector row = factor.solve(std::move(unit));
        result.sd[k] = std::sqrt(row[k]) / c.factor()[k];
        result.sampling_error[k] =
            std::sqrt(linalg::dot(row, linalg::applied(at.information, row)) / draws_per_datum) /
            c.factor()[k];
    }
}

}  // namespace detail

/// The fit that the same draws give under another prior: with a mode within their reach, else status limit.
template <class Prior>
ReweightedFit<Prior> with_prior(const ReweightedFit<Prior>& fit, const Prior& prior) {
    typename ReweightedFit<Prior>::Learner learner(fit.learner.coarse(), {},
                                                   detail::coarse_engine(fit.learner.engine()), {}, prior);
    FitSettings from;
    from.start = fit.fit.parameters;
    from.iterations = 20;
    auto moved = learner.fit_prepared(fit.data, from);
    const double share = detail::coarse_engine(learner.engine())
                             .share(boltzmann(fit.learner.coarse(), moved.parameters.theta, moved.beta));
    ReweightedFit<Prior> result{std::move(learner),
                                fit.data,
                                std::move(moved),
                                fit.reference,
                                fit.rounds,
                                fit.draws,
                                fit.effective,
                                share,
                                {},
                                {}};
    detail::add_errors(result);
    return result;
}

/// Laplace approximation of log p(data | prior), up to a constant that fits to the same draws share. Absent
/// where the information is not positive definite. Its Pareto check is laplace_evidence.
template <class Prior>
std::optional<double> relative_log_evidence(const ReweightedFit<Prior>& fit) {
    const auto problem = fit.learner.problem(fit.data);
    return detail::laplace_integral(problem.point(problem.coordinates().z(fit.fit.parameters)), {});
}

/// Minimises the relative entropy of a potential that is linear in theta_c, with draws of p_c by a kernel.
///
/// Data are known by their features, dU_c/dtheta (of images of a map: apply it first). In every round chains
/// draw from p_c at the present theta_c; then the log posterior, with log Z_c by reweighting these draws
/// (Reweighting), is climbed by Newton's method to its maximum, or to where less than least_share of the
/// draws are in effect. Rounds have first_draws, then twice as many after each that reached its maximum, up
/// to `draws`; the fit ends with the first round of `draws` whose maximum is reached with half of the draws
/// in effect. The status says whether it came to that. Geyer, J. R. Stat. Soc. B 56 (1994) 261.
///
/// `weights`: of the data, 1 each if empty (effective_data). Throws ArgumentError for settings out of range,
/// and as RelativeEntropy does.
template <LinearCoarsePotential Coarse, class Kernel, class Prior>
ReweightedFit<Prior> fit_by_reweighting(FeatureChains<Coarse, Kernel>& chains, const Coarse& coarse,
                                        const Prior& prior, const std::vector<Vector>& features, double beta,
                                        Vector start, const std::vector<double>& weights = {},
                                        const ReweightingSettings& settings = {}) {
    constexpr const char* name = "fit_by_reweighting";
    require_range(settings.first_draws, 2, settings.draws, name, "first_draws", "draws");
    require_range(settings.rounds, 1, std::numeric_limits<Index>::max(), name, "rounds");
    const FeaturesOnly potential(coarse);
    Index count = settings.first_draws, first_round = 0;
    settings.checkpoint.restore(first_round, count, start, chains);
    std::optional<ReweightedFit<Prior>> result;
    for (Index round = first_round; round < settings.rounds; ++round) {
        settings.checkpoint.keep(round, count, start, chains);
        std::vector<Vector> draws =
            chains.draw(start, count, settings.stop, nullptr, settings.checkpoint.within("round"));
        const double time = detail::slowest_time(draws, chains.chains());
        const double effective = static_cast<double>(draws.size()) / time;
        const auto drawn = std::ssize(draws);
        Reweighting<Vector> engine(std::move(draws), boltzmann(potential, start, beta), settings.least_share);
        typename ReweightedFit<Prior>::Learner learner(potential, {}, std::move(engine), {}, prior);
        auto data = learner.prepare(features, beta, weights);
        FitSettings from;
        from.start = Parameters{start, Vector(0)};
        from.iterations = 20;
        auto fit = learner.fit_prepared(data, from);
        const double share =
            detail::coarse_engine(learner.engine()).share(boltzmann(potential, fit.parameters.theta, beta));
        const bool reached = fit.status == Status::converged;
        const bool last = reached && count == settings.draws && share >= 0.5;
        result.emplace(ReweightedFit<Prior>{std::move(learner),
                                            std::move(data),
                                            std::move(fit),
                                            start,
                                            round + 1,
                                            drawn,
                                            effective,
                                            share,
                                            {},
                                            {}});
        if (settings.observer) settings.observer(round, drawn, share);
        if (last || settings.stop.stop_requested()) break;
        start = result->fit.parameters.theta;
        if (reached) count = std::min(2 * count, settings.draws);
    }
    if (settings.stop.stop_requested())
        result->fit.status = Status::stopped;
    else if (!(result->share >= 0.5 && result->draws >= settings.draws))
        result->fit.status = Status::limit;
    detail::add_errors(*result);
    return std::move(*result);
}

}  // namespace predcg
