// A benchmark of one's own potential, its sizes known when compiled or when run. A template: change it.
#include <predcg/predcg.hpp>

#include <benchmark/benchmark.h>

using namespace predcg;

// U_c = - theta_1 sum_i X_i X_{i+1} - theta_2 sum_i X_i X_{i+1} X_{i+2}
template <Index Sites = dynamic>
struct MyPotential {
    ising::SpinSpace<Sites> spins;

    const auto& space() const { return spins; }
    static constexpr Index parameter_count() { return 2; }
    static constexpr bool translation_invariant() { return true; }
    Window window() const { return {3, Boundary::periodic}; }
    Eigen::Vector2d local_features(Index, std::span<const ising::Spin> w) const {
        return {-w[0] * w[1], -w[0] * w[1] * w[2]};
    }
    template <class X>
    Eigen::Vector2d features(const X& x) const {
        Eigen::Vector2d f(0.0, 0.0);
        const auto n = static_cast<std::size_t>(spins.size());
        for (std::size_t i = 0; i < n; ++i) {
            const int pair = x[i] * x[(i + 1) % n];
            f -= Eigen::Vector2d(pair, pair * x[(i + 2) % n]);
        }
        return f;
    }
};

template <class Potential>
void features(benchmark::State& state, const Potential& potential) {
    auto rng = make_stream(1, Purpose::check);
    const auto X = potential.space().random(rng);
    for (auto _ : state) {
        benchmark::DoNotOptimize(X.data());
        benchmark::DoNotOptimize(potential.features(X));
    }
}

template <class Fine, class Potential, class Map>
void fit(benchmark::State& state, const Fine& fine, const Potential& potential, const Map& map) {
    const auto data = generate(fine, {.beta = 0.3, .samples = 50});
    const EMCoarseGrainer grainer{fine, potential, map, TransferMatrix{}};
    for (auto _ : state) benchmark::DoNotOptimize(grainer.fit(data));
}

int main(int argc, char** argv) {
    set_threads(1);  // times are those of one processor
    const MyPotential<> run_time{ising::spin_space(16)};
    const MyPotential<16> compile_time{ising::spin_space<16>(16)};
    benchmark::RegisterBenchmark("features/run time", features<MyPotential<>>, run_time);
    benchmark::RegisterBenchmark("features/compile time", features<MyPotential<16>>, compile_time);
    benchmark::RegisterBenchmark("fit/run time", [&](benchmark::State& state) {
        fit(state, ising::chain({.sites = 32}), run_time, ising::bernoulli_map({.level = 2}));
    });
    benchmark::RegisterBenchmark("fit/compile time", [&](benchmark::State& state) {
        fit(state, ising::chain<32>({}), compile_time, ising::bernoulli_map<32, 16>());
    });
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
