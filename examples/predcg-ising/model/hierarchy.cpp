#include "model/hierarchy.hpp"

#include "basics/errors.hpp"
#include "model/ising_fit.hpp"

#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>

#include <algorithm>
#include <utility>

namespace cli {

using namespace predcg;

namespace {

/// The maps above X_k, k = 0 being the data.
HierarchyMap maps_above(const HierarchyModel& model, std::size_t k) {
    std::vector<LevelMap> maps;
    for (std::size_t i = k; i < model.count(); ++i) maps.push_back(level_map(model, i));
    return HierarchyMap(static_cast<Index>(k) + 1, std::move(maps));
}

/// The chain of the top above so many sites of X_k.
ising::CoarseChain<> top_chain(const HierarchyModel& model, std::size_t k, Index sites) {
    return level_chain(model, sites / (model.block(model.count()) / model.block(k)));
}

}  // namespace

Index HierarchyModel::block(std::size_t k) const {
    Index product = 1;
    for (std::size_t i = 0; i < k; ++i) product *= levels[i];
    return product;
}

Index HierarchyModel::sites(std::size_t k, Index fine_sites) const { return fine_sites / block(k); }

void check_hierarchy(const HierarchyModel& model) {
    Index sites = model.of.fine_sites;
    for (std::size_t k = 0; k < model.count(); ++k) {
        if (sites % model.levels[k] != 0 || sites == model.levels[k])
            throw InputError("--levels",
                             std::to_string(model.levels[k]) + " of level " + std::to_string(k + 1),
                             "proper divisors of the sites below, here " + std::to_string(sites));
        sites /= model.levels[k];
        level_chain(model, sites);
        const LevelMap map = level_map(model, k);
        const Index width =
            std::visit([](const auto& kind) { return kind.geometry().window().width(); }, map.kind());
        if (model.of.boundary == Boundary::periodic && width > sites)
            throw InputError("--levels",
                             std::to_string(sites) + " coarse sites at level " + std::to_string(k + 1),
                             "at least " + std::to_string(width) + ", as a block of --map " +
                                 word_for(maps, model.of.map) + " looks at so many");
    }
}

ising::CoarseChain<> level_chain(const HierarchyModel& model, Index sites) {
    return ising::coarse_chain({.sites = sites,
                                .linear = model.of.linear,
                                .pair_range = model.of.pair_range,
                                .triplets = model.of.triplets,
                                .field = model.of.field,
                                .boundary = model.of.boundary});
}

LevelMap level_map(const HierarchyModel& model, std::size_t k) {
    const Index level = model.levels[k];
    if (model.of.map == MapChoice::bernoulli && !model.of.probit)
        return LevelMap(
            WindowMap(WindowBlock(ising::LogisticBlock(
                          {.level = level, .intercept = false, .tied = true, .boundary = model.of.boundary})),
                      {.boundary = model.of.boundary}));
    FitModel own = model.of;
    own.level = level;
    own.fine_sites = level;
    const ChosenMap map = map_of(own);
    if (const auto* decimation = std::get_if<DecimationMap>(&map.kind())) return LevelMap(*decimation);
    return LevelMap(std::get<WindowMap>(map.kind()));
}

LearntHierarchy learn_hierarchy(const HierarchyModel& model, const Configurations& data,
                                const HierarchyChoice& choice) {
    return model.of.map == MapChoice::decimation ? learn_decimation_hierarchy(model, data, choice)
                                                 : learn_window_hierarchy(model, data, choice);
}

HierarchyOfSpins hierarchy_at(const HierarchyModel& model, const Estimate& whole, std::size_t k,
                              Index sites) {
    HierarchyMap map = maps_above(model, k);
    Estimate own = whole;
    own.map_names = map.parameter_names();
    const Index m = map.parameter_count(), all = whole.parameters.eta.size();
    own.parameters.eta = linalg::part(whole.parameters.eta, all - m, m);
    return {std::move(own), top_chain(model, k, sites), std::move(map), TransferMatrix{}};
}

HierarchyPosterior hierarchy_at(const HierarchyModel& model, const PosteriorResult& whole, std::size_t k,
                                Index sites) {
    const HierarchyOfSpins fit = hierarchy_at(model, whole.fit, k, sites);
    PosteriorResult own = whole;
    own.fit = fit.result();
    const Index p = whole.fit.parameters.theta.size(), m = own.fit.parameters.eta.size();
    const Index left_out = whole.parameter_count() - p - m;
    own.draws.resize(p + m, whole.draw_count());
    for (Index d = 0; d < whole.draw_count(); ++d)
        for (Index j = 0; j < p + m; ++j) own.draws(j, d) = whole.draws(j < p ? j : j + left_out, d);
    own.diagnostics.clear();
    detail::summarise(own);
    return {std::move(own), fit.coarse, fit.map, fit.engine};
}

Prediction predicted(const HierarchyOfSpins& fit, Boundary boundary, bool correlation,
                     const PredictSettings& settings, Index lags) {
    return correlation ? predict(fit, ising::Correlation(boundary, lags), settings)
                       : predict(fit, ising::Magnetization{}, settings);
}

CredibleInterval interval(const HierarchyPosterior& posterior, Boundary boundary, bool correlation,
                          const CredibleSettings& settings, Index lags) {
    return correlation ? predict(posterior, ising::Correlation(boundary, lags), settings)
                       : predict(posterior, ising::Magnetization{}, settings);
}

Configurations draw_configurations(const HierarchyOfSpins& fit, Index samples, std::uint64_t seed,
                                   const std::stop_token& stop) {
    return draw_predictive(fit, samples, seed, stop);
}
Configurations draw_configurations(const HierarchyPosterior& posterior, Index samples, std::uint64_t seed,
                                   const std::stop_token& stop) {
    return draw_predictive(posterior, samples, seed, stop);
}

}  // namespace cli
