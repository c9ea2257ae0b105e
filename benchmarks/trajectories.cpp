// Reading trajectories from memory, and what is asked of their frames.
#include "support/benchmark.hpp"

#include <predcg/trajectories.hpp>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

int main(int argc, char** argv) {
    using namespace predcg;
    std::ifstream file(std::string(PREDCG_EXAMPLE_DATA) + "/water.xtc", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const std::string group = "XTC, 101 frames of 648 atoms, 241 kB";
    bench::add(group, "read", [=] {
        std::istringstream in(bytes);
        double sum = 0.0;
        for (const Frame& frame : Trajectory(in, TrajectoryFormat::xtc)) sum += frame.positions.back()[0];
        return sum;
    });
    Frame frame;
    std::istringstream in(bytes);
    Trajectory(in, TrajectoryFormat::xtc).next(frame);
    const Points x = WholeMolecules::chains(3, 216)(frame.positions, frame.box);
    const Points centres = centres_of_mass(x, {15.9994, 1.008, 1.008});
    const std::string one = "one frame, 216 sites";
    bench::add(one, "radial distribution, 90 bins",
               [=] { return RadialDistribution(0.9, 90).of(centres, frame.box); });
    bench::add(one, "tetrahedral order", [=] { return TetrahedralOrder(frame.box)(centres); });
    bench::add(one, "whole molecules",
               [=, whole = WholeMolecules::chains(3, 216)] { return whole(frame.positions, frame.box); });
    return bench::run(argc, argv);
}
