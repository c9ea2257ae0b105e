#include "model/ising_calibration.hpp"

#include "model/map_learner.hpp"

#include <predcg/kernels/single_site.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>

namespace cli {

using namespace predcg;

Configurations draw_data(const CoverageData& data, std::uint64_t seed) {
    const auto fine = ising::chain(data.fine.chain);
    if (!data.chain)
        return generate(fine, {.beta = data.fine.beta, .samples = data.samples, .seed = seed}).configurations;
    Philox4x32 rng = make_stream(seed, Purpose::generate);
    TrajectorySettings settings = *data.chain;
    settings.samples = data.samples;
    return trajectory(Metropolis{}, Boltzmann(fine, data.fine.beta), settings, rng);
}

Vector true_values(const FineModel& fine) {
    const auto chain = ising::chain(fine.chain);
    const double m = truth(chain, fine.beta, ising::Magnetization{}).value();
    const Vector R = truth(chain, fine.beta, ising::Correlation{fine.chain.boundary}).mean;
    Vector values(2);
    values << m, R[1];
    return values;
}

SimulationBasedCalibration rank_calibration(const FitModel& model, SimulationBasedSettings settings,
                                            const PosteriorChoice& choice,
                                            const std::function<void()>& count) {
    settings.beta = model.beta;
    return learner_of(map_of(model)).ranks(model, settings, choice, count);
}

Coverage coverage_of(const FitModel& model, const CoverageData& data, const CoverageSettings& settings,
                     const PosteriorChoice& choice, const std::function<void()>& count) {
    return learner_of(map_of(model)).coverage(model, data, settings, choice, count);
}

}  // namespace cli
