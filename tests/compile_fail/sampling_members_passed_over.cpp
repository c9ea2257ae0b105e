// expect: predcg: setup(target) of a kernel goes with advance_with(made, X, rng)
// expect: predcg: adapt_with(made, X, state, rng) of a kernel would be passed over
// expect: predcg: log_density_and_gradient(X) of the target would be passed over
// expect: predcg: add_log_density_gradient(X, sum, room) of the target would be passed over
// expect: predcg: scales() of a space would be passed over
// expect: predcg: walls() of a space would be passed over
// expect: predcg: draw_many(count, stream_of) of the sampler would be passed over
// expect: predcg: for_one_call(target, statistic, samples) of the engine would be passed over
#include <passed_over_form.hpp>
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

template <class Space = RealSpace<>>
struct Well {
    Space space() const { return Space(2); }
    double log_density(const Vector& X) const { return -0.5 * X.squaredNorm(); }
    Vector log_density_gradient(const Vector& X) const { return -X; }
};
struct Both : Well<> {
    Form<std::pair<double, Vector>, Vector> log_density_and_gradient(const Vector&) const { return {}; }
};
struct Adds : Well<> {
    double add_log_density_gradient(const Vector&, Vector&, Form<Vector, Index>&) const { return 0.0; }
};
struct Scales : RealSpace<> {
    using RealSpace<>::RealSpace;
    Form<Vector, double> scales() const { return {}; }
};
struct Walls : RealSpace<> {
    using RealSpace<>::RealSpace;
    Form<std::vector<Wall>, Wall> walls() const { return {}; }
};

struct Kernel {
    struct State {};
    struct Made {};
    Made setup(const auto&) const { return {}; }
    void advance(const auto&, auto&, State&, auto&) const {}
};
struct Advances : Kernel {
    void advance_with(Form<Made, Index>&, auto&, State&, auto&) const {}
};
struct Adapts : Kernel {
    void advance_with(Made&, auto&, State&, auto&) const {}
    void adapt_with(Form<Made, Index>&, Vector&, State&, Philox4x32&) const {}
};

struct Draws {
    Spins draw(auto&) { return {}; }
    Form<std::vector<Spins>, Spins> draw_many(Index, const auto&) { return {}; }
};

struct Chains : MonteCarlo<HeatBath> {
    Chains() = default;
    Chains with_samples(Index) const { return *this; }
    Chains with_settings(const MonteCarloSettings&) const { return *this; }
    Form<MonteCarlo<HeatBath>, Index> for_one_call(const auto&, const auto&, Index) const {
        return Form<MonteCarlo<HeatBath>, Index>();
    }
};

int main() {
    const detail::KernelRun advances(Advances{}, Well{});
    const detail::KernelRun adapts(Adapts{}, Well{});
    const detail::ContinuousView both(Both{});
    const detail::ContinuousView adds(Adds{});
    const detail::ContinuousView scales(Well<Scales>{});
    const detail::ContinuousView walls(Well<Walls>{});
    Draws draws;
    const auto stream_of = [](Index k) {
        return make_stream(1, Purpose::generate, static_cast<std::uint64_t>(k));
    };
    (void)detail::draws_of_streams<Spins>(draws, 2, stream_of);
    const Fit fit(Estimate{}, ising::coarse_chain({.sites = 2}), ising::bernoulli_map(), Chains{});
    (void)predict(fit, tiny::First{});
}
