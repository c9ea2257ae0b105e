#pragma once
// Learning while a simulation runs: configurations are given one by one, and forgotten.
#include <predcg/core/bytes.hpp>
#include <predcg/core/processes.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/learning/fit_run.hpp>
#include <predcg/learning/online_chains.hpp>
#include <predcg/learning/online_memory.hpp>
#include <predcg/learning/online_processes.hpp>
#include <predcg/learning/sampling_remarks.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <iosfwd>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// Settings of OnlineFit.
struct OnlineSettings {
    std::optional<double> beta{};  ///< of the configurations: needed
    Index batch = 16;              ///< configurations between two steps; fewer at the beginning
    /// So many configurations are remembered, more or less (weights count); what lies further back is
    /// forgotten: an equilibration, say.
    double window = std::numeric_limits<double>::infinity();
    /// Converged: Monte Carlo errors are within so many posterior standard deviations.
    double tolerance = 0.5;
    /// Begins anew so often at most, where it is trapped (OnlineEstimate::trapped); 0: never.
    Index restarts = 8;
    std::uint64_t seed = 1;
    std::optional<Parameters> start{};
    std::stop_token stop{};  ///< add takes nothing any more
    /// Several processes learn the same, each from configurations of its own: OnlineFit::synchronise.
    std::optional<Processes> processes{};
};

/// What has been learnt so far.
struct OnlineEstimate : Estimate {
    /// Standard errors of the parameters, of everything that is known to be uncertain: that there are
    /// finitely many configurations, that they are correlated in time, that engines sample: the larger of
    /// what independent configurations would give and of what the scatter between parts of the past gives. To
    /// it comes what the expansion may be wrong by, which matters for few configurations.
    Parameters errors;
    Parameters posterior_deviations;  ///< by the configurations if they were independent
    Parameters monte_carlo_errors;    ///< by engines that sample, alone; 0 with exact ones
    Parameters drift;       ///< Newton step left at the mean of the points where data were looked at
    bool drifting = false;  ///< early and late configurations say different things: see remarks
    /// 512 configurations or more after it began (anew) it is at no maximum that an expansion describes: the
    /// information is not positive definite, steps are cut, or errors are larger than it can tell.
    bool trapped = false;
    Index restarts = 0;        ///< how often it began anew
    Index configurations = 0;  ///< that were added, ever; data_count is the weight of those in use
};

namespace detail {

/// A learner that has a fine model: `fine()`.
template <class Learner>
concept HasFineModel = requires(const Learner learner) { learner.fine(); };

// For every configuration a new target: an old chain needs as many moves there as a new one.
template <class E>
auto online_latent_engine(const E& engine) {
    if constexpr (HasRefresh<E>) {
        auto settings = engine.settings();
        settings.refresh = std::max(settings.refresh, settings.warm_up);
        return engine.with_settings(settings);
    } else {
        return engine;
    }
}

// p_c gets as many moves as the configurations of a step together, warm-up included.
template <class E>
auto online_coarse_engine(const E& engine, Index batch) {
    if constexpr (HasRefresh<E>) {
        const auto& s = engine.settings();
        return engine.with_samples(batch * (s.samples + s.chains * s.warm_up / s.thinning));
    } else {
        return engine;
    }
}

/// The engines for online learning: those of the user where both are given, else p_c with more samples.
template <class E>
auto online_engine(const E& engine, Index batch) {
    if constexpr (has_roles<E>)
        return EngineRoles{online_latent_engine(engine.latent), engine.coarse};
    else
        return EngineRoles{online_latent_engine(engine), online_coarse_engine(engine, batch)};
}

/// chains, thinning, warm_up, refresh, samples; 0 of an exact engine, and where another engine has no such
/// setting.
template <class Engine>
std::array<Index, 5> lengths_of(const Engine& engine) {
    if constexpr (HasRefresh<Engine>) {
        const auto& s = engine.settings();
        return {s.chains, s.thinning, s.warm_up, s.refresh, s.samples};
    } else if constexpr (ResizableEngine<Engine>) {
        return {0, 0, 0, 0, engine.settings().samples};
    } else {
        return {};
    }
}

/// Covariances of means whose variances are known, with the correlations that single values have.
[[gnu::cold]] inline Matrix noise_of(const Matrix& covariance, const Vector& variances) {
    Matrix N = Matrix::Zero(variances.size(), variances.size());
    for (Index l = 0; l < variances.size(); ++l)
        for (Index k = 0; k < variances.size(); ++k) {
            const double scale = covariance(k, k) * covariance(l, l);
            const double correlation = k == l ? 1.0 : scale > 0.0 ? covariance(k, l) / std::sqrt(scale) : 0.0;
            N(k, l) = correlation * std::sqrt(variances[k] * variances[l]);
        }
    return N;
}

/// A range whose elements are configurations X, or convert to them.
template <class Range, class X>
concept RangeOf =
    InputRange<Range> && std::convertible_to<decltype(*std::begin(std::declval<const Range&>())), const X&>;

/// predict of a fit and more, found where predict/predict.hpp is included.
template <class F, class... More>
auto predict_with(const F& fit, const More&... more) {
    constexpr bool is_there = requires { predict(fit, more...); };
    static_assert(is_there, "predcg: OnlineFit::predict needs #include <predcg/predict/predict.hpp>, and an "
                            "observable of the map's fine_type");
    if constexpr (is_there) return predict(fit, more...);
}

}  // namespace detail

/// Learns while configurations come in, as from a simulation that runs: the mode of the posterior of
/// EMCoarseGrainer for all of them, with memory that does not grow.
///
///     OnlineFit online{grainer, {.beta = 1.0}};
///     online.add(configuration);              // from the host's loop, as often as there is one
///     auto fit = online.estimate();           // at any moment: a Fit
///
/// A configuration is looked at once, at the parameters of that moment: gradient and information of its
/// likelihood are added to sums, which are an expansion of the log posterior to second order. After every
/// `batch` configurations the parameters step to its mode: not further than two standard deviations of what
/// one configuration says, nor 0.5 in any z, so that expansion and chains can follow. Early looks are left
/// out where they were too far off (detail::OnlineMemory::of_use). Potentials of any form, exact and
/// sampling engines. Close to online EM (Cappe, Moulines, J. R. Stat. Soc. B 71 (2009) 593), but second-order
/// in parameters and without gains; averages as Polyak, Juditsky (1992).
///
/// With MonteCarlo the chain of p_c persists; that of q(X|x) moves on from one configuration to the next with
/// a whole warm-up, and p_c has as many samples as the configurations of a step have moves, unless
/// EngineRoles say otherwise.
///
/// A value: copies are independent. Starts no threads of its own and prints nothing. Cost of a configuration:
/// one expectation under q(X|x); of a step one under p_c.
template <class Learner>
class OnlineFit {
    using Coarse = typename Learner::Problem::CoarseType;
    using Map = typename Learner::Problem::MapType;
    using Prior = typename Learner::Problem::PriorType;
    using GivenEngine = typename Learner::Problem::EngineType;
    using Engine = decltype(detail::online_engine(std::declval<const GivenEngine&>(), Index{}));
    using Problem = LearningProblem<Coarse, Map, Engine, Prior>;
    using Data = typename Problem::Data;
    using State = typename Problem::State;
    using Form = prepared_t<Map>;
    using Configuration = typename Map::fine_type;
    static constexpr const char* name = "OnlineFit";
    static constexpr detail::ByteFrame frame{{'p', 'r', 'e', 'd', 'c', 'g', 'o', 'n'}, 4};
    static constexpr Index no_size = -1, several_sizes = -2;  // in the place of a size
    static constexpr Index patience = 512;                    // configurations before it may be trapped

public:
    /// Throws ArgumentError without beta, or for batch outside 1 to 4096, restarts outside 0 to 32, a window
    /// that is not > 0, a start of another length, or models whose sizes, letters or lengths do not fit
    /// together, as EMCoarseGrainer::prepare and LearningProblem do.
    OnlineFit(Learner learner, OnlineSettings settings) : settings_(std::move(settings)) {
        if (!settings_.beta)
            throw ArgumentError(name, "settings.beta", "absent",
                                "the inverse temperature at which the configurations are sampled");
        require_positive(*settings_.beta, name, "settings.beta");
        require_range(settings_.batch, 1, 4096, name, "settings.batch");
        require_range(settings_.restarts, 0, 32, name, "settings.restarts");
        require(settings_.window > 0.0, name, "settings.window", settings_.window, "a number > 0");
        world_.emplace(std::move(learner), settings_);
        const Vector z = detail::starts_of(world_->problem, {.starts = 1, .start = settings_.start}).front();
        memory_ = detail::OnlineMemory(z.size());
        state_ = world_->problem.state(coordinates().parameters(z), settings_.seed);
    }

    const OnlineSettings& settings() const { return settings_; }
    /// That were added, ever; with settings.processes in all of them, until the last synchronise.
    Index configurations() const { return configurations_; }

    /// Looks at one configuration. False, and nothing done, after a stop was requested. Throws ArgumentError
    /// for a weight that is not finite or < 0, a configuration of another size than the models' (before the
    /// map sees it, where the map draws), the first after load of another size than those before, or whatever
    /// the map refuses, and NumericalError where the likelihood cannot be evaluated; the configuration is
    /// then left out.
    bool add(const Configuration& x, double weight = 1.0) {
        if (settings_.stop.stop_requested()) return false;
        put(0, x, weight);
        if (weight > 0.0) look(1);
        return true;
    }

    /// Looks at all of a range, of weight 1 each: as one after the other, but for engines that do several
    /// side by side. False where a stop was requested before the end.
    template <class Range>
        requires detail::RangeOf<Range, Configuration>
    bool add(const Range& configurations) {
        Index filled = 0;
        for (const Configuration& x : configurations) {
            if (settings_.stop.stop_requested()) break;
            try {
                put(filled, x, 1.0);
            } catch (...) {  // those before it are kept
                if (filled > 0) look(filled);
                throw;
            }
            ++filled;
            if (!settings_.processes && in_block_ + filled < length_) continue;
            look(filled);
            filled = 0;
        }
        if (filled > 0) look(filled);
        return !settings_.stop.stop_requested();
    }

    /// Anything else is none: does not compile, and says so in words.
    template <class X, class... More>
        requires(!std::convertible_to<const X&, const Configuration&> &&
                 (sizeof...(More) > 0 || !detail::RangeOf<X, Configuration>))
    bool add(const X&, const More&...) {
        static_assert(!std::is_same_v<X, X>,
                      "predcg: OnlineFit::add takes a configuration of the map's fine_type, with or without "
                      "a weight, or a range of such configurations without one");
        return false;
    }

    /// With settings.processes: one step by what was added in all processes since the last call, which `add`
    /// only gathers. Collective. Afterwards all processes have the same estimate; with an exact engine the
    /// same bytes, however the configurations were shared out. False where a stop was requested in any of
    /// them. Call it after 1, 2, 4, ... configurations at the beginning, as steps are short, then after
    /// `batch` of each process or so. Throws ArgumentError without settings.processes, and in every process
    /// ProcessError where their parameters differ, as with other models or settings. Cost: p_c once, in each
    /// process, and a sum of 71 words for each of d^2 + 2 d + p^2 + 1 numbers, d statistics of potential and
    /// map, p parameters.
    bool synchronise() {
        require(settings_.processes.has_value(), "OnlineFit::synchronise", "settings.processes", "absent",
                "the processes that learn together");
        const Processes& all = *settings_.processes;
        const auto own = static_cast<Index>(checksum() >> 32);
        std::int64_t sums[3]{settings_.stop.stop_requested(), in_block_, own};
        all.sum(sums);
        if (sums[2] != own * all.size())
            throw ProcessError(
                "OnlineFit::synchronise: the processes have other parameters; models, settings "
                "and what is loaded must be the same in all");
        if (sums[1] > 0) {
            block_ = shared_.over(all, coordinates().coarse_count());
            shared_ = {};
            std::exception_ptr error;
            try {
                step();
                configurations_ += sums[1];
                leave_trap();
            } catch (...) {
                error = std::current_exception();
            }
            all.agree(error);
        }
        return sums[0] == 0;
    }

    /// What has been learnt so far, as a Fit: for predictions, posteriors, and to be kept. Takes the
    /// configurations since the last step into account, for which p_c is asked once; with settings.processes
    /// those until the last synchronise.
    Fit<Coarse, Map, GivenEngine, OnlineEstimate> estimate() const {
        OnlineFit now = *this;
        if (in_block_ > 0 && !settings_.processes) {
            now.state_.coarse_call = 1;  // numbers of its own
            now.step();
        }
        return {now.describe(), learner().coarse(), learner().map(), learner().engine()};
    }

    /// Standard errors of the estimate: OnlineEstimate::errors.
    Parameters errors() const { return estimate().errors; }

    /// The prediction of an observable with the estimate: predict(estimate(), observable, settings...).
    template <class O, class... Settings>
    auto predict(const O& observable, const Settings&... settings) const {
        return detail::predict_with(estimate(), observable, settings...);
    }

    /// Writes everything that the next configuration depends on. Throws std::runtime_error where the stream
    /// does not take it, and ArgumentError for configurations that wait for synchronise.
    [[gnu::cold]] void save(std::ostream& out) const {
        if (settings_.processes)
            require_equal(in_block_, Index{0}, "OnlineFit::save", "configurations that wait",
                          "0: call synchronise before");
        detail::ByteWriter write;
        write(identity());
        members(*this, write);
        frame.write(out, write.bytes, "OnlineFit::save");
    }

    /// Goes on where save was called, bit for bit: the same configurations then give the same bytes. For a
    /// fit of the same models and settings; not with settings.start, which is past. Throws ArgumentError for
    /// bytes that are not whole, or of other models or settings; this is then as it was.
    [[gnu::cold]] void load(std::istream& in) {
        constexpr const char* function = "OnlineFit::load";
        const std::string bytes = frame.read(in, function);
        detail::ByteReader read(bytes, function);
        Identity theirs;
        read(theirs);
        require_same(theirs, function);
        OnlineFit other = *this;
        members(other, read);
        const Index p = coordinates().coarse_count(), m = coordinates().map_count();
        const auto& block = other.block_;
        if (!read.is_empty() || !other.memory_.is_sound(p + m) || other.state_.at.theta.size() != p ||
            other.state_.at.eta.size() != m || other.length_ < 1 || other.length_ > settings_.batch ||
            other.in_block_ < 0 || other.in_block_ >= other.length_ || other.configurations_ < 0 ||
            other.restarts_ < 0 || other.restarts_ > settings_.restarts || other.began_ < 0 ||
            other.began_ > other.configurations_ || other.next_look_ < other.began_ ||
            other.next_look_ > (Index{1} << 60) || !is_sound(block, other.in_block_, p, m) ||
            !linalg::all_finite(other.state_.at.theta) || !linalg::all_finite(other.state_.at.eta) ||
            !world_->problem.is_admissible(other.state_.at) || !has_sound_chains(other.state_))
            throw ArgumentError(function, "bytes", "not those of such a fit", "what save() wrote");
        other.fine_size_ = theirs.fine_size;
        other.is_loaded_ = true;
        *this = std::move(other);
    }

private:
    /// Whether what was read can be the sums of so many configurations.
    static bool is_sound(const ExpectedStatistics& block, Index configurations, Index p, Index m) {
        if (configurations == 0) return block.is_empty();
        const Index all = p + (ScoredMap<typename Problem::MapType> ? m : block.map.size());
        return block.count > 0.0 && block.coarse.size() == p && block.noise.size() == all &&
               block.covariance.rows() == all && block.covariance.cols() == all &&
               block.coarse_hessian.rows() == p && block.coarse_hessian.cols() == p &&
               linalg::all_finite(block.coarse) && linalg::all_finite(block.map) &&
               linalg::all_finite(block.covariance) && linalg::all_finite(block.coarse_hessian);
    }

    /// Whether what was read can be where the engines' chains stand.
    bool has_sound_chains(const State& state) const {
        const Engine& engine = world_->problem.engine();
        const auto space = world_->problem.coarse().space();
        return std::ssize(state.latent) <= settings_.batch &&
               detail::can_be_state(coarse_engine(engine), state.coarse, space) &&
               std::all_of(state.latent.begin(), state.latent.end(), [&](const auto& one) {
                   return detail::can_be_state(latent_engine(engine), one, space);
               });
    }

    /// Of the parameters.
    std::uint64_t checksum() const {
        detail::ByteWriter write;
        write(state_.at.theta, state_.at.eta, static_cast<Index>(state_.iteration));
        return detail::checksum_of(write.bytes);
    }

    /// Models, and room for the configurations that are looked at together. The others refer to both.
    struct World {
        Learner learner;
        detail::DataSizes<Map, Coarse> form_of;
        Data data;
        Problem problem;

        World(Learner of, const OnlineSettings& settings)
            : learner(std::move(of)), form_of(learner.map(), learner.coarse(), name), data(empty(settings)),
              problem(learner.coarse(), learner.map(),
                      detail::online_engine(learner.engine(), settings.batch), learner.prior(), data) {
            if constexpr (detail::HasFineModel<Learner>) form_of.require_fine_model(learner.fine());
        }
        World(const World& other)
            : learner(other.learner), form_of(other.form_of.of_copy(learner.map(), learner.coarse())),
              data(other.data),
              problem(learner.coarse(), learner.map(), other.problem.engine(), learner.prior(), data) {}
        World& operator=(const World&) = delete;

        static Data empty(const OnlineSettings& settings) {
            Data data;
            data.beta = *settings.beta;
            for (Index k = 0; k < settings.batch; ++k) data.all.push_back(k);
            return data;
        }
    };

    /// On the heap, where it can stay.
    class Place {
    public:
        Place() = default;
        Place(const Place& other) : world_(other.world_ ? std::make_unique<World>(*other.world_) : nullptr) {}
        Place(Place&&) noexcept = default;
        Place& operator=(const Place& other) {
            if (this != &other) *this = Place(other);
            return *this;
        }
        Place& operator=(Place&&) noexcept = default;
        void emplace(Learner learner, const OnlineSettings& settings) {
            world_ = std::make_unique<World>(std::move(learner), settings);
        }
        World* operator->() { return world_.get(); }
        const World* operator->() const { return world_.get(); }

    private:
        std::unique_ptr<World> world_;
    };

    /// What a saved fit must have in common with this one.
    struct Identity {
        std::vector<std::string> coarse_names, map_names;
        Index coarse_size = 0, fine_size = 0, batch = 0, restarts = 0;
        std::array<Index, 5> latent{}, coarse{};  // lengths_of
        double beta = 0.0, window = 0.0, prior = 0.0;
        std::uint64_t seed = 0;

        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.coarse_names, self.map_names, self.coarse_size, self.fine_size, self.batch,
                  self.restarts, self.latent, self.coarse, self.beta, self.window, self.prior, self.seed);
        }
    };

    Identity identity() const {
        const Problem& problem = world_->problem;
        return {detail::coarse_names_of(problem.coarse()), detail::map_names_of(problem.map()),
                problem.coarse().space().size(),
                // That of the draws is the same in all processes.
                world_->form_of.fine_size().value_or(settings_.processes ? no_size : fine_size_),
                settings_.batch, settings_.restarts, detail::lengths_of(latent_engine(problem.engine())),
                detail::lengths_of(coarse_engine(problem.engine())), *settings_.beta, settings_.window,
                problem.log_prior(coordinates().bounded(Vector::Ones(coordinates().size()))), settings_.seed};
    }

    [[gnu::cold]] void require_same(const Identity& theirs, const char* function) const {
        const Identity own = identity();
        detail::require_same_names(theirs.coarse_names, own.coarse_names, function, "coarse parameters");
        detail::require_same_names(theirs.map_names, own.map_names, function, "map parameters");
        const auto same = [&](const auto& a, const auto& b, const char* what) {
            require(a == b, function, what, a, to_text(b) + ", that of this fit");
        };
        same(theirs.coarse_size, own.coarse_size, "number of coarse sites");
        if (theirs.fine_size >= 0 && own.fine_size >= 0)
            same(theirs.fine_size, own.fine_size, "size of the configurations");
        same(theirs.beta, own.beta, "settings.beta");
        same(theirs.batch, own.batch, "settings.batch");
        same(theirs.restarts, own.restarts, "settings.restarts");
        same(theirs.window, own.window, "settings.window");
        same(theirs.seed, own.seed, "settings.seed");
        constexpr std::array<const char*, 5> lengths{"chains", "thinning", "warm_up", "refresh", "samples"};
        for (std::size_t k = 0; k < lengths.size(); ++k) {
            const std::string of = std::string(lengths[k]) + " of the engine for ";
            same(theirs.latent[k], own.latent[k], (of + "q(X|x)").c_str());
            same(theirs.coarse[k], own.coarse[k], (of + "p_c").c_str());
        }
        same(theirs.prior, own.prior, "log prior density");
    }

    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.memory_, self.state_.at.theta, self.state_.at.eta, self.state_.iteration,
              self.state_.latent_call, self.state_.coarse_call, self.state_.latent, self.state_.coarse,
              self.block_.count, self.block_.log_evidence, self.block_.coarse, self.block_.map,
              self.block_.covariance, self.block_.coarse_hessian, self.block_.noise, self.in_block_,
              self.length_, self.is_cut_, self.configurations_, self.restarts_, self.began_, self.next_look_,
              self.was_trapped_);
    }

    const Learner& learner() const { return world_->learner; }
    const Coordinates& coordinates() const { return world_->problem.coordinates(); }

    /// Makes x the datum of place k.
    void put(Index k, const Configuration& x, double weight) {
        require(std::isfinite(weight) && weight >= 0.0, "OnlineFit::add", "weight", weight,
                "a finite number >= 0");
        World& world = *world_.operator->();
        Data& data = world.data;
        const auto at = static_cast<std::size_t>(k);
        const Index size = detail::size_of(x).value_or(several_sizes);
        if (is_loaded_ && size >= 0 && fine_size_ >= 0)
            require_equal(size, fine_size_, "OnlineFit::add", "size of the first configuration after load",
                          "the size of those before");
        if (at == data.forms.size()) {
            Form form = world.form_of(x);
            if (at == 0) world.problem.require_lengths(form);
            data.forms.push_back(std::move(form));
            data.weights.push_back(weight);
        } else {
            world.form_of(x, data.forms[at]);
            data.weights[at] = weight;
        }
        is_loaded_ = false;
        fine_size_ = fine_size_ == no_size || fine_size_ == size ? size : several_sizes;
    }

    /// The E-step of the first `count` places.
    void look(Index count) {
        if (std::ssize(state_.latent) < count) state_.latent.resize(static_cast<std::size_t>(count));
        const std::span<const Index> which(world_->data.all.data(), static_cast<std::size_t>(count));
        // Processes draw from streams of their own for q(X|x), and the same for p_c.
        state_.seed = settings_.seed;
        if (settings_.processes)
            state_.seed += static_cast<std::uint64_t>(settings_.processes->rank()) * 0x9e3779b97f4a7c15u;
        const ExpectedStatistics seen = world_->problem.expect(state_, which);
        state_.seed = settings_.seed;
        if (!linalg::all_finite(seen.coarse) || !linalg::all_finite(seen.map) ||
            !linalg::all_finite(seen.covariance))
            throw NumericalError("OnlineFit::add: expectations under q(X|x) are not finite");
        if (memory_.blocks() == 0 &&
            detail::stands_at_no_density(world_->problem, state_, static_cast<std::size_t>(count)))
            throw NumericalError(std::string("OnlineFit::add: ") + detail::no_density_remark);
        if (!block_.is_empty())  // it may have been read
            require_equal(block_.map.size(), seen.map.size(), "OnlineFit::add", "statistics of the map",
                          "the number of those loaded");
        in_block_ += count;
        if (settings_.processes) return shared_.add(seen);
        block_ += seen;
        configurations_ += count;
        if (in_block_ < length_) return;
        step();
        leave_trap();
    }

    /// Looks 512, 1024, 2048, ... configurations after it began whether it is trapped, and begins anew where
    /// it is at two looks in a row: a simulation that jumps is left in peace. Every start has twice the time
    /// of the one before.
    [[gnu::cold]] void leave_trap() {
        if (configurations_ < next_look_ || restarts_ == settings_.restarts) return;
        next_look_ += next_look_ - began_;
        if (!std::exchange(was_trapped_, describe().trapped) || !was_trapped_) return;
        was_trapped_ = false;
        ++restarts_;
        began_ = configurations_;
        next_look_ = began_ + (patience << restarts_);
        // At the models' own start, as it may be the first configurations that led it there, then as fits do.
        const std::vector<Vector> starts =
            detail::starts_of(world_->problem, {.starts = restarts_, .seed = settings_.seed});
        const auto which = std::min(restarts_, std::ssize(starts)) - 1;
        const auto iteration = state_.iteration;
        state_ = world_->problem.state(coordinates().parameters(starts[static_cast<std::size_t>(which)]),
                                       settings_.seed);
        state_.begin(iteration + 1);
        memory_ = detail::OnlineMemory(coordinates().size());
        length_ = 1;
        is_cut_ = false;
    }

    /// The end of a block: its expansion is remembered, and the parameters step.
    [[gnu::cold]] void step() {
        const Problem& problem = world_->problem;
        const Coordinates& c = coordinates();
        const ExpectedStatistics block = std::exchange(block_, {});
        in_block_ = 0;
        const CoarseMoments coarse = problem.expect_coarse(state_);
        LikelihoodDerivatives e =
            expand_likelihood(problem.map(), block, coarse, state_.at.eta, problem.beta());
        detail::OnlineSums sums{block.count,  1,          e.gradient,          {}, {},
                                e.observed(), e.complete, noise(block, coarse)};
        c.carry_gradient(sums.slope);
        c.carry_information(sums.information);
        c.carry_information(sums.complete);
        c.carry_information(sums.noise);
        const Vector z = c.z(state_.at);
        if (!linalg::all_finite(sums.slope) || !linalg::all_finite(sums.information))
            throw FitError("OnlineFit::add: the gradient is not finite", state_.at.theta, state_.at.eta,
                           static_cast<Index>(state_.iteration));
        sums.em_slope = sums.slope;
        sums.place = linalg::scaled(z, sums.count);
        for (Index l = 0; l < z.size(); ++l)
            for (Index k = 0; k < z.size(); ++k) {
                sums.slope[k] += sums.information(k, l) * z[l];
                sums.em_slope[k] += sums.complete(k, l) * z[l];
            }
        memory_.add(sums, settings_.window);
        state_.at = c.parameters(next(z));
        state_.begin(state_.iteration + 1);
        length_ = is_cut_ ? std::max<Index>(1, length_ / 2) : std::min(settings_.batch, 2 * length_);
    }

    /// Covariance of the gradient by sampling, in (theta_c, eta).
    Matrix noise(const ExpectedStatistics& block, const CoarseMoments& coarse) const {
        const Index p = block.coarse.size(), m = coordinates().map_count();
        if constexpr (Problem::is_exact) {
            return Matrix::Zero(p + m, p + m);
        } else {
            Matrix N = linalg::sandwich(detail::score_slope(world_->problem.map(), p, block.map.size(),
                                                            state_.at.eta, *settings_.beta),
                                        detail::noise_of(block.covariance, block.noise));
            Vector variances = coarse.gradient.standard_error;
            for (double& x : variances) x *= x;
            const Matrix of_coarse = detail::noise_of(coarse.gradient.covariance, variances);
            const double factor = *settings_.beta * block.count;
            for (Index l = 0; l < p; ++l)
                for (Index k = 0; k < p; ++k) N(k, l) += factor * factor * of_coarse(k, l);
            return N;
        }
    }

    /// The expansion's mode, as far as one step goes from z.
    Vector next(const Vector& z) {
        const detail::OnlineSums sums = memory_.sum(use_at(z).first);
        // Few looks make the information of weak directions noise: a part of the complete one, which fades,
        // keeps steps short there.
        Vector step = mode(sums, z, 0.3 / static_cast<double>(memory_.blocks()));
        linalg::add(step, z, -1.0);
        double metric = detail::quadratic(sums.complete, step) / sums.count;
        double fraction = step_fraction(step, 0.5);
        if (fraction * fraction * metric > 4.0) fraction = 2.0 / std::sqrt(metric);
        is_cut_ = fraction < 1.0;
        const Vector& lower = coordinates().lower();
        Vector to = linalg::moved(z, fraction, step, lower), gradient = sums.score(z);
        Matrix information = sums.information;
        add_prior(z, gradient, information);
        // At a bound there may be a saddle, by a symmetry, where a step ends that came without a minimum in
        // sight.
        if (!linalg::Cholesky(std::move(information)).ok())
            for (Index k = 0; k < to.size(); ++k)
                if (std::isfinite(lower[k])) to[k] = std::max(to[k], lower[k] + 0.25);
        return admissible(z, std::move(to));
    }

    detail::OnlineMemory::Use use_at(const Vector& z) const {
        Vector gradient = Vector::Zero(z.size());
        Matrix prior = Matrix::Zero(z.size(), z.size());
        add_prior(z, gradient, prior);
        return memory_.of_use(z, prior);
    }

    Vector admissible(const Vector& from, Vector to) {
        for (int halvings = 0; halvings < 60; ++halvings) {
            if (linalg::all_finite(to) && world_->problem.is_admissible(coordinates().parameters(to)))
                return to;
            is_cut_ = true;
            for (Index k = 0; k < to.size(); ++k)
                to[k] = std::isfinite(to[k]) ? 0.5 * (from[k] + to[k]) : from[k];
        }
        return from;
    }

    /// Adds gradient and minus the Hessian of the log prior.
    void add_prior(const Vector& z, Vector& gradient, Matrix& information) const {
        const Coordinates& c = coordinates();
        const auto add = [&](const auto& prior, const Vector& part, Index first) {
            const Vector slope = prior.gradient(part);
            const Matrix hessian = prior.hessian(part);
            for (Index l = 0; l < part.size(); ++l) {
                gradient[first + l] += slope[l];
                for (Index k = 0; k < part.size(); ++k) information(first + k, first + l) -= hessian(k, l);
            }
        };
        add(world_->problem.prior().coarse, c.coarse_part(z), 0);
        add(world_->problem.prior().map, c.map_part(z), c.coarse_count());
    }

    /// Of the expansion with the prior, by Newton steps from z; where its information is not positive
    /// definite one step with the complete one.
    Vector mode(const detail::OnlineSums& sums, Vector z, double damping) const {
        const Vector& lower = coordinates().lower();
        for (int iteration = 0; iteration < 20; ++iteration) {
            Vector gradient = sums.score(z), step;
            Matrix information = sums.information;
            linalg::add(information, sums.complete, damping);
            add_prior(z, gradient, information);
            bool definite = newton_step(z, information, gradient, step);
            if (!definite) {  // a step of online EM, whose expansion is concave
                gradient = sums.em_slope;
                for (Index l = 0; l < z.size(); ++l)
                    for (Index k = 0; k < z.size(); ++k) gradient[k] -= sums.complete(k, l) * z[l];
                information = sums.complete;
                add_prior(z, gradient, information);
                step = ascent_step(information, gradient);
            }
            z = linalg::moved(z, 1.0, step, lower);
            if (!definite || damping > 0.0 || linalg::largest(step) < 1e-12) break;
        }
        return z;
    }

    /// I^-1 gradient on the coordinates that are not held at a bound. False where I is not definite.
    bool newton_step(const Vector& z, Matrix information, Vector gradient, Vector& step) const {
        for (Index k = 0; k < z.size(); ++k) {
            if (z[k] > coordinates().lower()[k] || gradient[k] > 0.0) continue;
            gradient[k] = 0.0;
            for (Index l = 0; l < z.size(); ++l) information(k, l) = information(l, k) = k == l ? 1.0 : 0.0;
        }
        const linalg::Cholesky factor(std::move(information));
        step = gradient;
        if (factor.ok()) step = factor.solve(std::move(gradient));
        return factor.ok();
    }

    /// The present estimate with what is known about it.
    [[gnu::cold]] OnlineEstimate describe() const {
        const Coordinates& c = coordinates();
        const Index d = c.size();
        Vector z = c.z(state_.at);
        const Vector unknown = Vector::Constant(d, detail::undefined);
        OnlineEstimate result;
        detail::describe(result, world_->problem, {.seed = settings_.seed}, z);
        detail::add_sampling_remarks<Problem>(result.remarks);
        result.status = settings_.stop.stop_requested() ? Status::stopped : Status::limit;
        result.iterations = memory_.blocks();
        result.configurations = configurations_;
        result.errors = result.posterior_deviations = result.monte_carlo_errors = result.drift =
            c.parameters(unknown);
        result.data_count = memory_.count();
        result.restarts = restarts_;
        if (restarts_ > 0)
            result.remarks.push_back("it was trapped, and began anew " + to_text(restarts_) +
                                     (restarts_ == 1 ? " time" : " times") + ": the first " +
                                     to_text(began_) + " configurations are forgotten");
        if (memory_.used() == 0) {
            if (configurations_ > 0) return result;
            result.remarks.push_back(
                "no configuration has been added: the parameters are those of the start");
            return result;
        }
        const auto [first, bend] = use_at(z);
        const detail::OnlineSums sums = memory_.sum(first);
        result.data_count = sums.count;
        z = corrected(sums, z);
        result.parameters = c.parameters(z);
        result.likelihood = likelihood(sums, z);
        find_directions(result, sums, first);
        if (!world_->problem.prior_is_proper() && !result.directions.empty() &&
            result.status != Status::stopped)
            result.status = Status::not_identified;
        Vector gradient = sums.score(z);
        Matrix information = sums.information;
        add_prior(z, gradient, information);
        const linalg::Cholesky factor(information);
        if (!factor.ok()) {
            result.remarks.push_back("the information is not positive definite yet: errors are not known");
            note_trap(result);
            return result;
        }
        Vector total(d), posterior(d), sampling(d), drift = z;
        linalg::add(drift, sums.mean_place(), -1.0);
        const Index parts = memory_.used() - first;
        const Matrix scatter = parts > 1 ? memory_.scatter(first, z) : Matrix::Zero(d, d);
        for (Index k = 0; k < d; ++k) {
            const Vector row = factor.solve(Vector::Unit(d, k));
            posterior[k] = std::sqrt(row[k]);
            sampling[k] = std::sqrt(detail::quadratic(sums.noise, row));
            const double bent = bend * bend * row[k], sampled = detail::quadratic(sums.noise, row);
            const double scattered = parts < 4 ? 0.0 : detail::quadratic(scatter, row);
            total[k] = std::sqrt(std::max(row[k] + (std::isnan(sampled) ? 0.0 : sampled), scattered) + bent);
        }
        result.errors = c.parameters(total);
        result.posterior_deviations = c.parameters(posterior);
        result.monte_carlo_errors = c.parameters(sampling);
        result.drift = c.parameters(drift);
        judge(result, bend, z, posterior, sampling, total, parts);
        return result;
    }

    /// z with the step that is left to the expansion's mode, where that is less than a posterior standard
    /// deviation.
    Vector corrected(const detail::OnlineSums& sums, const Vector& z) const {
        const Vector best = mode(sums, z, 0.0);
        Vector gradient = sums.score(best);
        Matrix information = sums.information;
        add_prior(best, gradient, information);
        const linalg::Cholesky factor(std::move(information));
        if (!factor.ok()) return z;
        for (Index k = 0; k < z.size(); ++k)
            if (!(std::abs(best[k] - z[k]) <= std::sqrt(factor.solve(Vector::Unit(z.size(), k))[k])))
                return z;
        return world_->problem.is_admissible(coordinates().parameters(best)) ? best : z;
    }

    /// Derivatives in (theta_c, eta) of what is remembered.
    LikelihoodDerivatives likelihood(const detail::OnlineSums& sums, const Vector& z) const {
        LikelihoodDerivatives e{sums.score(z), sums.complete, sums.complete};
        linalg::add(e.missing, sums.information, -1.0);
        const Vector& factor = coordinates().factor();
        for (Index l = 0; l < z.size(); ++l) {
            e.gradient[l] *= factor[l];
            for (Index k = 0; k < z.size(); ++k) {
                e.complete(k, l) *= factor[k] * factor[l];
                e.missing(k, l) *= factor[k] * factor[l];
            }
        }
        return e;
    }

    /// Directions whose information, less two errors of its own by the scatter between parts, is below that
    /// of the weak prior.
    void find_directions(OnlineEstimate& result, const detail::OnlineSums& sums, Index first) const {
        for (Direction& direction : weak_directions(sums.information, coordinates().names(),
                                                    std::numeric_limits<double>::infinity())) {
            const double n = static_cast<double>(memory_.used() - first);
            double squares = 0.0;
            for (Index p = first; p < memory_.used(); ++p) {
                const detail::OnlineSums& part = memory_.part(p);
                const double differs = detail::quadratic(part.information, direction.coefficients) -
                                       direction.information * part.count / sums.count;
                squares += differs * differs;
            }
            const double error = n > 1.0 ? std::sqrt(squares * n / (n - 1.0)) : 0.0;
            if (direction.information - 2.0 * (Problem::is_exact ? 0.0 : error) < identified_from)
                result.directions.push_back(std::move(direction));
        }
    }

    /// Status and remarks.
    void judge(OnlineEstimate& result, double bend, const Vector& z, const Vector& posterior,
               const Vector& sampling, const Vector& total, Index parts) const {
        const auto& names = coordinates().names();
        const auto parameter = [&](Index k) { return "'" + names[static_cast<std::size_t>(k)] + "'"; };
        bool converged = bend < 1.0 && !is_cut_, is_at_maximum = converged;
        if (!converged)
            result.remarks.push_back(
                "the parameters are still on their way from where configurations were looked at: add more");
        for (Index k = 0; k < z.size(); ++k) {
            if (!(sampling[k] <= settings_.tolerance * posterior[k])) {
                converged = false;
                result.remarks.push_back(
                    std::isnan(sampling[k])
                        ? "the engine gives no standard errors: the part of Monte Carlo in the errors is not "
                          "known"
                        : "the Monte Carlo error of " + parameter(k) + " is " +
                              to_text(sampling[k] / posterior[k]) +
                              " of its posterior standard deviation: more samples of p_c and q(X|x) mend it");
            }
        }
        // A second-order expansion says nothing of maxima that are so wide.
        for (Index k = 0; k < z.size(); ++k) {
            if (!(total[k] > 1.0 && total[k] > 2.0 * posterior[k])) continue;
            converged = is_at_maximum = false;
            result.remarks.push_back(
                "what was seen says too little of " + parameter(k) + ": its error is " + to_text(total[k]) +
                " in z, more than an expansion can tell; start elsewhere, or fit the data");
        }
        if (!is_at_maximum) note_trap(result);
        if (parts < 4) {
            converged = false;
            result.remarks.push_back("fewer than four parts are remembered: errors know nothing of "
                                     "correlations in time; add more, or "
                                     "set a window of many batches");
        }
        const detail::OnlineDrift found = memory_.drift(z);
        if (found.found) {
            result.drifting = true;
            converged = false;
            result.remarks.push_back(
                "the simulation drifts: what the later half of the configurations says of " +
                parameter(found.parameter) + " differs from the earlier half by " +
                to_text(found.difference) + " standard errors; let it equilibrate, or set a window");
        }
        if (converged && result.status == Status::limit) result.status = Status::converged;
    }

    /// At no maximum, after a while.
    [[gnu::cold]] void note_trap(OnlineEstimate& result) const {
        if (configurations_ - began_ < patience) return;
        result.trapped = true;
        result.remarks.push_back(
            "it seems to be trapped, " + to_text(configurations_ - began_) +
            " configurations after it began" +
            (restarts_ < settings_.restarts
                 ? ": where that lasts it begins anew"
                 : ": begin elsewhere (settings.start), or with configurations that are further apart"));
    }

    OnlineSettings settings_;
    Place world_;
    State state_{};
    detail::OnlineMemory memory_{};
    ExpectedStatistics block_{};   // since the last step
    detail::SharedSums shared_{};  // in its place with other processes
    Index in_block_ = 0, length_ = 1, configurations_ = 0;
    // Began after so many configurations; the next look for a trap comes after so many.
    Index restarts_ = 0, began_ = 0, next_look_ = patience;
    bool was_trapped_ = false;   // at the last look
    Index fine_size_ = no_size;  // of the configurations
    bool is_loaded_ = false;     // and nothing was added since
    bool is_cut_ = false;
};

/// From an EMCoarseGrainer or a RelativeEntropy.
template <class Learner>
OnlineFit(Learner, OnlineSettings) -> OnlineFit<Learner>;

}  // namespace predcg
