// A trajectory of decane: shape and dihedral distribution; one of water: radial distribution; and errors.
#include <predcg/statistics/running_moments.hpp>
#include <predcg/trajectories.hpp>

#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

int main() {
    const std::string folder = std::string(PREDCG_EXAMPLE_DATA) + "/";
    // ---- decane
    const auto whole = WholeMolecules::chains(10);  // one chain of ten sites
    const auto distribution = dihedral_distribution(DihedralAngles::chain(10), 12);
    statistics::RunningMoments<Vector> density;
    statistics::RunningMoments<double> gyration, end_to_end;
    for (const Frame& frame : Trajectory(folder + "decane.xtc")) {  // frame by frame
        const Points x = whole(frame.positions, frame.box);
        density.add(distribution(x));
        gyration.add(RadiusOfGyration{}(x));
        end_to_end.add(EndToEnd{}(x));
    }
    std::printf("%td frames, R_g %.4f nm, end to end %.4f nm\n", gyration.count(), gyration.mean(),
                end_to_end.mean());
    for (Index k = 0; k < distribution.size(); ++k)
        std::printf("%5.0f degrees  %.3f\n", distribution.centres()[k] * 57.29577951308232,
                    density.mean()[k]);
    // ---- rebuilt
    Frame first;
    Trajectory(folder + "decane.xtc").next(first);
    const auto chain = ZMatrix::chain(10);
    InternalCoordinates q = chain.internal(whole(first.positions, first.box));
    q.dihedrals[3] = 1.2;  // gauche+ in the middle
    std::printf("end to end %.3f nm, with one gauche %.3f nm\n",
                EndToEnd{}(whole(first.positions, first.box)), EndToEnd{}(chain.cartesian(q)));
    // ---- water
    RadialDistribution centres(0.9, 90);  // up to 0.9 nm
    statistics::RunningMoments<double> order;
    const auto molecules = WholeMolecules::chains(3, 216);  // O, H, H: one after the other, all near
    for (const Frame& frame : Trajectory(folder + "water.xtc")) {
        const Points sites = centres_of_mass(molecules(frame.positions, frame.box), {15.9994, 1.008, 1.008});
        centres.add(sites, frame.box);
        order.add(TetrahedralOrder(frame.box)(sites));
    }
    Index peak = 0;
    const double height = centres.g().maxCoeff(&peak);
    std::printf("g has its peak at %.3f nm, %.2f +- %.2f; tetrahedral order %.2f\n", centres.radii()[peak],
                height, centres.standard_error()[peak], order.mean());
    // ---- errors
    try {
        for (const Frame& frame : Trajectory(folder + "water.gro", TrajectoryFormat::xtc))
            std::printf("%zu atoms\n", frame.positions.size());
    } catch (const TrajectoryError& error) {
        std::printf("frame %td, byte %llu: %s is not %s\n", error.frame(),
                    static_cast<unsigned long long>(error.byte()), error.value().c_str(),
                    error.allowed().c_str());
    }
    // ---- end
    return 0;
}
