// expect: predcg: the map has sufficient_statistic(x), but that is no Statistic in X
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <tiny_models.hpp>

using namespace predcg;

struct Map : tiny::Noise {
    EmptyStatistic sufficient_statistic(const tiny::Spins&) const { return {}; }
#ifdef PREDCG_TWIN
    Expansion expected_log_density(const Vector&, double, const Vector&) const { return {}; }
#endif
};

void learn() { EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, tiny::Field{}, Map{}, Enumeration{}}; }
