#pragma once
#include <predcg/calibrate/uniformity.hpp>
#include <predcg/core/parallel.hpp>
#include <predcg/core/random.hpp>
#include <predcg/predict/credible_interval.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

struct CoverageSettings {
    Index data_sets = 100;
    std::vector<double> levels{0.95};  ///< credibilities
    std::uint64_t seed = 1;
    Index threads = 1;  ///< results do not depend on it
};

/// How often credible intervals held the truth, for each level and component of the observable.
struct Coverage {
    std::vector<double> levels;
    std::vector<std::vector<Proportion>> held;  ///< [level][component]; without data sets that had no band
    std::vector<Matrix> widths;                 ///< [level]: component x data set, NaN where no band
    Index unreliable = 0;                       ///< posteriors that were flagged
    Index without_band = 0;                     ///< of these, the ones that had no draws

    double mean_width(std::size_t level, Index component) const {
        double sum = 0.0, n = 0.0;
        for (const double w : widths[level].row(component))
            if (std::isfinite(w)) {
                sum += w;
                n += 1.0;
            }
        return sum / n;
    }
    double median_width(std::size_t level, Index component) const {
        std::vector<double> all;
        for (const double w : widths[level].row(component))
            if (std::isfinite(w)) all.push_back(w);
        if (all.empty()) return detail::undefined;
        return quantile(Eigen::Map<const Vector>(all.data(), static_cast<Index>(all.size())), 0.5);
    }
};

/// Coverage of a known truth over repeated data sets: make_data(seed) gives the data of one repetition,
/// make_posterior(data, seed) the posterior, and `truth` the value of the observable's expectation under
/// the model the data come from. It need not be a model that the posterior can reproduce: then what is
/// measured is the interval and the misfit together. Deterministic in the seed.
/// Throws ArgumentError for no data sets, or a level outside (0, 1).
template <class MakeData, class MakePosterior, class O>
Coverage coverage(const CoverageSettings& settings, MakeData&& make_data, MakePosterior&& make_posterior,
                  const O& observable, const Vector& truth) {
    require_range(settings.data_sets, 1, std::numeric_limits<Index>::max(), "coverage", "data_sets");
    for (const double level : settings.levels) detail::require_credibility(level);
    const std::size_t L = settings.levels.size();
    Coverage result;
    result.levels = settings.levels;
    result.widths.assign(L, Matrix::Constant(truth.size(), settings.data_sets, detail::undefined));
    std::vector<Matrix> inside(L, Matrix::Zero(truth.size(), settings.data_sets));
    std::vector<char> reliable(static_cast<std::size_t>(settings.data_sets), 1);
    auto banded = reliable;
    parallel_for(settings.data_sets, settings.threads, [&](Index k) {
        const std::uint64_t seed = settings.seed + static_cast<std::uint64_t>(k);
        const auto posterior = make_posterior(make_data(seed), seed);
        reliable[static_cast<std::size_t>(k)] = posterior.reliable;
        banded[static_cast<std::size_t>(k)] = posterior.draw_count() > 0;
        if (posterior.draw_count() == 0) return;
        const CredibleInterval interval =
            predict(posterior, observable, CredibleSettings{.predictive = false, .seed = seed});
        require_equal(interval.mean.size(), truth.size(), "coverage", "components of the observable",
                      "those of the truth");
        for (std::size_t l = 0; l < L; ++l)
            for (Index c = 0; c < truth.size(); ++c) {
                const Vector values = interval.expectations.row(c);
                const double tail = 0.5 * (1.0 - settings.levels[l]);
                const double low = quantile(values, tail), high = quantile(values, 1.0 - tail);
                inside[l](c, k) = low <= truth[c] && truth[c] <= high ? 1.0 : 0.0;
                result.widths[l](c, k) = high - low;
            }
    });
    Index with_band = 0;
    for (std::size_t k = 0; k < banded.size(); ++k) {
        with_band += banded[k];
        result.unreliable += !reliable[k];
        result.without_band += !banded[k];
    }
    for (std::size_t l = 0; l < L; ++l) {
        result.held.emplace_back();
        for (Index c = 0; c < truth.size(); ++c)
            result.held.back().push_back({static_cast<Index>(inside[l].row(c).sum() + 0.5), with_band});
    }
    return result;
}

}  // namespace predcg
