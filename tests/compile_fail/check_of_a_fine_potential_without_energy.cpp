// expect: predcg: check_fine_potential needs a type with space() and energy(x)
#include <predcg/testing/check_potential.hpp>
#include <tiny_models.hpp>

using namespace predcg;

struct Fine {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
#ifdef PREDCG_TWIN
    double energy(const tiny::Spins&) const { return 0.0; }
#endif
};

bool clean() { return check_fine_potential(Fine{}) == Findings{}; }
