#pragma once
// Credible bands of what a posterior predicts.
#include "model/ising_posterior.hpp"
#include "studies/experiment.hpp"

#include <stop_token>
#include <vector>

namespace cli::study {

/// Of m. Throws predcg::Stopped where a stop was requested, as those of R_l do.
Band magnetization_band(const IsingPosterior& posterior, double credibility, const std::stop_token& stop);
/// Of R_l, for all lags.
std::vector<Band> correlation_bands(const IsingPosterior& posterior, predcg::Boundary boundary,
                                    double credibility, const std::stop_token& stop);

}  // namespace cli::study
