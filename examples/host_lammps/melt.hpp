#pragma once
// The host: LAMMPS by its C interface. Nothing of predcg is in here.
#include <lammps/library.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace host {

using Point = std::array<double, 3>;
using Points = std::vector<Point>;

/// A LAMMPS that prints nothing.
class Lammps {
public:
    Lammps() {
        std::string words[] = {"host", "-log", "none", "-screen", "none"};
        char* arguments[] = {words[0].data(), words[1].data(), words[2].data(),
                             words[3].data(), words[4].data(), nullptr};
        handle_ = lammps_open_no_mpi(5, arguments, nullptr);
        if (!handle_) throw std::runtime_error("LAMMPS does not start");
    }
    ~Lammps() { lammps_close(handle_); }
    Lammps(const Lammps&) = delete;
    Lammps& operator=(const Lammps&) = delete;

    void command(const std::string& line) {
        lammps_command(handle_, line.c_str());
        if (lammps_has_error(handle_)) {
            char text[512] = "";
            lammps_get_last_error_message(handle_, text, sizeof text);
            throw std::runtime_error("LAMMPS: " + line + ": " + text);
        }
    }

    /// Positions in the order of atom numbers, within the box.
    Points positions() {
        Points x(static_cast<std::size_t>(lammps_get_natoms(handle_)));
        lammps_gather_atoms(handle_, const_cast<char*>("x"), 1, 3, x.data());
        return x;
    }

private:
    void* handle_;
};

/// `chains` short bead-spring chains (Kremer, Grest, J. Chem. Phys. 92 (1990) 5057) in a periodic cube, at
/// temperature 1: units are those of the beads' Lennard-Jones potential.
struct Melt {
    static constexpr std::size_t beads = 4;    // of a chain
    static constexpr std::size_t columns = 8;  // columns^2 chains
    static constexpr std::size_t chains = columns * columns;
    double side = 9.2;

    /// Chains stretched side by side, then melted for `steps`.
    void begin(Lammps& lammps, int steps) const {
        const std::string L = std::to_string(side);
        for (const std::string& line :
             {std::string("units lj"), std::string("atom_style bond"), std::string("atom_modify map array"),
              "region box block 0 " + L + " 0 " + L + " 0 " + L,
              std::string("create_box 1 box bond/types 1 extra/bond/per/atom 2 extra/special/per/atom 4")})
            lammps.command(line);
        const double across = side / columns;
        for (std::size_t c = 0; c < chains; ++c)
            for (std::size_t b = 0; b < beads; ++b)
                lammps.command("create_atoms 1 single " +
                               std::to_string(0.2 + 0.97 * static_cast<double>(b)) + " " +
                               std::to_string(across * (0.5 + static_cast<double>(c % columns))) + " " +
                               std::to_string(across * (0.5 + static_cast<double>(c / columns))));
        for (const char* line : {"mass 1 1.0", "pair_style lj/cut 1.122462048", "pair_coeff 1 1 1.0 1.0",
                                 "pair_modify shift yes", "bond_style fene", "bond_coeff 1 30.0 1.5 1.0 1.0",
                                 "special_bonds fene", "neighbor 0.4 bin"})
            lammps.command(line);
        for (std::size_t c = 0; c < chains; ++c)
            for (std::size_t b = 1; b < beads; ++b)
                lammps.command("create_bonds single/bond 1 " + std::to_string(c * beads + b) + " " +
                               std::to_string(c * beads + b + 1) + " special " +
                               (c + 1 == chains && b + 1 == beads ? "yes" : "no"));
        for (const char* line : {"velocity all create 1.0 4711", "fix move all nve",
                                 "fix bath all langevin 1.0 1.0 2.0 904297", "timestep 0.008"})
            lammps.command(line);
        lammps.command("run " + std::to_string(steps));
    }

    /// The centre of mass of every chain; bonds may cross the sides of the box.
    Points centres(const Points& x) const {
        Points centres(x.size() / beads);
        for (std::size_t c = 0; c < centres.size(); ++c)
            for (std::size_t k = 0; k < 3; ++k) {
                double at = x[c * beads][k], sum = at;
                for (std::size_t b = 1; b < beads; ++b) {
                    const double step = x[c * beads + b][k] - x[c * beads + b - 1][k];
                    sum += at += step - side * std::round(step / side);
                }
                centres[c][k] = sum / beads;
            }
        return centres;
    }
};

/// Points at temperature 1 in a periodic cube whose pair potential is a table: energy and force at `count`
/// distances, the last of which is the cut-off.
struct Fluid {
    double side, cutoff;
    std::size_t count = 400;

    double distance(std::size_t k) const {
        return cutoff * static_cast<double>(k + 1) / static_cast<double>(count);
    }

    /// `energy_and_force(r)` is a pair of numbers.
    template <class Potential>
    void begin(Lammps& lammps, const Points& start, int steps, Potential&& energy_and_force) const {
        const std::string L = std::to_string(side);
        const std::string path = std::filesystem::temp_directory_path().string() + "/predcg_" +
                                 std::to_string(std::random_device{}()) + ".table";
        std::ofstream file(path);
        file.precision(17);
        file << "FLUID\nN " << count << " R " << distance(0) << ' ' << cutoff << "\n\n";
        for (std::size_t k = 0; k < count; ++k) {
            const auto [energy, force] = energy_and_force(distance(k));
            file << k + 1 << ' ' << distance(k) << ' ' << energy << ' ' << force << '\n';
        }
        file.close();
        if (!file) throw std::runtime_error("cannot write " + path);
        for (const std::string& line :
             {std::string("units lj"), std::string("atom_style atomic"), std::string("atom_modify map array"),
              "region box block 0 " + L + " 0 " + L + " 0 " + L, std::string("create_box 1 box")})
            lammps.command(line);
        for (const Point& x : start) {
            std::string at;
            for (const double c : x) at += ' ' + std::to_string(c - side * std::floor(c / side));
            lammps.command("create_atoms 1 single" + at);
        }
        for (const std::string& line :
             {std::string("mass 1 1.0"), "pair_style table linear " + std::to_string(count),
              "pair_coeff 1 1 " + path + " FLUID", std::string("velocity all create 1.0 4711"),
              std::string("fix move all nve"), std::string("fix bath all langevin 1.0 1.0 1.0 904297"),
              std::string("timestep 0.01")})
            lammps.command(line);
        lammps.command("run " + std::to_string(steps));
        std::filesystem::remove(path);
    }
};

/// Distances between all pairs of points, in bins: the radial distribution function g of a periodic cube,
/// with errors from ten parts of the frames.
class Distances {
public:
    Distances(double side, double largest, std::size_t bins, std::size_t frames)
        : side_(side), width_(largest / static_cast<double>(bins)), frames_(frames),
          parts_(10, std::vector<double>(bins)) {}

    void add(const Points& x) {
        std::vector<double>& g = parts_[10 * frame_++ / frames_];
        const double pairs = 0.5 * static_cast<double>(x.size() * (x.size() - 1)),
                     third = 4.0 / 3.0 * std::numbers::pi;
        for (std::size_t i = 0; i < x.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) {
                double square = 0.0;
                for (std::size_t k = 0; k < 3; ++k) {
                    const double d = x[i][k] - x[j][k], nearest = d - side_ * std::round(d / side_);
                    square += nearest * nearest;
                }
                const double bin = std::floor(std::sqrt(square) / width_);
                if (bin >= static_cast<double>(g.size())) continue;
                const double shell = third * width_ * width_ * width_ * (3.0 * bin * (bin + 1.0) + 1.0);
                g[static_cast<std::size_t>(bin)] += side_ * side_ * side_ / (pairs * shell);
            }
    }
    double at(std::size_t bin) const { return (static_cast<double>(bin) + 0.5) * width_; }
    double g(std::size_t bin) const {
        double sum = 0.0;
        for (const auto& part : parts_) sum += part[bin];
        return sum / static_cast<double>(frames_);
    }
    double error(std::size_t bin) const {
        const double mean = g(bin);
        double sum = 0.0;
        for (const auto& part : parts_) {
            const double of_part = part[bin] * 10.0 / static_cast<double>(frames_);
            sum += (of_part - mean) * (of_part - mean);
        }
        return std::sqrt(sum / 90.0);
    }

private:
    double side_, width_;
    std::size_t frames_, frame_ = 0;
    std::vector<std::vector<double>> parts_;
};

}  // namespace host
