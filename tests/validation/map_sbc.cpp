// Simulation-based calibration of the full posterior, by map, and of draws that are nearer to their mean,
// with half the covariance. A study, not a test: run once, its table stands in docs/validation.md.
//     validation_map_sbc REPLICATES DRAWS SEED [MAP]
// To standard error goes, of every posterior, whether it is reliable and its smallest effective sample size.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/simulation_based.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/posterior/full_posterior.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

using namespace predcg;

namespace {

using Spins = std::vector<ising::Spin>;
constexpr Index n = 8, data_count = 20, ranked = 99;
constexpr double beta = 0.5;

struct Study {
    Index replicates, draws;
    std::uint64_t seed;

    template <class Map>
    void rows(const char* name, const Map& map) const {
        const EMCoarseGrainer learner{
            SamplesOnly<Spins>{},
            ising::coarse_chain({.sites = n / 2, .linear = true, .pair_range = 1, .field = 0.2}),
            map,
            TransferMatrix{},
            Newton{},
            weak_prior(map)};
        using Learner = std::remove_const_t<decltype(learner)>;
        const auto posterior_of = [&](const auto& data, std::uint64_t its) {
            const auto fit = learner.fit_prepared(data, {.beta = beta, .seed = its});
            return full_posterior(learner, data, fit, {.draws = draws, .chains = 2, .seed = its});
        };
        using Made = decltype(posterior_of(std::declval<const typename Learner::Data&>(), 1));
        // Posteriors with the draws that are ranked alone: a second calibration takes the same.
        std::vector<std::optional<Made>> kept(static_cast<std::size_t>(replicates));
        const auto shrunk = [&](double shrink) {
            return [&, shrink](const Learner&, const typename Learner::Data& data, std::uint64_t its) {
                auto& one = kept[static_cast<std::size_t>(its - seed - 1)];
                if (!one) {
                    one.emplace(posterior_of(data, its));
                    Matrix some(one->draws.rows(), ranked);
                    for (Index j = 0; j < ranked; ++j)
                        some.col(j) = one->draws.col((2 * j + 1) * one->draw_count() / (2 * ranked));
                    one->draws = some;
                    one->chains = 1;
                    double least = 1e9;
                    for (const statistics::Diagnostics& d : one->diagnostics)
                        least = std::min(least, d.ess_bulk);
                    std::fprintf(stderr, "%s %llu %d %.0f\n", name, static_cast<unsigned long long>(its),
                                 one->reliable, least);
                }
                Made posterior = *one;
                for (Index j = 0; j < ranked; ++j)
                    posterior.draws.col(j) =
                        posterior.mean + shrink * (posterior.draws.col(j) - posterior.mean);
                return posterior;
            };
        };
        const SimulationBasedSettings settings{.beta = beta,
                                               .data = data_count,
                                               .replicates = replicates,
                                               .ranked_draws = ranked,
                                               .bins = 20,
                                               .seed = seed};
        const auto ranks_of = [&](double shrink) {
            return simulation_based_calibration(learner, settings, shrunk(shrink),
                                                checked("m", ising::Magnetization{}),
                                                checked("R", ising::Correlation{Boundary::periodic}, {1, 2}));
        };
        const auto right = ranks_of(1.0), half = ranks_of(std::sqrt(0.5));
        for (std::size_t k = 0; k < right.names.size(); ++k) {
            std::printf("| %s | %s | %.1f | %.2g | %.1f | %.1g |", name, right.names[k].c_str(),
                        right.histograms[k].chi_square, right.histograms[k].p_value,
                        half.histograms[k].chi_square, half.histograms[k].p_value);
            for (const Index count : right.histograms[k].counts) std::printf(" %td", count);
            std::printf("\n");
        }
        std::printf("%s: %td of %td flagged\n", name, right.unreliable, replicates);
        std::fflush(stdout);
    }
};

}  // namespace

int main(int count, char** words) {
    if (count < 4) {
        std::fputs("usage: validation_map_sbc REPLICATES DRAWS SEED [MAP]\n", stderr);
        return 2;
    }
    const Study study{std::stol(words[1]), std::stol(words[2]), std::stoull(words[3])};
    const std::string only = count > 4 ? words[4] : "";
    const auto rows = [&](const char* name, const auto& map) {
        if (only.empty() || only == name) study.rows(name, map);
    };
    rows("bernoulli", ising::bernoulli_map({.level = 2}));
    rows("decimation", ising::decimation_map({.level = 2}));
    rows("link2", ising::link_map({.level = 2}));
    rows("logistic", ising::logistic_map({.level = 2, .window = {-1, 1}, .reflect = true}));
    rows("autoregressive", ising::logistic_map({.level = 2, .window = {0, 1}, .autoregressive = true}));
}
