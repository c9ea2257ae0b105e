// Credible intervals of sampled observables against exact ones: the same draws of a posterior, E[o | theta]
// from so many configurations each. Writes the table of docs/validation.md.
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>

#include <cstdio>

using namespace predcg;

namespace {

void row(double beta, const char* engine, Index samples, const char* observable, Index j,
         const CredibleInterval& exact, const CredibleInterval& sampled) {
    const double width = exact.upper[j] - exact.lower[j];
    std::printf("| %g | %s | %td | %s | %.2f | %.3f | %.3f | %.3f |\n", beta, engine, samples, observable,
                sampled.sampling_sd[j] / exact.sd[j], (sampled.upper[j] - sampled.lower[j]) / width,
                sampled.sd[j] / exact.sd[j], sampled.sd_error[j] / exact.sd[j]);
}

}  // namespace

int main() {
    const auto coarse = ising::coarse_chain({.sites = 32, .linear = true, .pair_range = 1});
    const auto map = ising::bernoulli_map({.level = 2});
    for (const double beta : {0.3, 0.9}) {
        const auto fine = ising::chain({.sites = 64, .field = 0.1});
        const auto data = generate(fine, {.beta = beta, .samples = 50});
        const EMCoarseGrainer grainer{fine, coarse, map, TransferMatrix{}, Newton{}, weak_prior()};
        const auto posterior = full_posterior(grainer, data, grainer.fit(data), {.draws = 2000});
        const auto chains =
            Posterior(static_cast<const PosteriorResult&>(posterior), coarse, map, MonteCarlo(HeatBath{}));
        const ising::Magnetization m;
        const ising::Correlation R{fine.boundary()};
        const auto exact_m = predict(posterior, m, {.predictive = false});
        const auto exact_R = predict(posterior, R, {.predictive = false});
        for (const Index samples : {20, 100, 1000}) {
            const CredibleSettings settings{.samples = samples, .predictive = false, .always_sample = true};
            const auto compare = [&](const char* engine, const auto& models) {
                row(beta, engine, samples, "m", 0, exact_m, predict(models, m, settings));
                row(beta, engine, samples, "R_1", 1, exact_R, predict(models, R, settings));
            };
            compare("exact draws", posterior);
            compare("heat bath", chains);
        }
    }
}
