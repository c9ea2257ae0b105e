#include "study/sweep.hpp"

#include "errors.hpp"
#include "monte_carlo_fit.hpp"
#include "numbers.hpp"
#include "progress.hpp"

#include <predcg/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace cli::study {

using namespace predcg;

namespace {

ising::FineChain<> fine_at(const SweepSettings& settings, double field) {
    auto chain = settings.fine.chain;
    chain.field = field;
    return ising::chain(chain);
}

double truth_at(const SweepSettings& settings, double field) {
    return truth(fine_at(settings, field), settings.fine.beta, ising::Magnetization{}).value();
}

FitModel model_at(const SweepSettings& settings, const SweepModel& model, double field) {
    return {.fine_sites = settings.fine.chain.sites,
            .level = settings.level,
            .linear = model.linear,
            .pair_range = 1,
            .field = field,
            .beta = settings.fine.beta,
            .boundary = settings.fine.chain.boundary,
            .prior = settings.prior};
}

/// Standard error of the data's mean magnetisation; 0 for a single datum.
double standard_error(const Configurations& data, double mean) {
    double scatter = 0.0;
    for (const auto& x : data) scatter += std::pow(ising::Magnetization{}(x)-mean, 2);
    const auto n = static_cast<double>(data.size());
    return n < 2.0 ? 0.0 : std::sqrt(scatter / (n * (n - 1.0)));
}

/// Samples of different fields are independent: their seed is the data's.
SweepFit fit_at(const SweepSettings& settings, const SweepModel& model, double field, std::uint64_t data_seed,
                const Configurations& data) {
    const FitModel what = model_at(settings, model, field);
    if (model.engine == Engine::exact) {
        IsingFit fit = fit_samples(what, data, {.seed = settings.seed});
        const Prediction m = predicted_magnetization(fit);
        return {std::move(fit), m};
    }
    IsingFit fit =
        fit_by_sampling(what, sweep_sampling, data, {.iterations = sampled_iterations, .seed = data_seed});
    const Prediction m = sampled_magnetization(fit, sweep_sampling.kernel,
                                               {.draws = sweep_prediction_draws, .seed = data_seed});
    return {std::move(fit), m};
}

/// The estimates of so many iterations.
std::vector<TraceEntry> path_of(const FitModel& model, Optimizer optimizer, const Configurations& data,
                                std::uint64_t seed) {
    FitMethod method = sweep_sampling;
    method.optimizer = optimizer;
    FitSettings settings{.iterations = SweepPaths::iterations, .seed = seed};
    settings.stochastic.minimum_iterations = SweepPaths::iterations;
    return fit_by_sampling(model, method, data, settings).trace;
}

/// The place of the field nearest to 0.3.
std::size_t field_of_paths(const std::vector<double>& fields) {
    const auto distance = [](double field) { return std::abs(field - 0.3); };
    const auto nearest = std::min_element(fields.begin(), fields.end(),
                                          [&](double a, double b) { return distance(a) < distance(b); });
    return static_cast<std::size_t>(nearest - fields.begin());
}

SweepPoint point_at(const SweepSettings& settings, double field, std::uint64_t data_seed,
                    const Configurations& data) {
    const double mean = data_mean(data, ising::Magnetization{})[0];
    return {field, data_seed, truth_at(settings, field), mean, standard_error(data, mean), {}};
}

void add_curve(const SweepSettings& settings, SweepResult& result) {
    // A long interaction makes every point of the curve expensive.
    const int steps = settings.fine.chain.range <= 6 ? 180 : 45;
    for (int k = 0; k <= steps; ++k) {
        result.curve_field.push_back((settings.from * (steps - k) + settings.to * k) / steps);
        result.curve_truth.push_back(truth_at(settings, result.curve_field.back()));
    }
}

}  // namespace

std::vector<double> sweep_fields(const SweepSettings& settings) {
    const double span = settings.to - settings.from;
    if (span < 0.0)
        throw InputError("--field-to", text_of(settings.to),
                         "at least --field-from, " + text_of(settings.from));
    const double steps = std::floor(span / settings.step * (1.0 + 1e-12) + 1e-9);
    constexpr double most = 9999.0;
    if (steps > most)
        throw InputError("--field-step", text_of(settings.step),
                         "at least " + text_of(span / most) + ", for no more than 10000 fields");
    // Written so that fields around zero are exact mirror images of each other.
    const double last = std::abs(steps * settings.step - span) < 1e-9 * settings.step
                            ? settings.to
                            : settings.from + steps * settings.step;
    std::vector<double> fields;
    for (double k = 0.0; k <= steps; ++k)
        fields.push_back(steps == 0.0 ? settings.from : (settings.from * (steps - k) + last * k) / steps);
    return fields;
}

void check(const SweepSettings& settings) {
    sweep_fields(settings);
    fine_at(settings, settings.from);
    const Index sites = settings.fine.chain.sites, level = settings.level;
    if (level < 1 || sites % level != 0 || sites / level < 2)
        throw InputError("--level", std::to_string(level),
                         "a divisor of the " + std::to_string(sites) +
                             " fine sites that leaves at least two coarse sites");
}

SweepResult run_sweep(const SweepSettings& settings) {
    const std::vector<double> fields = sweep_fields(settings);
    check(settings);
    SweepResult result{settings, {}, {field_of_paths(fields), {}, {}}, {}, {}};
    const std::size_t fits = fields.size() * sweep_models.size() + 2;
    Progress progress("fits", fits);
    for (std::size_t k = 0; k < fields.size(); ++k) {
        const std::uint64_t data_seed = settings.seed + k;  // fresh data at every field
        const auto data =
            generate(fine_at(settings, fields[k]),
                     {.beta = settings.fine.beta, .samples = settings.samples, .seed = data_seed})
                .configurations;
        SweepPoint point = point_at(settings, fields[k], data_seed, data);
        for (const SweepModel& model : sweep_models) {
            progress.update(static_cast<double>(k * sweep_models.size() + point.fits.size()),
                            "mu = " + fixed(fields[k], 2));
            point.fits.push_back(fit_at(settings, model, fields[k], data_seed, data));
        }
        if (k == result.paths.point) {
            const FitModel model = model_at(settings, sweep_models[0], fields[k]);
            result.paths.robbins_monro = path_of(model, Optimizer::robbins_monro, data, data_seed);
            result.paths.newton = path_of(model, Optimizer::newton, data, data_seed + 1);
        }
        result.points.push_back(std::move(point));
    }
    progress.update(static_cast<double>(fits), "true curve");
    add_curve(settings, result);
    return result;
}

}  // namespace cli::study
