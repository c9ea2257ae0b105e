// What rivals/votca.py does, by the library: a pair potential of water from the first 51 frames, and how far
// its g(r) is from that of the other 50.
//     rivals_library water.xtc POTENTIAL.csv [SEED [DRAWS]]
// Prints seconds of the processor, on one thread, and the rms difference in bins of 0.02 nm, as votca.py's;
// writes the potential as columns. What samples g(r) at the end is not timed.
#include <predcg/core/parallel.hpp>
#include <predcg/liquids/learn.hpp>
#include <predcg/models/pair/pair_tables.hpp>
#include <predcg/trajectories.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

using namespace predcg;

namespace {

constexpr double cutoff = 0.9;
constexpr Index fine_bins = 180;

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Bins from 0.005 nm on, 0.02 nm wide: those of VOTCA, whose middles are at multiples of 0.01 nm, joined by
/// twos.
Vector in_wide_bins(const RadialDistribution& g) {
    const Vector fine = g.g(), r = g.radii();
    Vector wide((fine_bins - 4) / 4);
    for (Index k = 0; k < wide.size(); ++k) {
        const auto part = r.segment(4 * k + 1, 4).array().square();
        wide[k] = (part * fine.segment(4 * k + 1, 4).array()).sum() / part.sum();
    }
    return wide;
}

double rms(const Vector& a, const Vector& b) {
    return std::sqrt((a - b).squaredNorm() / static_cast<double>(a.size()));
}

int run(const std::string& trajectory, const std::string& table, std::uint64_t seed, Index draws) {
    set_threads(1);
    const double start = processor_seconds();
    const auto whole = WholeMolecules::chains(3, 216);
    std::vector<Points> learnt_from;
    Box box;
    RadialDistribution seen(cutoff, fine_bins), held_out(cutoff, fine_bins);
    for (const Frame& frame : Trajectory(trajectory)) {
        box = frame.box;
        Points x = centres_of_mass(whole(frame.positions, frame.box), {15.9994, 1.008, 1.008});
        const bool learn = learnt_from.size() < 51;
        (learn ? seen : held_out).add(x, box);
        if (learn) learnt_from.push_back(std::move(x));
    }
    pair::LearnSettings settings;
    settings.beta = 1.0 / (0.0083144626 * 300.0);
    settings.sampling.seed = seed;
    settings.sampling.draws = draws;
    settings.sampling.first_draws = std::min(settings.sampling.first_draws, draws);
    const pair::Learnt learnt = pair::learn(learnt_from, box, settings);
    const double seconds = processor_seconds() - start;
    std::printf("%s after %.1f s; posterior %s, Pareto k %.2f\n",
                std::string(to_string(learnt.status())).c_str(), seconds,
                learnt.posterior.reliable ? "reliable" : "flagged",
                learnt.posterior.pareto_k.value_or(std::nan("")));
    Vector places(7);
    places << 0.26, 0.28, 0.32, 0.4, 0.5, 0.6, 0.8;
    const pair::Band band = learnt.band(places);
    for (Index k = 0; k < places.size(); ++k)
        std::printf("u(%.2f nm) = %7.3f, 95 %% [%7.3f, %7.3f] kJ/mol\n", places[k], band.u[k], band.lower[k],
                    band.upper[k]);
    std::ofstream file(table);
    write_csv(file, pair::tabulate(learnt.mode(), {.first = 0.1, .points = 4000}));

    const auto target = boltzmann(learnt.potential, learnt.theta(), learnt.beta);
    const SingleParticle kernel;
    auto made = kernel.setup(target);
    SingleParticle::State state;
    Philox4x32 rng = make_stream(seed, Purpose::check);
    Points x = learnt_from.front();
    for (int i = 0; i < 1000; ++i) kernel.adapt_with(made, x, state, rng);
    RadialDistribution model(cutoff, fine_bins);
    for (int i = 0; i < 20000; ++i) {
        kernel.advance_with(made, x, state, rng);
        if (i % 10 == 0) model.add(x, box);
    }
    const Vector g = in_wide_bins(model);
    std::printf("rms: held out %.4f, learnt from %.4f; the two halves differ by %.4f\n",
                rms(g, in_wide_bins(held_out)), rms(g, in_wide_bins(seen)),
                rms(in_wide_bins(seen), in_wide_bins(held_out)));
    return 0;
}

}  // namespace

int main(int count, char** words) {
    if (count < 3 || count > 5) {
        std::fputs("usage: rivals_library water.xtc POTENTIAL.csv [SEED [DRAWS]]\n", stderr);
        return 2;
    }
    try {
        return run(words[1], words[2], count > 3 ? std::stoull(words[3]) : 1,
                   count > 4 ? std::stol(words[4]) : 4000);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
