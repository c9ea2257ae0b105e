#pragma once
#include <predcg/core/parallel.hpp>
#include <predcg/judge/checked_expectations.hpp>
#include <predcg/statistics/proportion.hpp>
#include <predcg/statistics/quantile.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace predcg {

struct CoverageSettings {
    Index data_sets = 100;
    std::vector<double> levels{0.95};  ///< credibilities
    std::uint64_t seed = 1;
};

/// How often credible intervals held the truth, for each level and component of the observables.
struct Coverage {
    std::vector<std::string> names;  ///< of the components
    std::vector<double> levels;
    std::vector<std::vector<Proportion>> held;  ///< [level][component]; without data sets that had no band
    std::vector<Matrix> widths;                 ///< [level]: component x data set, NaN where no band
    Index unreliable = 0;                       ///< posteriors that were flagged
    Index without_band = 0;                     ///< of these, the ones that had no draws

    /// NaN where no data set had a band.
    double mean_width(std::size_t level, Index component) const {
        const Vector all = known_widths(level, component);
        return all.size() > 0 ? all.sum() / static_cast<double>(all.size()) : detail::undefined;
    }
    double median_width(std::size_t level, Index component) const {
        const Vector all = known_widths(level, component);
        return all.size() > 0 ? quantile(all, 0.5) : detail::undefined;
    }

private:
    Vector known_widths(std::size_t level, Index component) const {
        std::vector<double> all;
        for (const double w : widths[level].row(component))
            if (std::isfinite(w)) all.push_back(w);
        return Eigen::Map<const Vector>(all.data(), static_cast<Index>(all.size()));
    }
};

/// Coverage of a known truth over repeated data sets: make_data(seed) gives the data of one repetition,
/// make_posterior(data, seed) the posterior, and `truth` the values of the statistics' expectations, one
/// component after the other, under the model the data come from. It need not be a model that the posterior
/// can reproduce: then what is measured is the interval and the misfit together. Deterministic in the seed.
///
///     coverage(settings, make_data, make_posterior, truth, checked("m", Magnetization{}),
///              checked("R", Correlation{boundary}, {1}))
///
/// Throws ArgumentError for no data sets, a level outside (0, 1), or a truth of another size.
template <class MakeData, class MakePosterior, class... O>
Coverage coverage(const CoverageSettings& settings, MakeData&& make_data, MakePosterior&& make_posterior,
                  const Vector& truth, const CheckedStatistic<O>&... statistics) {
    require_range(settings.data_sets, 1, std::numeric_limits<Index>::max(), "coverage", "data_sets");
    for (const double level : settings.levels) detail::require_credibility(level);
    const std::size_t L = settings.levels.size();
    Coverage result;
    result.levels = settings.levels;
    result.widths.assign(L, Matrix::Constant(truth.size(), settings.data_sets, detail::undefined));
    std::vector<Matrix> inside(L, Matrix::Zero(truth.size(), settings.data_sets));
    std::vector<char> reliable(static_cast<std::size_t>(settings.data_sets), 1);
    auto banded = reliable;
    std::vector<std::vector<std::string>> names(reliable.size());
    parallel_for(settings.data_sets, [&](Index k) {
        const auto slot = static_cast<std::size_t>(k);
        const std::uint64_t seed = settings.seed + static_cast<std::uint64_t>(k);
        const auto posterior = make_posterior(make_data(seed), seed);
        reliable[slot] = posterior.reliable;
        banded[slot] = posterior.draw_count() > 0;
        if (!banded[slot]) return;
        Matrix expectations(truth.size(), posterior.draw_count());
        for (Index draw = 0; draw < posterior.draw_count(); ++draw) {
            const auto expected =
                detail::checked_expectations(posterior, posterior.parameters(draw), posterior.fit.beta, seed,
                                             static_cast<std::uint64_t>(draw), statistics...);
            require_equal(expected.values.size(), truth.size(), "coverage", "components of the statistics",
                          "those of the truth");
            expectations.col(draw) = expected.values;
            if (draw == 0) names[slot] = expected.names;
        }
        for (std::size_t l = 0; l < L; ++l)
            for (Index c = 0; c < truth.size(); ++c) {
                const Vector values = expectations.row(c);
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
        if (result.names.empty()) result.names = names[k];
    }
    for (std::size_t l = 0; l < L; ++l) {
        result.held.emplace_back();
        for (Index c = 0; c < truth.size(); ++c)
            result.held.back().push_back({static_cast<Index>(inside[l].row(c).sum() + 0.5), with_band});
    }
    return result;
}

}  // namespace predcg
