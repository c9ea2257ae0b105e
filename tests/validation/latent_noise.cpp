// How often the score test of noise between X and x says that there is some, on data whose noise is known:
//     validation_latent_noise [data sets] [frames]
// Six particles of tests/unit/liquids_latent_noise_test.cpp; theta is fitted to every data set.
#include <predcg/kernels/single_particle.hpp>
#include <predcg/liquids/liquid_checks.hpp>

#include <cstdio>
#include <cstdlib>

using namespace predcg;

int main(int argc, char** argv) {
    const Index sets = argc > 1 ? std::atol(argv[1]) : 500, frames = argc > 2 ? std::atol(argv[2]) : 100;
    const pair::SplinePotential potential(
        {.cutoff = 0.5, .core = 0.2, .intervals = 6, .core_stiffness = 300.0},
        PeriodicSpace<>(6, Box::cubic(1.0)));
    const Vector truth{{6.0, 2.0, -1.5, -1.0, -0.5, 0.0}};
    const double beta = 1.2;
    const MonteCarlo engine(SingleParticle{}, {.warm_up = 300, .thinning = 10});
    std::printf("sigma/pm  rejected at 0.01, 0.05  mean z  sd z  mean sigma^2/pm^2  mean error  fits\n");
    for (const double sigma : {0.0, 0.005, 0.01, 0.02}) {
        std::vector<LatentNoise> tests(static_cast<std::size_t>(sets));
        std::vector<int> converged(static_cast<std::size_t>(sets), 0);
        parallel_for(sets, [&](Index k) {
            const auto seed = static_cast<std::uint64_t>(1000 + k);
            auto data = draw_chains(engine, boltzmann(potential, truth, beta), frames, 1, seed);
            Philox4x32 rng = make_stream(seed, Purpose::check);
            std::vector<Vector> features;
            for (Points& x : data) {
                for (Point& p : x)
                    for (double& c : p) c += sigma * standard_normal(rng);
                features.push_back(potential.features(x));
            }
            FeatureChains chains(
                potential, MonteCarlo<SingleParticle>({}, {.samples = 2, .warm_up = 300, .thinning = 5}),
                beta, seed);
            const auto fit =
                fit_by_reweighting(chains, potential, BlockPriors{Normal{.mean = 0.0, .sd = 20.0}, Flat{}},
                                   features, beta, truth, {}, {.draws = 4000, .first_draws = 2000});
            converged[static_cast<std::size_t>(k)] = fit.fit.status == Status::converged;
            const Vector theta = fit.fit.parameters.theta;
            const auto draws =
                draw_chains(engine, boltzmann(potential, theta, beta), 2000, 2, seed + 1000000);
            tests[static_cast<std::size_t>(k)] = latent_noise_test(potential, theta, beta, data, draws, 2);
        });
        double one = 0.0, five = 0.0, variance_of = 0.0, error = 0.0, n = 0.0;
        statistics::RunningMoments<double> z;
        for (std::size_t k = 0; k < tests.size(); ++k) {
            if (!converged[k]) continue;  // the test is one at a fit
            const LatentNoise& t = tests[k];
            n += 1.0;
            one += t.p_value < 0.01;
            five += t.p_value < 0.05;
            z.add(t.z);
            variance_of += 1e6 * t.variance;
            error += 1e6 * t.variance_error;
        }
        std::printf("%4.0f  %.3f  %.3f  %+.3f  %.3f  %+.1f  %.1f  %.0f\n", 1e3 * sigma, one / n, five / n,
                    z.mean(), std::sqrt(z.variance()), variance_of / n, error / n, n);
        std::fflush(stdout);
    }
}
