// Relative entropy, its error bars, the way back, and its kin.
#include <predcg/predcg.hpp>
#include <predcg/relative_entropy.hpp>

#include <cmath>
#include <cstdio>

using namespace predcg;

int main() {
    // ---- fit
    const auto fine = ising::chain({.sites = 12, .field = 0.3});
    const auto data = generate(fine, {.beta = 0.3, .samples = 200, .seed = 1});
    const auto coarse = ising::coarse_chain({.sites = 6, .linear = true, .pair_range = 1, .field = 0.3});
    const auto xi = ising::majority_map({.level = 2});
    const RelativeEntropy minimiser{coarse, xi, TransferMatrix{}};
    const auto fit = minimiser.fit(data);
    std::printf("%s: pair_1 = %.3f +- %.3f, target moment %.3f, model %.3f\n", to_string(fit.status).data(),
                fit["pair_1"], fit.standard_errors()[1], fit.target_moments[1], fit.model_moments[1]);
    // ---- back
    const ising::Magnetization m;
    const auto uniform = fit.reconstructed(ising::uniform_reconstruction({.level = 2}));
    const auto weighted = fit.reconstructed(ising::tie_weighted_reconstruction({.level = 2}));
    std::printf("m: truth %.3f, uniform blocks %.3f, tie-weighted %.3f\n", truth(fine, 0.3, m).value(),
                predict(uniform, m).value(), predict(weighted, m).value());
    // ---- divergence
    const RelativeEntropyParts parts = relative_entropy_of(fine, fit);
    const EMCoarseGrainer grainer{fine, coarse, ising::bernoulli_map({.level = 2}), TransferMatrix{}};
    std::printf("F + S_map = %.3f nats; divergences: uniform %.3f, tie-weighted %.3f, EM %.3f\n",
                parts.value(), divergence(fine, uniform), divergence(fine, weighted),
                divergence(fine, grainer.fit(data)));
    // ---- kin
    const auto inverse = RelativeEntropy{coarse, xi, TransferMatrix{}, InverseMonteCarlo{}}.fit(data);
    const auto boltzmann = RelativeEntropy{coarse, xi, TransferMatrix{}, IterativeBoltzmann{}}.fit(data);
    std::printf("iterations: %td, inverse Monte Carlo %td, iterative Boltzmann %td\n", fit.iterations,
                inverse.iterations, boltzmann.iterations);
    // ---- end
    const double off = (boltzmann.parameters.theta - fit.parameters.theta).norm();
    return fit.status == Status::converged && off < 1e-6 ? 0 : 1;
}
