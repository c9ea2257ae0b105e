// A pair potential of water from some frames, and what the data contradict of it.
#include <predcg/liquids/liquid_checks.hpp>
#include <predcg/trajectories.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

int main() {
    const std::string file = std::string(PREDCG_EXAMPLE_DATA) + "/water.xtc";
    const std::vector<double> masses{15.9994, 1.008, 1.008};
    const auto whole = WholeMolecules::chains(3, 216);
    const CentreOfMass centre(masses);
    std::vector<Points> frames, centres;
    Box box;
    int count = 0;
    for (const Frame& frame : Trajectory(file)) {
        if (count++ % 4 != 0) continue;  // a quarter of the frames, so that it takes some seconds only
        frames.push_back(whole(frame.positions, frame.box));
        centres.push_back(centre(frames.back()));
        box = frame.box;
    }
    pair::LearnSettings learning{.beta = 1.0 / (0.0083144626 * 300.0), .knot_distance = 0.03};
    learning.smoothness = pair::Smoothness{};
    learning.sampling.draws = 600;
    learning.sampling.first_draws = 300;
    // ---- checks
    const auto learnt = pair::learn(centres, box, learning);
    const ZMatrix bent(std::vector<std::array<Index, 3>>{{-1, -1, -1}, {0, -1, -1}, {0, 1, -1}});
    const RigidMolecules water(  // SPC/E: O, H, H
        bent.cartesian({Vector{{0.1, 0.1}}, Vector{{std::acos(-1.0 / 3.0)}}, Vector(0)}), masses);
    LiquidSettings settings{.samples = 600, .site_pairs = {{"O-H", 0, 1}}};
    settings.pressure = KnownValue{350.0, 80.0};  // bar, of the simulation
    const LiquidChecks checks = liquid_checks(learnt, frames, water, settings);
    std::printf("%s\n", checks.summary().c_str());
    return 0;
}
