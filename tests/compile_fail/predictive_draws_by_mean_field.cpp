// expect: predcg: configurations cannot be drawn with this engine for p_c
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/mean_field.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <tiny_models.hpp>

using namespace predcg;

#ifdef PREDCG_TWIN
using Engine = Enumeration;
#else
using Engine = MeanField;
#endif

std::vector<tiny::Spins> drawn(const Posterior<tiny::Field, tiny::Noise, Engine>& posterior) {
    return draw_predictive(posterior, 10);
}
