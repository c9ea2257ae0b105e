// The report of the study of maps.
#include "studies/maps_report.hpp"

#include "basics/numbers.hpp"
#include "studies/maps_findings.hpp"
#include "studies/setting_rows.hpp"

#include <algorithm>

namespace cli::study {

namespace {

std::string nats(double value) {
    if (value < exact_below) return "0";
    return html_number(value, value < 0.001 ? 5 : value < 0.01 ? 4 : 3);
}

std::string least_details(const MapsResult& result) {
    HtmlTable table{{"", "parameters"}, {}};
    for (std::size_t c = 0; c < maps_cases; ++c) table.columns.push_back(maps_case(c).name);
    const auto row = [&](const std::string& name, const std::string& parameters, auto&& value) {
        std::vector<std::string> cells{name, parameters};
        for (std::size_t c = 0; c < maps_cases; ++c) cells.push_back(nats(value(result.cases[c])));
        table.rows.push_back(std::move(cells));
    };
    for (std::size_t k = 0; k < compared_maps.size(); ++k) {
        const std::string parameters = std::to_string(result.cases[0].losses[k].parameters);
        row(compared_maps[k].title, parameters, [&](const auto& of) { return of.losses[k].least; });
        if (compared_maps[k].choice == MapChoice::logistic)
            row("the same with probit", parameters, [](const auto& of) { return of.logistic_probit; });
        if (compared_maps[k].choice == MapChoice::autoregressive)
            row("the same with probit", parameters, [](const auto& of) { return of.autoregressive_probit; });
    }
    row("Bernoulli, and pair_2", "4", [](const auto& of) { return of.two_letters; });
    row("three letters, square", "4", [](const auto& of) { return of.three_letters; });
    return "<h3>What each map loses</h3>\n<p>KL in nats of the fit to all configurations of " +
           std::to_string(result.settings.sites) + " sites with their probabilities.</p>\n" + html_of(table);
}

std::string divergence_details(const MapsResult& result) {
    HtmlTable table{{"", "map", "p", "KL*"}, {}};
    for (const Index samples : result.settings.samples)
        table.columns.push_back("N = " + std::to_string(samples));
    table.columns.push_back("(KL &minus; KL*) 2N/p at N = " + std::to_string(result.settings.samples.back()));
    for (std::size_t c = 0; c < maps_cases; ++c)
        for (std::size_t k = 0; k < compared_maps.size(); ++k) {
            const MapLosses& losses = result.cases[c].losses[k];
            std::vector<std::string> cells{maps_case(c).name, compared_maps[k].title,
                                           std::to_string(losses.parameters - losses.open),
                                           nats(losses.least)};
            for (std::size_t n = 0; n < result.settings.samples.size(); ++n) {
                const SizeDivergence at = divergence_at(result, c, k, n);
                cells.push_back(nats(at.mean));
                if (n + 1 < result.settings.samples.size()) continue;
                cells.push_back(html_number(at.ratio, 2) + " &plusmn; " + html_number(at.ratio_error, 2));
            }
            table.rows.push_back(std::move(cells));
        }
    return "<h3>Divergence with so many data</h3>\n<p>Mean over " +
           std::to_string(result.settings.data_sets) +
           " data sets, nats. p counts the parameters that predictions depend on; the standard error is that "
           "over data sets.</p>\n" +
           html_of(table);
}

std::string coverage_details(const MapsResult& result) {
    HtmlTable table{{"", "map"}, {}};
    for (std::size_t o = 0; o < covered; ++o)
        table.columns.push_back(o == 0 ? "m" : "R<sub>" + std::to_string(o) + "</sub>");
    table.columns.push_back("width of R<sub>1</sub>");
    for (std::size_t c = 0; c < banded_cases; ++c)
        for (std::size_t k = 0; k < banded_maps.size(); ++k) {
            std::vector<std::string> cells{maps_case(c).name, compared_maps[banded_maps[k]].title};
            for (std::size_t o = 0; o < covered; ++o)
                cells.push_back(percent(coverage_of(result, c, k, o).value(), 0));
            cells.push_back(html_number(result.cases[c].bands[k].width[1], 4));
            table.rows.push_back(std::move(cells));
        }
    return "<h3>Coverage</h3>\n<p>Of " + percent(result.settings.credibility, 0) + " intervals, over " +
           std::to_string(result.settings.posteriors) + " data sets of " +
           std::to_string(result.settings.banded_samples) + " configurations.</p>\n" + html_of(table);
}

std::vector<HtmlFigure> figures_of(const MapsResult& result) {
    std::vector<std::string> bands;
    for (std::size_t c = 0; c < banded_cases; ++c)
        for (std::size_t k = 0; k < banded_maps.size(); ++k) bands.push_back(bands_file(c, k));
    return {{"maps_divergence",
             "How far the fitted model is from the truth",
             "Divergence against the number of data for six maps and three chains",
             divergence_text(result),
             {"maps_divergence.csv", "maps_least.csv", "maps_choice.csv"}},
            {"maps_correlation", "Correlation R<sub>l</sub> with three maps",
             "Correlation against the lag with credible bands for three maps and two chains",
             correlation_text(result), bands},
            {"maps_difference", "Correlation less the truth",
             "Correlation less the truth against the lag with credible bands for three maps and two chains",
             "<p>The same bands.</p>", bands},
            {"maps_coverage",
             "Do the intervals hold the truth?",
             "Measured coverage of the intervals of m and R for three maps and two chains",
             coverage_text(result),
             {"maps_coverage.csv"}}};
}

SettingRows settings_of(const MapsResult& result) {
    const MapsSettings& s = result.settings;
    SettingRows rows;
    for (std::size_t c = 0; c < maps_cases; ++c) {
        const MapsCase of = maps_case(c);
        const auto& chain = of.fine.chain;
        rows.emplace_back(of.name, std::string(of.words) + ": β = " + text_of(of.fine.beta) + ", μ = " +
                                       text_of(chain.field) + ", J_0 = " + text_of(chain.strength) +
                                       ", range L_f = " + std::to_string(chain.range));
    }
    rows.insert(
        rows.end(),
        {{"coarse model", "{linear, pair_1}, level l_c = " + std::to_string(s.level)},
         {"divergences", "ring of " + std::to_string(s.sites) + " sites, all 2^" + std::to_string(s.sites) +
                             " configurations; N = " + list_of(s.samples) + " exact samples, " +
                             std::to_string(s.data_sets) +
                             " data sets; a smaller one is the beginning of a "
                             "larger one"},
         {"intervals", "ring of " + std::to_string(s.banded_sites) + " sites, " +
                           std::to_string(s.posteriors) + " data sets of " +
                           std::to_string(s.banded_samples) +
                           " exact samples; full posterior: HMC, 4 "
                           "chains, " +
                           std::to_string(s.draws) + " draws in all"},
         {"prior", "weak: β θ_k ~ N(0, 2²), copy coefficients of the map ~ N(1, 2²), its others ~ N(0, 2²)"},
         {"credibility", text_of(s.credibility)},
         {"seed", std::to_string(s.seed) + "; data set k, counted from 0, has seed + k"}});
    return rows;
}

}  // namespace

std::string command_of(const MapsSettings& s) {
    return CommandLine("maps")
        .add("--level", s.level)
        .add("--sites", s.sites)
        .add("--data-sets", s.data_sets)
        .add("--most-data", s.samples.back())
        .add("--banded-sites", s.banded_sites)
        .add("--samples", s.banded_samples)
        .add("--posteriors", s.posteriors)
        .add("--draws", s.draws)
        .seed(s.seed)
        .text();
}

std::string write_maps(const MapsResult& result, const std::function<double()>& seconds,
                       const ResultDirectory& directory) {
    write_maps_tables(result, directory);
    return write_report(
        {.title = "Which map",
         .lead =
             "<p>How a coarse configuration is turned back into a fine one decides what a model can "
             "predict. Six maps are learnt with {linear, pair_1} at level l<sub>c</sub> = " +
             std::to_string(result.settings.level) +
             " from the same data of three chains, and the divergence KL(p<sub>f</sub> | p) of the fitted "
             "p(x) from the fine chain is computed over all configurations. With three of the maps the "
             "full posterior's intervals of m and R<sub>l</sub> are held against the truth.</p>\n",
         .figures = figures_of(result),
         .answers = answers_of(result),
         .details = least_details(result) + divergence_details(result) + coverage_details(result),
         .settings = settings_of(result),
         .command = command_of(result.settings)},
        maps_figures(result), seconds, directory);
}

}  // namespace cli::study
