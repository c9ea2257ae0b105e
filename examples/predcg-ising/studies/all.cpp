#include "studies/all.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/whole_file.hpp"
#include "reports/gnuplot.hpp"
#include "reports/run_study.hpp"
#include "studies/all_report.hpp"
#include "studies/costs.hpp"
#include "terminal/interrupt.hpp"
#include "terminal/progress.hpp"

#include <predcg/version.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <functional>

namespace cli::study {

namespace fs = std::filesystem;

namespace {

constexpr const char* key_file = "settings.json";

struct Part {
    std::string name;  ///< of the directory
    CostEstimate cost;
    std::string key;  ///< settings and version
    std::function<void(const ResultDirectory&)> run;
    predcg::CheckpointPlace checkpoint;
};

template <class Settings, class Run, class Write>
Part part(const AllSettings& all, const std::string& name, Settings settings, Run run, Write write) {
    check(settings);
    if constexpr (requires { settings.stop; }) settings.stop = all.stop;
    settings.checkpoint = all.checkpoint.within(name);
    const nlohmann::ordered_json key{{"command", command_of(settings)},
                                     {"predcg", std::string(predcg::version_string)}};
    return {name, cost_of(settings), key.dump(1) + "\n",
            [=](const ResultDirectory& directory) { run_into(settings, directory, run, write); },
            settings.checkpoint};
}

/// What is changed of each experiment: the seed, and for `quick` its size.
template <class Settings>
Settings adapted(const AllSettings& all, Settings settings) {
    settings.seed = all.seed;
    if (!all.quick) return settings;
    settings.fine.chain.sites = 16;
    settings.fine.chain.range = std::min<Index>(settings.fine.chain.range, 2);
    settings.fields = {-0.9, 0.9, 0.6};
    settings.draws = 200;
    if constexpr (requires { settings.data_sets; }) settings.data_sets = 2;
    if constexpr (requires { settings.pair_range; }) settings.pair_range = 1;
    return settings;
}

MapsSettings adapted(const AllSettings& all, MapsSettings settings) {
    settings.seed = all.seed;
    if (!all.quick) return settings;
    settings.sites = 10;
    settings.samples = {50, 500};
    settings.data_sets = 2;
    settings.banded_sites = 16;
    settings.posteriors = 1;
    settings.draws = 100;
    return settings;
}

ModelsSettings adapted(const AllSettings& all, ModelsSettings settings) {
    settings = adapted<ModelsSettings>(all, settings);
    if (all.quick) settings.fine.chain.sites = 10;  // the fewest for which all triplets are different
    return settings;
}

FlowSettings adapted(const AllSettings& all, FlowSettings settings) {
    settings.seed = all.seed;
    if (all.quick) settings.data_sets = 4;
    return settings;
}

MoleculesSettings adapted(const AllSettings& all, MoleculesSettings settings) {
    settings.seed = all.seed;
    if (!all.quick) return settings;
    settings.draws = 200;
    settings.samples = 500;
    settings.frames = {
        settings.frames.back()};  // of a wider posterior each draw would have chains for checks
    settings.knot_distance = 0.06;
    settings.liquid_samples = 300;
    settings.check_samples = 200;
    return settings;
}

std::vector<Part> parts_of(const AllSettings& all) {
    const ModelsSettings models{.draws = 500};  // enough to rank them
    return {part(all, "sweep", adapted(all, SweepSettings{}), run_sweep, write_sweep),
            part(all, "data-size", adapted(all, DataSizeSettings{}), run_data_size, write_data_size),
            part(all, "levels", adapted(all, LevelsSettings{}), run_levels, write_levels),
            part(all, "models", adapted(all, models), run_models, write_models),
            part(all, "maps", adapted(all, MapsSettings{}), run_maps, write_maps),
            part(all, "flow", adapted(all, FlowSettings{}), run_flow, write_flow),
            part(all, "molecules", adapted(all, MoleculesSettings{}), run_molecules, write_molecules)};
}

Report report_in(const fs::path& directory) {
    constexpr std::size_t longest = std::size_t{1} << 26;  // longer than any that is written
    return read_report(bytes_of(directory / "report.json", longest));
}

/// Why a part has to be done, in words; empty where it is finished, and "-" where it never was begun.
std::string why(const fs::path& directory, const Part& part) {
    if (!has_file(directory / key_file)) return "-";
    if (bytes_of(directory / key_file, part.key.size() + 1) != part.key)
        return "its settings or the version are others";
    if (const std::string damage = damage_of(directory); !damage.empty()) return damage;
    try {
        (void)report_in(directory);
    } catch (const InputError& error) {
        return std::string("report.json: ") + error.what();
    }
    if (!missing_from(directory).empty() && has_gnuplot())
        return "it has no figures, and gnuplot is there now";
    return {};
}

void run(const Part& part, const fs::path& path) {
    const auto start = std::chrono::steady_clock::now();
    const ResultDirectory directory(path);
    directory.write(key_file, part.key);
    part.run(directory);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%s: done in %s s\n", part.name.c_str(), fixed(seconds, 0).c_str());
    std::fflush(stdout);
}

}  // namespace

CostEstimate cost_of(const AllSettings& settings) {
    CostEstimate estimate;
    for (const Part& part : parts_of(settings)) {
        estimate.held = std::max(estimate.held, part.cost.held);
        estimate.add(part.cost.as_one(part.name, 1.0, "the studies one by one, with fewer data and draws"));
    }
    return estimate;
}

void run_all(const AllSettings& settings, const std::string& out) {
    const std::vector<Part> parts = parts_of(settings);
    const ResultDirectory directory(out);
    double total = 0.0, before = 0.0;
    for (const Part& part : parts) total += part.cost.processor_seconds();
    AllReport report;
    try {
        for (const Part& part : parts) {
            const fs::path path = directory.path() / part.name;
            const std::string reason = settings.fresh ? "-" : why(path, part);
            if (reason.empty()) {
                std::printf("%s: kept from before; --fresh does it again\n", part.name.c_str());
            } else {
                if (reason != "-") std::printf("%s: done again: %s\n", part.name.c_str(), reason.c_str());
                const PartOfWhole whole(part.name, before / total, part.cost.processor_seconds() / total);
                run(part, path);
            }
            part.checkpoint.drop();
            before += part.cost.processor_seconds();
            report.parts.push_back({part.name, path, report_in(path)});
            report.missing = parts.size() - report.parts.size();
            write_whole(directory.path() / "report.html", all_page(report));
            stop_if_interrupted();
        }
    } catch (const Interrupted&) {
        std::string kept;
        for (const PartReport& part : report.parts) kept += (kept.empty() ? "" : ", ") + part.name;
        throw Interrupted("interrupted; " +
                          (kept.empty() ? "no part was finished" : "kept in " + out + ": " + kept) +
                          ". The same command again goes on with the other parts");
    }
    print_report(directory.path());
}

}  // namespace cli::study
