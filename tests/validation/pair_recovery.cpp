// Whether pair::learn finds a potential that is known: configurations of a Lennard-Jones liquid, drawn by the
// library, data set after data set; the share of the sampled range of r where the true u lies within its 95 %
// band. Prints what docs/validation.md holds.
//
//     validation_pair_recovery [data sets 20] [frames 40] [seed 1]
#include <predcg/liquids/learn.hpp>
#include <predcg/models/pair/liquid.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

int main(int argc, char** argv) {
    using namespace predcg;
    const Index sets = argc > 1 ? std::atol(argv[1]) : 20, count = argc > 2 ? std::atol(argv[2]) : 40;
    const auto seed = static_cast<std::uint64_t>(argc > 3 ? std::atol(argv[3]) : 1);
    // Liquid argon at 120 K or so, in units of k T = 1 at beta 1: sigma 0.34 nm, epsilon 1, 0.75 / sigma^3.
    const double sigma = 0.34, edge = sigma * std::cbrt(108.0 / 0.75);
    const pair::LennardJones u(1.0, sigma, 0.85);
    const PeriodicSpace<Points> space(108, Box::cubic(edge));
    const auto target = Boltzmann(pair::Liquid(u, space), 1.0);
    double points = 0.0, inside = 0.0, width = 0.0, error = 0.0, worst = 1.0;
    Index good = 0, reliable = 0, converged = 0;
    const double begun = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    for (Index set = 0; set < sets; ++set) {
        const MonteCarlo<SingleParticle> engine({}, {.samples = 2, .warm_up = 2000, .thinning = 100});
        auto draws = engine.chain_sampler(target);
        auto rng = make_stream(seed, Purpose::generate, static_cast<std::uint64_t>(set));
        std::vector<Points> frames;
        for (Index k = 0; k < count; ++k) frames.push_back(draws.draw(rng));
        pair::LearnSettings settings;
        settings.beta = 1.0;
        settings.cutoff = 0.85;
        settings.knot_distance = 0.025;
        settings.sampling.seed = seed * 1000 + static_cast<std::uint64_t>(set);
        const pair::Learnt found = pair::learn(frames, space.box(), settings);
        converged += found.status() == Status::converged;
        reliable += found.posterior.reliable;
        if (found.posterior.draw_count() == 0) {
            std::printf("set %td: no draws\n", set);
            continue;
        }
        const double first = found.potential.core() + 0.005, last = 0.84;
        const Index grid = 60;
        Vector r(grid);
        for (Index k = 0; k < grid; ++k)
            r[k] = first + (last - first) * static_cast<double>(k) / static_cast<double>(grid - 1);
        const pair::Band band = found.band(r);
        double held = 0.0;
        for (Index k = 0; k < grid; ++k) {
            const double truth = u.pair_energy(r[k]);
            held += band.lower[k] <= truth && truth <= band.upper[k];
            if (r[k] > 1.0 * sigma) {
                width += (band.upper[k] - band.lower[k]) / static_cast<double>(grid * sets);
                error += std::abs(band.u[k] - truth) / static_cast<double>(grid * sets);
            }
        }
        points += static_cast<double>(grid);
        inside += held;
        good += held >= 0.9 * static_cast<double>(grid);
        worst = std::min(worst, held / static_cast<double>(grid));
        std::printf("set %td: %.3f inside, tau %.2f, sd %.4f decay %.0f, k %.2f, status %d, %.0f s\n", set,
                    held / static_cast<double>(grid), found.autocorrelation_time, found.smoothness.sd,
                    found.smoothness.decay, found.posterior.pareto_k.value_or(-1.0),
                    static_cast<int>(found.status()),
                    static_cast<double>(std::clock()) / CLOCKS_PER_SEC - begun);
        std::fflush(stdout);
    }
    std::printf(
        "%td data sets of %td frames: %.3f of all points inside, %td sets with 90 %% or more, worst %.2f; "
        "%td converged, %td reliable; mean width %.3f, mean error %.3f beyond sigma (k T)\n",
        sets, count, inside / points, good, worst, converged, reliable, width, error);
}
