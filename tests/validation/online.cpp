// OnlineFit against a fit of the same data on the square lattice of tests/support/square_ising.hpp: ten
// seeds. A study, not a test: run once, its table stands in docs/validation.md.
//     validation_online SIDE CONFIGURATIONS ITERATIONS
// SIDE of the coarse lattice; ITERATIONS of the fit that is compared with.
#include <predcg/learning/online.hpp>
#include <predcg/monte_carlo.hpp>

#include "square_ising.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

using namespace predcg;

int main(int count, char** words) {
    if (count != 4) {
        std::fputs("usage: validation_online SIDE CONFIGURATIONS ITERATIONS\n", stderr);
        return 2;
    }
    const auto side = static_cast<std::size_t>(std::stoul(words[1]));
    const auto data = square_ising::samples(2 * side, 0.35, std::stoul(words[2]), 1);
    const auto grainer = [&](auto engine) {
        return EMCoarseGrainer{SamplesOnly<square_ising::Spins>{},
                               square_ising::Coarse{side},
                               square_ising::BlockMap{side},
                               engine,
                               StochasticNewton{},
                               weak_prior()};
    };
    const MonteCarlo latent(HeatBath{}, {.samples = 20});
    constexpr std::uint64_t seeds = 10;
    Matrix estimates(seeds, 2), errors(seeds, 2), sampling(seeds, 2);
    int converged = 0;
    for (std::uint64_t s = 0; s < seeds; ++s) {
        OnlineFit online{grainer(latent), {.beta = 0.35, .seed = s + 1}};
        online.add(data);
        const auto fit = online.estimate();
        const auto row = static_cast<Index>(s);
        estimates.row(row) << fit.parameters.theta[0], fit.parameters.eta[0];
        errors.row(row) << fit.errors.theta[0], fit.errors.eta[0];
        sampling.row(row) << fit.monte_carlo_errors.theta[0], fit.monte_carlo_errors.eta[0];
        converged += fit.status == Status::converged ? 1 : 0;
        std::printf("seed %2llu: %-9s pair %.4f logit_p %.4f, used %.0f\n",
                    static_cast<unsigned long long>(s + 1), to_string(fit.status).data(), estimates(row, 0),
                    estimates(row, 1), fit.data_count);
        for (const auto& remark : fit.remarks) std::printf("         %s\n", remark.c_str());
    }
    // Whole passes over the data, from the mean of the estimates, with many samples of p_c.
    FitSettings settings{.beta = 0.35, .iterations = std::stol(words[3])};
    settings.start = Parameters{Vector::Constant(1, estimates.col(0).mean()),
                                Vector::Constant(1, estimates.col(1).mean())};
    settings.stochastic.minimum_iterations = settings.iterations;
    const auto fit =
        grainer(EngineRoles{latent, MonteCarlo(HeatBath{}, {.samples = 1000})}).fit(data, settings);
    const double expected[] = {fit.parameters.theta[0], fit.parameters.eta[0]};
    const double of_fit[] = {fit.monte_carlo.standard_errors.theta[0],
                             fit.monte_carlo.standard_errors.eta[0]};
    std::printf("%-8s %8s %8s %8s %8s %8s %12s  (%d of 10 converged)\n", "", "fit", "its MC", "largest",
                "errors", "MC", "largest/err", converged);
    const char* names[] = {"pair", "logit_p"};
    for (Index k = 0; k < 2; ++k) {
        const auto off = (estimates.col(k).array() - expected[k]).abs();
        std::printf("%-8s %8.4f %8.4f %8.4f %8.4f %8.4f %12.2f\n", names[k], expected[k], of_fit[k],
                    off.maxCoeff(), errors.col(k).mean(), sampling.col(k).mean(),
                    (off / errors.col(k).array()).maxCoeff());
    }
    return 0;
}
