// Tables, figures and report of the model study.
#include "io/numbers.hpp"
#include "studies/model_study.hpp"
#include "studies/report.hpp"
#include "studies/table.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace cli::study {

namespace {

/// Relative errors of one model over data sets: of m over the fields, of R at field 0.
struct ModelErrors {
    Spread magnetization, correlation;
};

std::vector<ModelErrors> all_errors(const ModelsResult& result) {
    std::vector<double> truth;
    for (const ModelsField& at : result.fields) truth.push_back(at.truth);
    std::vector<ModelErrors> all;
    for (std::size_t model = 0; model < result.models.size(); ++model) {
        std::vector<double> m, R;
        for (std::size_t set = 0; set < static_cast<std::size_t>(result.settings.data_sets); ++set) {
            std::vector<double> values;
            for (const ModelsField& at : result.fields) values.push_back(at.fits[model][set].magnetization);
            m.push_back(relative_error(values, truth));
            R.push_back(correlation_error(result.zero.fits[model][set].correlation, result.true_correlation));
        }
        all.push_back({spread_of(m), spread_of(R)});
    }
    return all;
}

/// Places of the models, that of the highest evidence first.
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
    const auto errors = all_errors(result);
    Table table({"model", "linear", "pair_range", "triplets", "magnetization_error", "magnetization_sd",
                 "correlation_error", "correlation_sd"});
    Table fields({"field", "model", "data_set", "truth", "magnetization"});
    for (std::size_t k = 0; k < result.models.size(); ++k) {
        const CoarseTerms& terms = result.models[k];
        table.row().add(terms.name()).add(terms.linear ? 1.0 : 0.0);
        table.add(static_cast<double>(terms.pair_range)).add(static_cast<double>(terms.triplets));
        table.add(errors[k].magnetization.mean).add(errors[k].magnetization.sd);
        table.add(errors[k].correlation.mean).add(errors[k].correlation.sd);
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

std::vector<Figure> drawings_of() {
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

/// The smallest error of the models that satisfy a condition, and whose it is.
struct Best {
    double error = 0.0;
    std::string name{};
};

Best best_of(const ModelsResult& result, const std::vector<ModelErrors>& errors, Spread ModelErrors::*what,
             const std::function<bool(const CoarseTerms&)>& condition) {
    Best best;
    for (std::size_t k = 0; k < errors.size(); ++k) {
        const double error = (errors[k].*what).mean;
        if (condition(result.models[k]) && (best.name.empty() || error < best.error))
            best = {error, result.models[k].name()};
    }
    return best;
}

std::string in_words(const Best& best) { return percent(best.error) + " " + best.name; }

/// An error that much larger is worse, not noise; one that much smaller is a gain.
constexpr double tolerable = 1.25;

std::vector<Conclusion> conclusions_of(const ModelsResult& result) {
    const auto errors = all_errors(result);
    constexpr auto m = &ModelErrors::magnetization, R = &ModelErrors::correlation;
    const auto best = [&](Spread ModelErrors::*what,
                          const std::function<bool(const CoarseTerms&)>& condition) {
        return best_of(result, errors, what, condition);
    };
    // Without triplets: those are odd in X, too, and can stand in for the linear term.
    const Best m_linear = best(m, [](const CoarseTerms& t) { return t.linear && t.triplets == 0; }),
               m_without = best(m, [](const CoarseTerms& t) { return !t.linear && t.triplets == 0; }),
               m_triplets = best(m, [](const CoarseTerms& t) { return !t.linear && t.triplets > 0; }),
               R_pairs = best(R, [](const CoarseTerms& t) { return t.pair_range > 0 && t.triplets == 0; }),
               R_without = best(R, [](const CoarseTerms& t) { return t.pair_range == 0; });
    const bool linear = m_without.error > tolerable * m_linear.error,
               pairs = R_without.error > tolerable * R_pairs.error;
    const Best m_short = best(m, [](const CoarseTerms& t) { return t.triplets < 2; }),
               m_long = best(m, [](const CoarseTerms& t) { return t.triplets == 2; }),
               R_short = best(R, [](const CoarseTerms& t) { return t.triplets < 2; }),
               R_long = best(R, [](const CoarseTerms& t) { return t.triplets == 2; });
    const bool m_gain = m_long.error * tolerable < m_short.error,
               R_gain = R_long.error * tolerable < R_short.error;
    std::vector<Conclusion> conclusions{
        {"linear and pair terms are necessary",
         linear && pairs   ? Verdict::confirmed
         : linear || pairs ? Verdict::in_part
                           : Verdict::contradicted,
         "Smallest relative error of m without triplets: " + in_words(m_linear) + " with the linear term, " +
             in_words(m_without) + " without it (with triplets in its place " + in_words(m_triplets) +
             "). Smallest relative error of R: " + in_words(R_pairs) + " with pair terms, " +
             in_words(R_without) + " without them.",
         "models_errors"}};
    if (m_long.name.empty()) return conclusions;
    conclusions.push_back({"longer triplets bring no gain",
                           m_gain && R_gain   ? Verdict::contradicted
                           : m_gain || R_gain ? Verdict::in_part
                                              : Verdict::confirmed,
                           "Smallest errors with triplet_1_2 and triplet_2_2: m " + in_words(m_long) +
                               ", R " + in_words(R_long) + "; without them: m " + in_words(m_short) + ", R " +
                               in_words(R_short) + ".",
                           "models_errors"});
    return conclusions;
}

std::string signed_error(double value, double error, int digits) {
    return html_number(value, digits) + " &plusmn; " + html_number(error, digits);
}

/// All models, the best evidence first.
std::string ranking_html(const ModelsResult& result) {
    const auto errors = all_errors(result);
    HtmlTable table{{"model", "parameters", "log evidence", "by Laplace", "Pareto k&#770;", "BIC",
                     "leave-one-out", "worst k&#770;", "error of m", "error of R"},
                    {}};
    for (const std::size_t k : ranked(result)) {
        const ModelScore& score = result.scores[k];
        table.rows.push_back(
            {result.models[k].name(), std::to_string(score.parameters),
             signed_error(score.evidence, score.evidence_error, 2) + (score.reliable ? "" : " (!)"),
             score.laplace_evidence ? html_number(*score.laplace_evidence, 2) : "not Gaussian",
             html_number(score.laplace_pareto_k, 2), html_number(score.bic, 1),
             signed_error(score.elpd_loo, score.elpd_loo_error, 1),
             html_number(score.loo_worst_k, 2) +
                 (score.loo_bad > 0 ? " (" + std::to_string(score.loo_bad) + " bad)" : ""),
             percent(errors[k].magnetization.mean), percent(errors[k].correlation.mean)});
    }
    return html_of(table);
}

std::string kept_text(const ModelsResult& result) {
    std::string list;
    for (const std::string& name : result.kept.names) list += (list.empty() ? "" : ", ") + name;
    return (list.empty() ? "no term" : "{" + list + "}") +
           (result.kept.reliable ? "" : " (!: not all evidences it needed exist)");
}

std::string evidence_text(const ModelsResult& result) {
    const auto order = ranked(result);
    const auto best_by = [&](auto key) {
        return result
            .models[*std::max_element(
                order.begin(), order.end(),
                [&](std::size_t a, std::size_t b) { return key(result.scores[a]) < key(result.scores[b]); })]
            .name();
    };
    const auto gaussian = std::count_if(result.scores.begin(), result.scores.end(),
                                        [](const ModelScore& s) { return s.laplace_evidence.has_value(); });
    return "<p>One data set at &mu; = " + html_number(result.settings.ranked_field, 2) +
           ". The highest evidence has " + result.models[order.front()].name() + ", the lowest BIC " +
           best_by([](const ModelScore& s) { return -s.bic; }) +
           ", the highest leave-one-out predictive density " +
           best_by([](const ModelScore& s) { return s.elpd_loo; }) +
           ". Laplace's evidence is trusted (Pareto k&#770; at most 0.7) for " + std::to_string(gaussian) +
           " of " + std::to_string(order.size()) + " models. Of all terms of " + result.models.back().name() +
           ", relevance determination keeps " + kept_text(result) + ".</p>";
}

std::vector<HtmlFigure> figures_of(const ModelsResult& result) {
    return {
        {"models_errors",
         "Relative errors of m and R for each model",
         "Relative errors of m over the fields and of R at field 0 against the pair range, for models with "
         "and "
         "without linear term and triplets",
         "<p>Models [abc]: a = 1 with the linear term (green), 0 without it (blue); b = range of the pair "
         "terms; c = 0 no triplet (circles), 1 triplet_1_1 (triangles), 2 also triplet_1_2 and triplet_2_2 "
         "(squares). Means over " +
             std::to_string(result.settings.data_sets) + " data sets.</p>",
         {"models_errors.csv", "models_magnetization.csv"}},
        {"models_evidence",
         "Evidence of each model",
         "Log evidence less that of the best model against the pair range",
         evidence_text(result),
         {"models_ranking.csv"}}};
}

SettingRows settings_of(const ModelsResult& result) {
    const ModelsSettings& s = result.settings;
    SettingRows rows = fine_rows(s.fine);
    rows.insert(rows.end(),
                {{"fields μ", fields_text(s.fields) + ", and 0 for the correlations"},
                 {"coarse models", std::to_string(result.models.size()) + ", from " +
                                       result.models.front().name() + " to " + result.models.back().name() +
                                       ", level l_c = " + std::to_string(s.level)},
                 {"data", std::to_string(s.samples) + " exact samples, " + std::to_string(s.data_sets) +
                              " data sets at each field, the same for all models"},
                 {"prior", prior_text(PriorChoice::weak)},
                 {"scores", "at μ = " + text_of(s.ranked_field) +
                                " on one data set; evidence by bridge "
                                "sampling from " +
                                std::to_string(s.draws) +
                                " draws of the full posterior, leave-one-out by Pareto-smoothed importance "
                                "sampling"},
                 {"seed", seed_text(s.seed)}});
    return rows;
}

}  // namespace

std::string command_of(const ModelsSettings& s) {
    return CommandLine("models")
        .fine(s.fine)
        .fields(s.fields)
        .add("--level", s.level)
        .add("--pair-range", s.pair_range)
        .add("--samples", s.samples)
        .add("--data-sets", s.data_sets)
        .add("--ranked-field", s.ranked_field)
        .add("--draws", s.draws)
        .seed(s.seed)
        .text();
}

std::string write_models(const ModelsResult& result, const std::function<double()>& seconds,
                         const ResultDirectory& directory) {
    write_tables(result, directory);
    return write_report(
        {.title = "Which terms",
         .lead = "<p>" + std::to_string(result.models.size()) +
                 " coarse models, each with a probabilistic map, are learnt from the same configurations of "
                 "a fine "
                 "Ising chain with long interactions, and are ranked by what the data say for them.</p>\n",
         .figures = figures_of(result),
         .conclusions = conclusions_of(result),
         .details =
             "<h3>All models, ranked</h3>\n<p>The highest evidence first. Evidence and leave-one-out are "
             "logarithms, in nats; a BIC is better where it is lower. (!): the posterior's chains are "
             "shorter than its "
             "diagnostics ask for; the error stated is that of sampling.</p>\n" +
             ranking_html(result),
         .settings = settings_of(result),
         .command = command_of(result.settings)},
        drawings_of(), seconds, directory);
}

}  // namespace cli::study
