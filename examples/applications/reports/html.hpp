#pragma once
// Pieces of a report: one self-contained page, readable on a phone and in print, light and dark.
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace cli::study {

std::string escaped(const std::string& text);

/// A number with so many digits after the point, and a proper minus sign.
std::string html_number(double value, int digits);

/// "12.3 %".
std::string percent(double fraction, int digits = 1);

/// First column is a row's name; cells are HTML.
struct HtmlTable {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
};
std::string html_of(const HtmlTable& table);

/// Two columns, names and values, both plain text.
std::string settings_table(const std::vector<std::pair<std::string, std::string>>& settings);

struct HtmlFigure {
    std::string name;                ///< of the drawn figure, without extension
    std::string title;               ///< HTML
    std::string description;         ///< plain text, for those who do not see it
    std::string caption;             ///< HTML
    std::vector<std::string> files;  ///< the data behind it
};

/// Where a figure's files lie, and how the page has them.
struct FigureFiles {
    std::filesystem::path directory;
    bool embedded = false;  ///< data inside the page, which then stands alone; else linked, beside it
};

/// The figure inlined from <name>.svg, or a note where it was not drawn. Its id is its name.
std::string html_of(const HtmlFigure& figure, const FigureFiles& files);

std::string page(const std::string& title, const std::string& body);

}  // namespace cli::study
