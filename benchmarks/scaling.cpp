// How time grows with the number of sites, of data and of samples, from 10^2 to 10^6; report.py fits slopes.
#include "support/benchmark.hpp"

#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace predcg;
using Spins = std::vector<ising::Spin>;

/// Spins that are independent: exact engines take as long whatever the data are.
std::vector<Spins> data_of(Index sites, Index samples) {
    std::vector<Spins> data(static_cast<std::size_t>(samples), Spins(static_cast<std::size_t>(sites)));
    auto rng = make_stream(1, Purpose::check);
    for (Spins& x : data)
        for (ising::Spin& s : x) s = rng() % 10 < 7 ? 1 : -1;
    return data;
}

/// Log-likelihood, gradient and informations at one point.
auto evaluation(Index coarse_sites, Index samples) {
    return [=] {
        const EMCoarseGrainer grainer{
            SamplesOnly<Spins>{},
            ising::coarse_chain({.sites = coarse_sites, .linear = true, .pair_range = 1}),
            ising::bernoulli_map({.level = 2}), TransferMatrix{}};
        auto data = grainer.prepare(data_of(2 * coarse_sites, samples), 0.3);
        return [grainer, data = std::move(data)] {
            return grainer.problem(data).evaluate({Vector{{0.2, 0.6}}, Vector::Ones(1)});
        };
    };
}

/// Expectations under p_c of a ring of 16, by chains that have warmed up, as in every iteration of a fit but
/// the first.
auto sampling(Index samples) {
    return [=] {
        const MonteCarlo engine(HeatBath{}, {.samples = samples, .chains = 50, .standard_errors = false});
        const auto potential = ising::coarse_chain({.sites = 16, .linear = true, .pair_range = 1});
        const Vector theta{{0.2, 0.6}};
        using Target = decltype(boltzmann(potential, theta, 0.3));
        const auto state = std::make_shared<typename decltype(engine)::template State<Target>>();
        const auto expect = [=](std::uint32_t call) {
            return engine.expect(boltzmann(potential, theta, 0.3), EnergyGradient(potential, theta), *state,
                                 {1, Purpose::check, 0, call});
        };
        (void)expect(0);
        return [=] { return expect(1); };
    };
}

/// From 10^2 to 10^6; what is long is called once a repetition.
template <class Work>
void add(const std::string& group, Index largest_in_smoke, const Work& work) {
    Index n = 100;
    for (int power = 2; power <= 6; ++power, n *= 10) {
        const std::string member = "10^" + std::to_string(power);
        if (power >= 5)
            bench::add_large(group, member, work(bench::size(n, largest_in_smoke)));
        else
            bench::add(group, member, work(bench::size(n, largest_in_smoke))());
    }
}

}  // namespace

int main(int argc, char** argv) {
    add("evaluation, one datum of n_c sites", 10'000, [](Index n) { return evaluation(n, 1); });
    add("evaluation, S_f data of 32 sites", 1'000, [](Index n) { return evaluation(32, n); });
    add("Monte Carlo, S_q samples of a ring of 16", 10'000, [](Index n) { return sampling(n); });
    return bench::run(argc, argv);
}
