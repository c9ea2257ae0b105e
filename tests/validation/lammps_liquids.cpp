// A pair potential in LAMMPS, as a table, against the library's own sampling of it: g(r), pressure and speed.
// A study, not a test: run by hand where lmp is installed, its figures stand in docs/validation.md.
//     validation_lammps_liquids argon|POTENTIAL SWEEPS STEPS SEED [SWITCH_FROM]
// POTENTIAL is a file of r, u and maybe f (nm, kJ/mol) of one site of a water molecule at 300 K, ended
// smoothly from SWITCH_FROM nm on; its g(r) is also compared with the last 50 frames of
// examples/data/water.xtc.
#include <predcg/kernels/single_particle.hpp>
#include <predcg/models/pair/liquid.hpp>
#include <predcg/models/pair/pair_tables.hpp>
#include <predcg/models/pair/pressure.hpp>
#include <predcg/statistics/diagnostics.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/trajectories.hpp>

#include "lammps.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace predcg;

namespace {

constexpr Index bins = 45;

struct System {
    Points start;
    Box box;
    double temperature, mass;  // K, g/mol
    double beta() const { return 1.0 / (0.0083144626 * temperature); }
};

struct Seen {
    RadialDistribution g;
    std::vector<double> pressure{};  // bar
    double seconds = 0.0;
    double mean = 0.0, error = 0.0;

    void summarise() {
        const Matrix draws = Eigen::Map<const Vector>(pressure.data(), static_cast<Index>(pressure.size()));
        mean = draws.mean();
        const double n = statistics::effective_sample_size(draws);
        error = std::sqrt((draws.array() - mean).square().mean() / n);
    }
};

/// Of this process.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

template <class U>
Seen by_library(const U& u, const System& system, Index sweeps, std::uint64_t seed) {
    const PeriodicSpace<Points> space(system.start, system.box);
    const Boltzmann target(pair::Liquid<U>(u, space), system.beta());
    const pair::Pressure pressure(u, system.box, system.beta(), pair::bar_per_kj_mol_nm3);
    Seen seen{RadialDistribution(u.cutoff(), bins)};
    Philox4x32 rng = make_stream(seed, Purpose::generate);
    const SingleParticle kernel;
    SingleParticle::State state;
    auto made = kernel.setup(target);
    Points x = system.start;
    for (Index k = 0; k < sweeps / 10; ++k) kernel.adapt_with(made, x, state, rng);
    for (Index k = 1; k <= sweeps; ++k) {
        const double start = processor_seconds();
        kernel.advance_with(made, x, state, rng);
        seen.seconds += processor_seconds() - start;
        if (k % 20 != 0) continue;
        seen.g.add(x, system.box);
        seen.pressure.push_back(pressure(x));
    }
    seen.summarise();
    return seen;
}

template <class U>
Seen by_lammps(const U& u, const System& system, Index steps, std::uint64_t seed) {
    const support::LammpsRun run("liquids");
    std::ofstream table(run.path("u.table"));
    const pair::TableReport report = pair::write_lammps_table(table, u, "U");
    std::printf("table: core below %.4f nm; spline errs by %.1e kJ/mol and %.1e kJ/mol/nm\n", report.core,
                report.spline.energy, report.spline.force);
    table.close();
    std::ofstream data(run.path("data"));
    data.precision(12);
    data << "sites\n\n" << system.start.size() << " atoms\n1 atom types\n\n";
    for (std::size_t k = 0; k < 3; ++k)
        data << "0 " << 10.0 * system.box.edges[k][k] << ' ' << "xyz"[k] << "lo "
             << "xyz"[k] << "hi\n";
    data << "\nMasses\n\n1 " << system.mass << "\n\nAtoms\n\n";
    for (std::size_t i = 0; i < system.start.size(); ++i) {
        data << i + 1 << " 1";
        for (const double coordinate : system.start[i]) data << ' ' << 10.0 * coordinate;
        data << '\n';
    }
    data.close();
    std::ostringstream input;
    input << "units real\natom_style atomic\nread_data data\nvelocity all create " << system.temperature
          << ' ' << 1000 + seed % 100000 << "\npair_style table spline 2000\npair_coeff 1 1 u.table U\n"
          << "timestep 2.0\nfix 1 all nve\nfix 2 all langevin " << system.temperature << ' '
          << system.temperature << " 200 " << 2000 + seed % 100000 << "\nthermo 1000\nrun " << steps / 10
          << "\nreset_timestep 0\ndump 1 all custom 50 traj.dump id xu yu zu\nthermo 50\n"
          << "thermo_style custom step temp press\nrun " << steps << '\n';
    Seen seen{RadialDistribution(u.cutoff(), bins)};
    if (!run.run(input.str())) {
        std::fputs(run.read("screen.txt").c_str(), stderr);
        std::exit(1);
    }
    const std::string log = run.read("log.lammps");
    const auto loop = log.rfind("Loop time of ");
    seen.seconds = std::stod(log.substr(loop + 13));  // by the clock; "99.8% CPU use" tells the processor's
    const auto use = log.find("% CPU use", loop);
    seen.seconds *= 0.01 * std::stod(log.substr(log.rfind('\n', use) + 1));
    const pair::Pressure pressure(u, system.box, system.beta(), pair::bar_per_kj_mol_nm3);
    for (const Frame& frame : Trajectory(run.path("traj.dump"), {.length_in_nm = 0.1})) {
        seen.g.add(frame.positions, system.box);
        seen.pressure.push_back(pressure(frame.positions));
    }
    seen.summarise();
    Seen own{RadialDistribution(u.cutoff(), bins)};  // with its momenta
    for (const auto& row : run.thermo())
        if (row.size() == 3) own.pressure.push_back(row[2] * 1.01325);
    own.summarise();
    std::printf("LAMMPS' own pressure, with its momenta: %.1f +- %.1f bar\n", own.mean, own.error);
    return seen;
}

double rms(const Vector& a, const Vector& b) {
    return std::sqrt((a - b).squaredNorm() / static_cast<double>(a.size()));
}

template <class U>
void compare(const U& u, const System& system, Index sweeps, Index steps, std::uint64_t seed,
             const RadialDistribution* held_out) {
    const Seen library = by_library(u, system, sweeps, seed), lammps = by_lammps(u, system, steps, seed);
    std::printf("pressure: library %.1f +- %.1f bar, LAMMPS %.1f +- %.1f bar, %+.2f %%, z = %.2f\n",
                library.mean, library.error, lammps.mean, lammps.error,
                100.0 * (lammps.mean / library.mean - 1.0),
                (lammps.mean - library.mean) / std::hypot(library.error, lammps.error));
    std::printf("g(r), %td bins: rms difference %.4f\n", bins, rms(library.g.g(), lammps.g.g()));
    if (held_out)
        std::printf("held-out frames: library %.4f, LAMMPS %.4f\n", rms(library.g.g(), held_out->g()),
                    rms(lammps.g.g(), held_out->g()));
    const double n = static_cast<double>(system.start.size());
    std::printf("library: %.3g moves of a particle a second; LAMMPS: %.3g steps, %.3g of a particle\n",
                n * static_cast<double>(sweeps) / library.seconds,
                static_cast<double>(steps) / lammps.seconds, n * static_cast<double>(steps) / lammps.seconds);
}

}  // namespace

int main(int count, char** words) {
    if (count != 5 && count != 6) {
        std::fputs("usage: validation_lammps_liquids argon|POTENTIAL SWEEPS STEPS SEED [SWITCH_FROM]\n",
                   stderr);
        return 2;
    }
    if (!support::LammpsRun::installed()) {
        std::fprintf(stderr, "%s\n", support::no_lammps);
        return 1;
    }
    const Index sweeps = std::stol(words[2]), steps = std::stol(words[3]);
    const std::uint64_t seed = std::stoull(words[4]);
    const std::string what = words[1];
    if (what == "argon") {  // a liquid, rho sigma^3 = 0.80, kT / epsilon = 1.09
        System system{{}, Box::cubic(2.2), 130.0, 39.948};
        for (int k = 0; k < 216; ++k)
            system.start.push_back({2.2 / 6 * (k % 6), 2.2 / 6 * (k / 6 % 6), 2.2 / 6 * (k / 36)});
        compare(pair::LennardJones(0.99, 0.34, 0.9), system, sweeps, steps, seed, nullptr);
        return 0;
    }
    std::ifstream file(what);
    const pair::Tabulated table(read_columns(file));
    System system{{}, {}, 300.0, 18.0154};
    const auto whole = WholeMolecules::chains(3, 216);
    RadialDistribution held_out(table.cutoff(), bins);
    Index frames = 0;
    for (const Frame& frame : Trajectory(std::string(PREDCG_EXAMPLE_DATA) + "/water.xtc")) {
        const Points x = centres_of_mass(whole(frame.positions, frame.box), {15.9994, 1.008, 1.008});
        if (frames == 0) {
            system.start = x;
            system.box = frame.box;
        }
        if (frames++ >= 51) held_out.add(x, frame.box);
    }
    const double from = count == 6 ? std::stod(words[5]) : 0.0;
    if (from > 0.0)
        compare(pair::Switched(table, from), system, sweeps, steps, seed, &held_out);
    else
        compare(table, system, sweeps, steps, seed, &held_out);
}
