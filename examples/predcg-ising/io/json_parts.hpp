#pragma once
// Parts that several result files share. Numbers have all their digits; what is not known is null.
#include "model/any_estimate.hpp"
#include "model/models.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace cli {

using Json = nlohmann::ordered_json;

Json list_of(const predcg::Vector& v);

/// JSON has no NaN: what is not known is null.
Json known(double value);
Json known(const std::optional<double>& value);

/// {name: value}.
Json named(const std::vector<std::string>& names, const predcg::Vector& values);

/// Values for the parameters, coarse and map's, by name.
Json named(const AnyEstimate& fit, const predcg::Parameters& values);

std::vector<std::string> all_names(const AnyEstimate& fit);

/// Of a fit that has a report.
Json monte_carlo_of(const AnyEstimate& fit, Kernel kernel);

Json directions_of(const AnyEstimate& fit, PriorChoice prior);

Json model_of(const FitModel& model);

}  // namespace cli
