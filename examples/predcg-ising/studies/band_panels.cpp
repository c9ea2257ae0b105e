#include "studies/band_panels.hpp"

namespace cli::study {

namespace {

/// Columns less SHIFT.
constexpr const char* full_band = R"(
plot FILE FIRST using XAXIS:(column('full_lower')-SHIFT):(column('full_upper')-SHIFT) with filledcurves \
         linecolor rgb predcg_linear fillstyle transparent solid 0.3 noborder title 'full posterior', \)";
constexpr const char* slides_band = R"(
     FILE FIRST using XAXIS:(column('slides_lower')-SHIFT):(column('slides_upper')-SHIFT) with filledcurves \
         linecolor rgb other fillstyle transparent solid 0.6 noborder title 'slides’ Laplace', \)";
constexpr const char* truth_and_data = R"(
     TRUTH with lines linewidth 1.5 linecolor rgb truth title 'truth', \
     FILE FIRST using XAXIS:(column('data')-SHIFT) with points pointtype 2 linewidth 1.5 linecolor rgb data \
         title 'data'
)";

struct Axes {
    std::string x, label;  ///< column, and what stands below the axis
    std::string truth;     ///< file and columns of the line; FILE is the panel's table
    std::string shift;     ///< taken from every column
    std::string settings;
    std::string first{};  ///< which rows are drawn
};

/// The legend is on the first panel.
Figure drawn(const BandPanels& figure, const Axes& axes) {
    const auto& panels = figure.panels;
    std::string commands =
        "set multiplot layout " + std::to_string(panels.size()) +
        ",1\nset key width -3 maxrows 2\nset lmargin 10; set rmargin 2; set tmargin 4.4; set bmargin 1\n" +
        axes.settings;
    for (std::size_t k = 0; k < panels.size(); ++k) {
        commands += "set title \"" + panels[k].title + "\" offset 0,-0.8 font ',12'\n";
        if (k == 1) commands += "unset key; set tmargin 1.8\n";
        if (k == 0) commands += "set format x ''\n";
        if (k + 1 == panels.size())
            commands += "set bmargin 3.6; set format x '%g'; set xlabel " + axes.label + "\n";
        std::string plot = std::string(full_band) + (figure.slides ? slides_band : "") + truth_and_data;
        plot = replaced(plot, "TRUTH", axes.truth);
        plot = replaced(plot, "FIRST", axes.first);
        plot = replaced(plot, "FILE", "'" + panels[k].file + "'");
        plot = replaced(plot, "SHIFT", axes.shift);
        commands += replaced(plot, "XAXIS", "'" + axes.x + "'");
    }
    commands +=
        "unset multiplot\nunset title; set key width -12; unset xlabel; unset tmargin; unset bmargin\n";
    return {.name = figure.name,
            .height = 110 + 175 * static_cast<int>(panels.size()),
            .commands = std::move(commands)};
}

constexpr const char* field_label = "'field '.mu.'  (energy)'";

}  // namespace

Figure magnetization_panels(const BandPanels& panels, const std::string& truth_file) {
    return drawn(panels, {.x = "field",
                          .label = field_label,
                          .truth = "'" + truth_file + "' using 'field':'magnetization'",
                          .shift = "0",
                          .settings = "set ylabel '{/:Italic m}'\nset yrange [-1.1:1.1]\n"});
}

Figure difference_panels(BandPanels panels, const std::string& name) {
    panels.name = name;
    return drawn(panels,
                 {.x = "field",
                  .label = field_label,
                  .truth = "FILE using 'field':(0)",
                  .shift = "column('truth')",
                  .settings = "set ylabel '{/:Italic m} − truth'\nset yrange [*:*]\nset ytics 0.1\n"});
}

Figure correlation_panels(const BandPanels& panels) {
    return drawn(panels,
                 {.x = "lag",
                  .label = "'lag {/:Italic l}'",
                  .truth = "FILE FIRST using 'lag':'truth'",
                  .shift = "0",
                  .settings = "set ylabel '{/:Italic R_l}'\nset xrange [0.9:*]\nset yrange [*:*]\nset ytics "
                              "0.1\n",
                  .first = "every ::1"});
}

}  // namespace cli::study
