// Posterior, intervals, checks, another size, and correlated data.
#include <predcg/kernels/single_site.hpp>
#include <predcg/kernels/trajectory.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>

#include <cstdio>

using namespace predcg;

int main() {
    const auto fine = ising::chain({.sites = 32, .field = 0.3});
    const auto data = generate(fine, {.beta = 0.3, .samples = 50, .seed = 1});
    const auto coarse = ising::coarse_chain({.sites = 16, .linear = true, .pair_range = 1, .field = 0.3});
    // ---- posterior
    const EMCoarseGrainer grainer{fine,     coarse,      ising::bernoulli_map({.level = 2}), TransferMatrix{},
                                  Newton{}, weak_prior()};
    const auto fit = grainer.fit(data);
    const auto posterior = full_posterior(grainer, data, fit);
    const auto m = predict(posterior, ising::Magnetization{}, {.credibility = 0.95});
    std::printf("E[m]: %.3f, 95 %% between %.3f and %.3f; one x between %.2f and %.2f\n", m.mean[0],
                m.lower[0], m.upper[0], m.predictive_lower[0], m.predictive_upper[0]);
    std::printf("%s\n", posterior.reliable ? "reliable" : posterior.remarks.front().c_str());
    // ---- checks
    const ising::Correlation R{fine.boundary()};
    const auto checks = predictive_checks(posterior, data, {}, checked("m", ising::Magnetization{}),
                                          checked("R", R, {1, 2}), checked("-log p", NegativeLogDensity{}));
    std::printf("%s\n", summary(checks).c_str());
    // ---- size
    const auto longer = posterior.with_models(
        ising::coarse_chain({.sites = 5000, .linear = true, .pair_range = 1, .field = 0.3}), posterior.map);
    const auto m_longer = predict(longer, ising::Magnetization{}, {.predictive = false});
    std::printf("10000 sites: %.3f, 95 %% between %.3f and %.3f\n", m_longer.mean[0], m_longer.lower[0],
                m_longer.upper[0]);
    // ---- trajectory
    Philox4x32 rng = make_stream(1, Purpose::generate);
    const auto trajectory_data =
        trajectory(HeatBath{}, Boltzmann(fine, 1.2), {.samples = 200, .thinning = 1}, rng);
    const auto worth =
        effective_data(trajectory_data, checked("m", ising::Magnetization{}), checked("R", R, {1}));
    const auto weighted = grainer.prepare(trajectory_data, 1.2, worth.weights());
    const auto wider = full_posterior(grainer, weighted, grainer.fit_prepared(weighted));
    std::printf("200 samples are worth %s 100 independent ones; %td draws\n",
                worth.effective < 100.0 ? "less than" : "at least", wider.draw_count());
    // ---- laplace
    const auto joint = laplace_joint(grainer, data, fit);
    std::printf("Laplace: Pareto k %s 0.7\n", *joint.pareto_k < 0.7 ? "below" : "above");
    // ---- calibration
    const auto held = coverage(
        {.data_sets = 20, .levels = {0.95}, .seed = 5},
        [&](std::uint64_t seed) { return generate(fine, {.beta = 0.3, .samples = 20, .seed = seed}); },
        [&](const auto& set, std::uint64_t seed) {
            return full_posterior(grainer, set, grainer.fit(set),
                                  {.draws = 800, .warm_up = 200, .seed = seed});
        },
        truth(fine, 0.3, ising::Magnetization{}).mean, checked("m", ising::Magnetization{}));
    std::printf("intervals with the truth: %s 15 of 20\n",
                held.held[0][0].successes >= 15 ? "at least" : "below");
    // ---- end
    return posterior.reliable && checks[1].contradicted ? 0 : 1;
}
