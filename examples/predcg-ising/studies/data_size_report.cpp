// The report of the data-size study.
#include "studies/data_size_report.hpp"
#include "studies/setting_rows.hpp"

#include "basics/numbers.hpp"

#include <boost/math/statistics/linear_regression.hpp>

#include <cmath>

namespace cli::study {

namespace {

/// Slope of log mean width of the full posterior against log S_f, by least squares.
double width_slope(const DataSizeResult& result) {
    std::vector<double> size, width;
    for (const Index samples : result.settings.banded) {
        size.push_back(std::log(static_cast<double>(samples)));
        width.push_back(std::log(coverage_of(result, samples, 0).mean_width));
    }
    return boost::math::statistics::simple_ordinary_least_squares(size, width).second;
}

std::string band_text(const DataSizeResult& result) {
    std::string html = "<ul>";
    for (const Index samples : result.settings.banded) {
        const SizeCoverage full = coverage_of(result, samples, 0), slides = coverage_of(result, samples, 1);
        html += "<li>S<sub>f</sub> = " + std::to_string(samples) + ": the full posterior's interval holds " +
                "the truth in " + std::to_string(full.held) + " of " + std::to_string(full.trials) +
                " cases (" + percent(full.fraction()) + ", mean width " + html_number(full.mean_width, 3) +
                "), that of the slides' Laplace in " + std::to_string(slides.held) + " (" +
                percent(slides.fraction()) + ", mean width " + html_number(slides.mean_width, 3) + ").";
        if (full.unreliable > 0)
            html +=
                " " + std::to_string(full.unreliable) + " full posteriors were flagged by their diagnostics.";
        html += "</li>";
    }
    return html + "</ul>";
}

Conclusion shrinks(const DataSizeResult& result) {
    const auto& sizes = result.settings.banded;
    bool falls = true;
    std::string widths;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
        const double width = coverage_of(result, sizes[k], 0).mean_width;
        falls = falls && (k == 0 || width < coverage_of(result, sizes[k - 1], 0).mean_width);
        widths +=
            (k == 0 ? "" : ", ") + html_number(width, 3) + " at S<sub>f</sub> = " + std::to_string(sizes[k]);
    }
    return {"uncertainty shrinks with S<sub>f</sub>", falls ? Verdict::confirmed : Verdict::contradicted,
            "The mean width of the full posterior's intervals of m is " + widths +
                ": it goes as S<sub>f</sub> to the power " + html_number(width_slope(result), 2) + ".",
            "data_size_magnetization"};
}

std::string coverage_text(const DataSizeResult& result) {
    bool honest = true, narrow = true;
    for (const Index samples : result.settings.banded) {
        const SizeCoverage full = coverage_of(result, samples, 0), slides = coverage_of(result, samples, 1);
        const double error = std::sqrt(result.settings.credibility * (1.0 - result.settings.credibility) /
                                       static_cast<double>(full.trials));
        honest = honest && full.fraction() > result.settings.credibility - 2.5 * error;
        narrow = narrow && slides.fraction() < result.settings.credibility - 4.0 * error;
    }
    return "<p>Bars: 95 % intervals of Clopper and Pearson. The full posterior's intervals are " +
           std::string(honest ? "not narrower than they claim"
                              : "narrower than they claim at some size: misfit of the model adds to what "
                                "the posterior knows") +
           "; the slides' are " + (narrow ? "too narrow" : "not shown to be too narrow") + ".</p>";
}

std::string errors_text(const DataSizeResult& result) {
    const Index first = result.settings.samples.front(), last = result.settings.samples.back();
    const Spread m0 = spread_of(field_errors(result, first, &DataSizeFit::prediction)),
                 m1 = spread_of(field_errors(result, last, &DataSizeFit::prediction)),
                 R0 = spread_of(correlation_errors(result, first)),
                 R1 = spread_of(correlation_errors(result, last));
    const auto line = [&](const char* name, const Spread& a, const Spread& b) {
        return std::string("<li>") + name + ": " + percent(a.mean) + " &plusmn; " + percent(a.sd) + " with " +
               std::to_string(first) + " data, " + percent(b.mean) + " &plusmn; " + percent(b.sd) + " with " +
               std::to_string(last) + ".</li>";
    };
    const bool m_falls = m1.mean<0.75 * m0.mean, R_stays = R1.mean> 0.5 * R0.mean;
    return "<p>Mean over data sets; bars: standard deviation over data sets.</p><ul>" + line("m", m0, m1) +
           line("R", R0, R1) + "</ul><p>More data " + (m_falls ? "mend" : "do not mend") +
           " the error of m; that of R " +
           (R_stays ? "stays: with fine spins independent given X it is misfit, not uncertainty"
                    : "falls, too") +
           ".</p>";
}

std::string correlation_text(const DataSizeResult& result) {
    std::string html = "<p>Field 0, first data set.</p><ul>";
    for (const DataSizeFit& fit : result.fits) {
        if (fit.correlation_band[0].empty()) continue;
        const std::vector<Band>& bands = fit.correlation_band[0];
        const Band& first = bands[1];
        html += "<li>S<sub>f</sub> = " + std::to_string(fit.samples) + ": the full posterior's band holds " +
                std::to_string(lags_held(bands, result.true_correlation)) + " of " +
                std::to_string(bands.size() - 1) + " lags; R<sub>1</sub> truth " +
                html_number(result.true_correlation[1], 3) + ", band " + html_number(first.lower, 3) +
                " to " + html_number(first.upper, 3) + ".</li>";
    }
    return html + "</ul>";
}

std::vector<HtmlFigure> figures_of(const DataSizeResult& result) {
    std::vector<std::string> bands{"data_size_truth.csv"}, correlations;
    for (const Index samples : result.settings.banded) {
        bands.push_back("data_size_magnetization_" + std::to_string(samples) + ".csv");
        correlations.push_back("data_size_correlation_" + std::to_string(samples) + ".csv");
    }
    return {{"data_size_magnetization", "Magnetisation m with credible bands",
             "Magnetisation against the field with credible bands for several numbers of data",
             "<p>First data set at each field; the percentages are of all data sets with posteriors and all "
             "fields.</p>" +
                 band_text(result),
             bands},
            {"data_size_coverage",
             "Do the intervals hold the truth?",
             "Measured coverage of the intervals against the number of data",
             coverage_text(result),
             {"data_size_coverage.csv"}},
            {"data_size_errors",
             "Relative errors",
             "Relative errors of m and R against the number of data",
             errors_text(result),
             {"data_size_errors.csv"}},
            {"data_size_correlation", "Correlation R<sub>l</sub> at &mu; = 0",
             "Correlation against the lag with credible bands for several numbers of data",
             correlation_text(result), correlations}};
}

SettingRows settings_of(const DataSizeResult& result) {
    const DataSizeSettings& s = result.settings;
    SettingRows rows = fine_rows(s.fine);
    rows.insert(rows.end(),
                {{"fields μ", fields_text(s.fields) + ", and 0 for the correlations"},
                 {"coarse model", "{linear, pair_1}, level l_c = " + std::to_string(s.level)},
                 {"data", "S_f = " + list_of(s.samples) + " exact samples, " + std::to_string(s.data_sets) +
                              " data sets at each field; a smaller one is the beginning of a larger one"},
                 {"prior", prior_text(PriorChoice::weak)},
                 {"posterior", "of the first " + std::to_string(s.posteriors) +
                                   " data sets at S_f = " + list_of(s.banded) + ": HMC, 4 chains, " +
                                   std::to_string(s.draws) + " draws in all; Laplace of the slides"},
                 {"credibility", text_of(s.credibility)},
                 {"seed", seed_text(s.seed)}});
    return rows;
}

}  // namespace

std::string command_of(const DataSizeSettings& s) {
    return CommandLine("data-size")
        .fine(s.fine)
        .fields(s.fields)
        .add("--level", s.level)
        .add("--data-sets", s.data_sets)
        .add("--posteriors", s.posteriors)
        .add("--draws", s.draws)
        .seed(s.seed)
        .text();
}

std::string write_data_size(const DataSizeResult& result, const std::function<double()>& seconds,
                            const ResultDirectory& directory) {
    write_tables(result, directory);
    return write_report(
        {.title = "How many data, and how sure",
         .lead = "<p>A coarse chain {linear, pair_1} and a probabilistic map are learnt from S<sub>f</sub> "
                 "configurations of a fine Ising chain with long interactions. The intervals are " +
                 percent(result.settings.credibility, 0) +
                 " credible intervals of the expectation of m and R<sub>l</sub>, by the full posterior of "
                 "(&theta;<sub>c</sub>, &theta;<sub>cf</sub>) and by the approximation of the slides, which "
                 "lets &theta;<sub>cf</sub> alone be uncertain.</p>\n",
         .figures = figures_of(result),
         .conclusions = {shrinks(result)},
         .settings = settings_of(result),
         .command = command_of(result.settings)},
        data_size_figures(result), seconds, directory);
}

}  // namespace cli::study
