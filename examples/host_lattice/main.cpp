// A Monte Carlo code of somebody's own runs; a coarse model of it is learnt while it does.
#include <predcg/learning/online.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predict/predict.hpp>

#include "coarse_model.hpp"
#include "lattice_code.hpp"

#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

namespace {
/// Mean product of a spin with the one `apart` columns further: an observable is a function of a
/// configuration.
struct Correlation {
    int side, apart;
    double operator()(const Spins& x) const { return correlation(x, side, apart); }
};
/// Mean spin.
struct MeanSpin {
    double operator()(const Spins& x) const {
        return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    }
};
/// Mean square of the mean spin of a block of 2 x 2.
struct BlockSquare {
    int side;
    double operator()(const Spins& x) const {
        double sum = 0.0;
        for (int row = 0; row < side; row += 2)
            for (int column = 0; column < side; column += 2) {
                const Spin* const spin = x.data() + row * side + column;
                const double mean = 0.25 * (spin[0] + spin[1] + spin[side] + spin[side + 1]);
                sum += mean * mean;
            }
        return 4.0 * sum / (side * side);
    }
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

    // What the coarse model says of the host's spins, and what the host says in 10 times as many sweeps.
    const std::vector<Correlation> correlations{
        {code.side(), 1}, {code.side(), 2}, {code.side(), 4}, {code.side(), 8}};
    const MeanSpin mean;
    const BlockSquare square{code.side()};
    std::vector<double> of_host(correlations.size());
    double mean_of_host = 0.0, square_of_host = 0.0;
    constexpr int sweeps = 40000;
    for (int sweep = 0; sweep < sweeps; ++sweep) {
        code.sweep();
        for (std::size_t k = 0; k < correlations.size(); ++k)
            of_host[k] += correlations[k](code.spins()) / sweeps;
        mean_of_host += mean(code.spins()) / sweeps;
        square_of_host += square(code.spins()) / sweeps;
    }
    const auto compared = [&](const char* name, const auto& observable, double host) {
        const auto predicted = predict(fit, observable, {.draws = 4000});
        std::printf("%-12s %7.4f +- %.4f  %7.4f\n", name, predicted.value(), predicted.standard_error[0],
                    host);
        return predicted.value() - host;
    };
    std::printf("\n             predicted          host\n");
    const double off = compared("mean spin", mean, mean_of_host),
                 off_square = compared("block square", square, square_of_host);
    for (std::size_t k = 0; k < correlations.size(); ++k)
        compared(("distance " + std::to_string(correlations[k].apart)).c_str(), correlations[k], of_host[k]);
    std::printf("The +- is of the 4000 draws alone. The map copies a spin to its block, each copy by itself: "
                "it holds\n"
                "the mean and nearly the spread of a block, and loses correlations within and across blocks\n"
                "(docs/monte_carlo.md).\n");
    const bool holds = std::abs(off) < 0.05 && std::abs(off_square) < 0.1 * square_of_host;
    if (!holds) std::printf("The mean spin or the spread of a block is NOT the host's.\n");
    return fit.status == predcg::Status::converged && holds ? 0 : 1;
}
