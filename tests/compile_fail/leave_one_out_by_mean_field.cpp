// expect: predcg: leave-one-out densities need exact engines for q(X|x) and p_c
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/mean_field.hpp>
#include <predcg/judge/leave_one_out.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <tiny_models.hpp>

using namespace predcg;

double density(const PosteriorResult& posterior, const std::vector<tiny::Spins>& data) {
#ifdef PREDCG_TWIN
    const Enumeration engine;
#else
    const MeanField engine;
#endif
    EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, tiny::Field{}, tiny::Noise{}, engine};
    return leave_one_out(grainer, data, posterior).elpd;
}
