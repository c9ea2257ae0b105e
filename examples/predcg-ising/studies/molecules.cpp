#include "studies/molecules.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "molecules/cost_model.hpp"
#include "studies/costs.hpp"
#include "studies/kept_results.hpp"
#include "studies/setting_rows.hpp"
#include "terminal/progress.hpp"

#include <predcg/core/parallel.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

namespace cli::study {

using namespace predcg;

namespace {

molecules::TrajectoryFile trajectory_of(const MoleculesSettings& settings, const std::string& name) {
    return {.path = settings.data + "/" + name + ".xtc"};
}
std::string structure_file(const MoleculesSettings& settings, const std::string& name) {
    return settings.data + "/" + name + ".gro";
}

/// Frames of water, evenly spread over the trajectory.
molecules::LiquidData water_of(const MoleculesSettings& settings, Index frames, Index all) {
    return molecules::read_liquid(trajectory_of(settings, "water"), structure_file(settings, "water"),
                                  {.every = std::max<Index>(1, all / frames), .most = frames}, {});
}

}  // namespace

std::vector<Index> frames_up_to(Index most) {
    std::vector<Index> frames;
    for (const Index fewer : {5, 20})
        if (fewer < most) frames.push_back(fewer);
    frames.push_back(most);
    return frames;
}

void check(const MoleculesSettings& settings) {
    for (const char* file : {"decane.xtc", "decane.gro", "water.xtc", "water.gro"})
        if (!has_file(std::filesystem::path(settings.data) / file))
            throw InputError(
                "--data", in_quotes(settings.data) + " (without " + file + ")",
                "a directory with decane.xtc, decane.gro, water.xtc and water.gro, as examples/data");
}

std::string command_of(const MoleculesSettings& s) {
    CommandLine line("molecules");
    if (s.data != MoleculesSettings{}.data) line.add("--data", s.data);
    return line.add("--draws", s.draws)
        .add("--samples", s.samples)
        .add("--frames", s.frames.back())
        .add("--knot-distance", s.knot_distance)
        .add("--liquid-samples", s.liquid_samples)
        .add("--check-samples", s.check_samples)
        .seed(s.seed)
        .text();
}

CostEstimate cost_of(const MoleculesSettings& settings) {
    check(settings);
    const molecules::ChainData chains =
        molecules::read_chains(trajectory_of(settings, "decane"), structure_file(settings, "decane"), {});
    const CostEstimate states =
        molecules::cost_of_states(chains, {.posterior = true, .draws = settings.draws});
    CostEstimate estimate{states.held, {}};
    estimate.add(states.as_one("decane", 1.0, "fewer --draws"));
    constexpr double molecule = 3000.0;  // ns, drawn and measured
    estimate.add({"end-to-end distances", Cost{250.0 * static_cast<double>(settings.samples) * molecule, 0.0},
                  "fewer --samples"});
    const Index all = molecules::info_of(trajectory_of(settings, "water")).frames;
    for (const Index frames : settings.frames) {
        const molecules::LiquidData data = water_of(settings, frames, all);
        const molecules::PairSettings pair{.knot_distance = settings.knot_distance,
                                           .samples = settings.liquid_samples,
                                           .draws = settings.draws};
        const CostEstimate one = molecules::cost_of_pair(data, pair, nullptr);
        estimate.held = std::max(estimate.held, one.held);
        estimate.add(
            one.as_one("water, " + std::to_string(frames) + " frames", 1.0, "fewer --liquid-samples"));
        if (frames != settings.frames.back()) continue;
        const molecules::PairCheckSettings checks{.samples = settings.check_samples};
        CostEstimate with_checks = molecules::cost_of_pair(data, pair, &checks);
        with_checks.parts.erase(with_checks.parts.begin(), with_checks.parts.begin() + std::ssize(one.parts));
        estimate.add(with_checks.as_one("checks of water", 1.0, "fewer --check-samples"));
    }
    return estimate;
}

namespace {

/// Decane's states and what follows from them.
MoleculesResult learnt_decane(const MoleculesSettings& settings, SharedProgress& progress) {
    progress.show("decane");
    const molecules::ChainData chains =
        molecules::read_chains(trajectory_of(settings, "decane"), structure_file(settings, "decane"), {});
    MoleculesResult result{settings,
                           molecules::learn_states(chains,
                                                   {.temperature = decane_temperature,
                                                    .posterior = true,
                                                    .credibility = settings.credibility,
                                                    .draws = settings.draws,
                                                    .seed = settings.seed,
                                                    .stop = settings.stop,
                                                    .checkpoint = settings.checkpoint.within("decane")},
                                                   [&](double, const char*) { progress.show("decane"); }),
                           {},
                           {},
                           {}};
    progress.count("predictions of decane");
    result.distributions = molecules::distributions_of(result.chains, chains, settings.samples);
    for (const double temperature : {water_temperature, decane_temperature})
        for (const Index sites : {6, 8, 10, 14, 20, 30, 50, 100, 200})
            result.transfer.push_back(molecules::predict_states(result.chains.fit, &*result.chains.posterior,
                                                                sites, temperature, settings.credibility));
    progress.count();
    return result;
}

/// Water from the settings' at-th number of frames; of the last with checks. Seeds are one after the other,
/// the last is the settings'.
LearntLiquid learnt_water(const MoleculesSettings& settings, std::size_t at, Index all,
                          SharedProgress& progress) {
    const Index frames = settings.frames[at];
    const std::string name = "water, " + std::to_string(frames) + " frames";
    progress.show(name);
    const molecules::LiquidData data = water_of(settings, frames, all);
    LearntLiquid liquid{
        molecules::learn_pair(data,
                              {.temperature = water_temperature,
                               .knot_distance = settings.knot_distance,
                               .samples = settings.liquid_samples,
                               .draws = settings.draws,
                               .credibility = settings.credibility,
                               .seed = settings.seed + (settings.frames.size() - 1 - at),
                               .stop = settings.stop,
                               .checkpoint = settings.checkpoint.within("water " + std::to_string(frames))},
                              [&](const std::string&) { progress.show(name); })};
    progress.count(name);
    if (frames == settings.frames.back() && liquid.learnt.saved.posterior.draw_count() > 0) {
        liquid.checks = molecules::check_pair(liquid.learnt.saved, data,
                                              {.samples = settings.check_samples,
                                               .credibility = settings.credibility,
                                               .seed = settings.seed,
                                               .stop = settings.stop,
                                               .checkpoint = settings.checkpoint.within("checks")});
        progress.count("checks of water");
    }
    return liquid;
}

/// A fit of water is one chain, on one thread: all of them are at work together, and decane. The one with
/// checks begins, as it takes the longest.
MoleculesResult learnt_of(const MoleculesSettings& settings) {
    const std::size_t waters = settings.frames.size();
    SharedProgress progress("parts", 3 + waters);
    const Index all = molecules::info_of(trajectory_of(settings, "water")).frames;
    std::optional<MoleculesResult> result;
    std::vector<std::optional<LearntLiquid>> liquids(waters);
    parallel_for(static_cast<Index>(waters) + 1, [&](Index k) {
        const auto task = static_cast<std::size_t>(k);
        if (task == waters)
            result.emplace(learnt_decane(settings, progress));
        else
            liquids[waters - 1 - task].emplace(learnt_water(settings, waters - 1 - task, all, progress));
    });
    for (std::optional<LearntLiquid>& liquid : liquids) result->liquids.push_back(std::move(*liquid));
    return std::move(*result);
}

}  // namespace

MoleculesResult run_molecules(const MoleculesSettings& settings) {
    check(settings);
    return unless_interrupted([&] { return learnt_of(settings); });
}

}  // namespace cli::study
