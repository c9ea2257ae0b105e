#include "reports/table.hpp"

#include "basics/numbers.hpp"

namespace cli::study {

namespace {

std::string line_of(const std::vector<std::string>& cells) {
    std::string line;
    for (const std::string& cell : cells) line += (line.empty() ? "" : ",") + cell;
    return line + "\n";
}

}  // namespace

Table& Table::add(double number) {
    rows_.back().push_back(text_of(number));
    return *this;
}

Table& Table::add(const std::string& word) {
    rows_.back().push_back(word.find_first_of(",\" ") == std::string::npos ? word : "\"" + word + "\"");
    return *this;
}

std::string Table::csv() const {
    std::string text = line_of(columns_);
    for (const auto& row : rows_) text += line_of(row);
    return text;
}

}  // namespace cli::study
