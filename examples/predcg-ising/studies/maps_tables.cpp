// Numbers and tables of the study of maps.
#include "reports/table.hpp"
#include "studies/maps_report.hpp"

#include <algorithm>
#include <cmath>

namespace cli::study {

SizeDivergence divergence_at(const MapsResult& result, std::size_t at, std::size_t map, std::size_t size) {
    const MapLosses& losses = result.cases[at].losses[map];
    const Spread spread = spread_of(losses.divergence[size]);
    const double unit = 2.0 * static_cast<double>(result.settings.samples[size]) /
                        static_cast<double>(losses.parameters - losses.open);
    const double error = spread.sd / std::sqrt(static_cast<double>(losses.divergence[size].size()));
    return {spread.mean, error, unit * (spread.mean - losses.least), unit * error};
}

ChosenByBic chosen_by_bic(const MapsResult& result, std::size_t at, std::size_t size) {
    const auto& losses = result.cases[at].losses;
    std::array<Index, compared_maps.size()> times{};
    ChosenByBic chosen;
    const std::size_t sets = losses[0].bic[size].size();
    for (std::size_t set = 0; set < sets; ++set) {
        std::size_t best = 0;
        for (std::size_t k = 1; k < losses.size(); ++k)
            if (losses[k].bic[size][set] < losses[best].bic[size][set]) best = k;
        ++times[best];
        chosen.mean += losses[best].divergence[size][set] / static_cast<double>(sets);
    }
    const auto most = std::max_element(times.begin(), times.end());
    chosen.favourite = static_cast<std::size_t>(most - times.begin());
    chosen.times = *most;
    return chosen;
}

std::size_t nearest_map(const MapsResult& result, std::size_t at, std::size_t size) {
    std::size_t best = 0;
    for (std::size_t k = 1; k < compared_maps.size(); ++k)
        if (divergence_at(result, at, k, size).mean < divergence_at(result, at, best, size).mean) best = k;
    return best;
}

predcg::statistics::Proportion coverage_of(const MapsResult& result, std::size_t at, std::size_t banded,
                                           std::size_t observable) {
    return {result.cases[at].bands[banded].held[observable], result.settings.posteriors};
}

std::string observable_name(std::size_t observable) {
    return observable == 0 ? "m" : "R_" + std::to_string(observable);
}

std::string bands_file(std::size_t at, std::size_t banded) {
    return std::string("maps_correlation_") + maps_case(at).name + "_" +
           compared_maps[banded_maps[banded]].word + ".csv";
}

namespace {

Table divergence_table(const MapsResult& result) {
    Table table({"case", "map", "parameters", "open_directions", "least", "samples", "mean", "error",
                 "expected", "ratio", "ratio_error"});
    for (std::size_t c = 0; c < maps_cases; ++c)
        for (std::size_t k = 0; k < compared_maps.size(); ++k)
            for (std::size_t n = 0; n < result.settings.samples.size(); ++n) {
                const MapLosses& losses = result.cases[c].losses[k];
                const SizeDivergence at = divergence_at(result, c, k, n);
                const auto samples = static_cast<double>(result.settings.samples[n]);
                table.row().add(maps_case(c).name).add(compared_maps[k].word);
                table.add(static_cast<double>(losses.parameters)).add(static_cast<double>(losses.open));
                table.add(losses.least).add(samples).add(at.mean).add(at.error);
                table.add(losses.expected(samples)).add(at.ratio).add(at.ratio_error);
            }
    return table;
}

Table least_table(const MapsResult& result) {
    Table table({"case", "model", "divergence"});
    for (std::size_t c = 0; c < maps_cases; ++c) {
        const MapsCaseResult& of = result.cases[c];
        const auto add = [&](const std::string& model, double divergence) {
            table.row().add(maps_case(c).name).add(model).add(divergence);
        };
        for (std::size_t k = 0; k < compared_maps.size(); ++k) add(compared_maps[k].word, of.losses[k].least);
        add("logistic-probit", of.logistic_probit);
        add("autoregressive-probit", of.autoregressive_probit);
        add("two-letters", of.two_letters);
        add("three-letters", of.three_letters);
    }
    return table;
}

Table choice_table(const MapsResult& result) {
    Table table({"case", "samples", "favourite", "times", "data_sets", "divergence", "nearest",
                 "nearest_divergence", "bernoulli_divergence"});
    for (std::size_t c = 0; c < maps_cases; ++c)
        for (std::size_t n = 0; n < result.settings.samples.size(); ++n) {
            const ChosenByBic chosen = chosen_by_bic(result, c, n);
            const std::size_t nearest = nearest_map(result, c, n);
            table.row().add(maps_case(c).name).add(static_cast<double>(result.settings.samples[n]));
            table.add(compared_maps[chosen.favourite].word).add(static_cast<double>(chosen.times));
            table.add(static_cast<double>(result.settings.data_sets)).add(chosen.mean);
            table.add(compared_maps[nearest].word).add(divergence_at(result, c, nearest, n).mean);
            table.add(divergence_at(result, c, 0, n).mean);
        }
    return table;
}

Table coverage_table(const MapsResult& result) {
    Table table({"case", "map", "map_number", "observable", "lag", "truth", "held", "trials", "coverage",
                 "lower", "upper", "mean_width"});
    for (std::size_t c = 0; c < banded_cases; ++c)
        for (std::size_t k = 0; k < banded_maps.size(); ++k)
            for (std::size_t o = 0; o < result.cases[c].truth.size(); ++o) {
                const predcg::statistics::Proportion held = coverage_of(result, c, k, o);
                table.row().add(maps_case(c).name).add(compared_maps[banded_maps[k]].word);
                table.add(static_cast<double>(k)).add(observable_name(o)).add(static_cast<double>(o));
                table.add(result.cases[c].truth[o]);
                table.add(static_cast<double>(held.successes)).add(static_cast<double>(held.trials));
                table.add(held.value()).add(held.lower()).add(held.upper());
                table.add(result.cases[c].bands[k].width[o]);
            }
    return table;
}

Table bands_table(const MapsResult& result, std::size_t at, std::size_t banded) {
    Table table({"lag", "truth", "data", "full_mean", "full_lower", "full_upper"});
    const MapsCaseResult& of = result.cases[at];
    for (std::size_t o = 1; o < of.truth.size(); ++o) {
        const Band& band = of.bands[banded].first[o];
        table.row().add(static_cast<double>(o)).add(of.truth[o]).add(of.data[o]);
        table.add(band.mean).add(band.lower).add(band.upper);
    }
    return table;
}

}  // namespace

void write_maps_tables(const MapsResult& result, const ResultDirectory& directory) {
    directory.write("maps_divergence.csv", divergence_table(result).csv());
    directory.write("maps_least.csv", least_table(result).csv());
    directory.write("maps_choice.csv", choice_table(result).csv());
    directory.write("maps_coverage.csv", coverage_table(result).csv());
    for (std::size_t c = 0; c < banded_cases; ++c)
        for (std::size_t k = 0; k < banded_maps.size(); ++k)
            directory.write(bands_file(c, k), bands_table(result, c, k).csv());
}

}  // namespace cli::study
