// Stochastic fits of the square Ising lattice (tests/support/square_ising.hpp) over ten seeds, by both
// optimizers at their defaults: against the exact mode for 16 coarse sites, else against a long fit. A study,
// not a test: its table stands in docs/validation.md.
//     validation_lattice_fits SIDE DATA SAMPLES
#include <predcg/engines/enumeration.hpp>
#include <predcg/monte_carlo.hpp>

#include "square_ising.hpp"

#include <cmath>
#include <cstdio>
#include <string>

using namespace predcg;

namespace {

constexpr int seeds = 10;
constexpr double beta = 0.35;

/// (pair, logit_p), and errors of them.
struct Truth {
    Vector at, error;
};

Vector joined(const Parameters& p) {
    Vector all(p.theta.size() + p.eta.size());
    all << p.theta, p.eta;
    return all;
}

template <class Grainer>
void study(const char* name, const Grainer& grainer, const std::vector<square_ising::Spins>& data,
           const Truth& truth) {
    Vector squares = Vector::Zero(2), error = squares, stated = squares, sd = squares;
    double iterations = 0.0, worst = 0.0;
    int converged = 0;
    for (int s = 1; s <= seeds; ++s) {
        const auto fit = grainer.fit(data, {.beta = beta, .seed = static_cast<std::uint64_t>(s)});
        const Vector e = joined(fit.parameters) - truth.at, own = joined(fit.monte_carlo.standard_errors);
        const Vector z = e.cwiseQuotient((own.cwiseAbs2() + truth.error.cwiseAbs2()).cwiseSqrt());
        squares += z.cwiseAbs2() / seeds;
        error += e.cwiseAbs2() / seeds;
        stated += own.cwiseAbs2() / seeds;
        sd += joined(fit.monte_carlo.posterior_deviations) / seeds;
        iterations += static_cast<double>(fit.iterations) / seeds;
        converged += fit.status == Status::converged;
        worst = std::max(worst, z.cwiseAbs().maxCoeff());
        for (const std::string& remark : fit.remarks)
            std::fprintf(stderr, "seed %d: %s\n", s, remark.c_str());
    }
    std::printf("%-16s %2d of %d, %4.0f iterations, worst |z| %.1f", name, converged, seeds, iterations,
                worst);
    for (Index k = 0; k < 2; ++k)
        std::printf(" | %s: rms error %.3f sd, stated %.3f sd, rms z %.2f", k == 0 ? "pair" : "logit_p",
                    std::sqrt(error[k]) / sd[k], std::sqrt(stated[k]) / sd[k], std::sqrt(squares[k]));
    std::puts("");
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::fputs("usage: validation_lattice_fits SIDE DATA SAMPLES\n", stderr);
        return 2;
    }
    const auto side = static_cast<std::size_t>(std::stoul(words[1]));
    const auto data = square_ising::samples(2 * side, beta, std::stoul(words[2]), 1);
    const auto with = [&](const auto& engine, const auto& optimizer) {
        return EMCoarseGrainer{SamplesOnly<square_ising::Spins>{},
                               square_ising::Coarse{side},
                               square_ising::BlockMap{side},
                               engine,
                               optimizer,
                               weak_prior()};
    };
    const MonteCarlo engine(HeatBath{}, {.samples = std::stol(words[3])});
    Truth truth;
    if (side <= 4) {
        truth = {joined(with(Enumeration{}, Newton{}).fit(data, {.beta = beta, .starts = 1}).parameters),
                 Vector::Zero(2)};
    } else {
        FitSettings settings{.beta = beta, .iterations = 800, .seed = 1000};
        settings.stochastic.minimum_iterations = settings.iterations;
        const auto fit = with(engine, StochasticNewton{}).fit(data, settings);
        truth = {joined(fit.parameters), joined(fit.monte_carlo.standard_errors)};
    }
    std::printf("%zu coarse sites: pair %.4f (%.4f), logit_p %.4f (%.4f)\n", side * side, truth.at[0],
                truth.error[0], truth.at[1], truth.error[1]);
    study("RobbinsMonro", with(engine, RobbinsMonro{}), data, truth);
    study("StochasticNewton", with(engine, StochasticNewton{}), data, truth);
}
