// expect: predcg: the map's coarse_type is not the configuration type of the coarse space
#include <predcg/testing/check_map.hpp>
#include <tiny_models.hpp>

using namespace predcg;

bool clean() {
#ifdef PREDCG_TWIN
    const auto space = ising::spin_space(2);
#else
    const auto space = ising::spin_space<2>(2);  // of std::array
#endif
    return check_map(tiny::Noise{}, space, Vector(0)) == Findings{};
}
