#pragma once
// Tables of x, u and force as text.
#include <predcg/core/error.hpp>
#include <predcg/core/text.hpp>
#include <predcg/core/types.hpp>
#include <predcg/tables/curve.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <initializer_list>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace predcg {

/// A potential as columns: what a CSV file and a JSON object have.
struct Columns {
    Vector x;  ///< distances or angles
    Vector u;  ///< energies
    Vector f;  ///< forces, -du/dx; empty where there are none

    /// Through the points: cubic with these forces, or the spline through the energies where there are none.
    /// Throws ArgumentError as Curve does.
    Curve curve() const { return f.size() == 0 ? Curve::spline(x, u) : Curve(x, u, -f); }
};

/// What read_columns takes.
struct ColumnSettings {
    Index most_rows = 1'000'000;  ///< more are refused
    double x_factor = 1.0;        ///< x of the file times this, e.g. 0.1 from Angstrom to nm
    double u_factor = 1.0;        ///< u of the file times this, e.g. 4.184 from kcal/mol to kJ/mol
};

namespace detail {
/// Writes numbers as the shortest text that reads back equal, whatever locale and flags the stream has.
inline void write_row(std::ostream& out, std::initializer_list<double> numbers, char between = ' ') {
    std::string line;
    for (const double number : numbers) {
        std::array<char, 40> text{};
        const auto written = std::to_chars(text.data(), text.data() + text.size(), number);
        if (!line.empty()) line += between;
        line.append(text.data(), written.ptr);
    }
    line += '\n';
    out.write(line.data(), static_cast<std::streamsize>(line.size()));
}

/// Throws ArgumentError if the stream did not take what was written.
inline void require_written(const std::ostream& out, std::string_view function) {
    require(!out.fail(), function, "the stream", "broken", "one that can be written to");
}

inline double table_number(std::string_view word, const std::string& line, std::string_view what) {
    double value = 0.0;
    if (!text::parse(word, value))
        throw ArgumentError("read_columns", line, text::quoted(word),
                            std::string(what) + ", a finite number");
    return value;
}
}  // namespace detail

/// Reads x, u and, where it is there, the force -du/dx, a row a line; between the numbers blanks, tabs,
/// commas or semicolons. This is the door for tables of other programs:
///
/// * lines that begin with `#` or `@` are skipped, empty ones, and a first line of names;
/// * VOTCA's flag behind the numbers, `i`, `o` or `u`, is taken; rows with `u` (undefined) are left out;
/// * force: all rows or none.
///
/// Throws ArgumentError, with the number of the line: for words that are not finite numbers, other numbers of
/// columns, x that does not increase, more than `most_rows` rows, lines of more than 4095 bytes; and for
/// fewer than two rows. Memory grows with what is there. O(n).
inline Columns read_columns(std::istream& in, const ColumnSettings& settings = {}) {
    require_positive(settings.x_factor, "read_columns", "ColumnSettings::x_factor");
    require_positive(settings.u_factor, "read_columns", "ColumnSettings::u_factor");
    require_range(settings.most_rows, 2, Index{1} << 32, "read_columns", "ColumnSettings::most_rows");
    std::vector<double> x, u, f;
    std::vector<char> buffer(4096);
    std::size_t number = 0;
    bool may_be_names = true;
    while (in.getline(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
        const std::string line = "line " + std::to_string(++number);
        if (in.fail() && !in.eof())
            throw ArgumentError("read_columns", line, "longer than that", "at most 4095 bytes");
        std::string content(buffer.data());
        for (char& c : content)
            if (c == ',' || c == ';' || c == '\r') c = ' ';
        std::string_view rest = detail::text::trimmed(content);
        if (rest.empty() || rest.front() == '#' || rest.front() == '@') continue;
        std::vector<std::string_view> words;
        while (words.size() < 5) {
            const std::string_view word = detail::text::word(rest);
            if (word.empty()) break;
            words.push_back(word);
        }
        if (std::exchange(may_be_names, false)) {
            double value = 0.0;
            bool any = false;
            for (const std::string_view word : words) any = any || detail::text::parse(word, value);
            if (!any) continue;
        }
        const bool flagged = words.back() == "i" || words.back() == "o" || words.back() == "u";
        const bool undefined = flagged && words.back() == "u";
        if (flagged) words.pop_back();
        const bool forces = !x.empty() && !f.empty();
        if ((words.size() != 2 && words.size() != 3) ||
            (!x.empty() && !undefined && (words.size() == 3) != forces))
            throw ArgumentError("read_columns", line, std::to_string(words.size()) + " columns",
                                x.empty() ? "x, u and maybe the force"
                                : forces  ? "x, u and the force, as in the rows before"
                                          : "x and u, as in the rows before");
        if (undefined) continue;
        if (static_cast<Index>(x.size()) == settings.most_rows)
            throw ArgumentError("read_columns", line, "one row too many",
                                "at most " + std::to_string(settings.most_rows) +
                                    ", ColumnSettings::most_rows");
        x.push_back(settings.x_factor * detail::table_number(words[0], line, "x"));
        u.push_back(settings.u_factor * detail::table_number(words[1], line, "u"));
        if (words.size() == 3)
            f.push_back(settings.u_factor / settings.x_factor *
                        detail::table_number(words[2], line, "a force"));
        if (x.size() > 1 && !(x.back() > x[x.size() - 2]))
            throw ArgumentError("read_columns", line, detail::text::quoted(words[0]),
                                "an x that is more than that of the row before");
    }
    require(!in.bad(), "read_columns", "the stream", "broken", "one that can be read");
    require(x.size() >= 2, "read_columns", "number of rows", static_cast<Index>(x.size()), "an integer >= 2");
    const auto vector = [](const std::vector<double>& v) {
        return Vector(Eigen::Map<const Vector>(v.data(), static_cast<Index>(v.size())));
    };
    return {vector(x), vector(u), vector(f)};
}

/// Writes rows `x,u,f` under a line of these names, or `x,u` where there are no forces; numbers read back
/// equal. Throws ArgumentError for columns of different lengths and a stream that does not take them.
inline void write_csv(std::ostream& out, const Columns& columns) {
    const bool forces = columns.f.size() > 0;
    require_equal(columns.u.size(), columns.x.size(), "write_csv", "number of energies", "as many as x");
    if (forces)
        require_equal(columns.f.size(), columns.x.size(), "write_csv", "number of forces", "as many as x");
    out << (forces ? "x,u,f\n" : "x,u\n");
    for (Index i = 0; i < columns.x.size(); ++i) {
        if (forces)
            detail::write_row(out, {columns.x[i], columns.u[i], columns.f[i]}, ',');
        else
            detail::write_row(out, {columns.x[i], columns.u[i]}, ',');
    }
    detail::require_written(out, "write_csv");
}

}  // namespace predcg
