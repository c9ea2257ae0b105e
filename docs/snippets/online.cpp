// Learning while a simulation runs: a host's loop, an estimate at any moment, saved and resumed.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/predict.hpp>

#include <cmath>
#include <cstdio>
#include <sstream>
#include <vector>

using namespace predcg;

// Stands for a simulation code of one's own: a ring of 24 spins, heat bath.
struct Simulation {
    std::vector<ising::Spin> spins = std::vector<ising::Spin>(24, 1);
    unsigned bits = 1;

    double uniform() {
        bits = bits * 1664525u + 1013904223u;
        return (bits >> 8) * 0x1p-24;
    }
    void sweep() {
        for (std::size_t i = 0; i < 24; ++i) {
            const double field = spins[(i + 1) % 24] + spins[(i + 23) % 24] + 0.2;
            spins[i] = uniform() < 1.0 / (1.0 + std::exp(-2.0 * 0.3 * field)) ? 1 : -1;
        }
    }
};

int main() {
    Simulation simulation;
    // ---- host
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<ising::Spin>>{},
                                  ising::coarse_chain({.sites = 12, .linear = true, .pair_range = 1}),
                                  ising::bernoulli_map({.level = 2}),
                                  TransferMatrix{},
                                  Newton{},
                                  weak_prior()};
    OnlineFit online{grainer, {.beta = 0.3}};
    for (int step = 0; step < 2000; ++step) {
        simulation.sweep();
        online.add(simulation.spins);
        if (step == 99 || step == 1999) {
            const auto fit = online.estimate();
            std::printf("%4td configurations: %s, pair_1 = %.2f +- %.2f\n", fit.configurations,
                        to_string(fit.status).data(), fit["pair_1"], fit.errors.theta[1]);
            for (const auto& remark : fit.remarks) std::printf("  %s\n", remark.c_str());
        }
    }
    std::printf("magnetization %.3f\n", online.predict(ising::Magnetization{}).mean[0]);
    // ---- save
    std::stringstream file;  // a file, or what the host's restart files are made of
    online.save(file);

    OnlineFit resumed{grainer, {.beta = 0.3}};  // in another run of the program
    resumed.load(file);
    for (int step = 0; step < 100; ++step) {
        simulation.sweep();
        online.add(simulation.spins);
        resumed.add(simulation.spins);
    }
    const bool same = online.estimate()["pair_1"] == resumed.estimate()["pair_1"];
    std::printf("%zu bytes, resumed %s\n", file.str().size(), same ? "bit for bit" : "elsewhere");
    // ---- refused
    OnlineFit other{grainer, {.beta = 0.4}};
    file.seekg(0);
    try {
        other.load(file);
    } catch (const ArgumentError& error) {
        std::printf("%s\n", error.what());
    }
    // ---- end
    return same ? 0 : 1;
}
