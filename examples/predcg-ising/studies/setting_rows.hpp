#pragma once
// Rows of settings that all experiments with chains have, and the command that repeats one.
#include "model/models.hpp"
#include "reports/report.hpp"
#include "studies/experiment.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cli::study {

std::string chain_text(Index sites, predcg::Boundary boundary);
SettingRows fine_rows(const FineModel& fine);
std::string prior_text(PriorChoice prior, const FitModel& model = {});
std::string fields_text(const FieldRange& range);
std::string seed_text(std::uint64_t seed);
std::string list_of(const std::vector<Index>& values, const char* between = ", ");

/// A command line with every option that the results depend on.
class CommandLine {
public:
    explicit CommandLine(const std::string& study) : text_("predcg-ising study " + study) {}
    CommandLine& fine(const FineModel& model);
    CommandLine& fields(const FieldRange& range);
    CommandLine& add(const std::string& option, const std::string& value);
    CommandLine& add(const std::string& option, double value);
    CommandLine& add(const std::string& option, Index value);
    CommandLine& seed(std::uint64_t value);
    std::string text() const { return text_ + " --out DIRECTORY"; }

private:
    std::string text_;
};

}  // namespace cli::study
