#pragma once
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/optimize/robbins_monro.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace predcg {

/// Settings of fit_online.
struct OnlineSettings {
    Index batch = 10;   ///< data in a step
    Index passes = 50;  ///< over the data, each in a new random order
    double rho = 0.6;   ///< gains gamma_t = (t + 1)^-rho, 1/2 < rho <= 1
    std::uint64_t seed = 1;
    std::optional<Parameters> start{};
    double tolerance = 0.1;  ///< converged: the Newton step left, in posterior standard deviations
    std::function<void(const TraceEntry&)> observer{};
    std::stop_token stop{};
};

/// Of online EM: an average over steps.
struct OnlineEstimate : Estimate {
    Parameters drift;    ///< Newton step left; empty where the information is not definite
    Index averaged = 0;  ///< steps in the average
    std::optional<double> log_likelihood{};  ///< with an exact engine
    std::optional<double> log_posterior{};
};

namespace detail {

template <class Problem>
class OnlineAscent {
    using State = typename Problem::State;

public:
    OnlineAscent(const Problem& problem, const OnlineSettings& settings)
        : problem_(problem), c_(problem.coordinates()), settings_(settings),
          fit_{.seed = settings.seed, .start = settings.start} {}

    OnlineEstimate operator()() {
        Vector z = starts_of(problem_, fit_).front();
        State state = problem_.state(c_.parameters(z), settings_.seed);
        OnlineEstimate result;
        std::optional<ExpectedStatistics> running;
        Vector sum = Vector::Zero(z.size());
        Index t = 0;
        for (Index pass = 0; pass < settings_.passes && result.status != Status::stopped; ++pass) {
            const std::vector<Index> order = shuffled(static_cast<std::uint64_t>(pass));
            for (std::size_t first = 0; first < order.size(); first += batch(), ++t) {
                if (settings_.stop.stop_requested()) {
                    result.status = Status::stopped;
                    break;
                }
                state.begin(static_cast<std::uint32_t>(t));
                const auto part =
                    std::span<const Index>(order).subspan(first, std::min(batch(), order.size() - first));
                step(state, running, part, t);
                const Vector next = c_.z(state.at);
                TraceEntry entry{
                    0, t, state.at.theta, state.at.eta, {}, {}, linalg::largest(Vector(next - z)), true};
                if (settings_.observer) settings_.observer(entry);
                result.trace.push_back(std::move(entry));
                z = next;
                if (2 * pass >= settings_.passes) {
                    sum += z;
                    ++result.averaged;
                }
            }
        }
        if (result.averaged > 0) z = sum / static_cast<double>(result.averaged);
        result.iterations = t;
        finish(result, z);
        return result;
    }

private:
    std::size_t batch() const { return static_cast<std::size_t>(settings_.batch); }

    std::vector<Index> shuffled(std::uint64_t pass) const {
        std::vector<Index> order = problem_.data().all;
        auto rng = make_stream(settings_.seed, Purpose::pass, pass);
        for (std::size_t k = order.size(); k > 1; --k)
            std::swap(order[k - 1],
                      order[static_cast<std::size_t>(uniform_index(rng, static_cast<Index>(k)))]);
        return order;
    }

    /// s <- (1 - gamma) s + gamma (the batch's statistics, as if it were all data); then the M-step.
    void step(State& state, std::optional<ExpectedStatistics>& running, std::span<const Index> part,
              Index t) const {
        ExpectedStatistics fresh = problem_.expect(state, part);
        fresh *= problem_.data().count / fresh.count;
        const double gain = Gains{.alpha = 1.0, .A = 1.0, .rho = settings_.rho}(t);
        if (!running) {
            running = std::move(fresh);
        } else {
            *running *= 1.0 - gain;
            fresh *= gain;
            *running += fresh;
        }
        const Vector theta = state.at.theta;
        problem_.maximise(state, *running);
        // Sampled moments of p_c are noisy: the parameters, too, are averaged as they go.
        if (!Problem::is_exact) state.at.theta = theta + gain * (state.at.theta - theta);
    }

    void finish(OnlineEstimate& result, const Vector& z) const {
        State state = problem_.state(c_.parameters(z), settings_.seed);
        state.begin(static_cast<std::uint32_t>(result.iterations));
        LearningPoint end = problem_.point(state);
        result.directions = weak_directions(end.information, c_.names());
        const linalg::Cholesky factor(end.posterior_information);
        if (result.status != Status::stopped) {
            result.status = factor.ok() ? Status::converged : Status::limit;
            const Vector drift = factor.ok() ? factor.solve(end.gradient) : Vector(Vector::Zero(0));
            for (Index k = 0; k < drift.size(); ++k)
                if (std::abs(drift[k]) >
                    settings_.tolerance * std::sqrt(factor.solve(Vector::Unit(z.size(), k))[k]))
                    result.status = Status::limit;
            if (!problem_.prior_is_proper() && !result.directions.empty())
                result.status = Status::not_identified;
            if (factor.ok()) result.drift = c_.parameters(drift);
        }
        if constexpr (Problem::is_exact) {
            result.log_likelihood = end.log_likelihood;
            result.log_posterior = end.value;
        }
        result.likelihood = std::move(end.likelihood);
        describe(result, problem_, fit_, z);
    }

    const Problem& problem_;
    const Coordinates& c_;
    const OnlineSettings& settings_;
    FitSettings fit_;
};

}  // namespace detail

/// Online EM: the expected statistics are a running average over minibatches, and every step ends with an
/// M-step on it; iterates of the second half of the passes are averaged. For potentials linear in theta.
/// Memory and cost of a step do not grow with the data. Cappe, Moulines, J. R. Stat. Soc. B 71 (2009) 593,
/// eq. 9. Throws ArgumentError for batch outside 1..number of distinct data, passes < 1 or rho outside
/// (1/2, 1].
template <class Fine, class Coarse, class Map, class Engine, class Optimizer, class Prior>
auto fit_online(const EMCoarseGrainer<Fine, Coarse, Map, Engine, Optimizer, Prior>& grainer,
                const PreparedData<prepared_t<Map>>& data, const OnlineSettings& settings = {})
    -> Fit<Coarse, Map, Engine, OnlineEstimate> {
    static_assert(LinearCoarsePotential<Coarse>,
                  "predcg: online EM needs a potential that is linear in theta: features(X)");
    detail::require_here(data, "fit_online");
    require_range(settings.batch, 1, static_cast<Index>(data.forms.size()), "fit_online", "batch",
                  "the number of distinct data");
    require_range(settings.passes, 1, std::numeric_limits<Index>::max(), "fit_online", "passes");
    const auto problem = grainer.problem(data);
    return {detail::OnlineAscent<std::remove_const_t<decltype(problem)>>(problem, settings)(),
            grainer.coarse(), grainer.map(), grainer.engine()};
}

}  // namespace predcg
