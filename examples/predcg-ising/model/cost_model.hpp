#pragma once
// What commands take, from their options and the size of the data alone: the engine's own counts, times how
// often it is asked, at speeds that were measured.
#include "basics/cost_estimate.hpp"
#include "model/hierarchy.hpp"
#include "model/models.hpp"

#include <predcg/posterior/posterior.hpp>

#include <optional>

namespace cli {

/// Memory of the program and of data of so many spins, as they are kept and prepared.
double held_memory(const FitModel& model, Index samples);

/// What is made of a fit.
struct PlannedFit {
    Index samples = 0;                  ///< data
    std::optional<Index> iterations{};  ///< the limit that was given
    bool trajectory = false;            ///< a second, weighted fit
    std::optional<predcg::PosteriorMethod> posterior{};
    Index draws = 4000;
};

/// fit: fit, predictions at the estimate, posterior with intervals and checks. Throws CostError where the
/// engine would refuse a part of it, whatever its limits here.
CostEstimate cost_of_fit(const FitModel& model, const FitMethod& method, const PlannedFit& plan);

/// relative-entropy.
CostEstimate cost_of_matching(const FitModel& model, const FitMethod& method, Index samples, Index iterations,
                              bool by_iterative_boltzmann);

/// predict: of so many sites, with so many draws of a posterior.
CostEstimate cost_of_prediction(FitModel model, bool correlation, Index sites, Index lags, Index draws);
/// sample.
CostEstimate cost_of_samples(const FitModel& model, Index sites, Index samples, Index draws);
/// Both, of the k-th level of a hierarchy, whose predictions are averages.
CostEstimate cost_of_prediction(const HierarchyModel& model, std::size_t k, bool correlation, Index sites,
                                Index lags, Index draws);

/// generate: `sweeps` of the chain of single-site moves, 0 where samples are exact.
CostEstimate cost_of_generate(const FineModel& model, Index samples, double sweeps);
/// truth.
CostEstimate cost_of_truth(const FineModel& model);

/// calibrate: a data set, its fit, its posterior, and E[m] and E[R_1] of every draw.
CostEstimate cost_of_calibration(const FitModel& model, Index samples, predcg::PosteriorMethod method,
                                 Index draws);

/// hierarchy.
CostEstimate cost_of_hierarchy(const HierarchyModel& model, Index samples, const HierarchyChoice& choice);

}  // namespace cli
