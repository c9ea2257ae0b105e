// Chains of rotational states with von Mises angles: how often 95 % intervals of the parameters hold the
// truth, data sets drawn from the model that was fitted to decane; and ranks of parameters drawn from the
// prior. A study, not a test: run once, its tables stand in docs/validation.md.
//     validation_rotamers coverage DATA_SETS FRAMES DRAWS SEED
//     validation_rotamers sbc REPLICATES FRAMES DRAWS SEED
// Tables go to standard output, what came out of every data set to standard error.
#include <predcg/geometry/internal_coordinates.hpp>
#include <predcg/geometry/whole_molecules.hpp>
#include <predcg/judge/simulation_based.hpp>
#include <predcg/models/rotamers/map.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/statistics/proportion.hpp>
#include <predcg/trajectories/trajectory.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

namespace {

constexpr double beta = 1.0 / (0.0083144626 * 400.0);

auto make_grainer() {
    const auto map = rotamers::von_mises_map();
    return EMCoarseGrainer{SamplesOnly<Vector>{}, rotamers::chain(), map,
                           TransferMatrix{},      Newton{},          weak_prior(map)};
}

std::vector<Vector> decane() {
    const auto whole = WholeMolecules::chains(10);
    const auto chain = ZMatrix::chain(10);
    std::vector<Vector> data;
    for (const Frame& frame : Trajectory(PREDCG_EXAMPLE_DATA "/decane.xtc"))
        data.push_back(chain.internal(whole(frame.positions, frame.box)).dihedrals);
    return data;
}

void held(Index sets, Index frames, Index draws, std::uint64_t seed) {
    const auto grainer = make_grainer();
    const auto fitted = grainer.fit(decane(), {.beta = beta});
    const Vector truth = linalg::joined(fitted.parameters.theta, fitted.parameters.eta);
    auto X = TransferMatrix{}.sampler(boltzmann(grainer.coarse(), fitted.parameters.theta, beta));
    const auto d = static_cast<std::size_t>(truth.size());
    std::vector<Index> inside(d), below(d), normal(d);
    std::vector<double> width(d);
    Index flagged = 0, without = 0;
    std::vector<std::string> names;
    for (Index s = 0; s < sets; ++s) {
        const std::uint64_t its = seed + static_cast<std::uint64_t>(s);
        Philox4x32 rng = make_stream(its, Purpose::generate);
        std::vector<Vector> data;
        for (Index k = 0; k < frames; ++k)
            data.push_back(grainer.map().sample(X.draw(rng), fitted.parameters.eta, rng));
        const auto fit = grainer.fit(data, {.beta = beta, .seed = its});
        const auto posterior = full_posterior(grainer, data, fit, {.draws = draws, .seed = its});
        const auto laplace = laplace_joint(grainer, data, fit, {.draws = 400, .seed = its});
        flagged += !posterior.reliable;
        without += !laplace.reliable;
        names = posterior.names();
        std::fprintf(stderr, "%td %d %d", s, posterior.reliable, laplace.reliable);
        for (std::size_t k = 0; k < d; ++k) {
            const auto at = static_cast<Index>(k);
            const Vector values = linalg::row_of(posterior.draws, at);
            const double low = quantile(values, 0.025), high = quantile(values, 0.975);
            inside[k] += low <= truth[at] && truth[at] <= high;
            below[k] += high < truth[at];
            width[k] += (high - low) / static_cast<double>(sets);
            normal[k] += std::abs(laplace.mean[at] - truth[at]) <= 1.959964 * laplace.sd[at];
            std::fprintf(stderr, "  %.3f %.3f", low, high);
        }
        std::fprintf(stderr, "\n");
    }
    std::printf(
        "| | truth | full: held, %% | 95 %% of that | below the truth | mean width | Laplace: held, %% |\n"
        "|---|---|---|---|---|---|---|\n");
    for (std::size_t k = 0; k < d; ++k) {
        const Proportion share{inside[k], sets};
        std::printf("| %s | %.3f | %.1f | %.1f to %.1f | %td | %.3f | %.1f |\n", names[k].c_str(),
                    truth[static_cast<Index>(k)], 100.0 * share.value(), 100.0 * share.lower(),
                    100.0 * share.upper(), below[k], width[k],
                    100.0 * static_cast<double>(normal[k]) / static_cast<double>(sets));
    }
    std::printf("%td of %td full posteriors flagged; Laplace approximations refused: %td\n", flagged, sets,
                without);
}

void ranked(Index replicates, Index frames, Index draws, std::uint64_t seed) {
    const auto learner = make_grainer();
    const auto ranks = simulation_based_calibration(
        learner, {.beta = beta, .data = frames, .replicates = replicates, .seed = seed},
        [&](const auto&, const auto& data, std::uint64_t its) {
            const auto fit = learner.fit_prepared(data, {.beta = beta, .seed = its});
            auto posterior = full_posterior(learner, data, fit, {.draws = draws, .chains = 2, .seed = its});
            double least = 1e9;
            for (const Diagnostics& of : posterior.diagnostics) least = std::min(least, of.ess_bulk);
            std::fprintf(stderr, "%llu %d %.0f\n", static_cast<unsigned long long>(its), posterior.reliable,
                         least);
            return posterior;
        });
    std::printf("| | chi^2 | p | counts |\n|---|---|---|---|\n");
    for (std::size_t k = 0; k < ranks.names.size(); ++k) {
        std::printf("| %s | %.1f | %.2g |", ranks.names[k].c_str(), ranks.histograms[k].chi_square,
                    ranks.histograms[k].p_value);
        for (const Index count : ranks.histograms[k].counts) std::printf(" %td", count);
        std::printf(" |\n");
    }
    std::printf("%td of %td flagged\n", ranks.unreliable, replicates);
}

}  // namespace

int main(int count, char** words) {
    const std::string what = count == 6 ? words[1] : "";
    if (what != "coverage" && what != "sbc") {
        std::fputs("usage: validation_rotamers coverage|sbc DATA_SETS FRAMES DRAWS SEED\n", stderr);
        return 2;
    }
    (what == "sbc" ? ranked : held)(std::stol(words[2]), std::stol(words[3]), std::stol(words[4]),
                                     std::stoull(words[5]));
}
