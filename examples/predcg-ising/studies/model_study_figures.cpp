// Tables and figures of the model study.
#include "studies/model_study_report.hpp"

#include "basics/numbers.hpp"
#include "reports/table.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cli::study {

namespace {

/// Six series, told apart by colour (linear term) and symbol (triplets). FILE, VALUE, and the titles' word.
std::string series(const std::string& file, const std::string& value, bool titles) {
    constexpr const char* symbols[]{"7", "9", "5"};
    std::string plot = "plot ";
    for (int linear = 0; linear < 2; ++linear)
        for (int triplets = 0; triplets < 3; ++triplets) {
            const std::string a = std::to_string(linear), c = std::to_string(triplets);
            plot += std::string(linear + triplets == 0 ? "" : ", \\\n     ") + "'" + file +
                    "' using (column('linear')==" + a + " && column('triplets')==" + c +
                    " ? column('pair_range')+" + fixed(0.14 * (triplets - 1) + 0.04 * linear, 2) +
                    " : NaN):" + value + " with points pointtype " + symbols[triplets] + " linecolor rgb " +
                    (linear == 1 ? "predcg_linear" : "predcg") +
                    (titles ? " title '[" + a + "b" + c + "]' noenhanced" : " notitle");
        }
    return plot + "\n";
}

constexpr const char* start_of_panels = R"(
set lmargin 10; set rmargin 2
set key width 0 maxrows 3
set xrange [-0.5:4.5]
set xtics 1
)";

}  // namespace

std::vector<std::size_t> ranked(const ModelsResult& result) {
    std::vector<std::size_t> order(result.scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto evidence = [&](std::size_t k) {
        const double value = result.scores[k].evidence;
        return std::isnan(value) ? -HUGE_VAL : value;
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return evidence(a) > evidence(b); });
    return order;
}

void write_tables(const ModelsResult& result, const ResultDirectory& directory) {
    Table table({"model", "linear", "pair_range", "triplets", "magnetization_error", "magnetization_sd",
                 "correlation_error", "correlation_sd"});
    Table fields({"field", "model", "data_set", "truth", "magnetization"});
    for (std::size_t k = 0; k < result.models.size(); ++k) {
        const CoarseTerms& terms = result.models[k];
        table.row().add(terms.name()).add(terms.linear ? 1.0 : 0.0);
        table.add(static_cast<double>(terms.pair_range)).add(static_cast<double>(terms.triplets));
        const auto [m, R] = relative_errors(result, k);
        table.add(m.mean).add(m.sd).add(R.mean).add(R.sd);
        for (const ModelsField& at : result.fields)
            for (std::size_t set = 0; set < at.fits[k].size(); ++set) {
                fields.row().add(at.field).add(terms.name()).add(static_cast<double>(set));
                fields.add(at.truth).add(at.fits[k][set].magnetization);
            }
    }
    directory.write("models_errors.csv", table.csv());
    directory.write("models_magnetization.csv", fields.csv());
    Table ranking({"model", "linear", "pair_range", "triplets", "parameters", "log_likelihood", "evidence",
                   "evidence_error", "evidence_to_best", "laplace_evidence", "laplace_pareto_k", "bic",
                   "elpd_loo", "elpd_loo_error", "loo_worst_k", "loo_bad", "reliable"});
    const auto order = ranked(result);
    for (const std::size_t k : order) {
        const ModelScore& score = result.scores[k];
        const CoarseTerms& terms = result.models[k];
        ranking.row().add(terms.name()).add(terms.linear ? 1.0 : 0.0);
        ranking.add(static_cast<double>(terms.pair_range)).add(static_cast<double>(terms.triplets));
        ranking.add(static_cast<double>(score.parameters)).add(score.log_likelihood);
        ranking.add(score.evidence).add(score.evidence_error);
        ranking.add(score.evidence - result.scores[order.front()].evidence);
        if (score.laplace_evidence)
            ranking.add(*score.laplace_evidence);
        else
            ranking.add("");
        ranking.add(score.laplace_pareto_k).add(score.bic).add(score.elpd_loo).add(score.elpd_loo_error);
        ranking.add(score.loo_worst_k).add(static_cast<double>(score.loo_bad));
        ranking.add(score.reliable ? 1.0 : 0.0);
    }
    directory.write("models_ranking.csv", ranking.csv());
}

std::vector<Figure> model_figures() {
    const std::string errors =
        std::string("set multiplot layout 2,1\n") + start_of_panels +
        "set logscale y\nset bmargin 1\nset format x ''\nset ylabel 'error of {/:Italic "
        "m}'\n" +
        series("models_errors.csv", "'magnetization_error'", true) +
        "unset key\nset bmargin 3.6\nset tmargin 0.5\nset format x '%g'\nset xlabel "
        "'pair range {/:Italic b}'\nset ylabel 'error of {/:Italic R_l}'\n" +
        series("models_errors.csv", "'correlation_error'", false) +
        "unset multiplot\nset key; unset xlabel; unset tmargin; unset bmargin\nunset "
        "logscale\nset xrange [*:*]\n";
    const std::string evidence =
        std::string(start_of_panels) +
        "set xlabel 'pair range {/:Italic b}'\nset ylabel 'log evidence, to the best'\n" +
        series("models_ranking.csv", "'evidence_to_best'", true) + "set xrange [*:*]\n";
    return {{.name = "models_errors", .height = 560, .commands = errors},
            {.name = "models_evidence", .height = 400, .commands = evidence}};
}

}  // namespace cli::study
