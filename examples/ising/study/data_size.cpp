#include "study/data_size.hpp"

#include "errors.hpp"
#include "numbers.hpp"
#include "progress.hpp"
#include "study/sweep.hpp"

#include <predcg/core/parallel.hpp>
#include <predcg/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>

#include <algorithm>
#include <cmath>
#include <mutex>

namespace cli::study {

using namespace predcg;

namespace {

SweepSettings sweep_of(const DataSizeSettings& settings) {
    return {.fine = settings.fine,
            .from = settings.from,
            .to = settings.to,
            .step = settings.step,
            .level = settings.level};
}

ising::FineChain<> fine_at(const DataSizeSettings& settings, double field) {
    auto chain = settings.fine.chain;
    chain.field = field;
    return ising::chain(chain);
}

FitModel model_at(const DataSizeSettings& settings, double field) {
    return {.fine_sites = settings.fine.chain.sites,
            .level = settings.level,
            .linear = true,
            .pair_range = 1,
            .field = field,
            .beta = settings.fine.beta,
            .boundary = settings.fine.chain.boundary};
}

Index most_samples(const DataSizeSettings& settings) {
    return *std::max_element(settings.samples.begin(), settings.samples.end());
}

Band band_of(const IsingPosterior& posterior, const CredibleInterval& interval, Index component) {
    return {interval.mean[component], interval.lower[component], interval.upper[component],
            posterior.reliable};
}

/// Bands of one data set by both methods.
void add_bands(const DataSizeSettings& settings, const FitModel& model, const Configurations& data,
               const IsingFit& fit, std::uint64_t seed, DataSizeFit& result) {
    const bool with_correlation = result.field == 0.0 && result.data_set == 0;
    const CredibleSettings credible{.credibility = settings.credibility, .predictive = false};
    result.banded = true;
    for (std::size_t k = 0; k < compared_methods.size(); ++k) {
        const IsingPosterior posterior = posterior_of(
            model, data, fit, {.method = compared_methods[k], .draws = settings.draws, .seed = seed});
        result.band[k] = band_of(posterior, magnetization_interval(posterior, credible), 0);
        if (!with_correlation) continue;
        const CredibleInterval R = correlation_interval(posterior, model.boundary, credible);
        for (Index l = 0; l < R.mean.size(); ++l)
            result.correlation_band[k].push_back(band_of(posterior, R, l));
    }
}

/// `seed` is that of the posterior.
DataSizeFit fit_one(const DataSizeSettings& settings, double field, Index samples, Index data_set,
                    std::uint64_t seed, const Configurations& data) {
    const FitModel model = model_at(settings, field);
    const IsingFit fit = fit_samples(model, data, {.starts = 4, .seed = settings.seed});
    DataSizeFit result;
    result.field = field;
    result.samples = samples;
    result.data_set = data_set;
    result.data = data_mean(data, ising::Magnetization{})[0];
    result.prediction = predicted_magnetization(fit).value();
    result.open_directions = static_cast<double>(fit.directions.size());
    if (field == 0.0) {
        const ising::Correlation R{model.boundary};
        result.correlation = predict(fit, R).mean;
        result.data_correlation = data_mean(data, R);
    }
    if (std::count(settings.banded.begin(), settings.banded.end(), samples) > 0)
        add_bands(settings, model, data, fit, seed, result);
    return result;
}

/// All sizes of all data sets at a field. The first N of the largest data set are the data set of size N.
std::vector<DataSizeFit> fit_field(const DataSizeSettings& settings, double field, std::uint64_t data_seed,
                                   const std::function<void()>& count) {
    const Index most = most_samples(settings);
    const auto all =
        generate(fine_at(settings, field),
                 {.beta = settings.fine.beta, .samples = most * settings.data_sets, .seed = data_seed})
            .configurations;
    const auto sizes = static_cast<Index>(settings.samples.size());
    std::vector<DataSizeFit> fits(static_cast<std::size_t>(sizes * settings.data_sets));
    // One task is one data set at one size; sizes change fastest, so that threads share the large ones.
    parallel_for(static_cast<Index>(fits.size()), settings.threads, [&](Index k) {
        const Index data_set = k / sizes, samples = settings.samples[static_cast<std::size_t>(k % sizes)];
        const auto first = all.begin() + data_set * most;
        fits[static_cast<std::size_t>(k)] =
            fit_one(settings, field, samples, data_set, 1000003 * data_seed + static_cast<std::uint64_t>(k),
                    Configurations(first, first + samples));
        count();
    });
    return fits;
}

}  // namespace

void check(const DataSizeSettings& settings) {
    check(sweep_of(settings));
    for (const Index samples : settings.samples)
        if (samples < 1) throw InputError("--samples", std::to_string(samples), "integers of at least 1");
    if (settings.samples.empty()) throw InputError("--samples", "empty", "at least one size");
}

DataSizeResult run_data_size(const DataSizeSettings& settings) {
    check(settings);
    DataSizeResult result;
    result.settings = settings;
    result.fields = sweep_fields(sweep_of(settings));
    if (std::count(result.fields.begin(), result.fields.end(), 0.0) == 0) result.fields.push_back(0.0);
    Progress progress("fits", result.fields.size() * settings.samples.size() *
                                  static_cast<std::size_t>(settings.data_sets));
    double done = 0.0;
    std::mutex mutex;
    for (std::size_t k = 0; k < result.fields.size(); ++k) {
        const double field = result.fields[k];
        const auto count = [&] {
            const std::lock_guard lock(mutex);
            progress.update(++done, "mu = " + fixed(field, 2));
        };
        result.truth.push_back(
            truth(fine_at(settings, field), settings.fine.beta, ising::Magnetization{}).value());
        auto fits = fit_field(settings, field, settings.seed + k, count);
        for (DataSizeFit& fit : fits) result.fits.push_back(std::move(fit));
    }
    progress.update(done, "true curves");
    result.true_correlation =
        truth(fine_at(settings, 0.0), settings.fine.beta, ising::Correlation{settings.fine.chain.boundary})
            .mean;
    constexpr int steps = 45;
    result.curve_truth.resize(steps + 1);
    for (int k = 0; k <= steps; ++k)
        result.curve_field.push_back((settings.from * (steps - k) + settings.to * k) / steps);
    parallel_for(steps + 1, settings.threads, [&](Index k) {
        const auto at = static_cast<std::size_t>(k);
        result.curve_truth[at] =
            truth(fine_at(settings, result.curve_field[at]), settings.fine.beta, ising::Magnetization{})
                .value();
    });
    return result;
}

}  // namespace cli::study
