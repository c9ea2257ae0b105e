#pragma once
// Parts that several result files share. Numbers have all their digits; what is not known is null.
#include "model/models.hpp"

#include <predcg/learning/fit.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace cli {

using Json = nlohmann::ordered_json;

Json list_of(const predcg::Vector& v);

/// JSON has no NaN: what is not known is null.
Json known(double value);

/// {name: value}.
Json named(const std::vector<std::string>& names, const predcg::Vector& values);

/// Values for the parameters, coarse and map's, by name.
Json named(const predcg::FitResult& fit, const predcg::Parameters& values);

std::vector<std::string> all_names(const predcg::FitResult& fit);

/// Of a fit that has a report.
Json monte_carlo_of(const predcg::FitResult& fit, Kernel kernel);

Json directions_of(const predcg::FitResult& fit, PriorChoice prior);

Json model_of(const FitModel& model);

}  // namespace cli
