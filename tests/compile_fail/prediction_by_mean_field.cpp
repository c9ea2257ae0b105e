// expect: predcg: predict needs an engine that draws from p_c or averages under it
#include <predcg/engines/mean_field.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/predict.hpp>

using namespace predcg;

int main() {
    const Fit fit(Estimate{}, ising::coarse_chain({.sites = 2}), ising::bernoulli_map(), MeanField{});
#ifdef PREDCG_TWIN
    (void)predict(fit.with_engine(TransferMatrix{}), ising::Magnetization{});
#else
    (void)predict(fit, ising::Magnetization{});
#endif
}
