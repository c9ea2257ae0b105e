// Moves of single particles of a liquid, against the loop of a textbook; a pair potential learnt of water.
#include "support/benchmark.hpp"

#include <predcg/geometry/centre_of_mass.hpp>
#include <predcg/liquids/learn.hpp>
#include <predcg/trajectories.hpp>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace predcg;

/// Metropolis as textbooks write it: all particles, distances of nearest images, energies before and after.
template <class U>
struct Textbook {
    U u;
    double edge, beta, step;
    Points X;

    double energy_of(std::size_t i) const {
        double sum = 0.0;
        for (std::size_t j = 0; j < X.size(); ++j) {
            if (j == i) continue;
            double square = 0.0;
            for (std::size_t k = 0; k < 3; ++k) {
                double d = X[j][k] - X[i][k];
                d -= edge * std::round(d / edge);
                square += d * d;
            }
            const double r = std::sqrt(square);
            if (r < u.cutoff()) sum += u.pair_energy(r);
        }
        return sum;
    }
    double sweep(Philox4x32& rng) {
        double accepted = 0.0;
        for (std::size_t i = 0; i < X.size(); ++i) {
            const Point before = X[i];
            const double old = energy_of(i);
            for (double& x : X[i]) x += step * (2.0 * uniform(rng) - 1.0);
            const double change = beta * (energy_of(i) - old);
            if (change <= 0.0 || uniform(rng) < std::exp(-change))
                accepted += 1.0;
            else
                X[i] = before;
        }
        return accepted;
    }
};

/// One sweep at water's density, of potential and parameters that are like water's.
void add_sweeps(Index particles) {
    const double edge = std::cbrt(static_cast<double>(particles) / 33.46), beta = 0.4, step = 0.04;
    const PeriodicSpace<Points> space(particles, Box::cubic(edge));
    const pair::SplinePotential u({.cutoff = 0.9, .core = 0.24, .intervals = 33}, space);
    Vector theta(33);
    for (Index k = 0; k < 33; ++k) {
        const double r = u.centres()[k];
        theta[k] = 2.0 * std::pow(0.27 / r, 12) - 0.6 * std::exp(-std::pow((r - 0.45) / 0.07, 2));
    }
    const auto target = boltzmann(u, theta, beta);
    auto rng = make_stream(1, Purpose::check);
    Points X = space.random(rng);
    const SingleParticle kernel{.step = step};
    auto made = kernel.setup(target);
    SingleParticle::State state;
    for (int k = 0; k < bench::size(200, 2); ++k) kernel.advance_with(made, X, state, rng);
    const std::string group = "one sweep of " + std::to_string(particles) + " particles, cut-off 0.9 nm";
    using Loop = Textbook<pair::At<pair::SplinePotential>>;
    const auto textbook =
        std::make_shared<std::pair<Loop, Philox4x32>>(Loop{pair::at(u, theta), edge, beta, step, X}, rng);
    bench::add(group, "textbook loop", [=] { return textbook->first.sweep(textbook->second); });
    using Moves = pair::MovingPairs<pair::CubicPieces>;
    struct Run {
        SingleParticle::Setup<Moves> made;
        Points X;
        SingleParticle::State state;
        Philox4x32 rng;
    };
    for (const auto how : {pair::Neighbourhood::all, pair::Neighbourhood::lists}) {
        const bool table = how == pair::Neighbourhood::all;
        if (table && particles > 2000) continue;
        const auto run =
            std::make_shared<Run>(Run{{Moves(u.pieces(theta), space, how), beta, step, 1.0}, X, state, rng});
        bench::add(group, table ? "SingleParticle, table" : "SingleParticle, lists", [=] {
            kernel.advance_with(run->made, run->X, run->state, run->rng);
            return run->X[0][0];
        });
    }
}

}  // namespace

int main(int argc, char** argv) {
    add_sweeps(216);
    add_sweeps(4096);
    bench::add_large("water, 101 frames of 216 molecules", "pair::learn", [] {
        std::vector<Points> frames;
        Box box;
        const auto whole = WholeMolecules::chains(3, 216);
        const CentreOfMass centres({15.9994, 1.008, 1.008});
        for (const Frame& frame : Trajectory(std::string(PREDCG_EXAMPLE_DATA) + "/water.xtc")) {
            box = frame.box;
            frames.push_back(centres(whole(frame.positions, box)));
        }
        pair::LearnSettings settings{.beta = 1.0 / (0.0083144626 * 300.0)};
        if (bench::smoke()) settings.sampling = {.draws = 60, .first_draws = 50, .rounds = 2};
        return [=] { return pair::learn(frames, box, settings).theta()[0]; };
    });
    return bench::run(argc, argv);
}
