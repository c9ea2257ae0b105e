#pragma once
// Learning while a simulation runs: configurations are given one by one, and forgotten.
#include <predcg/core/bytes.hpp>
#include <predcg/core/processes.hpp>
#include <predcg/learning/elements.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/learning/fit_run.hpp>
#include <predcg/learning/online_chains.hpp>
#include <predcg/learning/online_engine.hpp>
#include <predcg/learning/online_estimate.hpp>
#include <predcg/learning/online_expansion.hpp>
#include <predcg/learning/online_memory.hpp>
#include <predcg/learning/online_processes.hpp>
#include <predcg/learning/online_report.hpp>
#include <predcg/learning/online_saved.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {

/// A learner that has a fine model: `fine()`.
template <class Learner>
concept HasFineModel = requires(const Learner learner) { learner.fine(); };

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
    static constexpr Index patience = detail::OnlinePast::patience;

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

    /// Looks at a configuration of the host's own type, as a std::span or a std::vector<int>: a range whose
    /// elements, and nothing else, are copied to those of the map's fine_type; numbers to numbers, others to
    /// what they convert to. Throws as `add` of such a configuration, and ArgumentError for another number of
    /// elements where that of the fine_type cannot change, or a number that its elements cannot be (0.5 or
    /// 300 of a byte).
    template <class X>
        requires(!detail::ConfigurationFor<X, Configuration> && !detail::RangeOf<X, Configuration> &&
                 detail::ElementsFor<X, Configuration>)
    bool add(const X& x, double weight = 1.0) {
        if (settings_.stop.stop_requested()) return false;
        auto& copied = copied_.template of<Configuration>();
        detail::copy_elements(x, copied, "OnlineFit::add");
        return add(copied, weight);
    }

    /// Anything else is none: does not compile, and says so in words.
    template <class X, class... More>
        requires(!detail::ConfigurationFor<X, Configuration> &&
                 (detail::RangeOf<X, Configuration> ? sizeof...(More) > 0
                                                    : !detail::ElementsFor<X, Configuration>))
    bool add(const X&, const More&...) {
        static_assert(!std::is_same_v<X, X>,
                      "predcg: OnlineFit::add takes a configuration of the map's fine_type, or a range whose "
                      "elements convert to those of one, with or without a weight, or a range of such "
                      "configurations without one");
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
        detail::OnlineIdentity theirs;
        read(theirs);
        detail::require_same(theirs, identity(), function);
        OnlineFit other = *this;
        members(other, read);
        const Index p = coordinates().coarse_count(), m = coordinates().map_count();
        const auto& block = other.block_;
        if (!read.is_empty() || !other.memory_.is_sound(p + m) || other.state_.at.theta.size() != p ||
            other.state_.at.eta.size() != m || other.length_ < 1 || other.length_ > settings_.batch ||
            other.in_block_ < 0 || other.in_block_ >= other.length_ || other.configurations_ < 0 ||
            other.configurations_ > (Index{1} << 60) || other.restarts_ < 0 ||
            other.restarts_ > settings_.restarts || other.began_ < 0 ||
            other.began_ > other.configurations_ || other.next_look_ < other.began_ ||
            other.next_look_ > (Index{1} << 60) ||
            !detail::can_be_sums(block, other.in_block_, p, p + (ScoredMap<Map> ? m : block.map.size())) ||
            !linalg::all_finite(other.state_.at.theta) || !linalg::all_finite(other.state_.at.eta) ||
            !world_->problem.is_admissible(other.state_.at) || !has_sound_chains(other.state_))
            throw ArgumentError(function, "bytes", "not those of such a fit", "what save() wrote");
        other.fine_size_ = theirs.fine_size;
        other.is_loaded_ = true;
        *this = std::move(other);
    }

private:
    detail::OnlineExpansion<Problem> expansion() const { return {world_->problem, memory_}; }
    [[gnu::cold]] OnlineEstimate describe() const {
        return detail::OnlineReport<Problem>(world_->problem, memory_, settings_,
                                             {state_.at, configurations_, restarts_, began_, is_cut_})();
    }

    /// Whether what was read can be where the engines' chains stand.
    bool has_sound_chains(const State& state) const {
        const Engine& engine = world_->problem.engine();
        const auto space = world_->problem.coarse().space();
        return std::ssize(state.latent) <= settings_.batch &&
               detail::can_be_state(detail::coarse_engine(engine), state.coarse, space) &&
               std::all_of(state.latent.begin(), state.latent.end(), [&](const auto& one) {
                   return detail::can_be_state(detail::latent_engine(engine), one, space);
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

    detail::OnlineIdentity identity() const {
        const Problem& problem = world_->problem;
        return {
            detail::coarse_names_of(problem.coarse()), detail::map_names_of(problem.map()),
            problem.coarse().space().size(),
            // That of the draws is the same in all processes.
            world_->form_of.fine_size().value_or(settings_.processes ? no_size : fine_size_), settings_.batch,
            settings_.restarts, detail::lengths_of(detail::latent_engine(problem.engine())),
            detail::lengths_of(detail::coarse_engine(problem.engine())), *settings_.beta, settings_.window,
            problem.log_prior(coordinates().bounded(Vector::Ones(coordinates().size()))), settings_.seed};
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
        detail::OnlineSums sums = detail::OnlineSums::zero(c.size());
        sums.count = block.count;
        sums.blocks = 1;
        sums.slope = e.gradient;
        sums.information = e.observed();
        sums.complete = e.complete;
        sums.noise = expansion().noise(block, coarse, state_.at.eta);
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
        const auto next = expansion().next(z);
        is_cut_ = next.is_cut;
        state_.at = c.parameters(next.z);
        state_.begin(state_.iteration + 1);
        length_ = is_cut_ ? std::max<Index>(1, length_ / 2) : std::min(settings_.batch, 2 * length_);
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
    detail::CopiedConfiguration copied_{};  // what the host has in a type of its own
};

/// From an EMCoarseGrainer or a RelativeEntropy.
template <class Learner>
OnlineFit(Learner, OnlineSettings) -> OnlineFit<Learner>;

}  // namespace predcg
