// Reports of calibrations.
#include "studies/calibration_report.hpp"

#include "basics/numbers.hpp"
#include "reports/html.hpp"
#include "studies/setting_rows.hpp"

#include <predcg/version.hpp>

#include <algorithm>

namespace cli::study {

using namespace predcg;

namespace {

std::string method_text(PosteriorMethod method) {
    switch (method) {
    case PosteriorMethod::laplace_joint:
        return "joint Laplace";
    case PosteriorMethod::laplace_slides:
        return "Laplace of the slides";
    default:
        return "full posterior";
    }
}

std::string terms_text(const FitModel& model) {
    const auto names = coarse_chain_of(model).parameter_names();
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    text = "{" + text + "}, level l_c = " + std::to_string(model.level);
    if (model.letters == 3) text += ", letters -1, 0, 1";
    if (model.map == MapChoice::bernoulli) return text;
    return text + ", map " + word_for(maps, model.map) + (model.probit ? " with probit" : "");
}

std::string settings_of(SettingRows settings, double seconds) {
    settings.emplace_back("predcg", std::string(version_string));
    settings.emplace_back("time taken", fixed(seconds, 1) + " s");
    return "<h2>Settings</h2>\n" + settings_table(settings);
}

std::string p_text(double p) { return p < 1e-4 ? text_of(p) : html_number(p, 4); }

/// The names whose ranks are rejected, and the sentence.
std::string rank_verdict(const RankResult& result) {
    const auto& calibration = result.calibration;
    std::string rejected;
    for (std::size_t k = 0; k < calibration.names.size(); ++k)
        if (calibration.histograms[k].p_value < rejected_below)
            rejected += (rejected.empty() ? "" : ", ") + calibration.names[k];
    std::string html = "<p><strong>";
    html += rejected.empty() ? "No ranks contradict the " + method_text(result.settings.method)
                             : "The " + method_text(result.settings.method) +
                                   " is not calibrated: ranks of " + escaped(rejected) + " are not uniform";
    html += "</strong> (&chi;&sup2;, p &lt; " + text_of(rejected_below) + " rejects).";
    if (calibration.histograms.front().expected < 5.0)
        html += " With fewer than 5 ranks expected in a bin &chi;&sup2; is not to be relied on: more "
                "replicates or fewer bins.";
    if (calibration.unreliable > 0)
        html += " " + std::to_string(calibration.unreliable) +
                " posteriors were flagged by their diagnostics; they are counted all the same.";
    if (calibration.without_draws > 0)
        html += " " + std::to_string(calibration.without_draws) + " had no draws and are left out.";
    return html + "</p>\n";
}

std::string rank_table(const SimulationBasedCalibration& calibration) {
    HtmlTable table{{"", "&chi;&sup2;", "degrees of freedom", "p", "bins outside the band", "verdict"}, {}};
    for (std::size_t k = 0; k < calibration.names.size(); ++k) {
        const statistics::RankHistogram& h = calibration.histograms[k];
        const auto outside = std::count_if(h.counts.begin(), h.counts.end(), [&](Index count) {
            return count < h.lowest || count > h.highest;
        });
        table.rows.push_back({escaped(calibration.names[k]), html_number(h.chi_square, 1),
                              std::to_string(h.counts.size() - 1), p_text(h.p_value),
                              std::to_string(outside) + " of " + std::to_string(h.counts.size()),
                              h.p_value < rejected_below ? "<strong>not uniform</strong>" : "uniform"});
    }
    return html_of(table);
}

/// What the held fraction says of an interval at its nominal level.
std::string interval_verdict(const statistics::Proportion& held, double nominal) {
    if (held.trials == 0) return "no interval";
    if (held.upper(0.99) < nominal) return "<strong>holds the truth too rarely</strong>";
    if (held.lower(0.99) > nominal) return "holds it more often than it says";
    return "as it says";
}

std::string held_table(const CoverageResult& result) {
    HtmlTable table{{"", "observable"}, {}};
    for (const double level : coverage_levels) table.columns.push_back(percent(level, 0));
    for (const CoverageCase& of : result.cases)
        for (std::size_t c = 0; c < of.coverage.names.size(); ++c) {
            std::vector<std::string> row{series_of(of), escaped(of.coverage.names[c])};
            for (const auto& at_level : of.coverage.held)
                row.push_back(at_level[c].trials > 0 ? percent(at_level[c].value()) : "&ndash;");
            table.rows.push_back(std::move(row));
        }
    return html_of(table);
}

std::string width_table(const CoverageResult& result) {
    HtmlTable table{{"", "observable", "held", "coverage", "99 % range", "mean width", "median width",
                     "flagged", "verdict"},
                    {}};
    const std::size_t last = coverage_levels.size() - 1;
    for (const CoverageCase& of : result.cases)
        for (std::size_t c = 0; c < of.coverage.names.size(); ++c) {
            const statistics::Proportion& held = of.coverage.held[last][c];
            const auto component = static_cast<Index>(c);
            table.rows.push_back(
                {series_of(of), escaped(of.coverage.names[c]),
                 std::to_string(held.successes) + " of " + std::to_string(held.trials), percent(held.value()),
                 percent(held.lower(0.99)) + " to " + percent(held.upper(0.99)),
                 html_number(of.coverage.mean_width(last, component), 4),
                 html_number(of.coverage.median_width(last, component), 4),
                 std::to_string(of.coverage.unreliable), interval_verdict(held, coverage_levels[last])});
        }
    return html_of(table);
}

SettingRows settings_of(const CoverageResult& result) {
    const CoverageStudySettings& s = result.settings;
    const auto& chain = s.fine.chain;
    FitModel model = s.model;
    model.fine_sites = chain.sites;
    model.boundary = chain.boundary;
    const std::string data =
        std::to_string(s.data_sets) + " data sets of S_f = " + std::to_string(s.samples) +
        (s.chain ? " samples along a Metropolis chain, " + std::to_string(s.chain->thinning) +
                       " sweeps apart, after " + std::to_string(s.chain->warm_up)
                 : " independent exact samples");
    return {{"fine chain", chain_text(chain.sites, chain.boundary)},
            {"couplings", "J_0 = " + text_of(chain.strength) + ", range L_f = " +
                              std::to_string(chain.range) + ", exponent a = " + text_of(chain.exponent)},
            {"inverse temperature β", text_of(s.fine.beta)},
            {"field μ", text_of(chain.field)},
            {"coarse model", terms_text(model)},
            {"data", data},
            {"prior", prior_text(PriorChoice::weak, model)},
            {"draws of each posterior", std::to_string(s.draws)},
            {"truth", "m = " + fixed(result.truth[0], 6) + ", R_1 = " + fixed(result.truth[1], 6)},
            {"seed", std::to_string(s.seed) + "; data set k, counted from 0, has seed + k"}};
}

}  // namespace

std::string write_ranks(const RankResult& result, const std::function<double()>& seconds,
                        const ResultDirectory& directory) {
    write_rank_tables(result, directory);
    const std::string problem = draw(directory, {rank_figure(result)});
    const RankSettings& s = result.settings;
    const HtmlFigure figure{
        "sbc_ranks",
        "Ranks of true values among posterior draws",
        "Histograms of ranks with the band of uniform ones",
        "<p>Grey: central 99 % range of a bin's count if ranks are uniform; dashed: "
        "expected count. Hollow in the middle means intervals too narrow, a hump too wide, a "
        "slope bias.</p>",
        {"sbc_histograms.csv", "sbc_ranks.csv"}};
    std::string body = "<p>In each replicate, parameters are drawn from the prior, data from the model with "
                       "them, and the posterior is found from these data; if it is right, ranks of the true "
                       "values among its draws are uniform (Talts et al., arXiv:1804.06788).</p>\n";
    body += rank_verdict(result) + rank_table(result.calibration) + html_of(figure, {directory.staging()});
    body += settings_of(
        {{"fine sites", chain_text(s.model.fine_sites, s.model.boundary)},
         {"coarse model", terms_text(s.model)},
         {"inverse temperature β", text_of(s.model.beta)},
         {"field μ", text_of(s.model.field)},
         {"replicates", std::to_string(s.ranks.replicates) +
                            ", each of S_f = " + std::to_string(s.ranks.data) + " configurations"},
         {"prior", prior_text(PriorChoice::weak, s.model)},
         {"posterior", method_text(s.method) + ", " + std::to_string(s.draws) + " draws, 99 of them ranked"},
         {"seed", std::to_string(s.ranks.seed)}},
        seconds());
    directory.write("report.html", page("predCG: simulation-based calibration", body));
    return problem;
}

std::string write_coverage(const CoverageResult& result, const std::function<double()>& seconds,
                           const ResultDirectory& directory) {
    write_coverage_tables(result, directory);
    const std::string problem = draw(directory, {coverage_figure(result)});
    const HtmlFigure figure{"coverage",
                            "Coverage against nominal level",
                            "Fraction of intervals that hold the truth against their nominal level",
                            "<p>Bars: 95 % intervals (Clopper and Pearson). Below the diagonal intervals are "
                            "too narrow, or the model misfits.</p>",
                            {"coverage.csv"}};
    std::string body =
        "<p>Data sets are drawn from the fine chain, the coarse model is learnt from each, and credible "
        "intervals of the expectations of m and R<sub>1</sub> are compared with the exact values. Flagged: "
        "by diagnostics of the chains, or, for joint Laplace, Pareto k above " +
        text_of(flagged_pareto_k) + "; all data sets count.</p>\n<h2>" + percent(coverage_levels.back(), 0) +
        " intervals</h2>\n" + width_table(result) + "<h2>All levels</h2>\n" + held_table(result) +
        html_of(figure, {directory.staging()});
    body += settings_of(settings_of(result), seconds());
    directory.write("report.html", page("predCG: coverage of credible intervals", body));
    return problem;
}

}  // namespace cli::study
