// A Monte Carlo code of somebody's own runs; a coarse model of it is learnt while it does.
#include <predcg/learning/online.hpp>
#include <predcg/monte_carlo.hpp>

#include "coarse_model.hpp"
#include "lattice_code.hpp"

#include <cmath>
#include <cstdio>

int main() {
    constexpr double beta = 0.35;
    LatticeCode code(32, beta, 1);  // the host: 32 x 32 spins

    // ---- couple
    const std::size_t side = 16;
    const predcg::EMCoarseGrainer grainer{predcg::SamplesOnly<Spins>{},
                                          CoarseLattice{side},
                                          CopyToBlock{side},
                                          predcg::MonteCarlo(predcg::HeatBath{}, {.samples = 20}),
                                          predcg::Newton{},
                                          predcg::weak_prior()};
    predcg::OnlineFit online{grainer, {.beta = beta}};
    for (int sweep = 0; sweep < 4000; ++sweep) {
        code.sweep();
        if (sweep >= 200 && sweep % 20 == 0) online.add(code.spins());
    }
    const auto fit = online.estimate();
    // ---- end

    std::printf("%td configurations: %s\n", fit.configurations, to_string(fit.status).data());
    for (const std::string& remark : fit.remarks) std::printf("  %s\n", remark.c_str());
    std::printf("pair     %.4f +- %.4f\nlogit_p  %.4f +- %.4f\n", fit["pair"], fit.errors.theta[0],
                fit["logit_p"], fit.errors.eta[0]);
    return fit.status == predcg::Status::converged ? 0 : 1;
}
