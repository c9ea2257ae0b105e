#include "studies/levels.hpp"

#include "basics/numbers.hpp"
#include "studies/bands.hpp"
#include "studies/kept_results.hpp"
#include "terminal/progress.hpp"

#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <algorithm>

namespace cli::study {

using namespace predcg;

namespace {

std::vector<Index> possible_levels(const LevelsSettings& settings) {
    std::vector<Index> levels;
    const Index sites = settings.fine.chain.sites;
    for (const Index level : settings.levels)
        if (sites % level == 0 && sites / level >= 2) levels.push_back(level);
    return levels;
}

LevelFit fit_one(const LevelsSettings& settings, const FitModel& model, const Configurations& data,
                 bool with_posterior, std::uint64_t seed, const CheckpointPlace& place) {
    const IsingFit fit = fit_samples(
        model, data, {.starts = 4, .seed = seed, .stop = settings.stop, .checkpoint = place.within("fit")});
    const bool with_correlation = model.field == 0.0;
    LevelFit result{.magnetization = predicted(fit, model.boundary, false).value(),
                    .open_directions = static_cast<double>(fit.directions.size())};
    if (with_correlation) result.correlation = predicted(fit, model.boundary, true).mean;
    if (!with_posterior) return result;
    const IsingPosterior posterior = posterior_of(model, data, fit,
                                                  {.draws = settings.draws,
                                                   .seed = seed,
                                                   .stop = settings.stop,
                                                   .checkpoint = place.within("posterior")});
    result.band = magnetization_band(posterior, settings.credibility, settings.stop);
    if (with_correlation)
        result.correlation_bands =
            correlation_bands(posterior, model.boundary, settings.credibility, settings.stop);
    return result;
}

/// All levels of all data sets at a field; every level sees the same data.
LevelsField fit_field(const LevelsSettings& settings, double field, std::uint64_t data_seed,
                      SharedProgress& progress) {
    const FineModel fine = in_field(settings.fine, field);
    const auto all = samples_of(fine, settings.samples * settings.data_sets, data_seed);
    const auto levels = static_cast<Index>(settings.levels.size());
    LevelsField result{.field = field, .truth = true_magnetization(fine)};
    std::vector<Configurations> sets;
    for (Index d = 0; d < settings.data_sets; ++d) {
        const auto first = all.begin() + d * settings.samples;
        sets.emplace_back(first, first + settings.samples);
        result.data.push_back(data_mean(sets.back(), ising::Magnetization{})[0]);
    }
    result.data_correlation = data_mean(sets.front(), ising::Correlation{fine.chain.boundary});
    result.fits.assign(settings.levels.size(), std::vector<LevelFit>(sets.size()));
    // Data set by data set, so that posteriors, which take longest, are begun first.
    std::vector<LevelFit> fits = kept_results<LevelFit>(
        settings.checkpoint.within("seed " + std::to_string(data_seed)), levels * settings.data_sets,
        [&](Index task, const CheckpointPlace& place) {
            const auto level = static_cast<std::size_t>(task % levels),
                       set = static_cast<std::size_t>(task / levels);
            return fit_one(settings, linear_pair_model(fine, settings.levels[level]), sets[set], set == 0,
                           seed_of_task(data_seed, static_cast<std::uint64_t>(task)), place);
        },
        [&] { progress.count("mu = " + fixed(field, 2)); });
    for (std::size_t task = 0; task < fits.size(); ++task)
        result.fits[task % settings.levels.size()][task / settings.levels.size()] = std::move(fits[task]);
    return result;
}

}  // namespace

void check(const LevelsSettings& settings) {
    check(settings.fine, settings.fields, settings.levels.empty() ? 2 : settings.levels.front());
}

LevelsResult run_levels(const LevelsSettings& settings) {
    check(settings);
    LevelsResult result;
    result.settings = settings;
    result.settings.levels = possible_levels(settings);
    const auto& s = result.settings;
    const std::vector<double> fields = fields_of(s.fields);
    SharedProgress progress("fits",
                            (fields.size() + 1) * s.levels.size() * static_cast<std::size_t>(s.data_sets));
    for (std::size_t k = 0; k < fields.size(); ++k)
        result.fields.push_back(fit_field(s, fields[k], s.seed + k, progress));
    result.zero = fit_field(s, 0.0, s.seed + fields.size(), progress);
    result.true_correlation = true_correlation(in_field(s.fine, 0.0));
    progress.show("true curve");
    result.curve = true_curve(s.fine, s.fields);
    return result;
}

}  // namespace cli::study
