#include "io/data_io.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/input.hpp"
#include "files/npy.hpp"

#include <algorithm>
#include <string_view>

namespace cli {

namespace {

constexpr const char* spins = "-1 or +1";
constexpr std::size_t most_line = std::size_t{1}
                                  << 26;  // bytes; a configuration of 10^7 spins has half of it
constexpr std::size_t most_spins = std::size_t{1} << 30;  // of all data, a byte each
constexpr std::size_t least_counted = 64;  // a configuration of fewer spins takes as much memory
constexpr std::uintmax_t most_bytes = std::uintmax_t{1} << 32;  // of a file, unpacked
constexpr const char* most_in_words = "at most 2^30, where a configuration of fewer than 64 counts as 64";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Reads one file, and knows where it is.
class Reader {
public:
    explicit Reader(std::string name) : name_(std::move(name)) {}

    Configurations read(std::streambuf& in) {
        Configurations data;
        std::size_t empty_line = 0;  // the first of those before the present line
        std::size_t count = 0;
        for (std::string line; next_line(in, line);) {
            std::string_view text = line;
            if (line_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // byte order mark
            text = trimmed(text);
            if (text.empty()) {
                if (empty_line == 0) empty_line = line_;
                continue;
            }
            if (empty_line > 0) {
                line_ = empty_line;
                fail("an empty line", "empty lines at the end only");
            }
            data.push_back(configuration(text));
            if (count += std::max(data.back().size(), least_counted); count > most_spins)
                fail("more than 2^30 spins in the file", most_in_words);
            if (data.back().size() != data.front().size())
                fail(std::to_string(data.back().size()) + " values on this line",
                     std::to_string(data.front().size()) + ", as on line 1");
        }
        if (data.empty())
            throw InputError(name_, "no samples", "at least one line of -1 and +1, separated by commas");
        return data;
    }

private:
    /// What std::getline does, with a limit.
    bool next_line(std::streambuf& in, std::string& line) {
        using Traits = std::streambuf::traits_type;
        line.clear();
        ++line_;
        for (auto c = in.sbumpc(); c != Traits::eof(); c = in.sbumpc()) {
            if (c == '\n') return true;
            if (line.size() == most_line) fail("a line of more than 2^26 bytes", "at most 2^26 (64 MiB)");
            line.push_back(Traits::to_char_type(c));
        }
        return !line.empty();
    }

    [[noreturn]] void fail(const std::string& value, const std::string& allowed) const {
        throw InputError(name_ + ":" + std::to_string(line_), value, allowed);
    }

    Configuration configuration(std::string_view text) const {
        Configuration x;
        for (bool more = true; more;) {
            const auto comma = text.find(',');
            more = comma != std::string_view::npos;
            x.push_back(spin(trimmed(text.substr(0, comma)), x.size() + 1, !more));
            if (more) text.remove_prefix(comma + 1);
        }
        return x;
    }

    predcg::ising::Spin spin(std::string_view cell, std::size_t column, bool last) const {
        const auto number = parse_number(cell);
        if (number == 1.0) return 1;
        if (number == -1.0) return -1;
        const std::string place = " in column " + std::to_string(column);
        if (cell.empty())
            fail("nothing" + place, std::string(spins) + (last ? "; no comma at the end of a line" : ""));
        if (number == 0.0)
            fail(in_quotes(cell) + place, std::string(spins) + "; spins written as 0 and 1 must be converted "
                                                               "first (x = 2 b - 1)");
        if (!number && line_ == 1)
            fail(in_quotes(cell) + place, std::string(spins) + ", separated by commas; no header line");
        fail(in_quotes(cell) + place, std::string(spins) + ", separated by commas");
    }

    std::string name_;
    std::size_t line_ = 0;
};

Configurations read_npy(std::streambuf& in, const std::string& name) {
    NpyReader array(in, name);
    const std::size_t rows = array.rows(), columns = array.columns();
    if (rows == 0 || columns == 0) throw InputError(name, "no samples", "at least one row of -1 and +1");
    if (rows > most_spins / std::max(columns, least_counted))
        throw InputError(name, std::to_string(rows) + " times " + std::to_string(columns) + " spins",
                         most_in_words);
    Configurations data;  // grows with what is there
    const auto read = [&](std::size_t row, std::size_t column) {
        const double value = array.is_bool() ? 2.0 * array.next() - 1.0 : array.next();
        if (value != 1.0 && value != -1.0)
            throw InputError(name + "[" + std::to_string(row) + ", " + std::to_string(column) + "]",
                             text_of(value),
                             std::string(spins) + (value == 0.0 ? "; spins written as 0 and 1 must be "
                                                                  "converted first (x = 2 b - 1), or to bool"
                                                                : ""));
        if (column == 0) data.emplace_back();
        data[row].push_back(value > 0.0 ? 1 : -1);
    };
    if (array.by_columns())
        for (std::size_t c = 0; c < columns; ++c)
            for (std::size_t r = 0; r < rows; ++r) read(r, c);
    else
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c) read(r, c);
    array.expect_end();
    return data;
}

}  // namespace

Configurations configurations_from(std::streambuf& bytes, const std::string& name) {
    return NpyReader::is_next(bytes) ? read_npy(bytes, name) : Reader(name).read(bytes);
}

Configurations read_configurations(const std::filesystem::path& path) {
    return configurations_from(
        *open_input(path, "--data", "a file with one configuration a line, or an array of .npy", most_bytes),
        path.string());
}

void require_writable(predcg::Index samples, predcg::Index sites) {
    const double counted = std::max(static_cast<double>(sites), static_cast<double>(least_counted));
    if (static_cast<double>(samples) * counted > static_cast<double>(most_spins))
        throw InputError("--samples", std::to_string(samples) + " of " + std::to_string(sites) + " sites",
                         "at most 2^30 spins in a file, where a sample of fewer than 64 counts as 64; draw "
                         "several files with other seeds");
}

std::string csv_of(const Configurations& configurations) {
    std::string text;
    for (const Configuration& x : configurations) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (i > 0) text += ',';
            text += x[i] > 0 ? "1" : "-1";
        }
        text += '\n';
    }
    return text;
}

}  // namespace cli
