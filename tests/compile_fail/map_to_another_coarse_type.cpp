// expect: predcg: the map's coarse_type is not the configuration type of the coarse potential's space
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <tiny_models.hpp>

#include <array>

using namespace predcg;

struct Map : tiny::Noise {
#ifndef PREDCG_TWIN
    using coarse_type = std::array<ising::Spin, 2>;
    template <class R>
    tiny::Spins sample(const coarse_type& X, const Vector&, R&) const {
        return {X[0], X[1]};
    }
#endif
};

void learn() { EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, tiny::Field{}, Map{}, Enumeration{}}; }
