// Numbers, tables and figures of the data-size study.
#include "study/data_size_report.hpp"

#include "numbers.hpp"
#include "study/table.hpp"

#include <predcg/calibrate/uniformity.hpp>

#include <cmath>

namespace cli::study {

using predcg::Vector;

namespace {

const DataSizeFit& fit_at(const DataSizeResult& result, std::size_t field, Index samples, Index data_set) {
    for (const DataSizeFit& fit : result.fits)
        if (fit.field == result.fields[field] && fit.samples == samples && fit.data_set == data_set)
            return fit;
    throw std::logic_error("data_size: no such fit");
}

/// Fields of the sweep: all but field 0 where that was added for the correlations.
std::size_t swept(const DataSizeResult& result) {
    const double last = result.fields.back();
    return result.fields.size() - (last == 0.0 && result.settings.to != 0.0 ? 1 : 0);
}

std::size_t zero_field(const DataSizeResult& result) {
    for (std::size_t k = 0; k < result.fields.size(); ++k)
        if (result.fields[k] == 0.0) return k;
    return result.fields.size() - 1;
}

const char* method_word(std::size_t method) { return method == 0 ? "full" : "slides"; }

std::string size_file(const char* what, Index samples) {
    return std::string("data_size_") + what + "_" + std::to_string(samples) + ".csv";
}

Table bands_table(const DataSizeResult& result, Index samples) {
    Table table({"field", "truth", "data", "prediction", "full_mean", "full_lower", "full_upper",
                 "slides_mean", "slides_lower", "slides_upper", "reliable", "open_directions"});
    for (std::size_t k = 0; k < swept(result); ++k) {
        const DataSizeFit& fit = fit_at(result, k, samples, 0);
        table.row().add(fit.field).add(result.truth[k]).add(fit.data).add(fit.prediction);
        for (const Band& band : fit.band) table.add(band.mean).add(band.lower).add(band.upper);
        table.add(fit.band[0].reliable ? 1.0 : 0.0).add(fit.open_directions);
    }
    return table;
}

Table correlation_table(const DataSizeResult& result, Index samples) {
    Table table({"lag", "truth", "data", "prediction", "full_mean", "full_lower", "full_upper", "slides_mean",
                 "slides_lower", "slides_upper"});
    const DataSizeFit& fit = fit_at(result, zero_field(result), samples, 0);
    for (Index l = 0; l < fit.correlation.size(); ++l) {
        table.row().add(static_cast<double>(l)).add(result.true_correlation[l]);
        table.add(fit.data_correlation[l]).add(fit.correlation[l]);
        for (const auto& band : fit.correlation_band) {
            const Band& at = band[static_cast<std::size_t>(l)];
            table.add(at.mean).add(at.lower).add(at.upper);
        }
    }
    return table;
}

std::string percent(double fraction) { return fixed(100.0 * fraction, 0) + " %"; }

std::string panel_title(const DataSizeResult& result, Index samples) {
    const SizeCoverage full = coverage_of(result, samples, 0), slides = coverage_of(result, samples, 1);
    return "{/:Italic S}_f = " + std::to_string(samples) + ":  truth inside, full " +
           percent(full.fraction()) + ", slides " + percent(slides.fraction());
}

/// Columns less SHIFT.
constexpr const char* band_plot = R"(
plot FILE using XAXIS:(column('full_lower')-SHIFT):(column('full_upper')-SHIFT) with filledcurves \
         linecolor rgb predcg_linear fillstyle transparent solid 0.3 noborder title 'full posterior', \
     FILE using XAXIS:(column('slides_lower')-SHIFT):(column('slides_upper')-SHIFT) with filledcurves \
         linecolor rgb other fillstyle transparent solid 0.6 noborder title 'slides’ Laplace', \
     TRUTH with lines linewidth 1.5 linecolor rgb truth title 'truth', \
     FILE using XAXIS:(column('data')-SHIFT) with points pointtype 2 linewidth 1.5 linecolor rgb data \
         title 'data'
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

struct Panels {
    std::string name;      ///< of the figure
    std::string file;      ///< of the tables
    std::string x, label;  ///< column, and what stands below the axis
    std::string truth;     ///< file and columns of the line; FILE is the panel's table
    std::string shift;     ///< taken from every column
    std::string settings;
    bool coverage = true;  ///< in the titles
};

/// Panels one above the other, one for each size; the legend on the first.
Figure banded_figure(const DataSizeResult& result, const Panels& panels) {
    const auto& sizes = result.settings.banded;
    std::string commands =
        "set multiplot layout " + std::to_string(sizes.size()) +
        ",1\nset key width -3 maxrows 2\nset lmargin 10; set rmargin 2; set tmargin 4.4; set bmargin 2.2\n" +
        panels.settings;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
        const std::string title =
            panels.coverage ? panel_title(result, sizes[k]) : "{/:Italic S}_f = " + std::to_string(sizes[k]);
        commands += "set title \"" + title + "\" offset 0,-0.8 font ',12'\n";
        if (k == 1) commands += "unset key; set tmargin 2.2\n";
        if (k + 1 == sizes.size()) commands += "set bmargin 3.6; set xlabel " + panels.label + "\n";
        std::string plot = replaced(band_plot, "TRUTH", panels.truth);
        plot = replaced(plot, "FILE", "'" + size_file(panels.file.c_str(), sizes[k]) + "'");
        plot = replaced(plot, "SHIFT", panels.shift);
        commands += replaced(plot, "XAXIS", "'" + panels.x + "'");
    }
    commands +=
        "unset multiplot\nunset title; set key width -12; unset xlabel; unset tmargin; unset bmargin\n";
    return {.name = panels.name,
            .height = 90 + 210 * static_cast<int>(sizes.size()),
            .commands = std::move(commands)};
}

constexpr const char* errors_figure = R"(
set lmargin 10; set rmargin 2
set key width 0 maxrows 3
set logscale xy
set xrange [4:130]
set xtics (5, 10, 20, 50, 100)
set xlabel 'number of data {/:Italic S}_f'
set ylabel 'relative error'
plot 'data_size_errors.csv' using 'samples':'magnetization_error':'magnetization_sd' with yerrorbars \
         pointtype 7 linecolor rgb predcg_linear title '{/:Italic m}, over the fields', \
     '' using (column('samples')*1.05):'correlation_error':'correlation_sd' with yerrorbars pointtype 9 \
         linecolor rgb other title '{/:Italic R_l} at '.mu.' = 0', \
     '' using 'samples':'data_magnetization_error' with points pointtype 2 linewidth 1.5 linecolor rgb data \
         title '{/:Italic m} of the data'
unset logscale
set xrange [*:*]
)";

constexpr const char* coverage_figure = R"(
set lmargin 10; set rmargin 2
set key width 0 maxrows 3
set logscale x
set xrange [8:62]
set xtics (10, 20, 50)
set yrange [0:1.02]
set xlabel 'number of data {/:Italic S}_f'
set ylabel 'fraction of intervals of {/:Italic m} with the truth'
plot 'data_size_coverage.csv' using 'samples':(column('method_number')==0 ? column('coverage') : NaN):'lower':'upper' \
         with yerrorbars pointtype 7 linecolor rgb predcg_linear title 'full posterior', \
     '' using 'samples':(column('method_number')==1 ? column('coverage') : NaN):'lower':'upper' with yerrorbars \
         pointtype 5 linecolor rgb other title 'Laplace of the slides', \
     nominal with lines dashtype 2 linecolor rgb truth title 'nominal'
unset logscale
set yrange [*:*]
)";

}  // namespace

Spread spread_of(const std::vector<double>& values) {
    Spread spread;
    const auto n = static_cast<double>(values.size());
    for (const double v : values) spread.mean += v / n;
    for (const double v : values) spread.sd += (v - spread.mean) * (v - spread.mean);
    spread.sd = n > 1.0 ? std::sqrt(spread.sd / (n - 1.0)) : 0.0;
    return spread;
}

SizeCoverage coverage_of(const DataSizeResult& result, Index samples, std::size_t method) {
    SizeCoverage coverage;
    for (std::size_t k = 0; k < swept(result); ++k)
        for (Index d = 0; d < result.settings.data_sets; ++d) {
            const Band& band = fit_at(result, k, samples, d).band[method];
            ++coverage.trials;
            coverage.held += band.lower <= result.truth[k] && result.truth[k] <= band.upper ? 1 : 0;
            coverage.unreliable += band.reliable ? 0 : 1;
            coverage.mean_width += band.upper - band.lower;
        }
    coverage.mean_width /= static_cast<double>(coverage.trials);
    return coverage;
}

std::vector<double> magnetization_errors(const DataSizeResult& result, Index samples) {
    std::vector<double> errors;
    for (Index d = 0; d < result.settings.data_sets; ++d) {
        double squares = 0.0, truth = 0.0;
        for (std::size_t k = 0; k < swept(result); ++k) {
            squares += std::pow(fit_at(result, k, samples, d).prediction - result.truth[k], 2);
            truth += std::pow(result.truth[k], 2);
        }
        errors.push_back(std::sqrt(squares / truth));
    }
    return errors;
}

std::vector<double> correlation_errors(const DataSizeResult& result, Index samples) {
    std::vector<double> errors;
    const Index lags = result.true_correlation.size() - 1;
    for (Index d = 0; d < result.settings.data_sets; ++d) {
        const Vector R = fit_at(result, zero_field(result), samples, d).correlation;
        errors.push_back((R - result.true_correlation).tail(lags).norm() /
                         result.true_correlation.tail(lags).norm());
    }
    return errors;
}

void write_tables(const DataSizeResult& result, const ResultDirectory& directory) {
    Table truth({"field", "magnetization"});
    for (std::size_t k = 0; k < result.curve_field.size(); ++k)
        truth.row().add(result.curve_field[k]).add(result.curve_truth[k]);
    directory.write("data_size_truth.csv", truth.csv());
    Table errors({"samples", "magnetization_error", "magnetization_sd", "correlation_error", "correlation_sd",
                  "data_magnetization_error"});
    Table coverage({"samples", "method", "method_number", "held", "trials", "coverage", "lower", "upper",
                    "mean_width", "unreliable"});
    for (const Index samples : result.settings.samples) {
        const Spread m = spread_of(magnetization_errors(result, samples)),
                     R = spread_of(correlation_errors(result, samples));
        std::vector<double> of_data;
        for (Index d = 0; d < result.settings.data_sets; ++d) {
            double squares = 0.0, truths = 0.0;
            for (std::size_t k = 0; k < swept(result); ++k) {
                squares += std::pow(fit_at(result, k, samples, d).data - result.truth[k], 2);
                truths += std::pow(result.truth[k], 2);
            }
            of_data.push_back(std::sqrt(squares / truths));
        }
        errors.row().add(static_cast<double>(samples)).add(m.mean).add(m.sd).add(R.mean).add(R.sd);
        errors.add(spread_of(of_data).mean);
    }
    for (const Index samples : result.settings.banded) {
        for (std::size_t method = 0; method < compared_methods.size(); ++method) {
            const SizeCoverage c = coverage_of(result, samples, method);
            const predcg::Proportion held{c.held, c.trials};
            coverage.row().add(static_cast<double>(samples)).add(method_word(method));
            coverage.add(static_cast<double>(method)).add(static_cast<double>(c.held));
            coverage.add(static_cast<double>(c.trials)).add(c.fraction()).add(held.lower()).add(held.upper());
            coverage.add(c.mean_width);
            coverage.add(static_cast<double>(c.unreliable));
        }
        directory.write(size_file("magnetization", samples), bands_table(result, samples).csv());
        directory.write(size_file("correlation", samples), correlation_table(result, samples).csv());
    }
    directory.write("data_size_errors.csv", errors.csv());
    directory.write("data_size_coverage.csv", coverage.csv());
}

std::vector<Figure> data_size_figures(const DataSizeResult& result) {
    const std::string field = "'field '.mu.'  (energy)'";
    return {banded_figure(result, {.name = "data_size_magnetization",
                                   .file = "magnetization",
                                   .x = "field",
                                   .label = field,
                                   .truth = "'data_size_truth.csv' using 'field':'magnetization'",
                                   .shift = "0",
                                   .settings = "set ylabel '{/:Italic m}'\nset yrange [-1.1:1.1]\n"}),
            banded_figure(
                result, {.name = "data_size_difference",
                         .file = "magnetization",
                         .x = "field",
                         .label = field,
                         .truth = "FILE using 'field':(0)",
                         .shift = "column('truth')",
                         .settings = "set ylabel '{/:Italic m} − truth'\nset yrange [*:*]\nset ytics 0.1\n"}),
            {.name = "data_size_errors", .height = 380, .commands = errors_figure},
            {.name = "data_size_coverage",
             .height = 360,
             .commands = "nominal = " + text_of(result.settings.credibility) + "\n" + coverage_figure},
            banded_figure(result, {.name = "data_size_correlation",
                                   .file = "correlation",
                                   .x = "lag",
                                   .label = "'lag {/:Italic l}'",
                                   .truth = "FILE using 'lag':'truth'",
                                   .shift = "0",
                                   .settings = "set ylabel '{/:Italic R_l}'\nset xrange [0.9:*]\nset "
                                               "yrange [*:*]\nset ytics 0.1\n",
                                   .coverage = false})};
}

}  // namespace cli::study
