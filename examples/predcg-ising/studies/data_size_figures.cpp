// Numbers, tables and figures of the data-size study.
#include "studies/data_size_report.hpp"

#include "basics/numbers.hpp"
#include "reports/table.hpp"
#include "studies/band_panels.hpp"

#include <predcg/statistics/proportion.hpp>

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
    return result.fields.size() - (last == 0.0 && result.settings.fields.to != 0.0 ? 1 : 0);
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

std::string whole_percent(double fraction) { return fixed(100.0 * fraction, 0) + " %"; }

std::string panel_title(const DataSizeResult& result, Index samples) {
    const SizeCoverage full = coverage_of(result, samples, 0), slides = coverage_of(result, samples, 1);
    return "{/:Italic S}_f = " + std::to_string(samples) + ":  truth inside, full " +
           whole_percent(full.fraction()) + ", slides " + whole_percent(slides.fraction());
}

BandPanels panels_of(const DataSizeResult& result, const char* what, bool with_coverage) {
    BandPanels panels;
    panels.name = std::string("data_size_") + what;
    for (const Index samples : result.settings.banded)
        panels.panels.push_back(
            {with_coverage ? panel_title(result, samples) : "{/:Italic S}_f = " + std::to_string(samples),
             size_file(what, samples)});
    panels.slides = true;
    return panels;
}

constexpr const char* errors_commands = R"(
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

constexpr const char* coverage_commands = R"(
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

SizeCoverage coverage_of(const DataSizeResult& result, Index samples, std::size_t method) {
    SizeCoverage coverage;
    for (std::size_t k = 0; k < swept(result); ++k)
        for (Index d = 0; d < result.settings.posteriors; ++d) {
            const Band& band = fit_at(result, k, samples, d).band[method];
            ++coverage.trials;
            coverage.held += band.holds(result.truth[k]) ? 1 : 0;
            coverage.unreliable += band.reliable ? 0 : 1;
            coverage.mean_width += band.upper - band.lower;
        }
    coverage.mean_width /= static_cast<double>(coverage.trials);
    return coverage;
}

std::vector<double> field_errors(const DataSizeResult& result, Index samples, double DataSizeFit::*value) {
    const std::vector<double> truth(result.truth.begin(),
                                    result.truth.begin() + static_cast<std::ptrdiff_t>(swept(result)));
    std::vector<double> errors;
    for (Index d = 0; d < result.settings.data_sets; ++d) {
        std::vector<double> values;
        for (std::size_t k = 0; k < truth.size(); ++k) values.push_back(fit_at(result, k, samples, d).*value);
        errors.push_back(relative_error(values, truth));
    }
    return errors;
}

std::vector<double> correlation_errors(const DataSizeResult& result, Index samples) {
    std::vector<double> errors;
    for (Index d = 0; d < result.settings.data_sets; ++d)
        errors.push_back(correlation_error(fit_at(result, zero_field(result), samples, d).correlation,
                                           result.true_correlation));
    return errors;
}

void write_tables(const DataSizeResult& result, const ResultDirectory& directory) {
    directory.write("data_size_truth.csv", result.curve.csv());
    Table errors({"samples", "magnetization_error", "magnetization_sd", "correlation_error", "correlation_sd",
                  "data_magnetization_error"});
    Table coverage({"samples", "method", "method_number", "held", "trials", "coverage", "lower", "upper",
                    "mean_width", "unreliable"});
    for (const Index samples : result.settings.samples) {
        const Spread m = spread_of(field_errors(result, samples, &DataSizeFit::prediction)),
                     R = spread_of(correlation_errors(result, samples));
        errors.row().add(static_cast<double>(samples)).add(m.mean).add(m.sd).add(R.mean).add(R.sd);
        errors.add(spread_of(field_errors(result, samples, &DataSizeFit::data)).mean);
    }
    for (const Index samples : result.settings.banded) {
        for (std::size_t method = 0; method < posterior_kinds; ++method) {
            const SizeCoverage c = coverage_of(result, samples, method);
            const predcg::statistics::Proportion held{c.held, c.trials};
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
    const BandPanels m = panels_of(result, "magnetization", true);
    return {magnetization_panels(m, "data_size_truth.csv"),
            difference_panels(m, "data_size_difference"),
            {.name = "data_size_errors", .height = 380, .commands = errors_commands},
            {.name = "data_size_coverage",
             .height = 360,
             .commands = "nominal = " + text_of(result.settings.credibility) + "\n" + coverage_commands},
            correlation_panels(panels_of(result, "correlation", false))};
}

}  // namespace cli::study
