// Tables, figures and report of the levels study.
#include "basics/numbers.hpp"
#include "reports/table.hpp"
#include "studies/band_panels.hpp"
#include "studies/levels.hpp"
#include "studies/setting_rows.hpp"

#include <algorithm>

namespace cli::study {

namespace {

std::string level_file(const char* what, Index level) {
    return std::string("levels_") + what + "_" + std::to_string(level) + ".csv";
}

Table magnetization_table(const LevelsResult& result, std::size_t level) {
    Table table({"field", "truth", "data", "prediction", "full_mean", "full_lower", "full_upper", "reliable",
                 "open_directions"});
    for (const LevelsField& at : result.fields) {
        const LevelFit& fit = at.fits[level].front();
        table.row().add(at.field).add(at.truth).add(at.data.front()).add(fit.magnetization);
        table.add(fit.band.mean).add(fit.band.lower).add(fit.band.upper);
        table.add(fit.band.reliable ? 1.0 : 0.0).add(fit.open_directions);
    }
    return table;
}

Table correlation_table(const LevelsResult& result, std::size_t level) {
    Table table({"lag", "truth", "data", "prediction", "full_mean", "full_lower", "full_upper"});
    const LevelFit& fit = result.zero.fits[level].front();
    for (Index l = 0; l < fit.correlation.size(); ++l) {
        const Band& band = fit.correlation_bands[static_cast<std::size_t>(l)];
        table.row().add(static_cast<double>(l)).add(result.true_correlation[l]);
        table.add(result.zero.data_correlation[l]).add(fit.correlation[l]);
        table.add(band.mean).add(band.lower).add(band.upper);
    }
    return table;
}

void write_tables(const LevelsResult& result, const ResultDirectory& directory) {
    directory.write("levels_truth.csv", result.curve.csv());
    Table errors({"level", "magnetization_error", "magnetization_sd", "correlation_error", "correlation_sd"});
    for (std::size_t k = 0; k < result.settings.levels.size(); ++k) {
        const Index level = result.settings.levels[k];
        const auto [m, R] = relative_errors(result, k);
        errors.row().add(static_cast<double>(level)).add(m.mean).add(m.sd).add(R.mean).add(R.sd);
        directory.write(level_file("magnetization", level), magnetization_table(result, k).csv());
        directory.write(level_file("correlation", level), correlation_table(result, k).csv());
    }
    directory.write("levels_errors.csv", errors.csv());
}

constexpr const char* levels_errors_commands = R"(
set lmargin 10; set rmargin 2
set key width 0 maxrows 3
set logscale xy
set xrange [1.6:20]
set xtics (2, 4, 8, 16)
set xlabel 'level {/:Italic l}_c'
set ylabel 'relative error'
plot 'levels_errors.csv' using 'level':'magnetization_error':'magnetization_sd' with yerrorbars \
         pointtype 7 linecolor rgb predcg_linear title '{/:Italic m}, over the fields', \
     '' using (column('level')*1.05):'correlation_error':'correlation_sd' with yerrorbars pointtype 9 \
         linecolor rgb other title '{/:Italic R_l} at '.mu.' = 0'
unset logscale
set xrange [*:*]
)";

std::vector<Figure> drawings_of(const LevelsResult& result) {
    const auto panels = [&](const char* what) {
        BandPanels all{.name = std::string("levels_") + what};
        for (const Index level : result.settings.levels)
            all.panels.push_back({"{/:Italic l}_c = " + std::to_string(level), level_file(what, level)});
        return all;
    };
    return {magnetization_panels(panels("magnetization"), "levels_truth.csv"),
            difference_panels(panels("magnetization"), "levels_difference"),
            {.name = "levels_errors", .height = 360, .commands = levels_errors_commands},
            correlation_panels(panels("correlation"))};
}

std::string in_words(const char* symbol, Index level) { return std::string(symbol) + std::to_string(level); }

constexpr const char* level_symbol = "l<sub>c</sub> = ";

std::string magnetization_text(const LevelsResult& result) {
    std::string html = "<p>First data set at each field.</p><ul>";
    for (std::size_t k = 0; k < result.settings.levels.size(); ++k) {
        Index held = 0, unreliable = 0;
        double width = 0.0;
        for (const LevelsField& at : result.fields) {
            const Band& band = at.fits[k].front().band;
            held += band.holds(at.truth) ? 1 : 0;
            unreliable += band.reliable ? 0 : 1;
            width += (band.upper - band.lower) / static_cast<double>(result.fields.size());
        }
        html += "<li>" + in_words(level_symbol, result.settings.levels[k]) +
                ": the band holds the truth at " + std::to_string(held) + " of " +
                std::to_string(result.fields.size()) + " fields; mean width " + html_number(width, 3) + ".";
        if (unreliable > 0)
            html += " " + std::to_string(unreliable) + " posteriors were flagged by their diagnostics.";
        html += "</li>";
    }
    return html + "</ul>";
}

std::string correlation_text(const LevelsResult& result) {
    std::string html = "<p>Field 0, first data set.</p><ul>";
    for (std::size_t k = 0; k < result.settings.levels.size(); ++k) {
        const auto& bands = result.zero.fits[k].front().correlation_bands;
        html += "<li>" + in_words(level_symbol, result.settings.levels[k]) + ": the band holds " +
                std::to_string(lags_held(bands, result.true_correlation)) + " of " +
                std::to_string(bands.size() - 1) + " lags; R<sub>1</sub> truth " +
                html_number(result.true_correlation[1], 3) + ", band " + html_number(bands[1].lower, 3) +
                " to " + html_number(bands[1].upper, 3) + ".</li>";
    }
    return html + "</ul>";
}

std::string errors_text(const LevelsResult& result) {
    std::string html = "<p>Mean over data sets; bars: standard deviation over data sets.</p><ul>";
    for (std::size_t k = 0; k < result.settings.levels.size(); ++k) {
        const auto [m, R] = relative_errors(result, k);
        html += "<li>" + in_words(level_symbol, result.settings.levels[k]) + ": m " + percent(m.mean) +
                " &plusmn; " + percent(m.sd) + ", R " + percent(R.mean) + " &plusmn; " + percent(R.sd) +
                ".</li>";
    }
    return html + "</ul>";
}

/// An error that much larger than at the finest level is worse, not noise.
constexpr double tolerable = 1.25;

std::vector<Conclusion> conclusions_of(const LevelsResult& result) {
    const auto& levels = result.settings.levels;
    const auto eight = std::find(levels.begin(), levels.end(), 8);
    if (eight == levels.end() || eight == levels.begin()) return {};
    const auto finest = relative_errors(result, 0),
               at_eight = relative_errors(result, static_cast<std::size_t>(eight - levels.begin()));
    const auto compared = [&](const char* what, const Spread& coarse, const Spread& fine) {
        return std::string("The relative error of ") + what + " is " + percent(coarse.mean) +
               " at l<sub>c</sub> = 8 and " + percent(fine.mean) + " at " +
               in_words(level_symbol, levels.front()) + " (mean over " +
               std::to_string(result.settings.data_sets) +
               " data sets): " + html_number(coarse.mean / fine.mean, 2) + " times as large.";
    };
    const bool m_enough = at_eight.magnetization.mean <= tolerable * finest.magnetization.mean;
    const bool R_finer = at_eight.correlation.mean > tolerable * finest.correlation.mean;
    return {{"l<sub>c</sub> = 8 is enough for m", m_enough ? Verdict::confirmed : Verdict::contradicted,
             compared("m", at_eight.magnetization, finest.magnetization), "levels_magnetization"},
            {"R needs a finer level than 8", R_finer ? Verdict::confirmed : Verdict::contradicted,
             compared("R", at_eight.correlation, finest.correlation), "levels_correlation"}};
}

std::vector<HtmlFigure> figures_of(const LevelsResult& result) {
    std::vector<std::string> m{"levels_truth.csv"}, R;
    for (const Index level : result.settings.levels) {
        m.push_back(level_file("magnetization", level));
        R.push_back(level_file("correlation", level));
    }
    return {{"levels_magnetization", "Magnetisation m at each level",
             "Magnetisation against the field with credible bands for several levels",
             magnetization_text(result), m},
            {"levels_correlation", "Correlation R<sub>l</sub> at &mu; = 0",
             "Correlation against the lag with credible bands for several levels", correlation_text(result),
             R},
            {"levels_difference", "Magnetisation less the truth",
             "Magnetisation less the truth against the field with credible bands for several levels",
             "<p>The same bands as those of m.</p>", m},
            {"levels_errors",
             "Relative errors",
             "Relative errors of m and R against the level",
             errors_text(result),
             {"levels_errors.csv"}}};
}

SettingRows settings_of(const LevelsResult& result) {
    const LevelsSettings& s = result.settings;
    SettingRows rows = fine_rows(s.fine);
    rows.insert(
        rows.end(),
        {{"fields μ", fields_text(s.fields) + ", and 0 for the correlations"},
         {"coarse model", "{linear, pair_1}, levels l_c = " + list_of(s.levels)},
         {"data", std::to_string(s.samples) + " exact samples, " + std::to_string(s.data_sets) +
                      " data sets at each field, the same for all levels"},
         {"prior", prior_text(PriorChoice::weak)},
         {"posterior", "of the first data set: HMC, 4 chains, " + std::to_string(s.draws) + " draws in all"},
         {"credibility", text_of(s.credibility)},
         {"seed", seed_text(s.seed)}});
    return rows;
}

}  // namespace

std::string command_of(const LevelsSettings& s) {
    return CommandLine("levels")
        .fine(s.fine)
        .fields(s.fields)
        .add("--samples", s.samples)
        .add("--data-sets", s.data_sets)
        .add("--draws", s.draws)
        .seed(s.seed)
        .text();
}

std::string write_levels(const LevelsResult& result, const std::function<double()>& seconds,
                         const ResultDirectory& directory) {
    write_tables(result, directory);
    return write_report(
        {.title = "How coarse",
         .lead = "<p>{linear, pair_1} and a probabilistic map are learnt from the same " +
                 std::to_string(result.settings.samples) +
                 " configurations of a fine Ising chain with long interactions, at levels l<sub>c</sub> = " +
                 list_of(result.settings.levels) +
                 " fine sites to a coarse one. Shaded: " + percent(result.settings.credibility, 0) +
                 " credible intervals of the expectation, by the full posterior.</p>\n",
         .figures = figures_of(result),
         .conclusions = conclusions_of(result),
         .settings = settings_of(result),
         .command = command_of(result.settings)},
        drawings_of(result), seconds, directory);
}

}  // namespace cli::study
