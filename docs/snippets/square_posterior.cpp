// An Ising model on a square lattice of 32 x 32 spins, learnt as one of 16 x 16 by sampling, with parts of
// the library: fit, posterior, prediction with an interval, and a long simulation beside it.
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/statistics/autocorrelation.hpp>
#include <predcg/structure/graph_potential.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

// ---- the host's simulation: heat-bath sweeps at coupling 0.3
struct Host {
    static constexpr std::size_t side = 32;
    Spins spins = Spins(side * side, 1);
    Philox4x32 rng = make_stream(1, Purpose::generate);

    void sweep() {
        for (std::size_t i = 0; i < spins.size(); ++i) {
            const std::size_t row = i / side * side, n = spins.size();
            const int around = spins[row + (i + 1) % side] + spins[row + (i + side - 1) % side] +
                               spins[(i + side) % n] + spins[(i + n - side) % n];
            spins[i] = uniform(rng) < logistic(0.6 * around) ? 1 : -1;
        }
    }
    void sweeps(int count) {
        while (count-- > 0) sweep();
    }
};

double order(const Spins& x) {  // M^2 / N
    double sum = 0.0;
    for (const auto spin : x) sum += spin;
    return sum * sum / static_cast<double>(x.size());
}

// ---- program
// Spins block by block, 2 x 2 in each: what a map of blocks of four takes.
Spins by_blocks(const Spins& x) {
    Spins y;
    for (std::size_t row = 0; row < 32; row += 2)
        for (std::size_t column = 0; column < 32; column += 2)
            for (const std::size_t at : {0, 1, 32, 33}) y.push_back(x[row * 32 + column + at]);
    return y;
}

int main() {
    Host host;
    host.sweeps(200);
    std::vector<Spins> data;
    for (int k = 0; k < 50; ++k) {
        host.sweeps(20);
        data.push_back(by_blocks(host.spins));
    }
    using Term = Eigen::Matrix<double, 1, 1>;
    const GraphPotential coarse(
        ising::spin_space(256), lattice_neighbours<2>({16, 16}), {"pair"},
        [](int a, int b) { return Term(-a * b); }, [](int a) { return Term(0 * a); });
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{},
                                  coarse,
                                  ising::bernoulli_map({.level = 4}),
                                  MonteCarlo(HeatBath{}, {.samples = 32, .chains = 32}),
                                  StochasticNewton{},
                                  weak_prior()};
    const auto fit = grainer.fit(data, {.beta = 1.0});
    const auto posterior = exchange_posterior(grainer, grainer.prepare(data, 1.0), fit,
                                              {.draws = 1000, .warm_up = 300, .thinning = 2});
    const auto predicted = predict(posterior, order);
    // ---- truth
    Vector run(5000);
    for (double& value : run) {
        host.sweeps(5);
        value = order(host.spins);
    }
    const double error = std::sqrt(statistics::monotone_autocorrelation_time(run) / double(run.size()) *
                                   (run.array() - run.mean()).square().mean());
    std::printf("%s: pair %.3f, p %.3f\n", to_string(fit.status).data(), fit["pair"],
                logistic(fit.parameters.eta[0]));
    for (const std::string& remark : posterior.remarks) std::printf("%s\n", remark.c_str());
    std::printf("M^2 / N: %.3f, 95 %% between %.3f and %.3f\n", predicted.mean[0], predicted.lower[0],
                predicted.upper[0]);
    std::printf("a long simulation: %.3f +- %.3f\n", run.mean(), error);
    return fit.status == Status::converged ? 0 : 1;
}
