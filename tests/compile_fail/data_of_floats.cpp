// expect: predcg: the data are no range of the map's fine_type
#include <predcg/predcg.hpp>

using namespace predcg;

int main() {
    const EMCoarseGrainer grainer{SamplesOnly<Vector>{}, gaussian::coarse_chain({.beads = 2}),
                                  gaussian::block_map({.coarse_beads = 2}), GaussianEngine{}};
#ifdef PREDCG_TWIN
    const std::vector<Eigen::VectorXd> data(3, Eigen::VectorXd::Zero(4));
#else
    const std::vector<Eigen::VectorXf> data(3, Eigen::VectorXf::Zero(4));
#endif
    grainer.fit(data, {.beta = 1.0});
}
