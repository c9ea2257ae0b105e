#pragma once
#include "program/command.hpp"

#include <vector>

namespace cli {

Command add_generate(CLI::App& app);
Command add_truth(CLI::App& app);
Command add_fit(CLI::App& app);
Command add_relative_entropy(CLI::App& app);
Command add_hierarchy(CLI::App& app);
Command add_predict(CLI::App& app);
Command add_sample(CLI::App& app);
/// One command for each calibration.
std::vector<Command> add_calibrate(CLI::App& app);
/// One command for each study.
std::vector<Command> add_study(CLI::App& app);

}  // namespace cli
