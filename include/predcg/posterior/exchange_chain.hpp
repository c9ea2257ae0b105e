#pragma once
// One chain of exchange_posterior: data augmentation, and the exchange algorithm for theta_c.
#include <predcg/engines/observed.hpp>
#include <predcg/engines/roles.hpp>
#include <predcg/kernels/random_walk.hpp>
#include <predcg/learning/learning_problem.hpp>
#include <predcg/posterior/chains.hpp>
#include <predcg/posterior/reference_draws.hpp>
#include <predcg/posterior/renewal.hpp>
#include <predcg/statistics/autocorrelation.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/structure/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// What exchange_posterior has beside ChainSettings, whose moves are sweeps here.
struct ExchangeSettings {
    Index latent_moves = 2;  ///< for each datum and sweep, where q(X|x) is not drawn exactly
    Index map_moves = 5;     ///< of eta, for each sweep: they cost next to nothing
    /// Where p_c is drawn by chains and U_c is linear in theta_c: draws of p_c at the fit for each datum,
    /// from which log Z_c is known about it. Absent: as many as leave an error of 0.05 posterior standard
    /// deviations that all draws share, or the exchange algorithm where these do not do; 0: always the
    /// latter.
    std::optional<Index> reference_draws = std::nullopt;
    Index auxiliary_warm_up = 50;  ///< moves before the first draw of a proposed p_c, where not exact
    Index auxiliary_thinning =
        10;                      ///< moves from one such draw to the next; both up to tenfold for slow chains
    double target_accept = 0.3;  ///< of the moves of theta_c and of eta, tuned in warm-up
};

namespace detail {

/// log p(x | X, eta) + log prior(z), z = eta / s, with the map's statistic of all data at their present X.
template <class Map, class Prior>
struct CompleteMapDensity {
    const Map& map;
    const Prior& prior;
    Vector statistic;
    double count = 0.0;
    Vector scales;

    RealSpace<> space() const { return RealSpace<>(map.parameter_count()); }
    double log_density(const Vector& z) const {
        const double value = prior.log_density(z);
        if (!std::isfinite(value)) return value;
        return value + map_expansion(map, statistic, count, linalg::times(z, scales)).value;
    }
};

/// sum_k U(X_k, to) - U(X_k, from).
template <CoarsePotential U, class Configurations>
double energy_change(const U& potential, const Configurations& all, const Vector& from, const Vector& to) {
    Vector step = to;
    linalg::add(step, from, -1.0);
    double change = 0.0;
    for (const auto& X : all)
        if constexpr (LinearCoarsePotential<U>)
            change += linalg::dot(potential.features(X), step);
        else
            change += energy(potential, X, to) - energy(potential, X, from);
    return change;
}

/// One chain over (theta_c, eta, X_1 .. X_N).
template <class Problem>
class ExchangeChain {
    using Engine = typename Problem::EngineType;
    using CoarseTarget = typename Problem::CoarseTarget;
    using LatentTarget = Product<CoarseTarget, typename Problem::LatentFactor>;
    using Latent = Renewal<latent_engine_for_t<Engine, typename Problem::LatentFactor>, LatentTarget>;
    using Auxiliary = Renewal<coarse_engine_t<Engine>, CoarseTarget>;
    using Configuration = configuration_t<space_t<CoarseTarget>>;
    /// Squared lengths of a kind of move in warm-up, times their probabilities.
    struct Pay {
        double sum = 0.0, count = 0.0;

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.sum, self.count);
        }
    };

public:
    static constexpr bool exact_auxiliary = Auxiliary::exact;
    static constexpr bool can_refer = !exact_auxiliary && LinearCoarsePotential<typename Problem::CoarseType>;

    /// Where chains start and how far they step: informations in z at the mode, by one E-step.
    struct Scales {
        Vector mode;
        Matrix spread;            ///< of the posterior
        Matrix step;              ///< of theta_c given X
        Vector sum;               ///< of the scaled features of all X, in the mean at the mode
        double dispersion = 2.0;  ///< of the starts, in standard deviations
    };

    /// Throws ArgumentError for weights that are no numbers of data: augmentation needs whole data.
    [[gnu::cold]] ExchangeChain(const Problem& problem, const ExchangeSettings& settings)
        : problem_(&problem), settings_(settings), p_(problem.coordinates().coarse_count()),
          m_(problem.coordinates().map_count()) {
        require_here(problem.data(), "exchange_posterior");
        for (std::size_t k = 0; k < problem.data().forms.size(); ++k) {
            const double w = problem.data().weights[k];
            require(w == std::floor(w), "exchange_posterior", "weight of a datum", w, "a whole number");
            form_.insert(form_.end(), static_cast<std::size_t>(w), static_cast<Index>(k));
        }
    }

    [[gnu::cold]] Scales scales(const Parameters& mode, double dispersion, std::uint64_t seed) const {
        auto state = problem_->state(mode, seed, Purpose::scale_latent, Purpose::scale_coarse);
        const LearningPoint at = problem_->point(state);
        return {at.z, whitening(at.posterior_information),
                whitening(linalg::leading_block(problem_->complete_information(at), p_)),
                linalg::times(at.statistics.coarse, coordinates().coarse_part(coordinates().scales())),
                dispersion};
    }

    /// Draws of p_c at the mode, by one chain; none where they do not reach as far as the posterior, or a
    /// stop was requested. Where their number is left to this, it is no more than `most`, or none.
    std::optional<ReferenceDraws> reference(const Scales& at, std::uint64_t seed, Index most,
                                            const std::stop_token& stop) const {
        std::optional<ReferenceDraws> found;
        if constexpr (can_refer) {
            constexpr double shared_error = 0.05, room = 1.2;  // of the error's error
            const Index data = std::ssize(form_);
            Index count = settings_.reference_draws ? *settings_.reference_draws * data
                                                    : std::min(std::max<Index>(100 * data, 2000), most);
            if (p_ == 0 || count < 4 || (!settings_.reference_draws && data < few)) return found;
            Philox4x32 rng = make_stream(seed, Purpose::exchange_reference);
            const auto target = problem_->coarse_target(coordinates().parameters(at.mode).theta);
            Auxiliary renew(coarse_engine(problem_->engine()), target);
            typename Auxiliary::State state{};
            Configuration Y = target.space().random(rng);
            renew(Y, state, settings_.auxiliary_warm_up + count / 100, true, rng);
            const auto draw = [&](Index number) {
                found.emplace(p_, number, [&] {
                    if (!stop.stop_requested()) renew(Y, state, 2, false, rng);
                    return scaled_features(Y);
                });
            };
            draw(count);
            const Matrix spread = linalg::leading_rows(at.spread, p_);
            if (!found->covers(spread, std::max(at.dispersion, 2.0) + 2.0)) {
                found.reset();
            } else if (!settings_.reference_draws) {
                const double ratio = found->shared_error(linalg::product(spread, linalg::transposed(spread)),
                                                         static_cast<double>(data)) /
                                     shared_error;
                const double enough = room * ratio * ratio * static_cast<double>(count);
                if (!(enough <= static_cast<double>(most)))
                    found.reset();
                else if (enough > static_cast<double>(count))
                    draw(static_cast<Index>(enough));
            }
            if (stop.stop_requested()) found.reset();
        }
        return found;
    }

    /// The autocorrelation time of dU_c/dtheta along a chain of p_c at the mode, in moves; 1 where p_c is
    /// drawn exactly. Of no more than 8192 moves: a chain that is slower than some hundred of them shows
    /// less.
    [[gnu::cold]] double auxiliary_time(const Scales& at, std::uint64_t seed,
                                        const std::stop_token& stop) const {
        double time = 1.0;
        if constexpr (!exact_auxiliary) {
            if (p_ == 0) return time;
            Philox4x32 rng = make_stream(seed, Purpose::exchange_time);
            const Vector theta = coordinates().parameters(at.mode).theta;
            const auto target = problem_->coarse_target(theta);
            const EnergyGradient<typename Problem::CoarseType> statistic(problem_->coarse(), theta);
            Auxiliary renew(coarse_engine(problem_->engine()), target);
            typename Auxiliary::State state{};
            Configuration Y = target.space().random(rng);
            renew(Y, state, std::max<Index>(settings_.auxiliary_warm_up, 200), true, rng);
            for (Index length = 512; length <= 8192; length *= 4) {
                Matrix seen(length, p_);
                for (Index k = 0; k < length && !stop.stop_requested(); ++k) {
                    renew(Y, state, 1, false, rng);
                    const Vector s(statistic(Y));
                    for (Index j = 0; j < p_; ++j) seen(k, j) = s[j];
                }
                if (stop.stop_requested()) return time;
                for (Index j = 0; j < p_; ++j)
                    time =
                        std::max(time, statistics::monotone_autocorrelation_time(linalg::column_of(seen, j)));
                if (time * 100.0 < static_cast<double>(length)) break;
                if (length < 8192) time = 1.0;
            }
        }
        return time;
    }

    /// Other moves for draws of p_c.
    void set_auxiliary(Index warm_up, Index thinning) {
        settings_.auxiliary_warm_up = warm_up;
        settings_.auxiliary_thinning = thinning;
    }

    /// theta_c moves with log Z_c from reference draws, which must outlive the chain; with none by exchange.
    void refer_to(const ReferenceDraws* reference) { reference_ = reference; }

    /// How far theta_c of a draw (theta_c, eta) is from the mode, in z.
    Vector from_mode(const Scales& at, const Vector& draw) const {
        Vector moved(p_);
        for (Index k = 0; k < p_; ++k) moved[k] = draw[k] * coordinates().factor()[k] - at.mode[k];
        return moved;
    }

    template <RandomBits R>
    [[gnu::cold]] void start(const Scales& at, R& rng) {
        mode_ = linalg::part(at.mode, 0, p_);
        step_ = at.step;
        if (reference_)
            step_ = whitening(linalg::scaled(reference_->covariance(), static_cast<double>(form_.size())));
        log_step_ = p_ > 0 ? std::log(2.4 / std::sqrt(static_cast<double>(p_))) : 0.0;
        centre_ = mode_;
        linalg::add(centre_, covered(at.sum));
        z_ = dispersed(at, rng);
        const auto space = problem_->coarse().space();
        for (std::size_t k = 0; k < form_.size(); ++k) X_.push_back(space.random(rng));
        latent_.resize(form_.size());
        Y_.assign(form_.size(), space.random(rng));
    }

    template <RandomBits R>
    void sweep(bool tune, R& rng) {
        renew_latent(tune, rng);
        if (m_ > 0) move_map(tune, rng);
        if (p_ > 0) reference_ ? move_coarse(tune, rng) : exchange(tune, rng);
    }

    /// A covariance of theta_c, in z.
    Matrix in_z(Matrix covariance) const {
        const Vector& factor = coordinates().factor();
        for (Index l = 0; l < p_; ++l)
            for (Index k = 0; k < p_; ++k) covariance(k, l) *= factor[k] * factor[l];
        return covariance;
    }

    Parameters parameters() const { return coordinates().parameters(z_); }

    /// To be saved (core/bytes.hpp): what a sweep changes.
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.z_, self.X_, self.Y_, self.latent_, self.auxiliary_, self.walk_, self.centre_,
              self.centred_, self.walk_pay_, self.independent_pay_, self.log_step_, self.accepted_,
              self.tuned_);
    }

    double accepted() const { return accepted_; }  ///< sum of the probabilities after warm-up

private:
    static constexpr Index few = 16;  // data: with fewer theta given X is far from normal

    Vector from_mode(Vector z) const {
        linalg::add(z, mode_, -1.0);
        return z;
    }

    template <RandomBits R>
    [[gnu::cold]] Vector dispersed(const Scales& at, R& rng) const {
        double width = at.dispersion;
        const Vector& lower = coordinates().lower();
        for (int attempt = 0; attempt < 100; ++attempt, width *= 0.9) {
            Vector z = at.mode;
            linalg::add(z, linalg::applied(at.spread, standard_normal_vector(rng, p_ + m_)), width);
            for (Index k = 0; k < z.size(); ++k)
                if (z[k] < lower[k]) z[k] = 2.0 * lower[k] - z[k];
            if (problem_->is_admissible(coordinates().parameters(z)) && std::isfinite(problem_->log_prior(z)))
                return z;
        }
        return at.mode;
    }

    const Coordinates& coordinates() const { return problem_->coordinates(); }
    double log_prior_coarse(const Vector& z) const {
        return problem_->prior().coarse.log_density(coordinates().coarse_part(z));
    }

    /// X_i | x_i, theta_c, eta, and the sum of the map's statistic.
    template <RandomBits R>
    void renew_latent(bool tune, R& rng) {
        const Parameters at = parameters();
        const auto coarse = problem_->coarse_target(at.theta);
        const auto& engine = latent_engine_for<typename Problem::LatentFactor>(problem_->engine());
        statistic_ = Vector();
        for (std::size_t k = 0; k < form_.size();) {
            const Index form = form_[k];
            const LatentTarget target(coarse, problem_->latent_factor(form, at.eta));
            const auto statistic = problem_->map_statistic(form);
            if (statistic_.size() == 0) statistic_ = Vector::Zero(statistic.size());
            for (Latent renew(engine, target); k < form_.size() && form_[k] == form; ++k) {
                renew(X_[k], latent_[k], settings_.latent_moves, tune, rng);
                linalg::add(statistic_, Vector(statistic(X_[k])));
            }
        }
    }

    /// s, so that beta U(X, theta) = z . s + what does not depend on theta.
    Vector scaled_features(const Configuration& X) const {
        return linalg::times(problem_->coarse().features(X),
                             coordinates().coarse_part(coordinates().scales()));
    }

    /// theta_c | X with log Z_c from the reference draws: a proposal of a normal approximation
    /// N(centre, step step^T) of it, which forgets where it was, and a step of a random walk of a random
    /// length, for tails that are longer than the approximation's.
    template <RandomBits R>
    void move_coarse(bool tune, R& rng) {
        if constexpr (can_refer) {
            constexpr double impossible = -std::numeric_limits<double>::infinity();
            const double n = static_cast<double>(X_.size());
            Vector s = Vector::Zero(p_);
            for (const Configuration& X : X_) linalg::add(s, scaled_features(X));
            Vector slope = problem_->prior().coarse.gradient(mode_), centre = mode_;
            for (Index k = 0; k < p_; ++k) slope[k] += n * reference_->mean()[k] - s[k];
            linalg::add(centre, linalg::applied(step_, linalg::applied_transposed(step_, slope)));
            const auto from_centre = [&](const Vector& z) {
                Vector v(p_);
                for (Index k = 0; k < p_; ++k) v[k] = z[k] - centre[k];
                return squared_steps(v);
            };
            const auto log_density = [&](const Vector& z, const std::optional<double>& change) {
                const double prior = log_prior_coarse(z);
                if (!change || !std::isfinite(prior)) return impossible;
                return prior - linalg::dot(s, from_mode(linalg::part(z, 0, p_))) - n * *change;
            };
            if (!change_here_) change_here_ = reference_->operator()(from_mode(linalg::part(z_, 0, p_)));
            double here = log_density(z_, change_here_);
            for (const bool walks : {false, true}) {
                Vector proposal = z_;
                const Vector noise = linalg::applied(step_, standard_normal_vector(rng, p_));
                const double length = walks ? std::exp(standard_normal(rng)) : 1.0;
                for (Index k = 0; k < p_; ++k) proposal[k] = (walks ? z_[k] : centre[k]) + length * noise[k];
                std::optional<double> change;
                double there = impossible;
                if (problem_->is_admissible(coordinates().parameters(proposal))) {
                    change = reference_->operator()(from_mode(linalg::part(proposal, 0, p_)));
                    there = log_density(proposal, change);
                }
                double ratio = there - here;
                if (!walks) ratio += 0.5 * (from_centre(proposal) - from_centre(z_));
                const double accept = there > impossible ? std::exp(std::min(0.0, ratio)) : 0.0;
                if (!tune) accepted_ += 0.5 * accept;
                if (!(uniform(rng) < accept)) continue;
                z_ = std::move(proposal);
                change_here_ = change;
                here = there;
            }
        }
    }

    /// eta | X, x: steps of a random walk.
    template <RandomBits R>
    void move_map(bool tune, R& rng) {
        using Density = CompleteMapDensity<typename Problem::MapType,
                                           std::remove_cvref_t<decltype(problem_->prior().map)>>;
        const Density density{problem_->map(), problem_->prior().map, statistic_, problem_->data().count,
                              coordinates().map_part(coordinates().scales())};
        KernelRun<RandomWalk, Density> run(RandomWalk{.target_accept = settings_.target_accept}, density);
        Vector z = coordinates().map_part(z_);
        for (Index k = 0; k < settings_.map_moves; ++k)
            tune ? run.warm_up(z, walk_, rng) : run.advance(z, walk_, rng);
        std::copy(z.begin(), z.end(), z_.data() + p_);
    }

    /// The covariance step step^T of theta_c given X times v.
    Vector covered(const Vector& v) const {
        Vector sum = Vector::Zero(p_);
        for (Index k = 0; k < p_; ++k) {
            double dot = 0.0;
            for (Index j = 0; j < p_; ++j) dot += step_(j, k) * v[j];
            for (Index j = 0; j < p_; ++j) sum[j] += dot * step_(j, k);
        }
        return sum;
    }

    /// |step^-1 v|^2; columns of step are orthogonal.
    double squared_steps(const Vector& v) const {
        double sum = 0.0;
        for (Index k = 0; k < p_; ++k) {
            double dot = 0.0, norm = 0.0;
            for (Index j = 0; j < p_; ++j) {
                dot += step_(j, k) * v[j];
                norm += step_(j, k) * step_(j, k);
            }
            sum += dot * dot / (norm * norm);
        }
        return sum;
    }

    /// About where theta_c is, given X, for potentials linear in theta_c: the constant, that of the mode, is
    /// averaged in warm-up.
    Vector middle(bool tune) {
        Vector sum = Vector::Zero(p_);
        if constexpr (LinearCoarsePotential<typename Problem::CoarseType>)
            for (const Configuration& X : X_) linalg::add(sum, scaled_features(X));
        const Vector moved = covered(sum);
        if (tune) {
            const double weight = 1.0 / (20.0 + static_cast<double>(++centred_));
            for (Index k = 0; k < p_; ++k) centre_[k] += weight * (z_[k] + moved[k] - centre_[k]);
        }
        Vector middle = centre_;
        linalg::add(middle, moved, -1.0);
        return middle;
    }

    /// Whether the independent proposals moved farther in warm-up than the random walk.
    bool independent_pays() const {
        return independent_pay_.sum * walk_pay_.count >= walk_pay_.sum * independent_pay_.count;
    }

    /// theta_c | X: proposes theta', of a random walk or independent of theta from about where it is given
    /// X, draws Y_1 .. Y_N of p_c(.|theta') and accepts with
    ///     exp(beta sum_i [U(X_i, theta) - U(X_i, theta') + U(Y_i, theta') - U(Y_i, theta)]) prior ratio
    /// times the ratio of the densities of the proposal back and there, in which the normalisations of p_c
    /// cancel (docs/method.md, "The exchange algorithm"). Murray, Ghahramani, MacKay 2006, algorithm 2.
    template <RandomBits R>
    void exchange(bool tune, R& rng) {
        constexpr bool linear = LinearCoarsePotential<typename Problem::CoarseType>;
        // Tails would hold the chain.
        const bool walks =
            !linear || std::ssize(form_) < few || uniform(rng) < (independent_pays() ? 0.2 : 0.8);
        Vector proposal = z_;
        const Vector move = linalg::applied(step_, standard_normal_vector(rng, p_));
        double log_ratio = 0.0;  // of the proposal's density there and back
        if (walks) {
            for (Index k = 0; k < p_; ++k) proposal[k] += std::exp(log_step_) * move[k];
        } else {
            const Vector at = middle(tune);
            Vector from_middle(p_);
            for (Index k = 0; k < p_; ++k) {
                from_middle[k] = z_[k] - at[k];
                proposal[k] = at[k] + move[k];
            }
            log_ratio = 0.5 * (squared_steps(move) - squared_steps(from_middle));
        }
        const Vector theta = parameters().theta;
        const Parameters proposed = coordinates().parameters(proposal);
        const Vector& other = proposed.theta;
        const double prior = log_prior_coarse(proposal) - log_prior_coarse(z_);
        double accept = 0.0;
        if (std::isfinite(prior) && problem_->is_admissible(proposed) && draw_auxiliary(other, tune, rng)) {
            const double change = energy_change(problem_->coarse(), Y_, theta, other) -
                                  energy_change(problem_->coarse(), X_, theta, other);
            accept = std::exp(std::min(0.0, problem_->beta() * change + prior + log_ratio));
        }
        if (tune && linear) {
            Vector jump(p_);
            for (Index k = 0; k < p_; ++k) jump[k] = proposal[k] - z_[k];
            Pay& pay = walks ? walk_pay_ : independent_pay_;
            pay.sum += accept > 0.0 ? accept * squared_steps(jump) : 0.0;
            pay.count += 1.0;
        }
        if (uniform(rng) < accept) z_ = std::move(proposal);
        if (tune && walks)
            log_step_ += std::pow(static_cast<double>(++tuned_), -0.6) * (accept - settings_.target_accept);
        else if (!tune)
            accepted_ += accept;
    }

    /// False where p_c(.|theta) has no integral.
    template <RandomBits R>
    bool draw_auxiliary(const Vector& theta, bool tune, R& rng) {
        const auto target = problem_->coarse_target(theta);
        try {
            Auxiliary renew(coarse_engine(problem_->engine()), target);
            Configuration Y = Y_.back();
            Index moves = settings_.auxiliary_warm_up;
            for (Configuration& kept : Y_) {
                renew(Y, auxiliary_, moves, tune, rng);
                kept = Y;
                moves = settings_.auxiliary_thinning;
            }
        } catch (const NumericalError&) {
            return false;
        }
        return true;
    }

    const Problem* problem_;
    ExchangeSettings settings_;
    Index p_, m_;
    std::vector<Index> form_;  // of every datum
    const ReferenceDraws* reference_ = nullptr;
    Vector z_, mode_, statistic_;
    std::vector<Configuration> X_, Y_;
    std::vector<typename Latent::State> latent_;
    typename Auxiliary::State auxiliary_{};
    RandomWalk::State walk_{};
    Matrix step_;
    Vector centre_;  // of theta_c + step step^T (scaled features of X)
    Index centred_ = 0;
    Pay walk_pay_, independent_pay_;
    double log_step_ = 0.0, accepted_ = 0.0;
    Index tuned_ = 0;
    std::optional<double> change_here_;  // of log Z_c, by the reference draws; not saved, as z_ is
};

}  // namespace detail

}  // namespace predcg
