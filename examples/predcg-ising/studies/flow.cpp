#include "studies/flow.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "studies/kept_results.hpp"
#include "terminal/progress.hpp"

#include <algorithm>
#include <cmath>

namespace cli::study {

using namespace predcg;

void check(const FlowSettings& settings) {
    constexpr Index unit = Index{1} << flow_levels, fewest = 3;  // sites of the last level
    if (settings.sites % unit != 0 || settings.sites < fewest * unit)
        throw InputError("--sites", std::to_string(settings.sites),
                         "a multiple of 16 from 48 on, for four levels of decimation by two");
    if (!(std::abs(settings.coupling) <= 2.0))
        throw InputError("--coupling", text_of(settings.coupling),
                         "from -2 to 2: stronger ones leave data that hardly differ");
}

FlowResult run_flow(const FlowSettings& settings) {
    check(settings);
    FlowResult result{settings, exact_flow(settings.coupling), {}};
    const FineModel fine{.chain = {.sites = settings.sites, .strength = settings.coupling}, .beta = 1.0};
    for (auto& mode : result.found)
        mode.assign(flow_levels, std::vector<FlowEstimate>(static_cast<std::size_t>(settings.data_sets)));
    SharedProgress progress("flows", 2 * static_cast<std::size_t>(settings.data_sets));
    using Flows = std::vector<FlowEstimate>;  // of one mode after the other
    const auto flows_of = [&](Index task, const CheckpointPlace& place) {
        const auto set = static_cast<std::size_t>(task);
        const Configurations data = samples_of(fine, settings.samples, settings.seed + set);
        Flows flows;
        for (std::size_t k = 0; k < flow_modes.size(); ++k) {
            // Both problems are convex: one start.
            const Flow flow =
                decimation_flow(data, fine.beta,
                                {.hierarchy = {.fit = {.starts = 1,
                                                       .stop = settings.stop,
                                                       .checkpoint = place.within(flow_words[k])},
                                               .next = flow_modes[k]},
                                 .credibility = settings.credibility,
                                 .draws = settings.draws,
                                 .seed = settings.seed + set});
            for (const FlowLevel& level : flow.levels)
                flows.push_back({level.couplings[0], level.sd[0], level.lower[0], level.upper[0]});
        }
        return flows;
    };
    const std::vector<Flows> found =
        kept_results<Flows>(settings.checkpoint.within("flows"), settings.data_sets, flows_of, [&] {
            for (const char* word : flow_words) progress.count(word);
        });
    constexpr auto levels = static_cast<std::size_t>(flow_levels);
    for (std::size_t set = 0; set < found.size(); ++set)
        for (std::size_t k = 0; k < found[set].size(); ++k)
            result.found[k / levels][k % levels][set] = found[set][k];
    return result;
}

FlowLevelSummary summary_of(const FlowResult& result, std::size_t mode, std::size_t level) {
    FlowLevelSummary summary;
    std::vector<double> couplings, sds;
    const double exact = result.exact[level];
    for (const FlowEstimate& one : result.found[mode][level]) {
        couplings.push_back(one.coupling);
        sds.push_back(one.sd);
        summary.held += one.lower <= exact && exact <= one.upper ? 1 : 0;
        summary.farthest = std::max(summary.farthest, std::abs(one.coupling - exact) / one.sd);
    }
    const Spread spread = spread_of(couplings);
    summary.sd = spread_of(sds).mean;
    summary.spread = spread.sd;
    summary.bias = spread.mean - exact;
    return summary;
}

}  // namespace cli::study
