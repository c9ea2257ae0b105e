// The report of the sweep.
#include "studies/sweep_report.hpp"
#include "studies/setting_rows.hpp"

#include "basics/numbers.hpp"
#include "model/monte_carlo_fit.hpp"

namespace cli::study {

namespace {

constexpr const char* rival_file = "sweep_relative_entropy.csv";
constexpr const char* data_file = "sweep_data.csv";

std::string fit_file(std::size_t model) { return std::string("sweep_") + sweep_models[model].id + ".csv"; }

std::vector<HtmlFigure> figures_of(const SweepResult& result, const SweepFindings& findings) {
    const std::vector<std::string> fits{fit_file(0), fit_file(1), fit_file(2)};
    const bool banded = result.points.front().fits[1].band.has_value();
    return {
        {"sweep_magnetization",
         "Magnetisation m",
         "Magnetisation against the external field",
         std::string("<p>Above: exact value, mean of the data, and predictions at the estimate") +
             (banded ? "; shaded: interval of the full posterior of {linear, pair_1}" : "") +
             ". Below: the difference to the exact value, with the data's standard error; the points of "
             "one field are set side by side, relative entropy is left out.</p>" +
             findings.magnetization,
         {"sweep_truth.csv", data_file, fits[0], fits[1], fits[2], rival_file}},
        {"sweep_theta_c",
         "Coarse parameters &theta;<sub>c</sub>",
         "Coarse parameters against the external field",
         "<p>Pair parameter of both models above, linear parameter of the second below. Plus signs: "
         "Monte Carlo EM. Hollow: fields at which the data leave a direction open.</p><p>" +
             findings.theta_c + "</p>",
         {fits[0], fits[1], fits[2], rival_file}},
        {"sweep_theta_cf", "Map parameter &theta;<sub>cf</sub>", "Map parameter against the external field",
         "<p>Probability that a fine spin equals its coarse spin.</p><p>" + findings.theta_cf + "</p>", fits},
        {"sweep_paths",
         "Monte Carlo EM, iteration by iteration",
         "Coarse and map parameter along the iterations of Monte Carlo EM",
         "<p>" + findings.paths + "</p><p>" + findings.monte_carlo + "</p>",
         {"sweep_paths.csv", fits[2]}}};
}

std::string fits_table(const SweepResult& result, std::size_t model) {
    HtmlTable table{{"&mu;", "m truth", "m data", "m predCG"}, {}};
    for (const auto& name : result.points.front().fits[model].fit.coarse_names) table.columns.push_back(name);
    table.columns.insert(table.columns.end(),
                         {"&theta;<sub>cf</sub>", "status", "open direction", "information"});
    for (const SweepPoint& point : result.points) {
        const SweepFit& of = point.fits[model];
        std::vector<std::string> row{html_number(point.field, 2), html_number(point.truth, 4),
                                     html_number(point.data, 4) + " &plusmn; " +
                                         html_number(point.data_error, 4),
                                     html_number(of.magnetization.value(), 4)};
        for (Index k = 0; k < of.fit.parameters.theta.size(); ++k) {
            row.push_back(html_number(of.fit.parameters.theta[k], 3));
            if (of.fit.monte_carlo)
                row.back() += " &plusmn; " + html_number(of.fit.monte_carlo->standard_errors.theta[k], 3);
        }
        row.push_back(html_number(of.fit.map.theta_cf(of.fit.parameters.eta), 4));
        row.emplace_back(to_string(of.fit.status));
        const auto& directions = of.fit.directions;
        row.push_back(directions.empty() ? "none" : escaped(directions.front().text));
        row.push_back(directions.empty() ? "" : html_number(directions.front().information, 3));
        table.rows.push_back(row);
    }
    return std::string("<h3>predCG ") + sweep_models[model].label + "</h3>\n" + html_of(table);
}

SettingRows settings_of(const SweepResult& result) {
    const SweepSettings& s = result.settings;
    SettingRows rows = fine_rows(s.fine);
    rows.insert(
        rows.end(),
        {{"fields μ", std::to_string(result.points.size()) + " from " + text_of(result.points.front().field) +
                          " to " + text_of(result.points.back().field)},
         {"data", std::to_string(s.samples) + " independent exact samples at each field"},
         {"level l_c", std::to_string(s.level) + " fine sites to a coarse site"},
         {"prior", prior_text(s.prior)},
         {"method", "EM with the transfer matrix, Newton on the observed information"},
         {"posterior", s.prior == PriorChoice::flat
                           ? "none: the prior is flat"
                           : "HMC, 4 chains, " + std::to_string(s.draws) + " draws in all; credibility " +
                                 text_of(s.credibility)},
         {"Monte Carlo EM",
          "Robbins-Monro; heat bath; S_q = " + std::to_string(sweep_sampling.latent_samples) +
              " samples for each datum and S_c = " + std::to_string(sweep_sampling.coarse_samples) +
              " of p_c in each of at most " + std::to_string(sampled_iterations) +
              " iterations; m from S_pred = " + std::to_string(sweep_prediction_draws) + " draws"},
         {"relative entropy", "majority map with ties averaged, Newton; uniform reconstruction"},
         {"misfit", "m of exact EM with " + std::to_string(misfit_samples) +
                        " data of their own, more than 4 standard errors of their mean from the truth"},
         {"seed", seed_text(s.seed)}});
    return rows;
}

}  // namespace

std::string command_of(const SweepSettings& s) {
    return CommandLine("sweep")
        .fine(s.fine)
        .fields(s.fields)
        .add("--level", s.level)
        .add("--samples", s.samples)
        .add("--draws", s.draws)
        .add("--prior", std::string(s.prior == PriorChoice::flat ? "flat" : "weak"))
        .seed(s.seed)
        .text();
}

std::string write_sweep(const SweepResult& result, const std::function<double()>& seconds,
                        const ResultDirectory& directory) {
    write_tables(result, directory);
    const SweepFindings findings = find(result);
    std::string details =
        "<h3>What the data leave open</h3>\n<p>" + findings.prior +
        " A direction counts as open where the observed information of the data about it, in the coordinates "
        "(&beta;&theta;<sub>c</sub>, logit &theta;<sub>cf</sub>), is below 1/4, the precision of the weak "
        "prior.</p>\n";
    for (std::size_t k = 0; k < sweep_models.size(); ++k) details += fits_table(result, k);
    return write_report(
        {.title = "Sweep of the external field",
         .lead =
             "<p>At every field &mu; a coarse chain and a probabilistic map are learnt by exact "
             "expectation-maximisation from configurations of a fine Ising chain, and the magnetisation "
             "m of the fine chain is predicted from them. Two coarse models see the same data: {pair_1}, "
             "and {linear, pair_1}; {pair_1} is learnt a second time as in the source, with Monte Carlo "
             "averages in place of exact expectations, and its potential a third time by relative entropy "
             "minimisation.</p>\n",
         .figures = figures_of(result, findings),
         .conclusions = findings.conclusions,
         .details = details,
         .settings = settings_of(result),
         .command = command_of(result.settings)},
        sweep_figures(result), seconds, directory);
}

}  // namespace cli::study
