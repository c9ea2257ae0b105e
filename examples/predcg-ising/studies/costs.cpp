// The estimates of single commands, so many times. How many evaluations a fit with fewer starts than usual
// takes, and what is not a command of its own, was measured (docs/benchmarks.md).
#include "studies/costs.hpp"

#include "model/cost_model.hpp"
#include "model/monte_carlo_fit.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace cli::study {

using namespace predcg;

namespace {

double number(std::size_t n) { return static_cast<double>(n); }
double number(Index n) { return static_cast<double>(n); }

/// A fit of usual starts, whose evaluations are many or, from one start, a few.
CostEstimate fit_of(const FitModel& model, Index samples) {
    return cost_of_fit(model, {}, {.samples = samples});
}
constexpr double one_start = 0.3, few_starts = 0.6;
/// The same from one start of models with up to ten terms.
constexpr double own_start = 0.075;
/// And from two starts, where many of the data are equal.
constexpr double two_starts = 0.15;

/// A fit, its full posterior and the expectations of its draws.
CostEstimate posterior_of(const FitModel& model, Index samples, Index draws) {
    return cost_of_calibration(model, samples, PosteriorMethod::full, draws);
}

/// The line of exact values of m, and those at the fields. Of rings, whose moments follow from one site, a
/// small part of what the engine counts.
PartOfWork exact_values(const FineModel& fine, std::size_t fields) {
    const double points = (fine.chain.range <= 6 ? 181.0 : 46.0) + number(fields);
    const double part = fine.chain.boundary == Boundary::periodic ? 0.015 : 0.5;
    return cost_of_truth(fine).as_one("exact values", part * points, "a shorter --range");
}

constexpr const char* fewer_fields = "fewer fields (--field-step)";

}  // namespace

CostEstimate cost_of(const SweepSettings& s) {
    const double fields = number(fields_of(s.fields).size());
    const FitModel pair = pair_model(s.fine, s.level), linear = linear_pair_model(s.fine, s.level);
    CostEstimate estimate{held_memory(pair, misfit_samples), {}};
    for (const FitModel& model : {pair, linear}) {
        const std::string name = model.linear ? "{linear, pair_1}" : "{pair_1}";
        estimate.add(
            posterior_of(model, s.samples, s.draws)
                .as_one(name + ", posteriors", fields, std::string("fewer --draws, ") + fewer_fields));
        estimate.add(
            fit_of(model, misfit_samples).as_one(name + ", many data", one_start * fields, fewer_fields));
    }
    const auto sampled = [&](Index iterations) {
        return cost_of_fit(pair, sweep_sampling, {.samples = s.samples, .iterations = iterations});
    };
    estimate.add(sampled(sampled_iterations).as_one("Monte Carlo", fields, fewer_fields));
    estimate.add(sampled(SweepPaths::iterations).as_one("paths of iterations", 2.0, "fewer --samples"));
    estimate.add(exact_values(s.fine, fields_of(s.fields).size()));
    return estimate;
}

CostEstimate cost_of(const DataSizeSettings& s) {
    const std::vector<double> all = fields_of(s.fields);
    const double fields = number(all.size()) + (std::count(all.begin(), all.end(), 0.0) == 0 ? 1.0 : 0.0);
    const FitModel model = linear_pair_model(s.fine, s.level);
    CostEstimate estimate{held_memory(model, *std::max_element(s.samples.begin(), s.samples.end())), {}};
    CostEstimate fits, posteriors;
    for (const Index samples : s.samples) fits.add(fit_of(model, samples));
    for (const Index samples : s.banded) posteriors.add(posterior_of(model, samples, s.draws));
    estimate.add(fits.as_one("fits", few_starts * fields * number(s.data_sets), "fewer --data-sets"));
    estimate.add(posteriors.as_one("posteriors", fields * number(std::min(s.posteriors, s.data_sets)),
                                   "fewer --posteriors or --draws"));
    estimate.add(exact_values(s.fine, fields_of(s.fields).size()));
    return estimate;
}

CostEstimate cost_of(const LevelsSettings& s) {
    const double fields = number(fields_of(s.fields).size()) + 1.0;
    CostEstimate estimate{held_memory(linear_pair_model(s.fine, 2), s.samples * s.data_sets), {}};
    for (const Index level : s.levels) {
        if (s.fine.chain.sites % level != 0 || s.fine.chain.sites / level < 2) continue;
        const FitModel model = linear_pair_model(s.fine, level);
        const std::string name = "level " + std::to_string(level);
        estimate.add(
            fit_of(model, s.samples)
                .as_one(name + ", fits", few_starts * fields * number(s.data_sets), "fewer --data-sets"));
        estimate.add(
            posterior_of(model, s.samples, s.draws).as_one(name + ", posteriors", fields, "fewer --draws"));
    }
    estimate.add(exact_values(s.fine, fields_of(s.fields).size()));
    return estimate;
}

CostEstimate cost_of(const ModelsSettings& s) {
    const double fields = number(fields_of(s.fields).size()) + 1.0;
    CostEstimate estimate{held_memory(pair_model(s.fine, s.level), s.samples * s.data_sets), {}};
    CostEstimate fits, scores;
    for (const CoarseTerms& terms : coarse_terms(s)) {
        const FitModel model = terms.model(s.fine, s.level);
        fits.add(fit_of(model, s.samples));
        scores.add(posterior_of(model, s.samples, s.draws));
    }
    estimate.add(fits.as_one("fits", own_start * fields * number(s.data_sets),
                             "a shorter --pair-range, fewer --data-sets"));
    estimate.add(scores.as_one("scores", 1.6, "a shorter --pair-range, fewer --draws"));
    estimate.add(exact_values(s.fine, fields_of(s.fields).size()));
    return estimate;
}

CostEstimate cost_of(const MapsSettings& s) {
    CostEstimate estimate;
    CostEstimate fits, populations, posteriors;
    const Index different = (Index{1} << s.sites) * s.level / s.sites;  // up to rotations by blocks
    for (std::size_t c = 0; c < maps_cases; ++c) {
        const auto model_of = [&](const ComparedMap& map, Index sites) {
            FineModel fine = maps_case(c).fine;
            fine.chain.sites = sites;
            FitModel model = linear_pair_model(fine, s.level);
            model.map = map.choice;
            model.reflected = map.reflected;
            return model;
        };
        for (const ComparedMap& map : compared_maps) {
            const FitModel model = model_of(map, s.sites);
            for (const Index samples : s.samples) fits.add(fit_of(model, std::min(samples, different)));
            populations.add(fit_of(model, different));
        }
        if (c >= banded_cases) continue;
        for (const std::size_t k : banded_maps)
            posteriors.add(
                posterior_of(model_of(compared_maps[k], s.banded_sites), s.banded_samples, s.draws));
    }
    estimate.held = held_memory({.fine_sites = s.sites}, s.samples.back());
    estimate.add(populations.as_one("populations", few_starts, "fewer --sites"));
    estimate.add(fits.as_one("fits", two_starts * number(s.data_sets), "fewer --data-sets or --most-data"));
    estimate.add(posteriors.as_one("posteriors", number(s.posteriors), "fewer --posteriors or --draws"));
    return estimate;
}

CostEstimate cost_of(const FlowSettings& s) {
    FitModel model = pair_model({.chain = {.sites = s.sites, .strength = s.coupling}, .beta = 1.0}, 2);
    model.map = MapChoice::decimation;
    const HierarchyModel levels{.of = model, .levels = std::vector<Index>(flow_levels, 2)};
    const CostEstimate one = cost_of_hierarchy(levels, s.samples, {.full = false, .draws = s.draws});
    CostEstimate estimate{one.held, {}};
    estimate.add(one.as_one("flows", 2.0 * one_start * number(s.data_sets), "fewer --data-sets or --draws"));
    return estimate;
}

}  // namespace cli::study
