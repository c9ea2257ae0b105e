// A Monte Carlo code of somebody's own runs; a coarse model of it is learnt while it does.
#include <predcg/learning/online.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predict/predict.hpp>

#include "coarse_model.hpp"
#include "lattice_code.hpp"

#include <cmath>
#include <cstdio>

namespace {
/// Mean product of a spin with the one `apart` columns further: an observable is a function of a
/// configuration.
struct Correlation {
    int side, apart;
    double operator()(const Spins& x) const { return correlation(x, side, apart); }
};
}  // namespace

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
    std::printf("pair     %.3f +- %.3f\nlogit_p  %.3f +- %.3f\n", fit["pair"], fit.errors.theta[0],
                fit["logit_p"], fit.errors.eta[0]);

    // What the coarse model says of the host's spins, and what the host says in 40 times as many sweeps.
    std::printf("\ndistance  predicted          host\n");
    for (const int apart : {1, 2, 4, 8}) {
        double sum = 0.0;
        constexpr int sweeps = 40000;
        for (int sweep = 0; sweep < sweeps; ++sweep) {
            code.sweep();
            sum += correlation(code.spins(), code.side(), apart) / sweeps;
        }
        const auto predicted = predict(fit, Correlation{code.side(), apart}, {.draws = 4000});
        std::printf("%8d  %.4f +- %.4f  %.4f\n", apart, predicted.value(), predicted.standard_error[0], sum);
    }
    return fit.status == predcg::Status::converged ? 0 : 1;
}
