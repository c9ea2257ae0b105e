// Stochastic fits at their defaults on long rings, against the exact fit of the same data: spins, letters of
// three kinds, and a screened interaction that is not linear in its parameters. A study, not a test: its
// table stands in docs/validation.md.
//     validation_large_fits ising|potts|screened SITES DATA SEEDS ITERATIONS
// SITES of the coarse ring, two fine ones to each; DATA are drawn from the model itself; ITERATIONS at most.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/potts/chain.hpp>
#include <predcg/models/potts/copy_map.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predcg.hpp>
#include <predcg/structure/autodiff.hpp>

#include "screened_ring.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

using namespace predcg;

namespace {

constexpr double beta = 0.5;

using support::Screened;

Vector joined(const Parameters& p) {
    Vector all(p.theta.size() + p.eta.size());
    all << p.theta, p.eta;
    return all;
}

struct Plan {
    std::size_t data;
    std::uint64_t seeds;
    Index iterations;
};

template <class Coarse, class Map>
void study(const Coarse& coarse, const Map& map, const Parameters& at, const Plan& plan) {
    using Fine = typename Map::fine_type;
    std::vector<Fine> data;
    {
        auto rng = make_stream(1, Purpose::generate);
        const auto target = boltzmann(coarse, at.theta, beta);
        auto sampler = TransferMatrix{}.sampler(target);
        while (data.size() < plan.data) data.push_back(map.sample(sampler.draw(rng), at.eta, rng));
    }
    const auto with = [&](const auto& engine, const auto& optimizer) {
        return EMCoarseGrainer{SamplesOnly<Fine>{}, coarse, map, engine, optimizer, weak_prior()};
    };
    const auto exact = with(TransferMatrix{}, Newton{}).fit(data, {.beta = beta, .starts = 1});
    const Vector truth = joined(exact.parameters);
    std::printf("exact:");
    for (const double value : truth) std::printf(" %.5f", value);
    std::puts("");
    const MonteCarlo engine(HeatBath{}, {.samples = 32, .chains = 32});
    const auto run = [&](const char* name, const auto& optimizer) {
        for (std::uint64_t seed = 1; seed <= plan.seeds; ++seed) {
            const auto fit = with(engine, optimizer)
                                 .fit(data, {.beta = beta, .iterations = plan.iterations, .seed = seed});
            const Vector off = joined(fit.parameters) - truth;
            const Vector stated = joined(fit.monte_carlo.standard_errors),
                         sd = joined(fit.monte_carlo.posterior_deviations),
                         left = joined(fit.monte_carlo.drift);
            std::printf("%s, seed %llu: %s after %td;", name, static_cast<unsigned long long>(seed),
                        to_string(fit.status).data(), fit.iterations);
            for (Index k = 0; k < truth.size(); ++k)
                std::printf(" error %.3f sd, stated %.3f, left %.3f;", off[k] / sd[k], stated[k] / sd[k],
                            left[k] / sd[k]);
            std::puts("");
            for (const std::string& remark : fit.remarks) std::printf("    %s\n", remark.c_str());
            std::fflush(stdout);
        }
    };
    run("Robbins-Monro", RobbinsMonro{});
    run("Newton", StochasticNewton{});
}

}  // namespace

int main(int count, char** words) {
    if (count != 6) {
        std::fputs("usage: validation_large_fits ising|potts|screened SITES DATA SEEDS ITERATIONS\n", stderr);
        return 2;
    }
    const std::string model = words[1];
    const Index sites = std::stol(words[2]);
    const Plan plan{std::stoul(words[3]), std::stoul(words[4]), std::stol(words[5])};
    const Vector eta = Vector::Constant(1, 1.5);
    if (model == "ising")
        study(ising::coarse_chain({.sites = sites, .pair_range = 1}), ising::bernoulli_map({.level = 2}),
              {Vector::Constant(1, 1.0), eta}, plan);
    else if (model == "potts")
        study(potts::coarse_chain<3>({.sites = sites, .pair_range = 1}), potts::copy_map<3>({.level = 2}),
              {Vector::Constant(1, 2.0), eta}, plan);
    else if (model == "screened")
        study(with_autodiff(Screened{ising::spin_space(sites)}), ising::bernoulli_map({.level = 2}),
              {Vector{{2.0, 1.5}}, eta}, plan);
    else
        return std::fputs("unknown model\n", stderr), 2;
    return 0;
}
