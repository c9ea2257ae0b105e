#pragma once
#include <predcg/core/linalg.hpp>
#include <predcg/core/processes.hpp>
#include <predcg/judge/checked_expectations.hpp>
#include <predcg/judge/kept_records.hpp>
#include <predcg/statistics/proportion.hpp>
#include <predcg/statistics/quantile.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace predcg {

/// Settings of coverage.
struct CoverageSettings {
    Index data_sets = 100;             ///< Data sets drawn from the fine model.
    std::vector<double> levels{0.95};  ///< credibilities
    std::uint64_t seed = 1;
    /// Data sets are shared out to these processes, each of which gets all results; absent: all are done
    /// here. Collective where it is set.
    std::optional<Processes> processes{};
    CheckpointPlace checkpoint{};  ///< where results are kept (core/checkpoint.hpp)
};

/// How often credible intervals held the truth, for each level and component of the observables.
struct Coverage {
    std::vector<std::string> names;  ///< of the components
    std::vector<double> levels;      ///< Probabilities that the intervals should hold.
    std::vector<std::vector<statistics::Proportion>>
        held;                    ///< [level][component]; without data sets that had no band
    std::vector<Matrix> widths;  ///< [level]: component x data set, NaN where no band
    Index unreliable = 0;        ///< posteriors that were flagged
    Index without_band = 0;      ///< of these, the ones that had no draws

    /// NaN where no data set had a band.
    double mean_width(std::size_t level, Index component) const {
        const Vector all = known_widths(level, component);
        return all.size() > 0 ? linalg::sum(all) / static_cast<double>(all.size()) : detail::undefined;
    }
    /// NaN where no data set had a band.
    double median_width(std::size_t level, Index component) const {
        const Vector all = known_widths(level, component);
        return all.size() > 0 ? statistics::quantile(all, 0.5) : detail::undefined;
    }

private:
    Vector known_widths(std::size_t level, Index component) const {
        std::vector<double> all;
        for (const double w : linalg::row_of(widths[level], component))
            if (std::isfinite(w)) all.push_back(w);
        return linalg::vector_of(all.data(), all.size());
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
    const auto records =
        detail::share_out_kept(settings.processes, settings.checkpoint, settings.data_sets, [&](Index k) {
            const std::uint64_t seed = settings.seed + static_cast<std::uint64_t>(k);
            const auto posterior = make_posterior(make_data(seed), seed);
            detail::Record record;
            record.put(Index{posterior.reliable});
            record.put(Index{posterior.draw_count() > 0});
            if (posterior.draw_count() == 0) return record;
            std::vector<std::string> names;
            Matrix expectations(truth.size(), posterior.draw_count());
            for (Index draw = 0; draw < posterior.draw_count(); ++draw) {
                const auto expected =
                    detail::checked_expectations(posterior, posterior.parameters(draw), posterior.fit.beta,
                                                 seed, static_cast<std::uint64_t>(draw), statistics...);
                require_equal(expected.values.size(), truth.size(), "coverage",
                              "components of the statistics", "those of the truth");
                linalg::set_column(expectations, draw, expected.values);
                if (draw == 0) names = expected.names;
            }
            record.put(std::ssize(names));
            for (const std::string& name : names) record.put(name);
            for (std::size_t l = 0; l < L; ++l)
                for (Index c = 0; c < truth.size(); ++c) {
                    const Vector values = linalg::row_of(expectations, c);
                    const double tail = 0.5 * (1.0 - settings.levels[l]);
                    const double low = statistics::quantile(values, tail),
                                 high = statistics::quantile(values, 1.0 - tail);
                    record.put(Index{low <= truth[c] && truth[c] <= high});
                    record.put(high - low);
                }
            return record;
        });
    result.widths.assign(L, Matrix::Constant(truth.size(), settings.data_sets, detail::undefined));
    std::vector<std::vector<Index>> held(L, std::vector<Index>(static_cast<std::size_t>(truth.size())));
    Index with_band = 0;
    for (Index k = 0; k < settings.data_sets; ++k) {
        detail::RecordReader read(records[static_cast<std::size_t>(k)].words);
        result.unreliable += read.index() == 0;
        if (read.index() == 0) {
            ++result.without_band;
            continue;
        }
        ++with_band;
        std::vector<std::string> names(static_cast<std::size_t>(read.index()));
        for (std::string& name : names) name = read.text();
        if (result.names.empty()) result.names = std::move(names);
        for (std::size_t l = 0; l < L; ++l)
            for (Index c = 0; c < truth.size(); ++c) {
                held[l][static_cast<std::size_t>(c)] += read.index();
                result.widths[l](c, k) = read.number();
            }
    }
    for (std::size_t l = 0; l < L; ++l) {
        result.held.emplace_back();
        for (Index c = 0; c < truth.size(); ++c)
            result.held.back().push_back({held[l][static_cast<std::size_t>(c)], with_band});
    }
    return result;
}

}  // namespace predcg
