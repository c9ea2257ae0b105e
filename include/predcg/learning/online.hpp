#pragma once
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/optimize/robbins_monro.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace predcg {

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

namespace detail {

template <class Grainer>
class OnlineRun : FitCoordinates<Grainer> {
    using Base = FitCoordinates<Grainer>;
    using Base::data_, Base::grainer_, Base::parameters_of, Base::z_of;

public:
    OnlineRun(const Grainer& grainer, const typename Grainer::Data& data, const FitSettings& fit,
              const OnlineSettings& online)
        : Base(grainer, data, fit), online_(online) {}

    FitResult operator()() {
        Vector z = this->make_starts().front();
        auto state = grainer_.make_state(data_, parameters_of(z), online_.seed);
        FitResult result;
        std::optional<ExpectedStatistics> running;
        Vector sum = Vector::Zero(z.size());
        Index averaged = 0, t = 0;
        for (Index pass = 0; pass < online_.passes && result.status != Status::stopped; ++pass) {
            const std::vector<Index> order = shuffled(static_cast<std::uint32_t>(pass));
            for (std::size_t first = 0; first < order.size(); first += batch(), ++t) {
                if (online_.stop.stop_requested()) {
                    result.status = Status::stopped;
                    break;
                }
                state.iteration = static_cast<std::uint32_t>(t);
                const auto part =
                    std::span<const Index>(order).subspan(first, std::min(batch(), order.size() - first));
                step(state, running, part, t);
                const Vector next = z_of({state.theta, state.eta});
                const double nan = std::numeric_limits<double>::quiet_NaN();
                TraceEntry entry{0,   t, state.theta, state.eta, nan, nan, linalg::largest(Vector(next - z)),
                                 true};
                if (online_.observer) online_.observer(entry);
                result.trace.push_back(std::move(entry));
                z = next;
                if (2 * pass >= online_.passes) {
                    sum += z;
                    ++averaged;
                }
            }
        }
        if (averaged > 0) z = sum / static_cast<double>(averaged);
        result.iterations = t;
        return finish(std::move(result), z, averaged);
    }

private:
    std::size_t batch() const { return static_cast<std::size_t>(online_.batch); }

    std::vector<Index> shuffled(std::uint32_t pass) const {
        std::vector<Index> order = data_.all;
        auto rng = make_stream(online_.seed, Purpose::batch, 1, pass);
        for (std::size_t k = order.size(); k > 1; --k)
            std::swap(order[k - 1],
                      order[static_cast<std::size_t>(uniform_index(rng, static_cast<Index>(k)))]);
        return order;
    }

    /// s <- (1 - gamma) s + gamma (the batch's statistics, as if it were all data); then the M-step.
    void step(typename Grainer::State& state, std::optional<ExpectedStatistics>& running,
              std::span<const Index> part, Index t) const {
        ExpectedStatistics fresh = grainer_.expect(state, data_, part);
        fresh *= data_.count / fresh.count;
        const double gain = Gains{.alpha = 1.0, .A = 1.0, .rho = online_.rho}(t);
        if (!running) {
            running = std::move(fresh);
        } else {
            *running *= 1.0 - gain;
            fresh *= gain;
            *running += fresh;
        }
        const Vector theta = state.theta;
        grainer_.maximise(state, *running);
        // Sampled moments of p_c are noisy: the parameters, too, are averaged as they go.
        if (!Grainer::is_exact) state.theta = theta + gain * (state.theta - theta);
    }

    FitResult finish(FitResult result, const Vector& z, Index averaged) const {
        auto state = grainer_.make_state(data_, parameters_of(z), online_.seed);
        state.iteration = static_cast<std::uint32_t>(result.iterations);
        ExpectedStatistics statistics = grainer_.expect(state, data_);
        LikelihoodExpansion likelihood = expand_likelihood(
            grainer_.map(), statistics, grainer_.expect_coarse(state), state.eta, data_.beta);
        const FitPoint end = this->posterior_point(z, std::move(statistics), std::move(likelihood));
        result.directions = weak_directions(end.information, this->all_names_);
        const linalg::Cholesky factor(end.posterior_information);
        if (result.status != Status::stopped) {
            result.status = factor.ok() ? Status::converged : Status::limit;
            const Vector drift = factor.ok() ? factor.solve(end.gradient) : Vector(Vector::Zero(0));
            for (Index k = 0; k < drift.size(); ++k)
                if (std::abs(drift[k]) >
                    online_.tolerance * std::sqrt(factor.solve(Vector::Unit(z.size(), k))[k]))
                    result.status = Status::limit;
            if (!this->prior_is_proper() && !result.directions.empty())
                result.status = Status::not_identified;
            if (factor.ok()) result.monte_carlo = MonteCarloReport{{}, parameters_of(drift), averaged, 0, 0};
        }
        result.likelihood = end.likelihood;
        result.log_likelihood = result.log_posterior = std::numeric_limits<double>::quiet_NaN();
        if constexpr (Grainer::is_exact) {
            result.log_likelihood = end.likelihood.log_likelihood;
            result.log_posterior = end.value;
        }
        return this->describe(std::move(result), z);
    }

    const OnlineSettings& online_;
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
    -> Fit<Coarse, Map, Engine> {
    static_assert(LinearCoarsePotential<Coarse>,
                  "predcg: online EM needs a potential that is linear in theta: features(X)");
    require_range(settings.batch, 1, static_cast<Index>(data.forms.size()), "fit_online", "batch",
                  "the number of distinct data");
    require_range(settings.passes, 1, std::numeric_limits<Index>::max(), "fit_online", "passes");
    using Grainer = EMCoarseGrainer<Fine, Coarse, Map, Engine, Optimizer, Prior>;
    const FitSettings fit{.seed = settings.seed, .start = settings.start};
    return {detail::OnlineRun<Grainer>(grainer, data, fit, settings)(), grainer.coarse(), grainer.map(),
            grainer.engine()};
}

}  // namespace predcg
