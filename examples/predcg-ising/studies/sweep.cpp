#include "studies/sweep.hpp"

#include "basics/numbers.hpp"
#include "model/ising_relative_entropy.hpp"
#include "model/monte_carlo_fit.hpp"
#include "studies/bands.hpp"
#include "studies/kept_results.hpp"
#include "terminal/progress.hpp"

#include <predcg/core/parallel.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace cli::study {

using namespace predcg;

namespace {

FitModel model_at(const SweepSettings& settings, const SweepModel& model, double field) {
    FitModel what = pair_model(in_field(settings.fine, field), settings.level);
    what.linear = model.linear;
    what.prior = settings.prior;
    return what;
}

/// What exact EM finds with far more data.
Misfit misfit_of(const SweepSettings& settings, const FitModel& model, double truth,
                 const Configurations& data, const CheckpointPlace& place) {
    const IsingFit fit = fit_samples(model, data, {.starts = 1, .stop = settings.stop, .checkpoint = place});
    const double m = predicted_magnetization(fit).value();
    return {m, (m - truth) / magnetization_error(data)};
}

SweepRival rival_of(const FitModel& model, const Configurations& data, const std::stop_token& stop) {
    const IsingRelativeEntropy found = relative_entropy_of(model, data, {.stop = stop});
    return {found.fit.parameters.theta, std::string(to_string(found.fit.status)), found.magnetization};
}

SweepFit fit_at(const SweepSettings& settings, const SweepModel& model, double field, std::uint64_t seed,
                const Configurations& data, const CheckpointPlace& place) {
    const FitModel what = model_at(settings, model, field);
    if (model.engine == Engine::exact) {
        IsingFit fit = fit_samples(what, data, {.seed = seed, .stop = settings.stop, .checkpoint = place});
        const Prediction m = predicted_magnetization(fit);
        return {std::move(fit), m};
    }
    IsingFit fit = fit_by_sampling(
        what, sweep_sampling, data,
        {.iterations = sampled_iterations, .seed = seed, .stop = settings.stop, .checkpoint = place});
    const Prediction m =
        sampled_magnetization(fit, sweep_sampling.kernel, {.draws = sweep_prediction_draws, .seed = seed});
    return {std::move(fit), m};
}

/// The estimates of so many iterations.
std::vector<TraceEntry> path_of(const FitModel& model, Optimizer optimizer, const Configurations& data,
                                std::uint64_t seed, const std::stop_token& stop,
                                const CheckpointPlace& place) {
    FitMethod method = sweep_sampling;
    method.optimizer = optimizer;
    FitSettings settings{
        .iterations = SweepPaths::iterations, .seed = seed, .stop = stop, .checkpoint = place};
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

/// One field: data, every model, the posteriors.
SweepPoint point_at(const SweepSettings& settings, double field, std::uint64_t data_seed,
                    const Configurations& data, const CheckpointPlace& of_field, SharedProgress& progress) {
    const FineModel fine = in_field(settings.fine, field);
    SweepPoint point{field,
                     data_seed,
                     true_magnetization(fine),
                     data_mean(data, ising::Magnetization{})[0],
                     magnetization_error(data),
                     {},
                     {}};
    const Configurations many = samples_of(fine, misfit_samples, seed_of_task(data_seed + 1, 0));
    for (std::size_t k = 0; k < sweep_models.size(); ++k) {
        const SweepModel& model = sweep_models[k];
        const std::uint64_t seed = seed_of_task(data_seed, k);
        const FitModel what = model_at(settings, model, field);
        const CheckpointPlace place = of_field.within(model.id);
        point.fits.push_back(fit_at(settings, model, field, seed, data, place.within("fit")));
        if (model.engine == Engine::exact) {
            SweepFit& of = point.fits.back();
            of.misfit = misfit_of(settings, what, point.truth, many, place.within("misfit"));
            if (settings.prior == PriorChoice::weak)
                of.band = magnetization_band(posterior_of(what, data, of.fit,
                                                          {.draws = settings.draws,
                                                           .seed = seed,
                                                           .stop = settings.stop,
                                                           .checkpoint = place.within("posterior")}),
                                             settings.credibility, settings.stop);
        }
        progress.count("mu = " + fixed(field, 2));
    }
    point.relative_entropy = rival_of(model_at(settings, sweep_models[0], field), data, settings.stop);
    return point;
}

}  // namespace

void check(const SweepSettings& settings) { check(settings.fine, settings.fields, settings.level); }

SweepResult run_sweep(const SweepSettings& settings) {
    const std::vector<double> fields = fields_of(settings.fields);
    check(settings);
    SweepResult result{settings, {}, {field_of_paths(fields), {}, {}}, {}};
    result.points.resize(fields.size());
    SharedProgress progress("fits", fields.size() * sweep_models.size() + 2);
    parallel_for(static_cast<Index>(fields.size()), [&](Index task) {
        const auto k = static_cast<std::size_t>(task);
        const std::uint64_t data_seed = settings.seed + k;  // fresh data at every field
        const auto data = samples_of(in_field(settings.fine, fields[k]), settings.samples, data_seed);
        const CheckpointPlace place = settings.checkpoint.within("field " + std::to_string(k));
        result.points[k] = unless_interrupted(
            [&] { return point_at(settings, fields[k], data_seed, data, place, progress); });
        if (k != result.paths.point) return;
        const FitModel model = model_at(settings, sweep_models[0], fields[k]);
        const std::uint64_t seed = seed_of_task(data_seed, sweep_models.size());
        result.paths.robbins_monro = path_of(model, Optimizer::robbins_monro, data, seed, settings.stop,
                                             place.within("robbins-monro"));
        progress.count("paths");
        result.paths.newton =
            path_of(model, Optimizer::newton, data, seed + 1, settings.stop, place.within("newton"));
        progress.count("paths");
    });
    progress.show("true curve");
    result.curve = true_curve(settings.fine, settings.fields);
    return result;
}

}  // namespace cli::study
