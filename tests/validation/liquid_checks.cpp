// What liquid_checks says of data that do come from a pair potential: configurations of a Lennard-Jones
// liquid, data set after data set. How often checks fail at 0.01 and 0.05, and how often intervals of
// pressure, order and g(r) hold the truth, that of long chains at the true potential. Prints what
// docs/validation.md holds.
//
//     validation_liquid_checks [data sets 20] [frames 40] [seed 1]
#include <predcg/liquids/liquid_checks.hpp>
#include <predcg/models/pair/liquid.hpp>

#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int argc, char** argv) {
    using namespace predcg;
    const Index sets = argc > 1 ? std::atol(argv[1]) : 20, count = argc > 2 ? std::atol(argv[2]) : 40;
    const auto seed = static_cast<std::uint64_t>(argc > 3 ? std::atol(argv[3]) : 1);
    const double sigma = 0.34, edge = sigma * std::cbrt(108.0 / 0.75);
    const pair::LennardJones u(1.0, sigma, 0.85);
    const PeriodicSpace<Points> space(108, Box::cubic(edge));
    const auto target = Boltzmann(pair::Liquid(u, space), 1.0);
    const RigidMolecules atom({{0, 0, 0}}, {1.0});
    LiquidSettings settings{.cutoff = 0.85, .bins = 34, .samples = 2000, .unit = 1.0};

    // the truth
    const MonteCarlo<SingleParticle> engine({}, {.samples = 2, .warm_up = 2000, .thinning = 20});
    const auto long_run = draw_chains(engine, target, 2000, 4, seed);
    const pair::Pressure pressure(u, space.box(), 1.0);
    const TetrahedralOrder order(space.box());
    const PairCorrelation correlation(space.box(), settings.cutoff, settings.bins);
    Vector pressures(std::ssize(long_run)), orders(std::ssize(long_run));
    statistics::RunningMoments<Vector> g;
    for (std::size_t k = 0; k < long_run.size(); ++k) {
        pressures[static_cast<Index>(k)] = pressure(long_run[k]);
        orders[static_cast<Index>(k)] = order(long_run[k]);
        g.add(correlation(long_run[k]));
    }
    settings.pressure = KnownValue{statistics::mean(pressures), detail::error_over_chains(pressures, 4)};
    const double true_order = statistics::mean(orders);
    std::printf("truth: pressure %.4f +- %.4f kT/nm^3, order %.5f +- %.5f\n", settings.pressure->value,
                settings.pressure->error, true_order, detail::error_over_chains(orders, 4));

    Index held_pressure = 0, held_order = 0, held_g = 0, judged_g = 0, n = 0;
    Index failed[2][4] = {};
    double width = 0.0;
    for (Index set = 0; set < sets; ++set) {
        const MonteCarlo<SingleParticle> sparse({}, {.samples = 2, .warm_up = 2000, .thinning = 100});
        const auto frames =
            draw_chains(sparse, target, count, 1, 1000 * seed + static_cast<std::uint64_t>(set));
        pair::LearnSettings learning{.beta = 1.0, .cutoff = 0.85, .knot_distance = 0.025};
        learning.sampling.seed = seed * 1000 + static_cast<std::uint64_t>(set);
        const pair::Learnt found = pair::learn(frames, space.box(), learning);
        settings.seed = learning.sampling.seed + 500;
        if (found.posterior.draw_count() == 0) {
            std::printf("set %td: no draws\n", set);
            continue;
        }
        const LiquidChecks checks = liquid_checks(found, frames, atom, settings);
        ++n;
        const double p[4] = {checks.checks[0].p_value, checks.checks[1].p_value, checks.checks[2].p_value,
                             checks.noise.p_value};
        for (int k = 0; k < 4; ++k) {
            failed[0][k] += p[k] < 0.01;
            failed[1][k] += p[k] < 0.05;
        }
        const auto holds = [](double lower, double truth, double upper) {
            return lower <= truth && truth <= upper;
        };
        held_order += holds(checks.checks[0].lower, true_order, checks.checks[0].upper);
        held_pressure += holds(checks.checks[1].lower, settings.pressure->value, checks.checks[1].upper);
        width += checks.checks[1].upper - checks.checks[1].lower;
        for (Index k = 0; k < settings.bins; ++k)
            if (g.mean()[k] > 0.05) {
                ++judged_g;
                held_g += holds(checks.bands[0].lower[k], g.mean()[k], checks.bands[0].upper[k]);
            }
        std::printf("set %td: order %.4f (%.4f %.4f), pressure %.3f (%.3f %.3f), rms of g %.4f, p %.3f %.3f "
                    "%.3f %.3f\n",
                    set, checks.checks[0].model, checks.checks[0].lower, checks.checks[0].upper,
                    checks.checks[1].model, checks.checks[1].lower, checks.checks[1].upper,
                    checks.bands[0].rms, p[0], p[1], p[2], p[3]);
        std::fflush(stdout);
    }
    std::printf("%td sets of %td frames: 95 %% intervals hold pressure %td, order %td, g in %.3f of the "
                "bins; mean width of "
                "the pressure's %.3f\n",
                n, count, held_pressure, held_order,
                static_cast<double>(held_g) / static_cast<double>(judged_g), width / static_cast<double>(n));
    std::printf("fail at 0.01, 0.05: order %td %td, pressure %td %td, g %td %td, noise %td %td\n",
                failed[0][0], failed[1][0], failed[0][1], failed[1][1], failed[0][2], failed[1][2],
                failed[0][3], failed[1][3]);
}
