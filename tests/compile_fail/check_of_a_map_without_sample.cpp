// expect: predcg: check_map needs a type with fine_type, coarse_type
#include <predcg/testing/check_map.hpp>
#include <tiny_models.hpp>

using namespace predcg;

struct Map {
    using fine_type = tiny::Spins;
    using coarse_type = tiny::Spins;
    Index parameter_count() const { return 0; }
    NeutralFactor likelihood(const tiny::Spins&, const Vector&) const { return {}; }
#ifdef PREDCG_TWIN
    template <class R>
    tiny::Spins sample(const tiny::Spins& X, const Vector&, R&) const {
        return X;
    }
#endif
};

bool clean() { return check_map(Map{}, ising::spin_space(2), Vector(0)) == Findings{}; }
