// How often OnlineFit says that a simulation drifts which does not: independent configurations of the ring of
// 16 spins and 8 blocks (beta = 0.3, field 0.3), 200 sets. A study, not a test: run once, its table stands in
// docs/validation.md.
//     validation_online_alarms BATCH
#include <predcg/learning/online.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/predcg.hpp>

#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

int main(int count, char** words) {
    if (count != 2) {
        std::fputs("usage: validation_online_alarms BATCH\n", stderr);
        return 2;
    }
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<ising::Spin>>{},
                                  ising::coarse_chain({.sites = 8, .linear = true, .pair_range = 1}),
                                  ising::bernoulli_map({.level = 2}),
                                  TransferMatrix{},
                                  Newton{},
                                  weak_prior()};
    constexpr Index looks[] = {50, 100, 200, 400, 1000};
    int alarms[5]{}, unconverged[5]{}, any = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        const auto data =
            generate(ising::chain({.sites = 16, .field = 0.3}), {.beta = 0.3, .samples = 1000, .seed = seed});
        OnlineFit online{grainer, {.beta = 0.3, .batch = std::stol(words[1])}};
        bool alarm = false;
        for (std::size_t k = 0, look = 0; k < 1000; ++k) {
            online.add(data.configurations[k]);
            if (static_cast<Index>(k) + 1 != looks[look]) continue;
            const auto fit = online.estimate();
            alarms[look] += fit.drifting ? 1 : 0;
            unconverged[look] += fit.status == Status::converged ? 0 : 1;
            alarm = alarm || fit.drifting;
            ++look;
        }
        any += alarm ? 1 : 0;
    }
    for (std::size_t k = 0; k < 5; ++k)
        std::printf("%4td configurations: %d of 200 said to drift, %d not converged\n", looks[k], alarms[k],
                    unconverged[k]);
    std::printf("at any of the looks: %d of 200\n", any);
    return 0;
}
