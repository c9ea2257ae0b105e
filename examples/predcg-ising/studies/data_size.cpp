#include "studies/data_size.hpp"

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

constexpr std::array<PosteriorMethod, posterior_kinds> compared_methods{PosteriorMethod::full,
                                                                        PosteriorMethod::laplace_slides};

Index most_samples(const DataSizeSettings& settings) {
    return *std::max_element(settings.samples.begin(), settings.samples.end());
}

/// Bands of one data set by both methods.
void add_bands(const DataSizeSettings& settings, const FitModel& model, const Configurations& data,
               const IsingFit& fit, std::uint64_t seed, const CheckpointPlace& place, DataSizeFit& result) {
    const bool with_correlation = result.field == 0.0 && result.data_set == 0;
    result.banded = true;
    for (std::size_t k = 0; k < compared_methods.size(); ++k) {
        const IsingPosterior posterior =
            posterior_of(model, data, fit,
                         {.method = compared_methods[k],
                          .draws = settings.draws,
                          .seed = seed,
                          .stop = settings.stop,
                          .checkpoint = place.within("posterior " + std::to_string(k))});
        result.band[k] = magnetization_band(posterior, settings.credibility, settings.stop);
        if (with_correlation)
            result.correlation_band[k] =
                correlation_bands(posterior, model.boundary, settings.credibility, settings.stop);
    }
}

/// `seed` is that of fit and posterior.
DataSizeFit fit_one(const DataSizeSettings& settings, double field, Index samples, Index data_set,
                    std::uint64_t seed, const Configurations& data, const CheckpointPlace& place) {
    const FitModel model = linear_pair_model(in_field(settings.fine, field), settings.level);
    const IsingFit fit = fit_samples(
        model, data, {.starts = 4, .seed = seed, .stop = settings.stop, .checkpoint = place.within("fit")});
    DataSizeFit result;
    result.field = field;
    result.samples = samples;
    result.data_set = data_set;
    result.data = data_mean(data, ising::Magnetization{})[0];
    result.prediction = predicted_magnetization(fit).value();
    result.open_directions = static_cast<double>(fit.directions.size());
    if (field == 0.0) {
        const ising::Correlation R{model.boundary};
        result.correlation = predicted(fit, model.boundary, true).mean;
        result.data_correlation = data_mean(data, R);
    }
    if (data_set < settings.posteriors &&
        std::count(settings.banded.begin(), settings.banded.end(), samples) > 0)
        add_bands(settings, model, data, fit, seed, place, result);
    return result;
}

/// All sizes of all data sets at a field. The first N of the largest data set are the data set of size N.
std::vector<DataSizeFit> fit_field(const DataSizeSettings& settings, double field, std::uint64_t data_seed,
                                   const std::function<void()>& count) {
    const Index most = most_samples(settings);
    const auto all = samples_of(in_field(settings.fine, field), most * settings.data_sets, data_seed);
    const auto sizes = static_cast<Index>(settings.samples.size());
    // One task is one data set at one size; sizes change fastest, so that threads share the large ones.
    return kept_results<DataSizeFit>(
        settings.checkpoint.within("seed " + std::to_string(data_seed)), sizes * settings.data_sets,
        [&](Index k, const CheckpointPlace& place) {
            const Index data_set = k / sizes, samples = settings.samples[static_cast<std::size_t>(k % sizes)];
            const auto first = all.begin() + data_set * most;
            return fit_one(settings, field, samples, data_set,
                           seed_of_task(data_seed, static_cast<std::uint64_t>(k)),
                           Configurations(first, first + samples), place);
        },
        count);
}

}  // namespace

void check(const DataSizeSettings& settings) { check(settings.fine, settings.fields, settings.level); }

DataSizeResult run_data_size(const DataSizeSettings& settings) {
    check(settings);
    DataSizeResult result;
    result.settings = settings;
    result.settings.posteriors = std::min(settings.posteriors, settings.data_sets);
    result.fields = fields_of(settings.fields);
    if (std::count(result.fields.begin(), result.fields.end(), 0.0) == 0) result.fields.push_back(0.0);
    SharedProgress progress("fits", result.fields.size() * settings.samples.size() *
                                        static_cast<std::size_t>(settings.data_sets));
    for (std::size_t k = 0; k < result.fields.size(); ++k) {
        const double field = result.fields[k];
        result.truth.push_back(true_magnetization(in_field(settings.fine, field)));
        auto fits = fit_field(result.settings, field, settings.seed + k,
                              [&] { progress.count("mu = " + fixed(field, 2)); });
        for (DataSizeFit& fit : fits) result.fits.push_back(std::move(fit));
    }
    progress.show("true curves");
    result.true_correlation = true_correlation(in_field(settings.fine, 0.0));
    result.curve = true_curve(settings.fine, settings.fields);
    return result;
}

}  // namespace cli::study
