// Monte Carlo EM against exact EM on a reference set with {linear, pair_1}, l_c = 2: bias and spread of the
// estimates over 20 seeds. A study, not a test: run once, its table stands in docs/validation.md.
//     validation_monte_carlo_em A|B robbins-monro|newton FACTOR ITERATIONS [side-by-side]
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/monte_carlo.hpp>

#include "reference.hpp"

#include <cstdio>
#include <string>

using namespace predcg;

int main(int count, char** words) {
    const bool side = count == 6 && std::string(words[5]) == "side-by-side";
    if (count != 5 && !side) {
        std::fputs(
            "usage: validation_monte_carlo_em A|B robbins-monro|newton FACTOR ITERATIONS [side-by-side]\n",
            stderr);
        return 2;
    }
    const std::string set = words[1], optimizer = words[2];
    const Index factor = std::stol(words[3]), iterations = std::stol(words[4]);
    const auto json = reference::load(set);
    const auto data = reference::load_data(set);
    const double beta = json["truth"]["beta"];
    const auto coarse = reference::coarse_chain(json["models"][0], json["truth"]["field"]);
    const auto map = ising::bernoulli_map({.level = 2});
    const SamplesOnly<std::vector<ising::Spin>> fine;
    const auto exact = EMCoarseGrainer{fine, coarse, map, TransferMatrix{}}.fit(data, {.beta = beta});
    const linalg::Cholesky information(exact.likelihood.observed());
    const auto engine = [&](Index samples) {
        return MonteCarlo(
            HeatBath{},
            {.samples = samples * factor, .chains = side ? samples * factor : 1, .standard_errors = false});
    };
    const EngineRoles engines{engine(50), engine(200)};

    constexpr Index seeds = 20;
    Matrix errors(seeds, 3);
    Vector reported = Vector::Zero(3);
    const auto run = [&](const auto& climb) {
        const EMCoarseGrainer grainer{fine, coarse, map, engines, climb};
        for (Index s = 0; s < seeds; ++s) {
            FitSettings settings{
                .beta = beta, .iterations = iterations, .seed = static_cast<std::uint64_t>(s + 1)};
            settings.stochastic.minimum_iterations = iterations;
            const auto fit = grainer.fit(data, settings);
            Vector error(3), standard(3);
            error << fit.parameters.theta - exact.parameters.theta, fit.parameters.eta - exact.parameters.eta;
            standard << fit.monte_carlo.standard_errors.theta, fit.monte_carlo.standard_errors.eta;
            errors.row(s) = error.transpose();
            reported += standard / static_cast<double>(seeds);
        }
    };
    if (optimizer == "newton")
        run(StochasticNewton{});
    else
        run(RobbinsMonro{});

    std::printf("%-16s %10s %10s %10s %12s\n", "parameter", "bias/sd", "z of bias", "spread/sd",
                "reported/sd");
    const char* names[] = {"linear", "pair_1", "logit_theta_cf"};
    for (Index k = 0; k < 3; ++k) {
        const double sd = std::sqrt(information.solve(Vector::Unit(3, k))[k]), bias = errors.col(k).mean();
        const double spread =
            std::sqrt((errors.col(k).array() - bias).square().sum() / static_cast<double>(seeds - 1));
        std::printf("%-16s %10.3f %10.2f %10.3f %12.3f\n", names[k], bias / sd,
                    bias / spread * std::sqrt(static_cast<double>(seeds)), spread / sd, reported[k] / sd);
    }
}
