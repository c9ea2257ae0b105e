// The report of the model study.
#include "studies/model_study_report.hpp"
#include "studies/setting_rows.hpp"

#include "basics/numbers.hpp"

#include <functional>

namespace cli::study {

namespace {

std::vector<RelativeErrors> all_errors(const ModelsResult& result) {
    std::vector<RelativeErrors> all;
    for (std::size_t k = 0; k < result.models.size(); ++k) all.push_back(relative_errors(result, k));
    return all;
}

/// The smallest error of the models that satisfy a condition, and whose it is.
struct Best {
    double error = 0.0;
    std::string name{};
};

Best best_of(const ModelsResult& result, const std::vector<RelativeErrors>& errors,
             Spread RelativeErrors::*what, const std::function<bool(const CoarseTerms&)>& condition) {
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
constexpr double tolerable_ratio = 1.25;

std::vector<Conclusion> conclusions_of(const ModelsResult& result) {
    const auto errors = all_errors(result);
    constexpr auto m = &RelativeErrors::magnetization, R = &RelativeErrors::correlation;
    const auto best = [&](Spread RelativeErrors::*what,
                          const std::function<bool(const CoarseTerms&)>& condition) {
        return best_of(result, errors, what, condition);
    };
    // Without triplets: those are odd in X, too, and can stand in for the linear term.
    const Best m_linear = best(m, [](const CoarseTerms& t) { return t.linear && t.triplets == 0; }),
               m_without = best(m, [](const CoarseTerms& t) { return !t.linear && t.triplets == 0; }),
               m_triplets = best(m, [](const CoarseTerms& t) { return !t.linear && t.triplets > 0; }),
               R_pairs = best(R, [](const CoarseTerms& t) { return t.pair_range > 0 && t.triplets == 0; }),
               R_without = best(R, [](const CoarseTerms& t) { return t.pair_range == 0; });
    const bool linear = m_without.error > tolerable_ratio * m_linear.error,
               pairs = R_without.error > tolerable_ratio * R_pairs.error;
    const Best m_short = best(m, [](const CoarseTerms& t) { return t.triplets < 2; }),
               m_long = best(m, [](const CoarseTerms& t) { return t.triplets == 2; }),
               R_short = best(R, [](const CoarseTerms& t) { return t.triplets < 2; }),
               R_long = best(R, [](const CoarseTerms& t) { return t.triplets == 2; });
    const bool m_gain = m_long.error * tolerable_ratio < m_short.error,
               R_gain = R_long.error * tolerable_ratio < R_short.error;
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
        model_figures(), seconds, directory);
}

}  // namespace cli::study
