#pragma once
// What the study of maps found, in words that are computed from its numbers. HTML.
#include "reports/report.hpp"
#include "studies/maps.hpp"

#include <string>
#include <vector>

namespace cli::study {

/// Divergences below this are none, in nats: what is left of the prior, and of rounding.
inline constexpr double exact_below = 1e-5;

std::string divergence_text(const MapsResult& result);
std::string correlation_text(const MapsResult& result);
std::string coverage_text(const MapsResult& result);
std::vector<Answer> answers_of(const MapsResult& result);

}  // namespace cli::study
