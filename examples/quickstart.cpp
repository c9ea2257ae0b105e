// Learn a coarse Ising chain from 50 configurations; predict the fine magnetisation and the neighbours'
// correlation.
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>

#include <cstdio>

int main() {
    using namespace predcg;
    const auto fine = ising::chain({.sites = 32, .field = 0.3});
    const auto data = generate(fine, {.beta = 0.3, .samples = 50, .seed = 1});
    const auto coarse = ising::coarse_chain({.sites = 16, .linear = true, .pair_range = 1, .field = 0.3});
    const auto map = ising::decimation_map({.level = 2});
    const EMCoarseGrainer grainer{fine, coarse, map, TransferMatrix{}, Newton{}, weak_prior(map)};
    const auto fit = grainer.fit(data);
    const auto posterior = full_posterior(grainer, data, fit);
    const auto report = [&](const char* name, const auto& observable, Index k) {
        const auto p = predict(posterior, observable);
        std::printf("%-3s  data %.3f, prediction %.3f [%.3f, %.3f], truth %.3f\n", name,
                    data_mean(data, observable)[k], p.mean[k], p.lower[k], p.upper[k],
                    truth(fine, 0.3, observable).mean[k]);
    };
    std::printf("%s, %s\n", to_string(fit.status).data(), posterior.reliable ? "reliable" : "not reliable");
    report("m", ising::Magnetization{}, 0);
    report("R_1", ising::Correlation{Boundary::periodic}, 1);
}
