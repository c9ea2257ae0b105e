// The report of the flow study.
#include "studies/flow_report.hpp"
#include "basics/numbers.hpp"
#include "studies/setting_rows.hpp"

#include <predcg/statistics/proportion.hpp>

#include <algorithm>
#include <cmath>

namespace cli::study {

using predcg::statistics::Proportion;

namespace {

/// Levels whose intervals hold the exact coupling more or less often than they say: a 99 % interval decides.
std::vector<std::string> miscalibrated(const FlowResult& result, std::size_t mode) {
    std::vector<std::string> levels;
    for (std::size_t k = 0; k < result.exact.size(); ++k) {
        const Proportion held{summary_of(result, mode, k).held, result.settings.data_sets};
        if (held.upper(0.99) < result.settings.credibility || held.lower(0.99) > result.settings.credibility)
            levels.push_back(std::to_string(k + 1));
    }
    return levels;
}

std::string first_set_text(const FlowResult& result) {
    std::string html = "<p>First data set.</p><ul>";
    for (std::size_t mode = 0; mode < flow_modes.size(); ++mode) {
        html += std::string("<li>") + flow_words[mode] + ": ";
        for (std::size_t k = 0; k < result.exact.size(); ++k) {
            const FlowEstimate& one = result.found[mode][k].front();
            html += (k == 0 ? "K = " : ", ") + html_number(one.coupling, 4) + " &plusmn; " +
                    html_number(one.sd, 4);
        }
        html += ".</li>";
    }
    html += "<li>exact: ";
    for (std::size_t k = 0; k < result.exact.size(); ++k)
        html += (k == 0 ? "K = " : ", ") + html_number(result.exact[k], 4);
    return html + ".</li></ul>";
}

std::string widths_text(const FlowResult& result) {
    const std::size_t last = result.exact.size() - 1;
    std::string html = "<p>Filled: mean posterior standard deviation; hollow: standard deviation of the "
                       "estimates over data sets.</p><ul>";
    for (std::size_t mode = 0; mode < flow_modes.size(); ++mode) {
        const double first = summary_of(result, mode, 0).sd, end = summary_of(result, mode, last).sd;
        html += std::string("<li>") + flow_words[mode] + ": from " + html_number(first, 4) +
                " at level 1 to " + html_number(end, 4) + " at level 4, " +
                html_number(100.0 * end / std::abs(result.exact[last]), 0) + " % of the coupling there.</li>";
    }
    return html + "</ul>";
}

std::string coverage_text(const FlowResult& result) {
    std::string html = "<p>Bars: 95 % intervals of Clopper and Pearson; " +
                       std::to_string(result.settings.data_sets) + " data sets.</p><ul>";
    for (std::size_t mode = 0; mode < flow_modes.size(); ++mode) {
        Index fewest = result.settings.data_sets, most = 0;
        double farthest = 0.0;
        for (std::size_t k = 0; k < result.exact.size(); ++k) {
            const FlowLevelSummary level = summary_of(result, mode, k);
            fewest = std::min(fewest, level.held);
            most = std::max(most, level.held);
            farthest = std::max(farthest, level.farthest);
        }
        html += std::string("<li>") + flow_words[mode] + ": intervals hold the exact coupling in " +
                (fewest == most ? "" : std::to_string(fewest) + " to ") + std::to_string(most) + " of " +
                std::to_string(result.settings.data_sets) + " sets; the largest error is " +
                html_number(farthest, 2) + " standard deviations.</li>";
    }
    return html + "</ul>";
}

Answer hierarchical(const FlowResult& result) {
    std::string wrong, coverage, widths;
    for (std::size_t mode = 0; mode < flow_modes.size(); ++mode) {
        for (const std::string& level : miscalibrated(result, mode))
            wrong += (wrong.empty() ? "" : ", ") + std::string(flow_words[mode]) + " at level " + level;
        Index held = 0;
        for (std::size_t k = 0; k < result.exact.size(); ++k) held += summary_of(result, mode, k).held;
        const std::size_t last = result.exact.size() - 1;
        const double growth = summary_of(result, mode, last).sd / summary_of(result, mode, 0).sd;
        coverage += std::string(mode == 0 ? "" : ", ") + flow_words[mode] + " " +
                    percent(static_cast<double>(held) /
                            static_cast<double>(result.settings.data_sets * predcg::Index(last + 1)));
        widths += (mode == 0 ? html_number(growth, 2) + " times as wide at level 4 as at level 1"
                             : ", distilled ones " + html_number(growth, 2) + " times");
    }
    const double sd = summary_of(result, 0, result.exact.size() - 1).sd;
    return {"Hierarchical coarse-graining",
            std::string("<strong>") +
                (wrong.empty() ? "It works, with errors that are what they say"
                               : "It works, but not all intervals are what they say") +
                ".</strong> Over four levels of decimation the " + percent(result.settings.credibility, 0) +
                " intervals hold the exact couplings in: " + coverage + " of the cases" +
                (wrong.empty() ? ". " : "; a 99 % interval excludes what they say for " + wrong + ". ") +
                "Anchored intervals are " + widths +
                ". Of a coupling that is nearly gone, K = " + html_number(result.exact.back(), 4) +
                " at level 4, the data of that level say little: a "
                "standard deviation of " +
                html_number(sd, 4) +
                ". Carried on from the first level it is known better, if that level&rsquo;s model is right.",
            "flow_coverage"};
}

}  // namespace

std::string command_of(const FlowSettings& s) {
    return CommandLine("flow")
        .add("--sites", s.sites)
        .add("--coupling", s.coupling)
        .add("--samples", s.samples)
        .add("--data-sets", s.data_sets)
        .add("--draws", s.draws)
        .seed(s.seed)
        .text();
}

std::string write_flow(const FlowResult& result, const std::function<double()>& seconds,
                       const ResultDirectory& directory) {
    write_flow_tables(result, directory);
    const FlowSettings& s = result.settings;
    return write_report(
        {.title = "The flow of a coupling",
         .lead =
             "<p>A ring of " + std::to_string(s.sites) + " sites with K = &beta;J = " + text_of(s.coupling) +
             " is decimated by two four times; at each level {pair_1} is learnt. Anchored: from the sites "
             "that the data leave at this level. Distilled: from the model of the level below; the first "
             "level&rsquo;s posterior is carried on. The exact flow is K' = &frac12; ln cosh 2K.</p>\n",
         .figures = {{"flow_couplings",
                      "Couplings through the levels",
                      "Coupling, and its error, against the level with intervals, anchored and distilled",
                      first_set_text(result),
                      {"flow_estimates.csv"}},
                     {"flow_coverage",
                      "Do the intervals hold the exact couplings?",
                      "Measured coverage against the level, anchored and distilled",
                      coverage_text(result),
                      {"flow_levels.csv"}},
                     {"flow_widths",
                      "How sure",
                      "Standard deviations against the level, anchored and distilled",
                      widths_text(result),
                      {"flow_levels.csv"}}},
         .answers = {hierarchical(result)},
         .settings = {{"fine chain", chain_text(s.sites, predcg::Boundary::periodic)},
                      {"coupling K = β J_0", text_of(s.coupling) + ", of neighbours; β = 1, no field"},
                      {"coarse model", "{pair_1} and decimation, l_c = 2 at each of four levels"},
                      {"data", std::to_string(s.data_sets) + " data sets of " + std::to_string(s.samples) +
                                   " exact samples"},
                      {"prior", prior_text(PriorChoice::weak, FitModel{.map = MapChoice::decimation})},
                      {"posterior", "normal approximation; distilled: " + std::to_string(s.draws) +
                                        " draws of the first level's"},
                      {"credibility", text_of(s.credibility)},
                      {"seed", std::to_string(s.seed) + "; data set k, counted from 0, has seed + k"}},
         .command = command_of(s)},
        flow_figures(result), seconds, directory);
}

}  // namespace cli::study
