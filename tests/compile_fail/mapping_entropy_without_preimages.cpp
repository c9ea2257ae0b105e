// expect: predcg: S_map needs a deterministic map with log_preimages(X)
#include <predcg/relative_entropy/divergence.hpp>
#include <tiny_models.hpp>

using namespace predcg;

struct Fine {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
    double energy(const tiny::Spins&) const { return 0.0; }
};

struct Same {
    using fine_type = tiny::Spins;
    using coarse_type = tiny::Spins;
    tiny::Spins operator()(const tiny::Spins& x) const { return x; }
#ifdef PREDCG_TWIN
    double log_preimages(const tiny::Spins&) const { return 0.0; }
#endif
};

double parts(const RelativeEntropyFit<tiny::Field, Same, Enumeration>& fit) {
    return relative_entropy_of(Fine{}, fit).value();
}
