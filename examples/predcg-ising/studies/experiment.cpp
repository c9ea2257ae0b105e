#include "studies/experiment.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "reports/table.hpp"
#include "terminal/interrupt.hpp"

#include <predcg/core/parallel.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <algorithm>
#include <cmath>

namespace cli::study {

using namespace predcg;

std::vector<double> fields_of(const FieldRange& range) {
    const double span = range.to - range.from;
    if (span < 0.0)
        throw InputError("--field-to", text_of(range.to), "at least --field-from, " + text_of(range.from));
    const double steps = std::floor(span / range.step * (1.0 + 1e-12) + 1e-9);
    constexpr double most = 9999.0;
    if (steps > most)
        throw InputError("--field-step", text_of(range.step),
                         "at least " + text_of(span / most) + ", for no more than 10000 fields");
    // Written so that fields around zero are exact mirror images of each other.
    const double last =
        std::abs(steps * range.step - span) < 1e-9 * range.step ? range.to : range.from + steps * range.step;
    std::vector<double> fields;
    for (double k = 0.0; k <= steps; ++k)
        fields.push_back(steps == 0.0 ? range.from : (range.from * (steps - k) + last * k) / steps);
    return fields;
}

void check(const FineModel& fine, const FieldRange& range, Index level) {
    fields_of(range);
    ising::chain(in_field(fine, range.from).chain);
    const Index sites = fine.chain.sites;
    if (level < 1 || sites % level != 0 || sites / level < 2)
        throw InputError("--level", std::to_string(level),
                         "a divisor of the " + std::to_string(sites) +
                             " fine sites that leaves at least two coarse sites");
}

FineModel in_field(FineModel fine, double field) {
    fine.chain.field = field;
    return fine;
}

Configurations samples_of(const FineModel& fine, Index samples, std::uint64_t seed) {
    return generate(ising::chain(fine.chain), {.beta = fine.beta, .samples = samples, .seed = seed})
        .configurations;
}

double true_magnetization(const FineModel& fine) {
    return truth(ising::chain(fine.chain), fine.beta, ising::Magnetization{}).value();
}

Vector true_correlation(const FineModel& fine) {
    return truth(ising::chain(fine.chain), fine.beta, ising::Correlation{fine.chain.boundary}).mean;
}

std::string Curve::csv() const {
    Table table({"field", "magnetization"});
    for (std::size_t k = 0; k < field.size(); ++k) table.row().add(field[k]).add(magnetization[k]);
    return table.csv();
}

Curve true_curve(const FineModel& fine, const FieldRange& range) {
    const int steps = fine.chain.range <= 6 ? 180 : 45;
    Curve curve;
    for (int k = 0; k <= steps; ++k) curve.field.push_back((range.from * (steps - k) + range.to * k) / steps);
    curve.magnetization.resize(curve.field.size());
    parallel_for(steps + 1, [&](Index k) {
        const auto at = static_cast<std::size_t>(k);
        stop_if_interrupted();
        curve.magnetization[at] = true_magnetization(in_field(fine, curve.field[at]));
    });
    return curve;
}

FitModel pair_model(const FineModel& fine, Index level) {
    return {.fine_sites = fine.chain.sites,
            .level = level,
            .pair_range = 1,
            .field = fine.chain.field,
            .beta = fine.beta,
            .boundary = fine.chain.boundary};
}

FitModel linear_pair_model(const FineModel& fine, Index level) {
    FitModel model = pair_model(fine, level);
    model.linear = true;
    return model;
}

double magnetization_error(const Configurations& data) {
    const double mean = data_mean(data, ising::Magnetization{})[0];
    double scatter = 0.0;
    for (const auto& x : data) scatter += std::pow(ising::Magnetization{}(x)-mean, 2);
    const auto n = static_cast<double>(data.size());
    return n < 2.0 ? 0.0 : std::sqrt(scatter / (n * (n - 1.0)));
}

Spread spread_of(const std::vector<double>& values) {
    Spread spread;
    const auto n = static_cast<double>(values.size());
    for (const double v : values) spread.mean += v / n;
    for (const double v : values) spread.sd += (v - spread.mean) * (v - spread.mean);
    spread.sd = n > 1.0 ? std::sqrt(spread.sd / (n - 1.0)) : 0.0;
    return spread;
}

double relative_error(const std::vector<double>& values, const std::vector<double>& truth) {
    double squares = 0.0, truths = 0.0;
    for (std::size_t k = 0; k < values.size(); ++k) {
        squares += std::pow(values[k] - truth[k], 2);
        truths += std::pow(truth[k], 2);
    }
    return std::sqrt(squares / truths);
}

double correlation_error(const Vector& R, const Vector& truth) {
    const Index lags = truth.size() - 1;
    return linalg::norm((R - truth).tail(lags)) / linalg::norm(truth.tail(lags));
}

Index lags_held(const std::vector<Band>& bands, const Vector& truth) {
    Index held = 0;
    for (Index l = 1; l < truth.size(); ++l)
        held += bands[static_cast<std::size_t>(l)].holds(truth[l]) ? 1 : 0;
    return held;
}

}  // namespace cli::study
