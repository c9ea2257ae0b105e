// What predcg/mpi.hpp makes of MPI, and what becomes of a process that fails. Run by mpirun:
//     layer sums            sums of few and of more integers than one call of MPI takes
//     layer throws RANK     that process throws where the others wait for a sum
//     layer returns RANK    that process returns 3 where the others wait
//     layer chains          draws of chains that are shared out, as text of rank 0
//     layer online          what processes learnt together, each from configurations of its own
#include <predcg/learning/online.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/mpi.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

using namespace predcg;

namespace {

void check(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
}

int sums(const Processes& processes) {
    const Index P = processes.size(), rank = processes.rank();
    check(processes.sum(rank + 1) == P * (P + 1) / 2, "a sum of one integer");
    std::vector<std::int64_t> many((std::size_t{1} << 24) + 5, rank);
    many.front() = many.back() = std::int64_t{1} << 60;
    processes.sum(many);
    check(many.front() == P * (std::int64_t{1} << 60) && many.back() == many.front(), "the ends");
    for (std::size_t k = 1; k + 1 < many.size(); ++k) check(many[k] == P * (P - 1) / 2, "the middle");
    const auto all = processes.gather(std::vector<std::int64_t>(static_cast<std::size_t>(rank), rank));
    for (Index r = 0; r < P; ++r) check(std::ssize(all[static_cast<std::size_t>(r)]) == r, "gather");
    if (rank == 0) std::puts("sums are right");
    return 0;
}

int throws(const Processes& processes, Index failing) {
    if (processes.rank() == failing) throw std::runtime_error("the disk is full");
    (void)processes.sum(1);  // never comes
    return 0;
}

int chains(const Processes& processes) {
    const auto data =
        generate(ising::chain({.sites = 12, .field = 0.3}), {.beta = 0.6, .samples = 10, .seed = 1});
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<ising::Spin>>{},
                                  ising::coarse_chain({.sites = 6, .linear = true}),
                                  ising::bernoulli_map({.level = 2}),
                                  TransferMatrix{},
                                  Newton{},
                                  weak_prior()};
    ChainSettings settings{.draws = 50, .chains = 5, .warm_up = 20};
    settings.processes = processes;
    const auto posterior = full_posterior(grainer, data, grainer.fit(data), settings);
    if (processes.rank() == 0)
        for (const double draw : posterior.draws.reshaped()) std::printf("%.17g\n", draw);
    return 0;
}

int online(const Processes& processes) {
    const auto data =
        generate(ising::chain({.sites = 12, .field = 0.3}), {.beta = 0.6, .samples = 200, .seed = 1});
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<ising::Spin>>{},
                                  ising::coarse_chain({.sites = 6, .linear = true}),
                                  ising::bernoulli_map({.level = 2}),
                                  TransferMatrix{},
                                  Newton{},
                                  weak_prior()};
    OnlineFit together{grainer, {.beta = 0.6, .processes = processes}};
    for (Index k = 0; k < 200; ++k) {
        if (k % processes.size() == processes.rank())
            together.add(data.configurations[static_cast<std::size_t>(k)]);
        if (k < 16 || k % 16 == 15) together.synchronise();
    }
    together.synchronise();
    const auto fit = together.estimate();
    if (processes.rank() == processes.size() - 1)
        std::printf("%td: %.17g %.17g +- %.17g\n", fit.configurations, fit.parameters.theta[0],
                    fit.parameters.eta[0], fit.errors.theta[0]);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return mpi::run(argc, argv, [&](const Processes& processes) {
        const std::string what = argc > 1 ? argv[1] : "";
        if (what == "sums") return sums(processes);
        if (what == "throws") return throws(processes, std::stoi(argv[2]));
        if (what == "returns") return processes.rank() == std::stoi(argv[2]) ? 3 : throws(processes, -1);
        if (what == "chains") return chains(processes);
        if (what == "online") return online(processes);
        throw std::runtime_error("layer sums|throws RANK|returns RANK|chains|online");
    });
}
