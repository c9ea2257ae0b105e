// Figures of the study of maps.
#include "basics/numbers.hpp"
#include "studies/maps_report.hpp"
#include "studies/setting_rows.hpp"

#include <algorithm>
#include <cmath>

namespace cli::study {

namespace {

/// Colour and symbol of a map, by its place in compared_maps.
struct MapLook {
    const char *colour, *symbol;
};
constexpr std::array<MapLook, compared_maps.size()> map_looks{{{"other", "5"},
                                                               {"relative_entropy", "9"},
                                                               {"joint_laplace", "11"},
                                                               {"predcg", "7"},
                                                               {"stochastic_newton", "13"},
                                                               {"predcg_linear", "4 linewidth 1.5"}}};

std::string titled(std::size_t at) {
    const MapsCase of = maps_case(at);
    return std::string(of.name) + ": " + of.words;
}

/// Set aside, so that bars do not hide each other.
std::string divergence_points(std::size_t at, std::size_t map) {
    const double aside = std::pow(1.03, static_cast<double>(map) - 2.5);
    return std::string("     'maps_divergence.csv' using (strcol('case') eq '") + maps_case(at).name +
           "' && strcol('map') eq '" + compared_maps[map].word + "' ? column('samples')*" + fixed(aside, 4) +
           " : NaN):'mean':'error' with yerrorbars linecolor rgb " + map_looks[map].colour + " pointtype " +
           map_looks[map].symbol + " title '" + compared_maps[map].title + "', \\\n";
}

std::string divergence_line(const MapLosses& losses, std::size_t map) {
    return "     " + text_of(losses.least) + " + " +
           text_of(0.5 * static_cast<double>(losses.parameters - losses.open)) +
           "/x with lines dashtype 2 linewidth 0.8 linecolor rgb " + map_looks[map].colour + " notitle, \\\n";
}

/// Decades that hold everything drawn.
std::string divergence_range(const MapsResult& result) {
    double low = 1.0, high = 0.0;
    for (std::size_t c = 0; c < maps_cases; ++c)
        for (std::size_t k = 0; k < compared_maps.size(); ++k)
            for (std::size_t n = 0; n < result.settings.samples.size(); ++n) {
                const double mean = divergence_at(result, c, k, n).mean;
                low = std::min(low, mean);
                high = std::max(high, mean);
            }
    return "[" + text_of(std::max(0.7 * low, 1e-6)) + ":" + text_of(1.5 * high) + "]";
}

Figure divergence_figure(const MapsResult& result) {
    const auto [least, most] =
        std::minmax_element(result.settings.samples.begin(), result.settings.samples.end());
    constexpr int panel = 250, legend = 130, foot = 62;
    const int height = legend + foot + panel * static_cast<int>(maps_cases);
    std::string commands =
        "set multiplot layout " + std::to_string(maps_cases) + ",1 margins screen 0.165,0.97," +
        fixed(static_cast<double>(foot) / height, 4) + "," +
        fixed(1.0 - static_cast<double>(legend) / height, 4) +
        " spacing screen 0.045\nset key width -3 maxrows 4\nset logscale xy\nset xrange [" +
        text_of(0.75 * static_cast<double>(*least)) + ":" + text_of(1.35 * static_cast<double>(*most)) +
        "]\nset xtics (" + list_of(result.settings.samples) + ")\nset yrange " + divergence_range(result) +
        "\nset format y '10^{%T}'\nset samples 200\n" + "set format x ''\nset ylabel 'KL (nats)'\n";
    for (std::size_t c = 0; c < maps_cases; ++c) {
        commands += "set title \"" + titled(c) + "\" offset 0,-0.8 font ',12'\n";
        if (c + 1 == maps_cases) commands += "set format x '%g'; set xlabel 'number of data {/:Italic N}'\n";
        commands += "plot \\\n";
        for (std::size_t k = 0; k < compared_maps.size(); ++k)
            commands += divergence_line(result.cases[c].losses[k], k);
        for (std::size_t k = 0; k < compared_maps.size(); ++k) commands += divergence_points(c, k);
        commands += "     NaN with lines dashtype 2 linecolor rgb truth title 'KL* + {/:Italic p}/2{/:Italic "
                    "N}'\nunset key\n";
    }
    commands += "unset multiplot\nset key; unset title; unset logscale; unset format; unset xlabel; unset "
                "ylabel\nset xtics autofreq; set xrange [*:*]; set yrange [*:*]\n";
    return {.name = "maps_divergence", .height = height, .commands = std::move(commands)};
}

constexpr const char* band_panel = R"(
plot FILE using 'lag':(column('full_lower')-SHIFT):(column('full_upper')-SHIFT) with filledcurves \
         linecolor rgb predcg_linear fillstyle transparent solid 0.3 noborder title 'band', \
     FILE using 'lag':(column('truth')-SHIFT) with lines linewidth 1.5 linecolor rgb truth title 'truth', \
     FILE using 'lag':(column('data')-SHIFT) with points pointtype 2 linewidth 1.5 linecolor rgb data \
         title 'data'
unset key
)";

/// A row for each map, a column for each chain, whose panels have one scale.
Figure bands_figure(const MapsResult& result, const char* name, bool difference) {
    constexpr int panel = 190, legend = 92, foot = 60;
    const int height = legend + foot + panel * static_cast<int>(banded_maps.size());
    std::string commands =
        "set multiplot layout " + std::to_string(banded_maps.size()) + "," + std::to_string(banded_cases) +
        " margins screen 0.115,0.98," + fixed(static_cast<double>(foot) / height, 4) + "," +
        fixed(1.0 - static_cast<double>(legend) / height, 4) +
        " spacing screen 0.09,0.055\nset key width 0 maxrows 2\nset xrange [0.5:" +
        text_of(static_cast<double>(result.cases[0].truth.size()) - 0.5) + "]\nset format x ''\n";
    for (std::size_t k = 0; k < banded_maps.size(); ++k)
        for (std::size_t c = 0; c < banded_cases; ++c) {
            double low = 0.0, high = 0.0;
            for (std::size_t of = 0; of < banded_maps.size(); ++of)
                for (std::size_t o = 1; o < result.cases[c].truth.size(); ++o) {
                    const Band& band = result.cases[c].bands[of].first[o];
                    const double shift = difference ? result.cases[c].truth[o] : 0.0;
                    low = std::min({low, band.lower - shift, result.cases[c].data[o] - shift});
                    high = std::max({high, band.upper - shift, result.cases[c].data[o] - shift});
                }
            const double room = 0.06 * (high - low);
            commands +=
                "set yrange [" + text_of(low - room) + ":" + text_of(high + room) + "]\nset ytics " +
                text_of(tic_step({low, high})) + "\nset title \"" + maps_case(c).name + ", " +
                compared_maps[banded_maps[k]].title + "\" offset 0,-0.8 font ',12'\n" +
                (c == 0 ? std::string("set ylabel '{/:Italic R_l}") + (difference ? " − truth'\n" : "'\n")
                        : "unset ylabel\n");
            if (k + 1 == banded_maps.size()) commands += "set format x '%g'; set xlabel 'lag {/:Italic l}'\n";
            std::string plot = replaced(band_panel, "FILE", "'" + bands_file(c, k) + "'");
            commands += replaced(plot, "SHIFT", difference ? "column('truth')" : "0");
        }
    commands += "unset multiplot\nset key; unset title; unset xlabel; unset ylabel; unset format\nset ytics "
                "autofreq; set xrange [*:*]; set yrange [*:*]\n";
    return {.name = name, .width = 640, .height = height, .commands = std::move(commands)};
}

Figure coverage_figure(const MapsResult& result) {
    constexpr int panel = 230, legend = 100, foot = 40;
    const int height = legend + foot + panel * static_cast<int>(banded_cases);
    std::string tics;
    for (std::size_t o = 0; o < covered; ++o)
        tics += (o == 0 ? std::string("'{/:Italic m}' 0")
                        : ", '{/:Italic R}_" + std::to_string(o) + "' " + std::to_string(o));
    std::string commands = "set multiplot layout " + std::to_string(banded_cases) +
                           ",1 margins screen 0.165,0.97," + fixed(static_cast<double>(foot) / height, 4) +
                           "," + fixed(1.0 - static_cast<double>(legend) / height, 4) +
                           " spacing screen 0.11\nset key width -2 maxrows 2\nset xrange [-0.5:" +
                           fixed(static_cast<double>(covered) - 0.5, 1) +
                           "]\nset yrange [0:1.04]\nset xtics (" + tics +
                           ")\nset ylabel 'fraction with the truth'\n";
    for (std::size_t c = 0; c < banded_cases; ++c) {
        commands += "set title \"" + titled(c) + "\" offset 0,-0.8 font ',12'\nplot \\\n";
        for (std::size_t k = 0; k < banded_maps.size(); ++k) {
            const std::size_t map = banded_maps[k];
            commands += std::string("     'maps_coverage.csv' using (strcol('case') eq '") +
                        maps_case(c).name + "' && strcol('map') eq '" + compared_maps[map].word +
                        "' && column('lag') < " + std::to_string(covered) + " ? column('lag') + " +
                        text_of(0.16 * (static_cast<double>(k) - 1.0)) +
                        " : NaN):'coverage':'lower':'upper' with yerrorbars linecolor rgb " +
                        map_looks[map].colour + " pointtype " + map_looks[map].symbol + " title '" +
                        compared_maps[map].title + "', \\\n";
        }
        commands += "     " + text_of(result.settings.credibility) +
                    " with lines dashtype 2 linecolor rgb truth title 'nominal'\nunset key\n";
    }
    commands += "unset multiplot\nset key; unset title; unset ylabel\nset xtics autofreq; set xrange [*:*]; "
                "set yrange [*:*]\n";
    return {.name = "maps_coverage", .height = height, .commands = std::move(commands)};
}

}  // namespace

std::vector<Figure> maps_figures(const MapsResult& result) {
    return {divergence_figure(result), bands_figure(result, "maps_correlation", false),
            bands_figure(result, "maps_difference", true), coverage_figure(result)};
}

}  // namespace cli::study
