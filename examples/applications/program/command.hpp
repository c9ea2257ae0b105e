#pragma once
#include "program/confine.hpp"

#include <CLI/CLI.hpp>

#include <functional>

namespace cli {

/// A subcommand and what it does once all options are read.
struct Command {
    CLI::App* app;
    std::function<void()> run;
    Needs needs = Needs::files;  ///< what it may do
};

}  // namespace cli
