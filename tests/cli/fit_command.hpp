#pragma once
#include "program.hpp"

namespace cli_test {

/// Runs fit.
class FitCommand : public cli_test::Program {
protected:
    Json fit(const std::string& options) {
        run_well("fit " + options + " --out fit.json");
        return read_json(at("fit.json"));
    }
};

}  // namespace cli_test
