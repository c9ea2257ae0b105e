// A pair potential of water, one site a molecule, with its band.
#include <predcg/geometry/centre_of_mass.hpp>
#include <predcg/liquids/learn.hpp>
#include <predcg/trajectories.hpp>

#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

int main() {
    const std::string file = std::string(PREDCG_EXAMPLE_DATA) + "/water.xtc";
    // ---- learn
    const auto whole = WholeMolecules::chains(3, 216);
    const CentreOfMass centre({15.9994, 1.008, 1.008});
    std::vector<Points> centres;
    Box box;
    for (const Frame& frame : Trajectory(file)) {
        centres.push_back(centre(whole(frame.positions, frame.box)));
        box = frame.box;
    }
    pair::LearnSettings settings{.beta = 1.0 / (0.0083144626 * 300.0)};  // mol/kJ at 300 K
    // ----
    settings.knot_distance = 0.03;  // so that the tests take some seconds only
    settings.smoothness = pair::Smoothness{};
    settings.sampling.draws = 1000;
    // ---- band
    const pair::Learnt water = pair::learn(centres, box, settings);
    const Vector r{{0.24, 0.28, 0.33, 0.45, 0.6, 0.8}};
    const pair::Band band = water.band(r, 0.95);
    // ----
    std::printf("%s, %td parameters, %td frames worth %.0f\n", std::string(to_string(water.status())).c_str(),
                water.theta().size(), std::ssize(centres), water.fit.data.count);
    for (Index k = 0; k < r.size(); ++k)
        std::printf("%.2f nm  %5.1f  [%5.1f, %5.1f] kJ/mol\n", r[k], band.u[k], band.lower[k], band.upper[k]);
    return 0;
}
