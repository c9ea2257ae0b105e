#include "studies/bands.hpp"

namespace cli::study {

using namespace predcg;

namespace {

Band band_of(const IsingPosterior& posterior, const CredibleInterval& interval, Index component) {
    return {interval.mean[component], interval.lower[component], interval.upper[component],
            posterior.reliable};
}

}  // namespace

Band magnetization_band(const IsingPosterior& posterior, double credibility, const std::stop_token& stop) {
    return band_of(
        posterior,
        magnetization_interval(posterior, {.credibility = credibility, .predictive = false, .stop = stop}),
        0);
}

std::vector<Band> correlation_bands(const IsingPosterior& posterior, Boundary boundary, double credibility,
                                    const std::stop_token& stop) {
    const CredibleInterval R =
        correlation_interval(posterior, ising::Correlation{boundary},
                             {.credibility = credibility, .predictive = false, .stop = stop});
    std::vector<Band> bands;
    for (Index l = 0; l < R.mean.size(); ++l) bands.push_back(band_of(posterior, R, l));
    return bands;
}

}  // namespace cli::study
