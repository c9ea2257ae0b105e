#include "studies/model_study.hpp"

#include "basics/numbers.hpp"
#include "model/ising_posterior.hpp"
#include "studies/kept_results.hpp"
#include "terminal/progress.hpp"

#include <predcg/core/error.hpp>

#include <algorithm>
#include <utility>

namespace cli::study {

using namespace predcg;

namespace {

ModelFit fit_one(const ModelsSettings& settings, const FitModel& model, const Configurations& data,
                 const CheckpointPlace& place) {
    const IsingFit fit = fit_samples(
        model, data, {.starts = 1, .seed = settings.seed, .stop = settings.stop, .checkpoint = place});
    ModelFit result{.magnetization = predicted(fit, model.boundary, false).value()};
    if (model.field == 0.0) result.correlation = predicted(fit, model.boundary, true).mean;
    return result;
}

/// All models on all data sets of a field.
ModelsField fit_field(const ModelsSettings& settings, const std::vector<CoarseTerms>& models, double field,
                      std::uint64_t data_seed, SharedProgress& progress) {
    const FineModel fine = in_field(settings.fine, field);
    const auto all = samples_of(fine, settings.samples * settings.data_sets, data_seed);
    ModelsField result{.field = field, .truth = true_magnetization(fine)};
    const auto sets = static_cast<std::size_t>(settings.data_sets);
    result.fits.assign(models.size(), std::vector<ModelFit>(sets));
    const auto tasks = static_cast<Index>(models.size() * sets);
    const auto place_of = [&](Index task) { return static_cast<std::size_t>(tasks - 1 - task); };
    std::vector<ModelFit> fits = kept_results<ModelFit>(
        settings.checkpoint.within("seed " + std::to_string(data_seed)), tasks,
        [&](Index task, const CheckpointPlace& place) {
            const auto model = place_of(task) / sets, set = place_of(task) % sets;  // the largest first
            const auto first = all.begin() + static_cast<std::ptrdiff_t>(set) * settings.samples;
            return fit_one(settings, models[model].model(fine, settings.level),
                           Configurations(first, first + settings.samples), place);
        },
        [&] { progress.count("mu = " + fixed(field, 2)); });
    for (Index task = 0; task < tasks; ++task)
        result.fits[place_of(task) / sets][place_of(task) % sets] =
            std::move(fits[static_cast<std::size_t>(task)]);
    return result;
}

/// Evidences and leave-one-out of all models on the same data, which no field has.
void add_scores(ModelsResult& result, SharedProgress& progress) {
    const ModelsSettings& s = result.settings;
    const FineModel fine = in_field(s.fine, s.ranked_field);
    const std::uint64_t data_seed = s.seed + fields_of(s.fields).size() + 1;
    const Configurations data = samples_of(fine, s.samples, data_seed);
    const auto count = static_cast<Index>(result.models.size());
    result.scores = kept_results<ModelScore>(
        s.checkpoint.within("scores"), count,
        [&](Index task, const CheckpointPlace& place) {
            const auto k = static_cast<std::size_t>(count - 1 - task);
            ModelScore score = score_of(result.models[k].model(fine, s.level), data, s.draws,
                                        seed_of_task(data_seed, k), s.stop, place);
            score.name = result.models[k].name();
            return score;
        },
        [&] { progress.count("evidence"); });
    std::reverse(result.scores.begin(), result.scores.end());
    result.kept = kept_result<SelectedTerms>(s.checkpoint.within("terms"), [&] {
        return selected_terms(result.models.back().model(fine, s.level), data, data_seed, s.stop);
    });
}

}  // namespace

std::string CoarseTerms::name() const {
    return std::string("[") + (linear ? "1" : "0") + std::to_string(pair_range) + std::to_string(triplets) +
           "]";
}

FitModel CoarseTerms::model(const FineModel& fine, Index level) const {
    FitModel model = pair_model(fine, level);
    model.linear = linear;
    model.pair_range = pair_range;
    if (triplets > 0) model.triplets = {{1, 1}};
    if (triplets > 1) model.triplets.insert(model.triplets.end(), {{1, 2}, {2, 2}});
    return model;
}

std::vector<CoarseTerms> coarse_terms(const ModelsSettings& settings) {
    std::vector<CoarseTerms> models;
    for (const bool linear : {false, true})
        for (Index pairs = 0; pairs <= settings.pair_range; ++pairs)
            for (Index triplets = 0; triplets <= 2; ++triplets) {
                const CoarseTerms terms{linear, pairs, triplets};
                try {
                    coarse_chain_of(terms.model(settings.fine, settings.level));
                } catch (const ArgumentError&) {  // too few coarse sites for these distances
                    continue;
                }
                models.push_back(terms);
            }
    return models;
}

void check(const ModelsSettings& settings) {
    check(settings.fine, settings.fields, settings.level);
    coarse_chain_of(CoarseTerms{false, settings.pair_range, 0}.model(settings.fine, settings.level));
}

ModelsResult run_models(const ModelsSettings& settings) {
    check(settings);
    ModelsResult result;
    result.settings = settings;
    result.models = coarse_terms(settings);
    const std::vector<double> fields = fields_of(settings.fields);
    SharedProgress progress("fits",
                            result.models.size() *
                                ((fields.size() + 1) * static_cast<std::size_t>(settings.data_sets) + 1));
    add_scores(result, progress);
    for (std::size_t k = 0; k < fields.size(); ++k)
        result.fields.push_back(fit_field(settings, result.models, fields[k], settings.seed + k, progress));
    result.zero = fit_field(settings, result.models, 0.0, settings.seed + fields.size(), progress);
    result.true_correlation = true_correlation(in_field(settings.fine, 0.0));
    return result;
}

}  // namespace cli::study
