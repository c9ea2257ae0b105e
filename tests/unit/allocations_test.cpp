// How often an iteration of a fit asks for memory, with a global operator new that counts. Eigen's own
// vectors and matrices of run-time size come from malloc and are not counted.
#include <predcg/core/space.hpp>
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/kernels/kernel_run.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior/log_posterior.hpp>
#include <predcg/predict/fine_scale.hpp>

#include "ising_grainer.hpp"
#include "on_threads.hpp"
#include "square_ising.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <ostream>
#include <thread>
#include <vector>

namespace {
thread_local long calls = 0;           // of operator new
thread_local std::size_t largest = 0;  // of its calls, bytes

void* counted(std::size_t size, std::size_t alignment) {
    ++calls;
    largest = std::max(largest, size);
    size = (size + alignment - 1) / alignment * alignment;
    if (void* memory = std::aligned_alloc(alignment, size > 0 ? size : alignment)) return memory;
    throw std::bad_alloc();
}
}  // namespace

// Not inlined: g++ would warn of new and free that do not match.
[[gnu::noinline]] void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}

using namespace predcg;

namespace {

/// Calls of operator new in the second call of f.
template <class F>
long calls_of(F&& f) {
    f();
    const long before = calls;
    f();
    return calls - before;
}

struct Model {
    const char* name;
    ising::CoarseChainSettings chain;
};
std::ostream& operator<<(std::ostream& out, const Model& model) { return out << model.name; }

class Allocations : public testing::TestWithParam<Model> {
protected:
    support::OnThreads one{1};  // several keep the sums of all chunks
    support::IsingGrainer grainer =
        support::ising_grainer(GetParam().chain, 2, support::any_prior(weak_prior()));
    support::IsingGrainer::Data data = grainer.prepare(
        generate(ising::chain({.sites = 32, .field = 0.3}), {.beta = 0.3}).configurations, 0.3);
    Parameters at{Vector::Constant(grainer.coarse().parameter_count(), 0.2), Vector::Constant(1, 1.0)};
};

TEST_P(Allocations, TheCounterCounts) {
    EXPECT_EQ(calls_of([] { delete new int(1); }), 1);
    EXPECT_EQ(calls_of([] { std::vector<double> two(2), three(3); }), 2);
}

TEST_P(Allocations, AnIterationAsksForNoMemory) {
    const auto problem = grainer.problem(data);
    auto state = problem.state(at);
    EXPECT_EQ(calls_of([&] { problem.expect_means(state); }), 0);
    EXPECT_EQ(calls_of([&] { problem.expect(state); }), 0);
    EXPECT_EQ(calls_of([&] { problem.expect_coarse(state); }), 0);
    EXPECT_EQ(calls_of([&] { problem.point(state); }), 0);
}

// Chains that move side by side, once they are there.
TEST_P(Allocations, AnIterationOfMonteCarloAsksForNoMemory) {
    const EMCoarseGrainer sampling{
        SamplesOnly<support::Spins>{},
        ising::coarse_chain(GetParam().chain),
        ising::bernoulli_map({.level = 2}),
        MonteCarlo(HeatBath{}, {.samples = 50, .chains = 50, .warm_up = 4, .standard_errors = false}),
        RobbinsMonro{},
        weak_prior()};
    const auto drawn = sampling.prepare(
        generate(ising::chain({.sites = 32, .field = 0.3}), {.beta = 0.3}).configurations, 0.3);
    const auto problem = sampling.problem(drawn);
    auto state = problem.state(at);
    EXPECT_EQ(calls_of([&] { problem.expect(state); }), 0);
    EXPECT_EQ(calls_of([&] { problem.expect_coarse(state); }), 0);
    EXPECT_EQ(calls_of([&] { problem.point(state); }), 0);
    EXPECT_FALSE(state.latent[0].replicas.empty());  // side by side indeed
}

// The one is the engines' states of the data.
TEST_P(Allocations, AGradientOfThePosteriorAsksOnce) {
    const auto problem = grainer.problem(data);
    const Vector z = problem.coordinates().z(at);
    EXPECT_LE(calls_of([&] { problem.value_and_gradient(z); }), 1);
}

/// Block sums in the memory of those before.
struct SumsInPlace : ising::BernoulliMap<> {
    explicit SumsInPlace(ising::BernoulliMap<> map) : ising::BernoulliMap<>(std::move(map)) {}

    using ising::BernoulliMap<>::prepare;
    void prepare(const support::Spins& x, ising::BlockSums& into) const {
        std::size_t i = 0;
        for (std::int16_t& block : into.sums) {
            int sum = 0;
            for (Index k = 0; k < into.level; ++k) sum += x[i++];
            block = static_cast<std::int16_t>(sum);
        }
    }
};

// After the first ones; the steps between blocks included.
template <class Grainer, class Data>
long calls_of_online_fit(const Grainer& grainer, const Data& data) {
    OnlineFit online{grainer, {.beta = 0.3, .batch = 4}};
    const std::size_t half = data.size() / 2;
    for (std::size_t k = 0; k < half; ++k) online.add(data[k]);
    const auto of_the_host = [](const auto& x) { return std::span(x); };
    online.add(of_the_host(data[0]));
    const long before = calls;
    for (std::size_t k = half; k < data.size(); ++k)
        k % 2 == 0 ? online.add(data[k]) : online.add(of_the_host(data[k]));
    return calls - before;
}
TEST_P(Allocations, AConfigurationOfOnlineLearningAsksForNoMemory) {
    const EMCoarseGrainer in_place{SamplesOnly<support::Spins>{},
                                   ising::coarse_chain(GetParam().chain),
                                   SumsInPlace{ising::bernoulli_map({.level = 2})},
                                   TransferMatrix{},
                                   Newton{},
                                   weak_prior()};
    EXPECT_EQ(
        calls_of_online_fit(
            in_place, generate(ising::chain({.sites = 32, .field = 0.3}), {.beta = 0.3}).configurations),
        0);
}

/// The same with sums of 2 x 2 blocks.
struct LatticeInPlace : square_ising::BlockMap {
    using square_ising::BlockMap::prepare;
    void prepare(const support::Spins& x, Sums& into) const {
        std::fill(into.begin(), into.end(), 0);
        for (std::size_t i = 0; i < x.size(); ++i) into[block(i)] += x[i];
    }
};
// What engines ask for is their own: the heat bath asks twice, each of the 100 + 25 times that it begins; its
// tables on chains and the draws behind standard errors come to that.
TEST(AllocationsOfSamples, AskForNoMoreThanTheKernel) {
    const EMCoarseGrainer grainer{
        SamplesOnly<support::Spins>{},
        square_ising::Coarse{3},
        LatticeInPlace{{.side = 3}},
        MonteCarlo(HeatBath{}, {.samples = 8, .warm_up = 4, .standard_errors = false}),
        StochasticNewton{},
        weak_prior()};
    EXPECT_LE(calls_of_online_fit(grainer, square_ising::samples(6, 0.3, 200, 1)), 250);
}

// What another thread gave back is its own; what ends with it is freed (leak checkers look).
TEST_P(Allocations, EveryThreadHasItsOwnMemory) {
    const auto problem = grainer.problem(data);
    long first = 0, second = 0;
    std::thread([&] {
        auto state = problem.state(at);
        const long before = calls;
        problem.expect(state);
        first = calls - before;
        problem.expect(state);
        second = calls - before - first;
    }).join();
    EXPECT_GT(first, 0);
    EXPECT_EQ(second, 0);
}

using Points = std::vector<std::array<double, 3>>;

/// Points in wells, with the derivative written into a configuration.
struct Wells {
    PointSpace<> points{5};
    const PointSpace<>& space() const { return points; }
    double energy(const Points& x) const {
        double U = 0.0;
        for (const auto& point : x)
            for (const double c : point) U += 0.5 * c * c;
        return U;
    }
    double energy_and_gradient(const Points& x, Points& gradient) const {
        gradient = x;
        return energy(x);
    }
};

TEST(AllocationsOfKernels, TrajectoriesOfPointsAskForNoMemory) {
    const Boltzmann target(Wells{}, 1.0);
    detail::KernelRun<Hamiltonian, Boltzmann<Wells>> run(Hamiltonian{}, target);
    Hamiltonian::State state{};
    auto rng = make_stream(1, Purpose::check);
    Points X = target.space().random(rng);
    for (int k = 0; k < 100; ++k) run.warm_up(X, state, rng);
    EXPECT_EQ(calls_of([&] {
                  for (int k = 0; k < 50; ++k) run.advance(X, state, rng);
              }),
              0);
}

// Conditional probabilities are tabulated where a site has few neighbourhoods. 4^6 of them at 24 sites would
// be 1.5 MB; without these the largest request is for the windows' weights.
TEST(AllocationsOfKernels, WideChainsHaveNoTablesOfNeighbourhoods) {
    const Boltzmann target(ising::chain({.sites = 24, .range = 6}), 0.3);
    largest = 0;
    auto prepared = HeatBath{}.setup(target);
    EXPECT_GT(largest, 0u);
    EXPECT_LT(largest, 100'000u);
    auto rng = make_stream(1, Purpose::check);
    auto X = target.space().random(rng);
    HeatBath{}.advance_with(prepared, X, rng);
    EXPECT_LT(largest, 100'000u);
}

/// Computes when it is destroyed: after the thread's memory is gone, if it was made before.
struct ComputesAtTheEnd {
    const support::IsingGrainer* grainer = nullptr;
    const support::IsingGrainer::Data* data = nullptr;
    double* result = nullptr;
    ~ComputesAtTheEnd() {
        if (!grainer) return;
        auto state = grainer->problem(*data).state({Vector{{0.2, 0.3}}, Vector{{1.0}}});
        *result = *grainer->problem(*data).expect(state).log_evidence;
    }
};

TEST(AtTheEndOfAThread, MemoryIsThereForDestructors) {
    const auto grainer = support::ising_grainer({.sites = 8, .linear = true, .pair_range = 1}, 2);
    const auto data = grainer.prepare(
        generate(ising::chain({.sites = 16}), {.beta = 0.3, .samples = 9}).configurations, 0.3);
    double results[3] = {0.0, 0.0, 0.0};
    for (double& result : results)
        std::thread([&] {
            static thread_local ComputesAtTheEnd late;
            late.grainer = &grainer;
            late.data = &data;
            late.result = &result;
            auto state = grainer.problem(data).state({Vector{{0.2, 0.3}}, Vector{{1.0}}});
            (void)grainer.problem(data).expect(state);
        }).join();
    EXPECT_LT(results[0], 0.0);
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
}

INSTANTIATE_TEST_SUITE_P(Chains, Allocations,
                         testing::Values(Model{"smallest ring", {.linear = true, .pair_range = 1}},
                                         Model{"open",
                                               {.linear = true, .pair_range = 1, .boundary = Boundary::open}},
                                         Model{"wide ring", {.linear = true, .pair_range = 3}}));

}  // namespace
