#pragma once
// One page for all experiments, which needs no other file.
#include "reports/report.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace cli::study {

struct PartReport {
    std::string name;
    std::filesystem::path directory;  ///< of its figures and tables
    Report report;
};

struct AllReport {
    std::vector<PartReport> parts;
    std::size_t missing = 0;  ///< parts that are not finished
};

std::string all_page(const AllReport& report);

}  // namespace cli::study
