#include "studies/calibration.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "studies/kept_results.hpp"
#include "terminal/progress.hpp"

namespace cli::study {

using namespace predcg;

FitModel model_of(const CoverageStudySettings& settings) {
    FitModel model = settings.model;
    model.fine_sites = settings.fine.chain.sites;
    model.field = settings.fine.chain.field;
    model.beta = settings.fine.beta;
    model.boundary = settings.fine.chain.boundary;
    return model;
}

void check(const RankSettings& settings) {
    coarse_chain_of(settings.model);
    map_of(settings.model);
    const auto& ranks = settings.ranks;
    if ((ranks.ranked_draws + 1) % ranks.bins != 0)
        throw InputError("--bins", std::to_string(ranks.bins),
                         "a divisor of " + std::to_string(ranks.ranked_draws + 1) + ", the number of ranks");
}

RankResult run_ranks(const RankSettings& settings) {
    SharedProgress progress("posteriors", static_cast<std::size_t>(settings.ranks.replicates));
    const PosteriorChoice choice{.method = settings.method, .draws = settings.draws, .stop = settings.stop};
    return {settings, unless_interrupted([&] {
                return rank_calibration(settings.model, settings.ranks, choice, [&] { progress.count({}); });
            })};
}

void check(const CoverageStudySettings& settings) {
    ising::chain(settings.fine.chain);
    coarse_chain_of(model_of(settings));
    map_of(model_of(settings));
    if (settings.fine.chain.sites < 2)
        throw InputError("--sites", std::to_string(settings.fine.chain.sites), "an integer >= 2, for R_1");
    if (settings.chain && settings.samples < 10)
        throw InputError("--samples", std::to_string(settings.samples),
                         "an integer >= 10 with --trajectory, to measure the autocorrelation");
}

CoverageResult run_coverage(const CoverageStudySettings& settings) {
    CoverageResult result{settings, true_values(settings.fine), {}};
    const Index ways = settings.chain ? 2 : 1;
    SharedProgress progress("posteriors",
                            static_cast<std::size_t>(settings.data_sets * ways) * settings.methods.size());
    for (const PosteriorMethod method : settings.methods)
        for (Index way = 0; way < ways; ++way) {
            const CoverageData data{settings.fine, settings.samples, settings.chain, way == 1};
            const CoverageSettings how{.data_sets = settings.data_sets,
                                       .levels = coverage_levels,
                                       .seed = settings.seed,
                                       .checkpoint = settings.checkpoint.within(
                                           std::string(to_string(method)) + (way == 1 ? " weighted" : ""))};
            const PosteriorChoice choice{.method = method, .draws = settings.draws, .stop = settings.stop};
            result.cases.push_back({method, way == 1, unless_interrupted([&] {
                                        return coverage_of(model_of(settings), data, how, choice, [&] {
                                            progress.count(std::string(to_string(method)));
                                        });
                                    })});
        }
    return result;
}

}  // namespace cli::study
