// A fit of one's own configurations: no fine model, any container, watched and stopped from outside.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>

#include <cstdio>
#include <list>
#include <vector>

using namespace predcg;

// Stands for a simulation code: 40 configurations of 24 spins, made without the library.
std::list<std::vector<ising::Spin>> my_samples() {
    std::list<std::vector<ising::Spin>> samples;
    unsigned bits = 1;
    for (int k = 0; k < 40; ++k) {
        std::vector<ising::Spin> x;
        for (int i = 0; i < 24; ++i) {
            bits = bits * 1664525u + 1013904223u;
            const bool repeat = i > 0 && (bits >> 24) < 170;  // a Markov chain that prefers to go on
            x.push_back(repeat ? x.back() : ising::Spin((bits >> 20) % 3 != 0 ? 1 : -1));
        }
        samples.push_back(x);
    }
    return samples;
}

int main() {
    // ---- fit
    const auto samples = my_samples();  // any range; the elements are what the map takes
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<ising::Spin>>{},
                                  ising::coarse_chain({.sites = 12, .linear = true, .pair_range = 1}),
                                  ising::bernoulli_map({.level = 2}),
                                  TransferMatrix{},
                                  Newton{},
                                  weak_prior()};
    const auto fit = grainer.fit(samples, {.beta = 0.3});  // the samples' inverse temperature
    // ---- result
    std::printf("%s after %td iterations\n", to_string(fit.status).data(), fit.iterations);
    for (const char* name : {"linear", "pair_1", "logit_theta_cf"})
        std::printf("  %-15s %8.4f\n", name, fit[name]);
    for (const auto& direction : fit.directions)
        std::printf("  left to the prior: %s (information %.3f)\n", direction.text.c_str(),
                    direction.information);
    std::printf("R_1: data %.4f, prediction %.4f\n",
                data_mean(samples, ising::Correlation{Boundary::periodic})[1],
                predict(fit, ising::Correlation{Boundary::periodic}).mean[1]);
    // ---- watch
    std::stop_source stop;
    FitSettings settings{.beta = 0.3, .starts = 1};
    settings.observer = [&](const TraceEntry& entry) {  // once for every iteration of every start
        if (entry.iteration == 2) stop.request_stop();
    };
    settings.stop = stop.get_token();
    const auto stopped = grainer.fit(samples, settings);  // a whole result, from where it got to
    std::printf("%s after %td iterations\n", to_string(stopped.status).data(), stopped.iterations);
    // ---- errors
    try {
        ising::coarse_chain({.sites = 12, .pair_range = 7});
    } catch (const ArgumentError& error) {
        std::printf("%s\n", error.what());
    }
    try {
        truth(ising::chain({.sites = 64, .range = 20}), 0.3, ising::Magnetization{});
    } catch (const CostError& error) {
        std::printf("%s\n", error.what());
    }
    // ---- end
    return fit.status == Status::converged && stopped.status == Status::stopped ? 0 : 1;
}
