#pragma once
// Pair potentials from configurations: the whole way.
#include <predcg/geometry/radial_distribution.hpp>
#include <predcg/judge/effective_data.hpp>
#include <predcg/kernels/single_particle.hpp>
#include <predcg/liquids/reweighted_fit.hpp>
#include <predcg/models/pair/spline_potential.hpp>
#include <predcg/posterior/laplace.hpp>
#include <predcg/priors/smooth.hpp>
#include <predcg/statistics/quantile.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace predcg::pair {

/// How smooth a potential is thought to be: second differences of beta theta_k are normal, with
///
///     sd_k = sd (c / r_k)^decay,
///
/// r_k where B_k is largest, c the cut-off. Pair energies bend the more the closer particles are.
struct Smoothness {
    double sd = 0.002;   ///< at the cut-off, in k T
    double decay = 6.0;  ///< how fast it grows towards the core

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.sd, self.decay);
    }
    friend bool operator==(const Smoothness&, const Smoothness&) = default;
};

/// Prior of a spline potential: smooth, proper, also where no pair was ever seen (SmoothNormal).
struct SmoothPrior {
    SmoothNormal coarse;  ///< of beta theta
    Flat map{};           ///< no map has parameters
};

/// The smooth prior of a potential. Throws ArgumentError unless sd is > 0.
inline SmoothPrior smooth_prior(const SplinePotential& potential, const Smoothness& smoothness) {
    Vector sd = potential.centres();
    for (double& r : sd)
        r = smoothness.sd *
            std::pow(potential.cutoff() / std::max(r, 0.5 * potential.core()), smoothness.decay);
    return {SmoothNormal(std::move(sd)), {}};
}

/// Settings of pair::learn.
struct LearnSettings {
    double beta = 0.0;                       ///< of the data, needed: in the inverse of the unit of energy
    double cutoff = 0.9;                     ///< nm, at most half the shortest edge
    double knot_distance = 0.02;             ///< nm, about: so many that the last is the cut-off
    std::optional<double> core{};            ///< nm; absent: 5 pm below the smallest distance of the data
    double core_stiffness = 5e4;             ///< see SplineSettings
    std::optional<Smoothness> smoothness{};  ///< absent: by evidence
    /// Data are worth one in so many; absent: the largest autocorrelation time of the features
    /// (effective_data), for frames in the order of their trajectory; 1 below ten frames.
    std::optional<double> autocorrelation_time{};
    /// Of p_c: moves are sweeps.
    MonteCarloSettings chains{.samples = 2, .chains = 1, .warm_up = 500, .refresh = 50, .thinning = 5};
    ReweightingSettings sampling{};  ///< the seed is that of everything
    Index posterior_draws = 4000;    ///< of the Laplace approximation
};

/// log evidence of a prior, less that of the best.
struct SmoothnessScore {
    Smoothness smoothness;      ///< of the prior
    double log_evidence = 0.0;  ///< 0 of the best

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.smoothness, self.log_evidence);
    }
};

/// u(r) at some r, with the interval that holds it with a probability.
struct Band {
    Vector r;             ///< nm
    Vector u;             ///< at the mode
    Vector lower, upper;  ///< ends of the interval at each r
};

/// What pair::learn found.
struct Learnt {
    using Fit = ReweightedFit<SmoothPrior>;  ///< the type of the fit
    SplinePotential potential;               ///< to be used with theta
    double beta = 0.0;                       ///< of the data
    Fit fit;                                 ///< the mode, and how it was found
    double autocorrelation_time = 1.0;       ///< of the data, in frames
    Smoothness smoothness{};                 ///< of the prior
    std::vector<SmoothnessScore> scores;     ///< of the priors that were tried; empty where it was given
    /// Laplace, with its Pareto check. Draws hold what sampling of p_c adds to the error of the mode.
    PosteriorResult posterior;

    const Vector& theta() const { return fit.fit.parameters.theta; }     ///< at the mode
    Status status() const { return fit.fit.status; }                     ///< how the fit ended
    At<SplinePotential> mode() const { return at(potential, theta()); }  ///< u at the mode
    /// u of a draw from the posterior.
    At<SplinePotential> draw(Index k) const { return at(potential, posterior.parameters(k).theta); }

    /// u(r) at the mode, with its credible interval at each r. Throws ArgumentError for a level outside
    /// (0, 1), and a posterior without draws: remarks say why.
    Band band(const Vector& r, double level = 0.95) const {
        require(level > 0.0 && level < 1.0, "pair::Learnt::band", "level", level, "a number between 0 and 1");
        require(posterior.draw_count() > 1, "pair::Learnt::band", "number of draws", posterior.draw_count(),
                "an integer >= 2: see the remarks of the posterior");
        Band band{r, Vector(r.size()), Vector(r.size()), Vector(r.size())};
        for (Index k = 0; k < r.size(); ++k) {
            const Vector weight = potential.pair_features(r[k]);
            const double base = potential.pair_energy(r[k], Vector::Zero(weight.size()));
            band.u[k] = base + linalg::dot(weight, theta());
            Vector all(posterior.draw_count());
            for (Index draw = 0; draw < posterior.draw_count(); ++draw) {
                const double* of = linalg::column(posterior.draws, draw);
                double u = base;
                for (Index a = 0; a < weight.size(); ++a) u += weight[a] * of[a];
                all[draw] = u;
            }
            band.lower[k] = statistics::quantile(all, 0.5 * (1.0 - level));
            band.upper[k] = statistics::quantile(all, 0.5 * (1.0 + level));
        }
        return band;
    }
};

namespace detail {

/// theta for which u is close to -log g(r) / beta where g is known, and smooth elsewhere.
inline Vector potential_of_mean_force(const SplinePotential& potential, const std::vector<Points>& frames,
                                      const Box& box, const Smoothness& smoothness, double beta) {
    RadialDistribution g(potential.cutoff(), 4 * potential.parameter_count());
    for (const Points& X : frames) g.add(X, box);
    const Vector r = g.radii(), mean = g.g();
    const Index p = potential.parameter_count();
    Matrix information =
        linalg::scaled(smooth_prior(potential, smoothness).coarse.hessian(Vector::Zero(p)), -beta * beta);
    Vector slope = Vector::Zero(p);
    for (Index k = 0; k < r.size(); ++k) {
        if (!(mean[k] > 0.02)) continue;
        const Vector b = potential.pair_features(r[k]);
        const double weight =
            100.0 * beta * beta * mean[k] * r[k] * r[k] / (potential.cutoff() * potential.cutoff());
        for (Index i = 0; i < p; ++i) {
            slope[i] -= weight * b[i] * std::log(mean[k]) / beta;
            for (Index j = 0; j < p; ++j) information(i, j) += weight * b[i] * b[j];
        }
    }
    return linalg::Cholesky(std::move(information)).solve(std::move(slope));
}

/// The prior with the largest evidence, from the same draws: up and down in steps of sd and decay until no
/// step helps. Modes out of the draws' reach are not taken.
inline Learnt::Fit most_evident(Learnt::Fit fit, const SplinePotential& potential, Smoothness& smoothness,
                                std::vector<SmoothnessScore>& scores) {
    scores.clear();
    const auto tried = [&](const Smoothness& s) {
        return std::any_of(scores.begin(), scores.end(),
                           [&](const SmoothnessScore& score) { return score.smoothness == s; });
    };
    constexpr double step = 1.5;
    double best = relative_log_evidence(fit).value_or(-std::numeric_limits<double>::infinity());
    scores.push_back({smoothness, best});
    for (bool moves = true; moves && scores.size() < 60;) {
        moves = false;
        const Smoothness here = smoothness;
        for (const Smoothness& next :
             {Smoothness{here.sd * step, here.decay}, Smoothness{here.sd / step, here.decay},
              Smoothness{here.sd, here.decay + 1.0}, Smoothness{here.sd, here.decay - 1.0},
              Smoothness{here.sd * step, here.decay - 1.0}, Smoothness{here.sd / step, here.decay + 1.0}}) {
            if (tried(next) || next.decay < 0.0) continue;
            Learnt::Fit other = with_prior(fit, smooth_prior(potential, next));
            const auto value = relative_log_evidence(other);
            if (other.fit.status != Status::converged || !value) continue;
            scores.push_back({next, *value});
            if (!(*value > best)) continue;
            best = *value;
            smoothness = next;
            fit = std::move(other);
            moves = true;
        }
    }
    for (SmoothnessScore& score : scores) score.log_evidence -= best;
    std::sort(scores.begin(), scores.end(),
              [](const auto& a, const auto& b) { return a.log_evidence > b.log_evidence; });
    return fit;
}

/// The Laplace approximation, and in each draw the error that sampling adds to the mode.
inline PosteriorResult posterior_of(const Learnt::Fit& fit, const LearnSettings& settings) {
    LaplaceSettings laplace;
    laplace.draws = settings.posterior_draws;
    laplace.seed = settings.sampling.seed;
    const auto joint = laplace_joint(fit.learner, fit.data, fit.fit, laplace);
    PosteriorResult result = static_cast<const PosteriorResult&>(joint);
    double most = 0.0;
    for (Index k = 0; k < fit.sd.size(); ++k) most = std::max(most, fit.sampling_error[k] / fit.sd[k]);
    result.remarks.push_back(
        "log Z of p_c came from draws of p_c worth " + to_text(std::floor(fit.effective)) +
        " independent ones: the mode has an error of up to " + to_text(std::round(100.0 * most) / 100.0) +
        " posterior standard deviations, which draws and intervals include");
    if (result.draw_count() == 0) return result;
    // The mode's error has covariance V I V / (draws per datum), V the posterior's covariance: with
    // V = R R^T and a draw R u, it is R times a normal of covariance R^T I R / (draws per datum).
    const auto problem = fit.learner.problem(fit.data);
    const auto at = problem.point(problem.coordinates().z(fit.fit.parameters));
    const linalg::SymmetricEigen information(at.information);
    const linalg::Cholesky factor(at.posterior_information);
    const double per_datum = fit.effective * fit.share / problem.data().count;
    const Index p = fit.sd.size();
    for (Index k = 0; k < result.draw_count(); ++k) {
        Philox4x32 rng =
            make_stream(settings.sampling.seed, Purpose::sampling_error, static_cast<std::uint64_t>(k));
        const Vector noise = standard_normal_vector(rng, p);
        Vector score = Vector::Zero(p);
        for (Index j = 0; j < p; ++j)
            for (Index i = 0; i < p; ++i)
                score[i] += information.vectors(i, j) * noise[j] *
                            std::sqrt(std::max(0.0, information.values[j]) / per_datum);
        const Vector shift = factor.solve(std::move(score));
        for (Index i = 0; i < p; ++i) result.draws(i, k) += shift[i] / problem.coordinates().factor()[i];
    }
    return result;
}

}  // namespace detail

/// Learns a spline pair potential from configurations of particles in a box that does not change, one site a
/// particle, by relative entropy (fit_by_reweighting):
///
///  1. knots from the smallest distance that was seen to the cut-off; features of all frames; how many
///     independent frames they are worth;
///  2. rounds of sampling and Newton's method from the potential of mean force;
///  3. the prior's smoothness by evidence (Laplace, log Z_c by the same draws), unless it is given;
///  4. a last round, and the posterior by Laplace's approximation with its Pareto check.
///
/// On one core 216 particles and 100 frames take about half a minute. Throws ArgumentError for settings out
/// of range, frames of different sizes, and as SplinePotential does; Stopped if a
/// stop was requested.
inline Learnt learn(const std::vector<Points>& frames, const Box& box, const LearnSettings& settings) {
    constexpr const char* name = "pair::learn";
    require(!frames.empty(), name, "number of frames", 0, "an integer >= 1");
    require_positive(settings.beta, name, "beta");
    require_positive(settings.knot_distance, name, "knot_distance");
    const PeriodicSpace<Points> space(static_cast<Index>(frames.front().size()), box);
    detail::require_cutoff(settings.cutoff, space.image(), name);
    double core = settings.cutoff;
    for (const Points& X : frames) {
        require_equal(coordinate_count(X), space.size(), name, "number of coordinates of a frame",
                      "that of the first");
        detail::each_distance(X, space.image(), settings.cutoff, [&](double r) { core = std::min(core, r); });
    }
    core = settings.core.value_or(core - 0.005);
    const auto intervals =
        static_cast<Index>(std::lround(std::max(4.0, (settings.cutoff - core) / settings.knot_distance)));
    const SplinePotential potential({settings.cutoff, core, intervals, settings.core_stiffness}, space);
    std::vector<Vector> features;
    features.reserve(frames.size());
    for (const Points& X : frames) features.push_back(potential.features(X));
    double time = 1.0;
    if (settings.autocorrelation_time)
        time = *settings.autocorrelation_time;
    else if (frames.size() >= 10)
        time = effective_data(features, checked("features", [](const Vector& s) { return s; })).time;
    require(std::isfinite(time) && time >= 1.0, name, "autocorrelation_time", time, "a number >= 1");
    const std::vector<double> weights(frames.size(), 1.0 / time);

    const auto unless_stopped = [&] {
        if (settings.sampling.stop.stop_requested()) throw Stopped(name);
    };
    Smoothness smoothness = settings.smoothness.value_or(Smoothness{});
    Vector start = detail::potential_of_mean_force(potential, frames, box, smoothness, settings.beta);
    FeatureChains chains(potential, MonteCarlo<SingleParticle>({}, settings.chains), settings.beta,
                         settings.sampling.seed);
    ReweightingSettings sampling = settings.sampling;
    std::vector<SmoothnessScore> scores;
    const CheckpointPlace place = settings.sampling.checkpoint, found = place.within("smoothness");
    sampling.checkpoint = place.within("first");
    if (!settings.smoothness && !found.restore(start, smoothness, scores, chains)) {
        sampling.draws = std::max(settings.sampling.first_draws, settings.sampling.draws / 2);
        const auto first = fit_by_reweighting(chains, potential, smooth_prior(potential, smoothness),
                                              features, settings.beta, std::move(start), weights, sampling);
        unless_stopped();
        start = detail::most_evident(first, potential, smoothness, scores).fit.parameters.theta;
        found.keep(start, smoothness, scores, chains);
    }
    if (!settings.smoothness) sampling.first_draws = settings.sampling.draws;
    sampling.draws = settings.sampling.draws;
    sampling.checkpoint = place.within("last");
    auto fit = fit_by_reweighting(chains, potential, smooth_prior(potential, smoothness), features,
                                  settings.beta, std::move(start), weights, sampling);
    unless_stopped();
    if (!settings.smoothness && fit.fit.status == Status::converged)
        fit = detail::most_evident(std::move(fit), potential, smoothness, scores);
    PosteriorResult posterior = detail::posterior_of(fit, settings);
    return {potential,  settings.beta,     std::move(fit),      time,
            smoothness, std::move(scores), std::move(posterior)};
}

}  // namespace predcg::pair
