#pragma once
// Credible bands of what a posterior predicts.
#include "model/ising_posterior.hpp"
#include "studies/experiment.hpp"

#include <vector>

namespace cli::study {

/// Of m.
Band magnetization_band(const IsingPosterior& posterior, double credibility);
/// Of R_l, for all lags.
std::vector<Band> correlation_bands(const IsingPosterior& posterior, predcg::Boundary boundary,
                                    double credibility);

}  // namespace cli::study
