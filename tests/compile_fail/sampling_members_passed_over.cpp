// expect: predcg: setup(target) of a kernel goes with advance_with(made, X, rng)
// expect: predcg: adapt_with(made, X, state, rng) of a kernel would be passed over
// expect: predcg: log_density_and_gradient(X) of the target would be passed over
// expect: predcg: scales() of a space would be passed over
// expect: predcg: walls() of a space would be passed over
// expect: predcg: draw_many(count, stream_of) of the sampler would be passed over
// expect: predcg: for_one_call(target, statistic, samples) of the engine would be passed over
#include <predcg/kernels/continuous_view.hpp>
#include <predcg/kernels/kernel_run.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <tiny_models.hpp>

using namespace predcg;
using tiny::Spins;

struct Box : RealSpace<> {
    using RealSpace<>::RealSpace;
#ifdef PREDCG_TWIN
    Vector scales() const { return Vector::Ones(2); }
    std::vector<Wall> walls() const { return {}; }
#else
    double scales() const { return 1.0; }
    Wall walls() const { return {}; }
#endif
};
struct Well {
    Box space() const { return Box(2); }
    double log_density(const Vector& X) const { return -0.5 * X.squaredNorm(); }
    Vector log_density_gradient(const Vector& X) const { return -X; }
#ifdef PREDCG_TWIN
    std::pair<double, Vector> log_density_and_gradient(const Vector& X) const { return {log_density(X), -X}; }
#else
    double log_density_and_gradient(const Vector&, Vector&) const { return 0.0; }
#endif
};

struct Kernel {
    struct State {};
    struct Made {};
    template <Target T>
    Made setup(const T&) const {
        return {};
    }
    template <Target T>
    void advance(const T&, configuration_t<space_t<T>>&, State&, auto&) const {}
#ifdef PREDCG_TWIN
    void advance_with(Made&, auto&, State&, auto&) const {}
    void adapt_with(Made&, Vector&, State&, Philox4x32&) const {}
#else
    void advance_with(auto&, State&, auto&) const {}
    void adapt_with(Made&, Vector&, Philox4x32&) const {}
#endif
};

struct Draws {
    Spins draw(auto&) { return {}; }
#ifdef PREDCG_TWIN
    std::vector<Spins> draw_many(Index, const auto&) { return {}; }
#else
    std::vector<Spins> draw_many(Index) { return {}; }
#endif
};

struct Chains : MonteCarlo<HeatBath> {
    Chains with_samples(Index) const { return *this; }
#ifdef PREDCG_TWIN
    using MonteCarlo<HeatBath>::for_one_call;
#else
    Index for_one_call(const auto&, const auto&, Index samples) const { return samples; }
#endif
};

int main() {
    const detail::ContinuousView view(Well{});
    const detail::KernelRun run(Kernel{}, Well{});
    Draws sampler;
    (void)detail::draws_of_streams<Spins>(
        sampler, 2, [](Index k) { return make_stream(1, Purpose::generate, static_cast<std::uint64_t>(k)); });
    const Fit fit(Estimate{}, ising::coarse_chain({.sites = 2}), ising::bernoulli_map(), Chains{});
    (void)predict(fit, tiny::First{});
}
