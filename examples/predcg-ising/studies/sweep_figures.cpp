// Tables and figures of the sweep.
#include "studies/sweep_report.hpp"

#include "basics/numbers.hpp"
#include "reports/table.hpp"

namespace cli::study {

using predcg::Index;

namespace {

Table fit_table(const SweepResult& result, std::size_t model) {
    const auto& names = result.points.front().fits[model].fit.coarse_names;
    std::vector<std::string> columns{"field", "status", "iterations"};
    columns.insert(columns.end(), names.begin(), names.end());
    for (const char* name : {"theta_cf", "logit_theta_cf", "log_likelihood", "magnetization", "truth",
                             "open_directions", "information", "direction"})
        columns.emplace_back(name);
    const bool sampled = sweep_models[model].engine == Engine::monte_carlo;
    const bool banded = result.points.front().fits[model].band.has_value();
    if (!sampled) columns.insert(columns.end(), {"magnetization_5000", "misfit_z", "misfit"});
    if (banded) columns.insert(columns.end(), {"magnetization_lower", "magnetization_upper", "reliable"});
    if (sampled) {
        for (const auto& name : names) columns.push_back(name + "_error");
        columns.insert(columns.end(), {"logit_theta_cf_error", "magnetization_error"});
    }
    Table table(columns);
    for (const SweepPoint& point : result.points) {
        const SweepFit& of = point.fits[model];
        const IsingFit& fit = of.fit;
        table.row().add(point.field).add(std::string(to_string(fit.status)));
        table.add(static_cast<double>(fit.iterations));
        for (const double theta : fit.parameters.theta) table.add(theta);
        table.add(fit.map.theta_cf(fit.parameters.eta)).add(fit.parameters.eta[0]);
        table.add(fit.log_likelihood.value_or(std::numeric_limits<double>::quiet_NaN()))
            .add(of.magnetization.value())
            .add(point.truth);
        table.add(static_cast<double>(fit.directions.size()));
        if (fit.directions.empty())
            table.add("").add("");
        else
            table.add(fit.directions.front().information).add(fit.directions.front().text);
        if (!sampled)
            table.add(of.misfit->magnetization).add(of.misfit->z).add(of.misfit->found() ? 1.0 : 0.0);
        if (banded) {
            table.add(of.band->lower).add(of.band->upper).add(of.band->reliable ? 1.0 : 0.0);
        }
        if (!sampled) continue;
        for (const double error : fit.monte_carlo->standard_errors.theta) table.add(error);
        table.add(fit.monte_carlo->standard_errors.eta[0]).add(of.magnetization.standard_error[0]);
    }
    return table;
}

Table rival_table(const SweepResult& result) {
    Table table({"field", "status", "pair_1", "magnetization", "truth"});
    for (const SweepPoint& point : result.points) {
        const SweepRival& of = point.relative_entropy;
        table.row().add(point.field).add(of.status).add(of.theta[0]).add(of.magnetization).add(point.truth);
    }
    return table;
}

/// Iterates of both optimizers, and where exact EM ends.
Table path_table(const SweepResult& result) {
    Table table({"iteration", "pair_1_robbins_monro", "theta_cf_robbins_monro", "pair_1_newton",
                 "theta_cf_newton", "pair_1_exact", "theta_cf_exact"});
    const IsingFit& exact = result.points[result.paths.point].fits[0].fit;
    const auto add = [&](const predcg::Vector& theta, const predcg::Vector& eta) {
        table.add(theta[0]).add(exact.map.theta_cf(eta));
    };
    for (std::size_t t = 0; t < result.paths.newton.size(); ++t) {
        const auto &first = result.paths.robbins_monro[t], &second = result.paths.newton[t];
        table.row().add(static_cast<double>(t));
        add(first.theta, first.eta);
        add(second.theta, second.eta);
        add(exact.parameters.theta, exact.parameters.eta);
    }
    return table;
}

/// The band of {linear, pair_1} less SHIFT, where there is one, in the places of BAND(SHIFT).
std::string with_band(std::string commands, bool banded) {
    for (const std::string shift : {"0", "column('truth')"}) {
        const std::string band =
            banded
                ? "'sweep_predcg_linear.csv' using 'field':(column('magnetization_lower')-" + shift +
                      "):(column('magnetization_upper')-" + shift +
                      ") with filledcurves linecolor rgb predcg_linear fillstyle transparent solid 0.3 "
                      "noborder" +
                      (shift == "0" ? " title 'full posterior of {linear, pair_1}' noenhanced" : " notitle") +
                      ", "
                : "";
        const std::string place = "BAND(" + shift + ") ";
        commands.replace(commands.find(place), place.size(), band);
    }
    return commands;
}

std::string assigned(const char* name, double value) {
    return std::string(name) + " = " + text_of(value) + "\n";
}

constexpr const char* theta_c_figure = R"(
set multiplot layout 2,1
set key maxcols 1 maxrows 5 width 0
set lmargin 10; set rmargin 2
open(name) = column('open_directions') > 0 ? column(name) : NaN
settled(name) = column('open_directions') > 0 ? NaN : column(name)
set xrange [first-side:last+side]
set offsets 0, 0, graph 0.05, graph 0.05
set bmargin 1
set ytics pair_step
set format x ''
set ylabel theta.'_1  (energy)'
plot 'sweep_predcg.csv' using 'field':(settled('pair_1')) with points pointtype 7 linecolor rgb predcg \
         title '{pair_1}' noenhanced, \
     '' using 'field':(open('pair_1')) with points pointtype 6 linewidth 1.3 linecolor rgb predcg notitle, \
     'sweep_predcg_linear.csv' using 'field':(settled('pair_1')) with points pointtype 9 \
         linecolor rgb predcg_linear title '{linear, pair_1}' noenhanced, \
     '' using 'field':(open('pair_1')) with points pointtype 8 linewidth 1.3 linecolor rgb predcg_linear \
         title open_title, \
     'sweep_monte_carlo.csv' using 'field':'pair_1' with points pointtype 1 pointsize 1.1 linewidth 1.6 \
         linecolor rgb monte_carlo title '{pair_1}, Monte Carlo' noenhanced, \
     'sweep_relative_entropy.csv' using 'field':'pair_1' with points pointtype 4 linewidth 1.6 \
         linecolor rgb relative_entropy title 'relative entropy'
set bmargin 3.6
set tmargin 0.5
set format x '%g'
set xlabel 'field '.mu.'  (energy)'
set ylabel theta.'_{lin}  (energy)'
set ytics linear_step
unset key
plot 'sweep_predcg_linear.csv' using 'field':(settled('linear')) with points pointtype 9 \
         linecolor rgb predcg_linear, \
     '' using 'field':(open('linear')) with points pointtype 8 linewidth 1.3 linecolor rgb predcg_linear
unset multiplot
set key; unset xlabel; unset tmargin; unset bmargin; set ytics autofreq
)";

constexpr const char* theta_cf_figure = R"(
set key maxcols 1 maxrows 3 width 0
set lmargin 10; set rmargin 2
open(name) = column('open_directions') > 0 ? column(name) : NaN
settled(name) = column('open_directions') > 0 ? NaN : column(name)
set xrange [first-side:last+side]
set offsets 0, 0, graph 0.05, graph 0.05
set xlabel 'field '.mu.'  (energy)'
set ylabel theta.'_{cf}'
plot 'sweep_predcg.csv' using 'field':'theta_cf' with points pointtype 7 linecolor rgb predcg \
         title '{pair_1}' noenhanced, \
     'sweep_predcg_linear.csv' using 'field':'theta_cf' with points pointtype 9 pointsize 0.6 \
         linecolor rgb predcg_linear title '{linear, pair_1}' noenhanced, \
     'sweep_monte_carlo.csv' using 'field':'theta_cf' with points pointtype 1 pointsize 1.1 linewidth 1.6 \
         linecolor rgb monte_carlo title '{pair_1}, Monte Carlo' noenhanced
)";

constexpr const char* magnetization_figure = R"(
set multiplot layout 2,1
set key maxcols 1 maxrows 7 width 0
set lmargin 10; set rmargin 2
set xrange [first-side:last+side]
set offsets 0, 0, graph 0.03, graph 0.03
set bmargin 1
set format x ''
set ylabel '{/:Italic m}'
set yrange [-1.1:1.1]
plot BAND(0) 'sweep_truth.csv' using 'field':'magnetization' with lines linewidth 1.5 linecolor rgb truth \
         title 'truth', \
     'sweep_data.csv' using 'field':'magnetization' with points pointtype 2 linewidth 1.5 linecolor rgb data \
         title 'data', \
     'sweep_predcg.csv' using 'field':'magnetization' with points pointtype 7 linecolor rgb predcg \
         title '{pair_1}' noenhanced, \
     'sweep_predcg_linear.csv' using 'field':'magnetization' with points pointtype 9 pointsize 0.6 \
         linecolor rgb predcg_linear title '{linear, pair_1}' noenhanced, \
     'sweep_monte_carlo.csv' using 'field':'magnetization' with points pointtype 1 pointsize 1.1 linewidth 1.6 \
         linecolor rgb monte_carlo title '{pair_1}, Monte Carlo' noenhanced, \
     'sweep_relative_entropy.csv' using 'field':'magnetization' with points pointtype 4 linewidth 1.6 \
         linecolor rgb relative_entropy title 'relative entropy'
unset key
set bmargin 3.6
set tmargin 0.5
set format x '%g'
set xlabel 'field '.mu.'  (energy)'
set ylabel '{/:Italic m} − truth'
set ytics error_step
set yrange [*:*]
near = 0.15*spacing
plot BAND(column('truth')) 'sweep_truth.csv' using 'field':(0) with lines linewidth 1.5 linecolor rgb truth, \
     'sweep_data.csv' using (column('field')-near):(column('magnetization')-column('truth')):'standard_error' \
         with yerrorbars pointtype 2 linewidth 1.5 linecolor rgb data, \
     'sweep_predcg.csv' using 'field':(column('magnetization')-column('truth')) with points pointtype 7 \
         linecolor rgb predcg, \
     'sweep_predcg_linear.csv' using (column('field')+near):(column('magnetization')-column('truth')) \
         with points pointtype 9 linecolor rgb predcg_linear, \
     'sweep_monte_carlo.csv' using (column('field')+2*near):(column('magnetization')-column('truth')) \
         with points pointtype 1 pointsize 1.1 linewidth 1.6 linecolor rgb monte_carlo
unset multiplot
set key; unset xlabel; unset tmargin; unset bmargin; set ytics autofreq
)";

constexpr const char* paths_figure = R"(
set multiplot layout 2,1
set lmargin 10; set rmargin 2
set key maxcols 1 maxrows 3
set offsets 0, 0, graph 0.05, graph 0.05
set bmargin 1
set format x ''
set ytics theta_step
set ylabel theta.'_1  (energy)'
plot 'sweep_paths.csv' using 'iteration':'pair_1_newton' with lines linecolor rgb stochastic_newton \
         title 'Monte Carlo EM, Newton', \
     '' using 'iteration':'pair_1_robbins_monro' with lines linecolor rgb monte_carlo \
         title 'Monte Carlo EM, Robbins-Monro', \
     '' using 'iteration':'pair_1_exact' with lines linewidth 1.5 linecolor rgb predcg \
         title 'exact EM, the limit'
unset key
set bmargin 3.6
set tmargin 0.5
set format x '%g'
set xlabel 'iteration'
set ytics theta_cf_step
set ylabel theta.'_{cf}'
plot 'sweep_paths.csv' using 'iteration':'theta_cf_newton' with lines linecolor rgb stochastic_newton, \
     '' using 'iteration':'theta_cf_robbins_monro' with lines linecolor rgb monte_carlo, \
     '' using 'iteration':'theta_cf_exact' with lines linewidth 1.5 linecolor rgb predcg
unset multiplot
set key; unset xlabel; unset tmargin; unset bmargin; set ytics autofreq
)";

}  // namespace

void write_tables(const SweepResult& result, const ResultDirectory& directory) {
    directory.write("sweep_truth.csv", result.curve.csv());
    Table data({"field", "seed", "samples", "magnetization", "standard_error", "truth"});
    for (const SweepPoint& point : result.points) {
        data.row().add(point.field).add(std::to_string(point.data_seed));
        data.add(static_cast<double>(result.settings.samples));
        data.add(point.data).add(point.data_error).add(point.truth);
    }
    directory.write("sweep_data.csv", data.csv());
    for (std::size_t k = 0; k < sweep_models.size(); ++k)
        directory.write(std::string("sweep_") + sweep_models[k].id + ".csv", fit_table(result, k).csv());
    directory.write("sweep_relative_entropy.csv", rival_table(result).csv());
    directory.write("sweep_paths.csv", path_table(result).csv());
}

std::vector<Figure> sweep_figures(const SweepResult& result) {
    std::vector<double> pair, linear, error, path_theta, path_theta_cf;
    for (const SweepPoint& point : result.points) {
        for (const SweepFit& of : point.fits) {
            pair.push_back(of.fit["pair_1"]);
            error.push_back(of.magnetization.value() - point.truth);
            if (of.band)
                error.insert(error.end(), {of.band->lower - point.truth, of.band->upper - point.truth});
        }
        linear.push_back(point.fits[1].fit["linear"]);
        for (const double sign : {-1.0, 1.0})
            error.push_back(point.data + sign * point.data_error - point.truth);
    }
    const auto& map = result.points.front().fits[0].fit.map;
    for (const auto* path : {&result.paths.robbins_monro, &result.paths.newton})
        for (const auto& entry : *path) {
            path_theta.push_back(entry.theta[0]);
            path_theta_cf.push_back(map.theta_cf(entry.eta));
        }
    const auto& points = result.points;
    const double first = points.front().field, last = points.back().field;
    const double spacing = points.size() > 1 ? points[1].field - points[0].field : 1.0;
    const std::string axis = assigned("first", first) + assigned("last", last) +
                             assigned("spacing", spacing) + "side = 0.03*(last-first) + 0.2*spacing";
    const std::string steps = assigned("pair_step", tic_step(pair)) +
                              assigned("linear_step", tic_step(linear)) +
                              assigned("error_step", tic_step(error)) + axis;
    const std::string path_steps =
        assigned("theta_step", tic_step(path_theta)) + assigned("theta_cf_step", tic_step(path_theta_cf));
    const std::string open_title =
        std::string("\nopen_title = 'hollow: ") + direction_kind(result.settings.prior) + "'";
    return {{.name = "sweep_theta_c", .height = 580, .commands = steps + open_title + theta_c_figure},
            {.name = "sweep_theta_cf", .height = 360, .commands = axis + theta_cf_figure},
            {.name = "sweep_magnetization",
             .height = 660,
             .commands = steps + with_band(magnetization_figure, points.front().fits[1].band.has_value())},
            {.name = "sweep_paths", .height = 520, .commands = path_steps + paths_figure}};
}

}  // namespace cli::study
