#pragma once
// Studies that can be stopped at any time, and go on when they are called again.
#include "program/cost_limits.hpp"
#include "program/long_work.hpp"
#include "reports/run_study.hpp"
#include "studies/costs.hpp"

#include <filesystem>
#include <initializer_list>
#include <string>

namespace cli {

/// Of a study: --checkpoint, --every, --max-time, --yes, --estimate.
struct StudyOptions {
    LongWorkOptions long_work{};
    CostOptions cost{};
};
inline void add_study_options(CLI::App& app, StudyOptions& options) {
    add_long_work(app, options.long_work);
    add_cost_options(app, options.cost);
}

/// run(settings) and write(result, seconds, directory) of a study, whose settings have a place for a
/// checkpoint.
template <class Settings, class Run, class Write>
void run_long_study(const StudyOptions& options, Settings settings, const std::string& out, Run run,
                    Write write, std::initializer_list<std::filesystem::path> inputs = {}) {
    check(settings);  // before a checkpoint is looked for
    if (!is_affordable(study::cost_of(settings), options.cost)) return;
    LongWork work(options.long_work, out, inputs, Stops::by_error);
    if constexpr (requires { settings.stop; }) settings.stop = work.stop();
    settings.checkpoint = work.place("study");
    study::run_study(settings, out, run, write);
    work.end();
}

}  // namespace cli
