// Tables and figures of calibrations.
#include "studies/calibration_report.hpp"

#include "basics/numbers.hpp"
#include "reports/table.hpp"

#include <algorithm>

namespace cli::study {

using namespace predcg;

namespace {

/// A name as gnuplot sets it: pair_1 with an underscore.
std::string in_figure(const std::string& name) {
    std::string text;
    for (const char c : name) text += c == '_' ? std::string("\\_") : std::string(1, c);
    return text;
}

std::string title_of(const std::string& component) {
    return component == "m" ? "{/:Italic m}" : component == "R_1" ? "{/:Italic R}_1" : in_figure(component);
}

constexpr const char* rank_panel = R"(
set object 1 rectangle from graph 0, first LOWEST to graph 1, first HIGHEST behind fillcolor rgb grid \
    fillstyle solid noborder
plot 'sbc_histograms.csv' using ((column('first_rank')+column('last_rank'))/2):\
         (strcol('name') eq 'NAME' ? column('count') : NaN) with boxes linecolor rgb predcg_linear \
         fillstyle transparent solid 0.5 notitle, \
     EXPECTED with lines dashtype 2 linecolor rgb truth notitle
)";

/// Colour, symbol and words of a method in figures.
struct Look {
    const char *colour, *symbol, *title;
};
Look look_of(PosteriorMethod method) {
    switch (method) {
    case PosteriorMethod::laplace_joint:
        return {"joint_laplace", "9", "joint Laplace"};
    case PosteriorMethod::laplace_slides:
        return {"other", "5", "Laplace of the slides"};
    default:
        return {"predcg_linear", "7", "full posterior"};
    }
}

/// Set aside by `aside`, so that bars do not hide each other.
std::string curve(const CoverageCase& of, const std::string& observable, double aside) {
    const Look look = look_of(of.method);
    const std::string style = std::string("linecolor rgb ") + look.colour + " pointtype " + look.symbol +
                              (of.weighted ? " dashtype 3" : "");
    return "     'coverage.csv' using (strcol('series') eq '" + series_of(of) +
           "' && strcol('observable') eq '" + observable + "' ? column('level') + " + text_of(aside) +
           " : NaN):'coverage':'lower':'upper' with yerrorlines " + style + " title '" + look.title +
           (of.weighted ? ", effective number" : "") + "', \\\n";
}

}  // namespace

std::string series_of(const CoverageCase& of) {
    return std::string(to_string(of.method)) + (of.weighted ? "-effective-number" : "");
}

void write_rank_tables(const RankResult& result, const ResultDirectory& directory) {
    const auto& calibration = result.calibration;
    Table ranks(calibration.names), histograms({"name", "first_rank", "last_rank", "count", "expected",
                                                "lowest", "highest", "chi_square", "p_value"});
    for (std::size_t r = 0; r < calibration.ranks.front().size(); ++r) {
        ranks.row();
        for (const auto& of : calibration.ranks) ranks.add(static_cast<double>(of[r]));
    }
    for (std::size_t k = 0; k < calibration.names.size(); ++k) {
        const statistics::RankHistogram& h = calibration.histograms[k];
        const Index width = (calibration.largest_rank + 1) / static_cast<Index>(h.counts.size());
        for (std::size_t b = 0; b < h.counts.size(); ++b) {
            const Index first = width * static_cast<Index>(b);
            histograms.row().add(calibration.names[k]).add(static_cast<double>(first));
            histograms.add(static_cast<double>(first + width - 1)).add(static_cast<double>(h.counts[b]));
            histograms.add(h.expected).add(static_cast<double>(h.lowest)).add(static_cast<double>(h.highest));
            histograms.add(h.chi_square).add(h.p_value);
        }
    }
    directory.write("sbc_ranks.csv", ranks.csv());
    directory.write("sbc_histograms.csv", histograms.csv());
}

Figure rank_figure(const RankResult& result) {
    const auto& calibration = result.calibration;
    const std::size_t panels = calibration.names.size(), columns = panels > 1 ? 2 : 1,
                      rows = (panels + columns - 1) / columns;
    const double width = static_cast<double>(calibration.largest_rank + 1) /
                         static_cast<double>(calibration.histograms.front().counts.size());
    double top = 0.0;
    for (const statistics::RankHistogram& h : calibration.histograms)
        top = std::max({top, static_cast<double>(h.highest),
                        static_cast<double>(*std::max_element(h.counts.begin(), h.counts.end()))});
    std::string commands =
        "set multiplot layout " + std::to_string(rows) + "," + std::to_string(columns) +
        "\nunset key; unset grid\nset lmargin 6.5; set rmargin 1.5; set tmargin 2; set "
        "bmargin 3\nset boxwidth " +
        text_of(0.92 * width) +
        "\nset xrange [-0.5:" + text_of(static_cast<double>(calibration.largest_rank) + 0.5) +
        "]\nset xtics 25\nset yrange [0:" + text_of(1.05 * top) + "]\nset xlabel 'rank' offset 0,0.5\n";
    for (std::size_t k = 0; k < panels; ++k) {
        const statistics::RankHistogram& h = calibration.histograms[k];
        commands += "set title '" + title_of(calibration.names[k]) + ":  {/:Italic p} " +
                    (h.p_value < 0.001 ? "< 0.001" : "= " + fixed(h.p_value, 3)) + "' offset 0,-0.6\n";
        std::string panel = replaced(rank_panel, "NAME", calibration.names[k]);
        panel = replaced(panel, "LOWEST", std::to_string(h.lowest));
        panel = replaced(panel, "HIGHEST", std::to_string(h.highest));
        commands += replaced(panel, "EXPECTED", text_of(h.expected));
    }
    commands += "unset multiplot\nunset object 1; unset title\n";
    return {.name = "sbc_ranks",
            .width = columns == 1 ? 360 : 640,
            .height = 30 + 230 * static_cast<int>(rows),
            .commands = std::move(commands)};
}

void write_coverage_tables(const CoverageResult& result, const ResultDirectory& directory) {
    Table table({"series", "observable", "level", "held", "trials", "coverage", "lower", "upper",
                 "mean_width", "median_width", "flagged", "without_band"});
    for (const CoverageCase& of : result.cases)
        for (std::size_t c = 0; c < of.coverage.names.size(); ++c)
            for (std::size_t l = 0; l < of.coverage.levels.size(); ++l) {
                const statistics::Proportion& held = of.coverage.held[l][c];
                const auto component = static_cast<Index>(c);
                table.row().add(series_of(of)).add(of.coverage.names[c]).add(of.coverage.levels[l]);
                table.add(static_cast<double>(held.successes)).add(static_cast<double>(held.trials));
                table.add(held.value()).add(held.lower()).add(held.upper());
                table.add(of.coverage.mean_width(l, component)).add(of.coverage.median_width(l, component));
                table.add(static_cast<double>(of.coverage.unreliable));
                table.add(static_cast<double>(of.coverage.without_band));
            }
    directory.write("coverage.csv", table.csv());
}

Figure coverage_figure(const CoverageResult& result) {
    const auto lines = static_cast<int>(result.cases.size()) + 1;
    const int height = 660 + 24 * lines;
    const double top = 1.0 - (24.0 * lines + 20.0) / height;
    std::string commands = "set multiplot layout 2,1 margins screen 0.165,0.97,0.085," + fixed(top, 3) +
                           " spacing screen 0.11\nset key width 0 maxrows " + std::to_string(lines) +
                           "\nset xrange [0.47:0.98]\nset yrange [0:1.02]\nset xlabel 'nominal level' offset "
                           "0,0.4\n";
    const double middle = 0.5 * static_cast<double>(result.cases.size() - 1);
    for (const std::string observable : {"m", "R_1"}) {
        commands += "set ylabel 'coverage of " + title_of(observable) + "'\nplot \\\n";
        for (std::size_t k = 0; k < result.cases.size(); ++k)
            commands += curve(result.cases[k], observable, 0.003 * (static_cast<double>(k) - middle));
        commands += "     x with lines dashtype 2 linecolor rgb truth title 'nominal'\nunset key\n";
    }
    commands += "unset multiplot\nset key; unset xlabel; unset ylabel\n";
    return {.name = "coverage", .height = height, .commands = std::move(commands)};
}

}  // namespace cli::study
