#pragma once
// Studies that can be stopped at any time, and go on when they are called again.
#include "program/long_work.hpp"
#include "reports/run_study.hpp"

#include <filesystem>
#include <initializer_list>
#include <string>

namespace cli {

/// run(settings) and write(result, seconds, directory) of a study, whose settings have a place for a
/// checkpoint.
template <class Settings, class Run, class Write>
void run_long_study(const LongWorkOptions& options, Settings settings, const std::string& out, Run run,
                    Write write, std::initializer_list<std::filesystem::path> inputs = {}) {
    check(settings);  // before a checkpoint is looked for
    LongWork work(options, out, inputs, Stops::by_error);
    settings.checkpoint = work.place("study");
    study::run_study(settings, out, run, write);
    work.end();
}

}  // namespace cli
