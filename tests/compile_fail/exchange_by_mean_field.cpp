// expect: predcg: exchange_posterior needs engines that draw configurations
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/mean_field.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/posterior/exchange.hpp>
#include <tiny_models.hpp>

using namespace predcg;

void draw(const Estimate& fit, const std::vector<tiny::Spins>& data) {
#ifdef PREDCG_TWIN
    const Enumeration engine;
#else
    const MeanField engine;
#endif
    EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, tiny::Field{}, tiny::Noise{}, engine};
    (void)exchange_posterior(grainer, data, fit);
}
