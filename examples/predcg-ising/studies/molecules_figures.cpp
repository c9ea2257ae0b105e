// Tables and figures of the study of molecules.
#include "basics/numbers.hpp"
#include "reports/table.hpp"
#include "studies/molecules_report.hpp"

#include <predcg/statistics/quantile.hpp>

#include <algorithm>

namespace cli::study {

namespace {

using molecules::DistributionBand;
using molecules::StatesPrediction;
using predcg::Vector;

Table table_of(const DistributionBand& band) {
    Table table({"at", "data", "data_error", "model", "lower", "upper"});
    for (Index k = 0; k < band.at.size(); ++k)
        table.row()
            .add(band.at[k])
            .add(band.data[k])
            .add(band.data_error[k])
            .add(band.mean[k])
            .add(band.lower[k])
            .add(band.upper[k]);
    return table;
}

Table energies_table(const MoleculesResult& result) {
    Table table({"place", "name", "mean", "sd", "lower", "upper", "published"});
    const auto& posterior = *result.chains.posterior;
    const double low = 0.5 * (1.0 - result.settings.credibility);
    for (std::size_t k = 0; k < published_energies.size(); ++k) {
        const auto at = static_cast<Index>(k);
        const Vector draws = posterior.draws.row(at).transpose();
        table.row()
            .add(static_cast<double>(k))
            .add(posterior.names()[k])
            .add(posterior.mean[at])
            .add(posterior.sd[at]);
        table.add(predcg::statistics::quantile(draws, low))
            .add(predcg::statistics::quantile(draws, 1.0 - low))
            .add(published_energies[k]);
    }
    return table;
}

Table transfer_table(const MoleculesResult& result) {
    Table table({"temperature", "sites", "characteristic_ratio", "lower", "upper", "squared_end_to_end"});
    constexpr auto ratio = StatesPrediction::characteristic_ratio;
    for (const StatesPrediction& p : result.transfer)
        table.row()
            .add(p.temperature)
            .add(static_cast<double>(p.sites))
            .add(p.interval->mean[ratio])
            .add(p.interval->lower[ratio])
            .add(p.interval->upper[ratio])
            .add(p.interval->mean[StatesPrediction::end_to_end]);
    return table;
}

Table potential_table(const MoleculesResult& result) {
    Table table({"frames", "r", "u", "lower", "upper"});
    for (const LearntLiquid& liquid : result.liquids) {
        const auto& band = liquid.learnt.band;
        if (band.lower.size() == 0) continue;
        for (Index k = 0; k < band.r.size(); ++k)
            table.row()
                .add(static_cast<double>(liquid.learnt.frames))
                .add(band.r[k])
                .add(band.u[k])
                .add(band.lower[k])
                .add(band.upper[k]);
    }
    return table;
}

Table radial_table(const predcg::LiquidChecks& checks) {
    Table table({"pair", "r", "data", "data_error", "model", "lower", "upper"});
    for (const predcg::RadialBand& band : checks.bands)
        for (Index k = 0; k < band.radii.size(); ++k)
            table.row()
                .add(band.name)
                .add(band.radii[k])
                .add(band.data[k])
                .add(band.data_error[k])
                .add(band.model[k])
                .add(band.lower[k])
                .add(band.upper[k]);
    return table;
}

Table checks_table(const MoleculesResult& result) {
    Table table({"system", "statistic", "data", "model", "z", "p_value", "contradicted"});
    const auto word = [](bool contradicted) { return std::string(contradicted ? "yes" : "no"); };
    for (const auto& c : result.chains.checks)
        table.row()
            .add("decane")
            .add(c.name)
            .add(c.observed)
            .add(c.replicated_mean)
            .add(c.z)
            .add(c.p_value)
            .add(word(c.contradicted));
    for (const LearntLiquid& liquid : result.liquids)
        if (liquid.checks)
            for (const auto& c : liquid.checks->checks)
                table.row()
                    .add("water")
                    .add(c.name)
                    .add(c.data.value_or(molecules::not_known))
                    .add(c.model)
                    .add(c.z)
                    .add(c.p_value)
                    .add(c.data ? word(c.contradicted) : "not known");
    return table;
}

/// FILE with data, model and band.
constexpr const char* band_plot = R"(
plot 'FILE' using 'at':'lower':'upper' with filledcurves linecolor rgb predcg fillstyle transparent solid 0.3 \
         noborder title 'model, BAND', \
     '' using 'at':'model' with lines linewidth 1.5 linecolor rgb predcg title 'mean', \
     '' using 'at':'data':'data_error' with yerrorbars pointtype 7 pointsize 0.5 linecolor rgb data title 'trajectory'
)";

constexpr const char* energies_plot = R"(
set xrange [-0.5:2.5]
set xtics ('{/:Italic E}_{gauche}' 0, '{/:Italic E}_{same}' 1, '{/:Italic E}_{opposite}' 2)
set ylabel 'energy (kJ/mol)'
plot 0 with lines linewidth 0.8 linecolor rgb truth notitle, \
     'molecules_energies.csv' using 'place':'mean':'lower':'upper' with yerrorbars pointtype 7 linewidth 1.5 \
         linecolor rgb predcg title 'learnt, BAND', \
     '' using ($1+0.15):'published' with points pointtype 4 linewidth 1.5 linecolor rgb truth \
         title 'published for polyethylene'
)";

constexpr const char* transfer_plot = R"(
set logscale x
set xrange [5:230]
set xtics (6, 10, 20, 50, 100, 200)
set xlabel 'sites of the chain'
set ylabel '{/:Italic C_n}'
plot 'molecules_transfer.csv' using (column('temperature') == 300 ? column('sites') : NaN):'lower':'upper' with \
         filledcurves linecolor rgb predcg fillstyle transparent solid 0.3 noborder title '300 K, BAND', \
     '' using (column('temperature') == 300 ? column('sites') : NaN):'characteristic_ratio' with linespoints \
         pointtype 7 pointsize 0.6 linecolor rgb predcg title '300 K', \
     '' using (column('temperature') == 400 ? column('sites') : NaN):'lower':'upper' with filledcurves \
         linecolor rgb other fillstyle transparent solid 0.4 noborder title '400 K, BAND', \
     '' using (column('temperature') == 400 ? column('sites') : NaN):'characteristic_ratio' with linespoints \
         pointtype 9 pointsize 0.6 linecolor rgb other title '400 K'
unset logscale
)";

/// One number of frames of many.
std::string potential_plot(const MoleculesResult& result, const std::string& band) {
    constexpr std::array<const char*, 3> colours{"other", "predcg_linear", "predcg"};
    std::string plot;
    std::size_t k = 0;
    for (const LearntLiquid& liquid : result.liquids) {
        if (liquid.learnt.band.lower.size() == 0) continue;
        const std::string frames = std::to_string(liquid.learnt.frames),
                          colour = colours[k++ % colours.size()];
        const std::string rows =
            "'molecules_potential.csv' using (column('frames') == " + frames + " ? column('r') : NaN):";
        plot += (plot.empty() ? "plot " : ", \\\n     ") + rows +
                "'lower':'upper' with filledcurves linecolor rgb " + colour +
                " fillstyle transparent solid 0.3 noborder title '" + frames + " frames, " + band +
                "', \\\n     " + rows + "'u' with lines linewidth 1.5 linecolor rgb " + colour + " notitle";
    }
    return plot + "\n";
}

std::string radial_panel(const std::string& name, const std::string& title, const std::string& band,
                         bool first) {
    const std::string rows =
        "'molecules_radial.csv' using (strcol('pair') eq '" + name + "' ? column('r') : NaN):";
    const auto named = [&](const std::string& text) {
        return first ? "title '" + text + "'" : std::string("notitle");
    };
    return "set title '" + title + "' offset 0,-0.8 font ',12'\nplot " + rows +
           "'lower':'upper' with filledcurves linecolor rgb predcg fillstyle transparent solid 0.4 "
           "noborder " +
           named("model, " + band) + ", \\\n     " + rows +
           "'model' with lines linewidth 1.2 linecolor rgb predcg " + named("mean") + ", \\\n     " + rows +
           "'data':'data_error' with yerrorbars pointtype 7 pointsize 0.35 linewidth 0.6 linecolor rgb "
           "data " +
           named("trajectory") + "\n";
}

constexpr const char* reset =
    "unset title; unset xlabel; unset ylabel\nset xrange [*:*]; set yrange [*:*]\nset xtics "
    "autofreq; set ytics autofreq\nset key width -12 maxcols auto\n";

/// What of g(r) of the centres is too small to be seen: less that of the trajectory.
constexpr const char* difference_panel = R"(
set title 'the centres, less the trajectory' offset 0,-0.8 font ',12'
set ylabel '{/:Italic g} − data'
plot DATA(column('lower')-column('data')):(column('upper')-column('data')) with filledcurves linecolor rgb predcg \
         fillstyle transparent solid 0.4 noborder notitle, \
     DATA(column('model')-column('data')) with lines linewidth 1.2 linecolor rgb predcg notitle, \
     DATA(0):'data_error' with yerrorbars pointtype 7 pointsize 0.35 linewidth 0.6 linecolor rgb data notitle
set ylabel '{/:Italic g}({/:Italic r})'
)";

Figure radial_figure(const predcg::LiquidChecks& checks, const std::string& band) {
    const std::size_t panels = checks.bands.size() + 1;
    std::string commands =
        "set multiplot layout " + std::to_string(panels) +
        ",1\nset key width 0 maxrows 2 maxcols 2\nset lmargin 9; set rmargin 2; set tmargin 4.8; set "
        "bmargin 1.2\nset xrange [0.15:0.9]\nset ylabel '{/:Italic g}({/:Italic r})'\nset format x "
        "''\n";
    const auto last = [&] {
        commands += "set bmargin 3.6; set format x '%g'; set xlabel '{/:Italic r} (nm)'\n";
    };
    for (std::size_t k = 0; k < checks.bands.size(); ++k) {
        const std::string& name = checks.bands[k].name;
        if (k + 1 == checks.bands.size() && k > 0) last();
        commands += radial_panel(name, name.substr(name.find(" of ") + 4), band, k == 0);
        if (k > 0) continue;
        commands += "unset key; set tmargin 1.8\n";
        if (checks.bands.size() == 1) last();
        commands +=
            replaced(difference_panel, "DATA",
                     "'molecules_radial.csv' using (strcol('pair') eq '" + name + "' ? column('r') : NaN):");
    }
    return {.name = "molecules_radial",
            .height = 110 + 180 * static_cast<int>(panels),
            .commands = commands +
                        "unset multiplot\nset key; unset tmargin; unset bmargin; unset lmargin; unset "
                        "rmargin; unset format\n" +
                        reset};
}

}  // namespace

void write_molecules_tables(const MoleculesResult& result, const ResultDirectory& directory) {
    directory.write("molecules_dihedrals.csv", table_of(result.distributions.dihedral).csv());
    directory.write("molecules_end_to_end.csv", table_of(result.distributions.end_to_end).csv());
    directory.write("molecules_energies.csv", energies_table(result).csv());
    directory.write("molecules_transfer.csv", transfer_table(result).csv());
    directory.write("molecules_potential.csv", potential_table(result).csv());
    if (const auto& checks = result.liquids.back().checks)
        directory.write("molecules_radial.csv", radial_table(*checks).csv());
    directory.write("molecules_checks.csv", checks_table(result).csv());
}

std::vector<Figure> molecules_figures(const MoleculesResult& result) {
    const std::string band = brief(100.0 * result.settings.credibility) + " %";
    const auto of = [&](std::string plot, const std::string& file) {
        return replaced(replaced(std::move(plot), "FILE", file), "BAND", band);
    };
    const std::string key = "set key width 0 maxrows 2 maxcols 2\n";
    std::vector<Figure> figures{
        {.name = "molecules_dihedrals",
         .height = 380,
         .commands = key +
                     "set xrange [-180:180]\nset xtics 60\nset yrange [0:*]\nset xlabel 'dihedral angle "
                     "(degrees)'\nset ylabel 'density (1/degree)'\n" +
                     of(band_plot, "molecules_dihedrals.csv") + reset},
        {.name = "molecules_energies", .height = 360, .commands = key + of(energies_plot, "") + reset},
        {.name = "molecules_end_to_end",
         .height = 380,
         .commands = key +
                     "set yrange [0:*]\nset xlabel '{/:Italic R}_{ee} (nm)'\nset ylabel 'density (1/nm)'\n" +
                     of(band_plot, "molecules_end_to_end.csv") + reset},
        {.name = "molecules_transfer", .height = 380, .commands = key + of(transfer_plot, "") + reset},
        {.name = "molecules_potential",
         .height = 420,
         .commands = key +
                     "set xrange [0.23:0.9]\nset yrange [-3:8]\nset xlabel '{/:Italic r} (nm)'\nset ylabel "
                     "'{/:Italic u}({/:Italic r}) (kJ/mol)'\n" +
                     potential_plot(result, band) + reset}};
    if (const auto& checks = result.liquids.back().checks) figures.push_back(radial_figure(*checks, band));
    return figures;
}

}  // namespace cli::study
