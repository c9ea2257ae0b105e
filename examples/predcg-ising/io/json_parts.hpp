#pragma once
// Parts that several result files share.
#include "files/json.hpp"
#include "model/any_estimate.hpp"
#include "model/models.hpp"

#include <string>
#include <vector>

namespace cli {

/// Values for the parameters, coarse and map's, by name.
Json named(const AnyEstimate& fit, const predcg::Parameters& values);

std::vector<std::string> all_names(const AnyEstimate& fit);

/// Of a fit that has a report.
Json monte_carlo_of(const AnyEstimate& fit, Kernel kernel);

Json directions_of(const AnyEstimate& fit, PriorChoice prior);

Json model_of(const FitModel& model);

}  // namespace cli
