#pragma once
// One chain of exchange_posterior: data augmentation, and the exchange algorithm for theta_c.
#include <predcg/engines/roles.hpp>
#include <predcg/kernels/random_walk.hpp>
#include <predcg/learning/fit_coordinates.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/posterior/renewal.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <algorithm>
#include <cmath>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

struct ExchangeSettings {
    Index draws = 4000;  ///< kept, of all chains together
    Index chains = 4;
    Index warm_up = 1000;           ///< sweeps of each chain before the first draw that is kept
    Index thinning = 10;            ///< sweeps from draw to draw
    Index latent_moves = 2;         ///< for each datum and sweep, where q(X|x) is not drawn exactly
    Index auxiliary_warm_up = 50;   ///< moves before the first draw of a proposed p_c, where not exact
    Index auxiliary_thinning = 10;  ///< moves from one such draw to the next
    double dispersion = 2.0;        ///< of the starts, in standard deviations at the mode
    double target_accept = 0.3;     ///< of the moves of theta_c and of eta, tuned in warm-up
    double largest_r_hat = 1.01;    ///< beyond it, or with fewer effective draws a chain than
    double smallest_ess = 100.0;    ///< this, the result is flagged as not reliable
    std::uint64_t seed = 1;
    Index threads = 1;  ///< chains at work at the same time; results do not depend on it
    std::stop_token stop{};
};

namespace detail {

/// log p(x | X, eta) + log prior(eta) with the map's statistic of all data at their present X.
template <class Map, class Prior>
struct CompleteMapDensity {
    const Map& map;
    const Prior& prior;
    Vector statistic;
    double count = 0.0;

    RealSpace<> space() const { return RealSpace<>(map.parameter_count()); }
    double log_density(const Vector& eta) const {
        const double value = prior.log_density(eta);
        return std::isfinite(value) ? value + map_expansion(map, statistic, count, eta).value : value;
    }
};

/// sum_k U(X_k, to) - U(X_k, from).
template <CoarsePotential U, class Configurations>
double energy_change(const U& potential, const Configurations& all, const Vector& from, const Vector& to) {
    double change = 0.0;
    for (const auto& X : all)
        if constexpr (LinearCoarsePotential<U>)
            change += potential.features(X).dot(to - from);
        else
            change += energy(potential, X, to) - energy(potential, X, from);
    return change;
}

/// One chain over (theta_c, eta, X_1 .. X_N).
template <class Grainer>
class ExchangeChain : FitCoordinates<Grainer> {
    using Base = FitCoordinates<Grainer>;
    using Base::data_, Base::grainer_, Base::lower_, Base::m_, Base::p_;
    using Engine = std::remove_cvref_t<decltype(std::declval<const Grainer&>().engine())>;
    using Latent = Renewal<latent_engine_t<Engine>, typename Grainer::LatentTarget>;
    using Auxiliary = Renewal<coarse_engine_t<Engine>, typename Grainer::CoarseTarget>;
    using Configuration = configuration_t<space_t<typename Grainer::CoarseTarget>>;

public:
    static constexpr bool exact_auxiliary = Auxiliary::exact;

    /// Where chains start and how far they step: informations in z at the mode, by one E-step.
    struct Scales {
        Vector mode;
        Matrix spread;  ///< of the posterior
        Matrix step;    ///< of theta_c given X
    };

    /// Throws ArgumentError for weights that are no numbers of data: augmentation needs whole data.
    ExchangeChain(const Grainer& grainer, const typename Grainer::Data& data, ExchangeSettings settings)
        : Base(grainer, data), settings_(std::move(settings)) {
        for (std::size_t k = 0; k < data.forms.size(); ++k) {
            const double w = data.weights[k];
            require(w == std::floor(w), "exchange_posterior", "weight of a datum", w, "a whole number");
            form_.insert(form_.end(), static_cast<std::size_t>(w), k);
        }
    }

    using Base::parameters_of;
    using Base::prior_is_proper;

    Scales scales(const Parameters& mode) const {
        auto state = grainer_.make_state(data_, mode, settings_.seed);
        ExpectedStatistics statistics = grainer_.expect(state, data_);
        LikelihoodExpansion likelihood = expand_likelihood(
            grainer_.map(), statistics, grainer_.expect_coarse(state), mode.eta, data_.beta);
        const Vector z = this->z_of(mode);
        const FitPoint at = this->posterior_point(z, statistics, likelihood);
        likelihood.missing.setZero();
        const FitPoint complete = this->posterior_point(z, std::move(statistics), std::move(likelihood));
        return {z, whitening(at.posterior_information),
                whitening(complete.posterior_information.topLeftCorner(p_, p_))};
    }

    template <RandomBits R>
    void start(const Scales& at, R& rng) {
        step_ = at.step;
        log_step_ = p_ > 0 ? std::log(2.4 / std::sqrt(static_cast<double>(p_))) : 0.0;
        z_ = dispersed(at, rng);
        const auto space = grainer_.coarse().space();
        for (std::size_t k = 0; k < form_.size(); ++k) X_.push_back(space.random(rng));
        latent_.resize(form_.size());
        Y_.assign(form_.size(), space.random(rng));
    }

    template <RandomBits R>
    void sweep(bool tune, R& rng) {
        renew_latent(tune, rng);
        if (m_ > 0) move_map(tune, rng);
        if (p_ > 0) exchange(tune, rng);
    }

    Parameters parameters() const { return parameters_of(z_); }
    double accepted() const { return accepted_; }  ///< sum of the probabilities after warm-up

private:
    template <RandomBits R>
    Vector dispersed(const Scales& at, R& rng) const {
        double width = settings_.dispersion;
        for (int attempt = 0; attempt < 100; ++attempt, width *= 0.9) {
            Vector z = at.mode + width * at.spread * standard_normal_vector(rng, p_ + m_);
            for (Index k = 0; k < z.size(); ++k)
                if (z[k] < lower_[k]) z[k] = 2.0 * lower_[k] - z[k];
            if (is_admissible(grainer_.coarse(), parameters_of(z).theta) &&
                std::isfinite(log_prior_coarse(z.head(p_)) + grainer_.prior().map.log_density(z.tail(m_))))
                return z;
        }
        return at.mode;
    }

    double log_prior_coarse(const Vector& z) const { return grainer_.prior().coarse.log_density(z); }

    /// X_i | x_i, theta_c, eta, and the sum of the map's statistic.
    template <RandomBits R>
    void renew_latent(bool tune, R& rng) {
        const Parameters at = parameters_of(z_);
        const auto coarse = boltzmann(grainer_.coarse(), at.theta, data_.beta);
        const auto& engine = latent_engine(grainer_.engine());
        statistic_ = Vector();
        for (std::size_t k = 0; k < form_.size();) {
            const std::size_t form = form_[k];
            const auto& x = data_.forms[form];
            const typename Grainer::LatentTarget target(coarse, grainer_.map().likelihood(x, at.eta));
            const auto statistic = map_statistic(grainer_.map(), x);
            if (statistic_.size() == 0) statistic_ = Vector::Zero(statistic.size());
            for (Latent renew(engine, target); k < form_.size() && form_[k] == form; ++k) {
                renew(X_[k], latent_[k], settings_.latent_moves, tune, rng);
                statistic_ += statistic(X_[k]);
            }
        }
    }

    /// eta | X, x: a step of a random walk.
    template <RandomBits R>
    void move_map(bool tune, R& rng) {
        using Density = CompleteMapDensity<std::remove_cvref_t<decltype(grainer_.map())>,
                                           std::remove_cvref_t<decltype(grainer_.prior().map)>>;
        const Density density{grainer_.map(), grainer_.prior().map, statistic_, data_.count};
        KernelRun<RandomWalk, Density> run(RandomWalk{.target_accept = settings_.target_accept}, density);
        Vector eta = z_.tail(m_);
        tune ? run.warm_up(eta, walk_, rng) : run.advance(eta, walk_, rng);
        z_.tail(m_) = eta;
    }

    /// theta_c | X: proposes theta', draws Y_1 .. Y_N of p_c(.|theta') and accepts with
    ///     exp(beta sum_i [U(X_i, theta) - U(X_i, theta') + U(Y_i, theta') - U(Y_i, theta)]) prior ratio,
    /// in which the normalisations of p_c cancel. Murray, Ghahramani, MacKay 2006, algorithm 2.
    template <RandomBits R>
    void exchange(bool tune, R& rng) {
        Vector proposal = z_;
        proposal.head(p_) += std::exp(log_step_) * (step_ * standard_normal_vector(rng, p_));
        const Vector theta = parameters_of(z_).theta, other = parameters_of(proposal).theta;
        const double prior = log_prior_coarse(proposal.head(p_)) - log_prior_coarse(z_.head(p_));
        double accept = 0.0;
        if (std::isfinite(prior) && is_admissible(grainer_.coarse(), other) &&
            draw_auxiliary(other, tune, rng)) {
            const double change = energy_change(grainer_.coarse(), Y_, theta, other) -
                                  energy_change(grainer_.coarse(), X_, theta, other);
            accept = std::exp(std::min(0.0, data_.beta * change + prior));
        }
        if (uniform(rng) < accept) z_ = std::move(proposal);
        if (tune)
            log_step_ += std::pow(static_cast<double>(++tuned_), -0.6) * (accept - settings_.target_accept);
        else
            accepted_ += accept;
    }

    /// False where p_c(.|theta) has no integral.
    template <RandomBits R>
    bool draw_auxiliary(const Vector& theta, bool tune, R& rng) {
        const auto target = boltzmann(grainer_.coarse(), theta, data_.beta);
        try {
            Auxiliary renew(coarse_engine(grainer_.engine()), target);
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

    ExchangeSettings settings_;
    std::vector<std::size_t> form_;  // of every datum
    Vector z_, statistic_;
    std::vector<Configuration> X_, Y_;
    std::vector<typename Latent::State> latent_;
    typename Auxiliary::State auxiliary_{};
    RandomWalk::State walk_{};
    Matrix step_;
    double log_step_ = 0.0, accepted_ = 0.0;
    Index tuned_ = 0;
};

}  // namespace detail

}  // namespace predcg
