#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace cli::study {

/// A table of numbers and words, written as CSV: header line, numbers that read back exactly.
class Table {
public:
    explicit Table(std::vector<std::string> columns) : columns_(std::move(columns)) {}

    /// Starts a row; the cells follow.
    Table& row() {
        rows_.emplace_back();
        return *this;
    }
    Table& add(double number);
    Table& add(const std::string& word);

    std::string csv() const;

private:
    std::vector<std::string> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace cli::study
