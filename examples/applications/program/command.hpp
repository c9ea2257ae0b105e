#pragma once
#include <CLI/CLI.hpp>

#include <functional>

namespace cli {

/// A subcommand and what it does once all options are read.
struct Command {
    CLI::App* app;
    std::function<void()> run;
};

}  // namespace cli
