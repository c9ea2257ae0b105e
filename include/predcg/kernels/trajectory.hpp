#pragma once
#include <predcg/core/error.hpp>
#include <predcg/kernels/kernel_run.hpp>

#include <stop_token>
#include <vector>

namespace predcg {

/// Settings of a trajectory: samples along one Markov chain.
struct TrajectorySettings {
    Index samples = 50;
    Index warm_up = 1000;    ///< moves before the first sample; kernels tune themselves here
    Index thinning = 10;     ///< moves from sample to sample
    std::stop_token stop{};  ///< ends with the samples there are
};

/// Samples of a target along one chain of a kernel, from a start anywhere in the space. They are correlated:
/// see statistics::integrated_autocorrelation_time. Any uniform random bit generator will do.
template <class Kernel, Target T, RandomBits R>
    requires Sampler<Kernel, T>
auto trajectory(const Kernel& kernel, const T& target, const TrajectorySettings& settings, R& rng)
    -> std::vector<configuration_t<space_t<T>>> {
    constexpr Index many = std::numeric_limits<Index>::max();
    require_range(settings.samples, 1, many, "trajectory", "samples");
    require_range(settings.warm_up, 0, many, "trajectory", "warm_up");
    require_range(settings.thinning, 1, many, "trajectory", "thinning");
    detail::KernelRun<Kernel, T> run(kernel, target);
    detail::kernel_state_t<Kernel> state{};
    configuration_t<space_t<T>> X = target.space().random(rng);
    const auto stops = [&] { return settings.stop.stop_requested(); };
    for (Index k = 0; k < settings.warm_up && !stops(); ++k) run.warm_up(X, state, rng);
    std::vector<configuration_t<space_t<T>>> samples;
    samples.reserve(static_cast<std::size_t>(settings.samples));
    for (Index s = 0; s < settings.samples; ++s) {
        for (Index k = 0; k < settings.thinning && !stops(); ++k) run.advance(X, state, rng);
        if (stops()) break;
        samples.push_back(X);
    }
    return samples;
}

}  // namespace predcg
