// expect: predcg: check_coarse_potential needs a type with space()
#include <predcg/testing/check_potential.hpp>
#include <tiny_models.hpp>

using namespace predcg;

struct Coarse {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
    Index parameter_count() const { return 1; }
#ifdef PREDCG_TWIN
    Vector features(const tiny::Spins& X) const { return Vector::Constant(1, X[0]); }
#endif
};

bool clean() { return check_coarse_potential(Coarse{}, Vector::Zero(1)) == Findings{}; }
