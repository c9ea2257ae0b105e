// Tables and figures of the flow study.
#include "basics/numbers.hpp"
#include "reports/table.hpp"
#include "studies/flow_report.hpp"

#include <predcg/statistics/proportion.hpp>

namespace cli::study {

namespace {

Table estimates_table(const FlowResult& result) {
    Table table({"mode", "data_set", "level", "sites", "exact", "coupling", "sd", "lower", "upper"});
    for (std::size_t mode = 0; mode < flow_modes.size(); ++mode)
        for (std::size_t set = 0; set < result.found[mode].front().size(); ++set)
            for (std::size_t k = 0; k < result.exact.size(); ++k) {
                const FlowEstimate& one = result.found[mode][k][set];
                table.row().add(flow_words[mode]).add(static_cast<double>(set));
                table.add(static_cast<double>(k + 1));
                table.add(static_cast<double>(result.settings.sites >> (k + 1))).add(result.exact[k]);
                table.add(one.coupling).add(one.sd).add(one.lower).add(one.upper);
            }
    return table;
}

Table levels_table(const FlowResult& result) {
    Table table({"mode", "level", "exact", "held", "trials", "coverage", "lower", "upper", "sd", "spread",
                 "bias", "farthest"});
    for (std::size_t mode = 0; mode < flow_modes.size(); ++mode)
        for (std::size_t k = 0; k < result.exact.size(); ++k) {
            const FlowLevelSummary level = summary_of(result, mode, k);
            const predcg::statistics::Proportion held{level.held, result.settings.data_sets};
            table.row().add(flow_words[mode]).add(static_cast<double>(k + 1)).add(result.exact[k]);
            table.add(static_cast<double>(held.successes)).add(static_cast<double>(held.trials));
            table.add(held.value()).add(held.lower()).add(held.upper());
            table.add(level.sd).add(level.spread).add(level.bias).add(level.farthest);
        }
    return table;
}

constexpr const char* single_settings = R"(
set lmargin 11; set rmargin 2
set xlabel 'level'
)";
constexpr const char* flow_settings = R"(
set key width 0 maxrows 3
set xrange [0.6:4.4]
set xtics 1
)";

/// Of both modes, set aside from each other.
constexpr const char* couplings_plot = R"(
set ylabel '{/:Italic K}'
set yrange [*:*]
set ytics autofreq
plot 'flow_levels.csv' using (strcol('mode') eq 'anchored' ? column('level') : NaN):'exact' with linespoints pointtype 1 dashtype 2 linecolor rgb truth \
         title 'exact, {/:Italic K}’ = ½ ln cosh 2{/:Italic K}', \
     'flow_estimates.csv' using (FIRST('anchored') ? column('level')-0.09 : NaN):'coupling':'lower':'upper' \
         with yerrorbars pointtype 7 linecolor rgb other title 'anchored', \
     '' using (FIRST('distilled') ? column('level')+0.09 : NaN):'coupling':'lower':'upper' \
         with yerrorbars pointtype 9 linecolor rgb predcg title 'distilled'
)";
constexpr const char* errors_plot = R"(
unset key
set ylabel '{/:Italic K} − exact'
plot 0 with lines dashtype 2 linecolor rgb truth notitle, \
     'flow_estimates.csv' using (FIRST('anchored') ? column('level')-0.09 : NaN):\
         (column('coupling')-column('exact')):(column('lower')-column('exact')):(column('upper')-column('exact')) \
         with yerrorbars pointtype 7 linecolor rgb other notitle, \
     '' using (FIRST('distilled') ? column('level')+0.09 : NaN):\
         (column('coupling')-column('exact')):(column('lower')-column('exact')):(column('upper')-column('exact')) \
         with yerrorbars pointtype 9 linecolor rgb predcg notitle
)";
constexpr const char* widths_plot = R"(
set ylabel 'standard deviation of {/:Italic K}'
set logscale y
set format y '10^{%T}'
plot 'flow_levels.csv' using (strcol('mode') eq 'anchored' ? column('level') : NaN):'sd' with linespoints \
         pointtype 7 linecolor rgb other title 'anchored: posterior', \
     '' using (strcol('mode') eq 'anchored' ? column('level')+0.06 : NaN):'spread' with points pointtype 6 \
         linewidth 1.5 linecolor rgb other title 'scatter of estimates', \
     '' using (strcol('mode') eq 'distilled' ? column('level') : NaN):'sd' with linespoints pointtype 9 \
         linecolor rgb predcg title 'distilled: posterior', \
     '' using (strcol('mode') eq 'distilled' ? column('level')+0.06 : NaN):'spread' with points pointtype 8 \
         linewidth 1.5 linecolor rgb predcg title 'scatter of estimates'
unset logscale; unset format
)";
constexpr const char* coverage_plot = R"(
set ylabel 'fraction with the exact {/:Italic K}'
set yrange [*:1.005]
plot 'flow_levels.csv' using (strcol('mode') eq 'anchored' ? column('level')-0.07 : NaN):'coverage':'lower':'upper' \
         with yerrorbars pointtype 7 linecolor rgb other title 'anchored', \
     '' using (strcol('mode') eq 'distilled' ? column('level')+0.07 : NaN):'coverage':'lower':'upper' \
         with yerrorbars pointtype 9 linecolor rgb predcg title 'distilled', \
     nominal with lines dashtype 2 linecolor rgb truth title 'nominal'
)";

}  // namespace

void write_flow_tables(const FlowResult& result, const ResultDirectory& directory) {
    directory.write("flow_estimates.csv", estimates_table(result).csv());
    directory.write("flow_levels.csv", levels_table(result).csv());
}

std::vector<Figure> flow_figures(const FlowResult& result) {
    const std::string first = "FIRST(mode) = strcol('mode') eq mode && column('data_set') == 0\n";
    const std::string reset =
        "unset xlabel; unset ylabel\nset xrange [*:*]; set yrange [*:*]; set xtics autofreq\n";
    return {{.name = "flow_couplings",
             .height = 620,
             .commands = std::string(flow_settings) + first +
                         "set multiplot layout 2,1 margins screen 0.185,0.97,0.095,0.86 spacing screen "
                         "0.07\n" +
                         couplings_plot + "set xlabel 'level'\n" + errors_plot +
                         "unset multiplot\nset key\n" + reset},
            {.name = "flow_widths",
             .height = 380,
             .commands =
                 std::string(flow_settings) + single_settings + "set key maxrows 2\n" + widths_plot + reset},
            {.name = "flow_coverage",
             .height = 340,
             .commands = std::string(flow_settings) + single_settings +
                         "nominal = " + text_of(result.settings.credibility) + "\n" + coverage_plot + reset}};
}

}  // namespace cli::study
