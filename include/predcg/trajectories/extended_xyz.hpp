#pragma once
// XYZ files, plain and extended.
#include <predcg/trajectories/input.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace predcg::detail {

/// Reads frames of an XYZ file: the number of atoms, a line of key=value pairs, a line for each atom. Of the
/// keys Lattice (three edges one after the other), Properties (which columns there are) and pbc are read.
class ExtendedXyzFrames {
public:
    bool next(TrajectoryInput& in, Frame& frame) {
        std::string_view line;
        if (!in.filled_line(line)) return false;
        std::int64_t read = 0;
        if (!text::parse(text::trimmed(line), read)) in.fail_line("number of atoms", line, "an integer");
        const Index atoms = in.checked_atoms(read, in.line_start());
        const double unit = in.settings().length_in_nm > 0.0 ? in.settings().length_in_nm : 0.1;
        const Columns columns = read_comment(in, in.needed_line("line of keys"), frame.box, unit);
        frame.step = in.frame();
        frame.time = undefined;
        frame.positions.clear();
        frame.molecules.clear();
        for (Index i = 0; i < atoms; ++i) {
            std::string_view rest = in.needed_line("line of an atom");
            Point position{};
            std::string_view name;
            for (std::size_t column = 0; column < columns.last; ++column) {
                const std::string_view word = text::word(rest);
                if (word.empty())
                    in.fail_line("line of an atom", std::to_string(column) + " columns",
                                 std::to_string(columns.last) + " columns or more");
                if (column >= columns.position && column < columns.position + 3)
                    position[column - columns.position] = unit * in.number<double>(word, "position");
                else if (column == columns.name)
                    name = word;
            }
            frame.positions.push_back(position);
            if (columns.name != none) set_name(frame, static_cast<std::size_t>(i), name);
        }
        frame.names.resize(columns.name != none ? static_cast<std::size_t>(atoms) : 0);
        return true;
    }

private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
    struct Columns {
        std::size_t name = 0, position = 1;
        std::size_t last = 4;  ///< columns that are looked at
    };

    static Columns read_comment(const TrajectoryInput& in, std::string_view rest, Box& box, double unit) {
        Columns columns;
        std::array<bool, 3> repeats{true, true, true};
        box = {};
        while (true) {
            rest = text::trimmed(rest);
            if (rest.empty()) break;
            const std::size_t end = rest.find_first_of("= \t");
            const std::string_view key = rest.substr(0, end);
            if (end == std::string_view::npos) break;
            const bool has_value = rest[end] == '=';
            rest.remove_prefix(end + 1);
            if (!has_value) continue;  // a word, or a flag
            const std::string_view value = read_value(rest);
            if (key == "Lattice")
                read_lattice(in, value, box, unit);
            else if (key == "Properties")
                columns = read_properties(in, value);
            else if (key == "pbc")
                read_repeats(in, value, repeats);
        }
        for (std::size_t k = 0; k < 3; ++k)
            if (!repeats[k]) box.edges[k] = {};
        return columns;
    }

    /// To the next blank, or all in quotes, brackets or braces.
    static std::string_view read_value(std::string_view& rest) {
        const char open = rest.empty() ? ' ' : rest.front();
        const char close = open == '"' || open == '\'' ? open : open == '{' ? '}' : open == '[' ? ']' : ' ';
        if (close == ' ') return text::word(rest);
        rest.remove_prefix(1);
        const std::size_t end = rest.find(close);
        const std::string_view value = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        return value;
    }

    static void read_lattice(const TrajectoryInput& in, std::string_view value, Box& box, double unit) {
        std::string_view rest = value;
        for (std::size_t k = 0; k < 9; ++k)
            box.edges[k / 3][k % 3] = unit * in.number<double>(text::word(rest), "number of Lattice");
        if (!text::trimmed(rest).empty()) in.fail_line("Lattice", value, "9 numbers");
    }

    static void read_repeats(const TrajectoryInput& in, std::string_view value,
                             std::array<bool, 3>& repeats) {
        std::string_view rest = value;
        for (bool& one : repeats) {
            const std::string_view word = text::word(rest);
            one = word == "T" || word == "True" || word == "true" || word == "1";
            if (!one && word != "F" && word != "False" && word != "false" && word != "0")
                in.fail_line("pbc", value, "T or F three times");
        }
    }

    /// name:kind:columns, one after the other.
    static Columns read_properties(const TrajectoryInput& in, std::string_view value) {
        constexpr std::size_t most_columns = 1000;
        std::array<std::string_view, 3> part{};
        Columns columns{none, none, 0};
        std::size_t at = 0;
        std::string_view rest = value;
        while (!rest.empty()) {
            for (std::string_view& one : part) {
                const std::size_t end = rest.find(':');
                one = rest.substr(0, end);
                rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
            }
            const auto count = in.number<std::size_t>(part[2], "number of columns of Properties");
            if (count > most_columns || at > most_columns)
                in.fail_line("number of columns of Properties", part[2], "1000 at most");
            if (part[0] == "pos") {
                if (count != 3 || part[1] != "R") in.fail_line("Properties", value, "pos:R:3");
                columns.position = at;
                columns.last = at + 3;
            } else if ((part[0] == "species" || part[0] == "element") && columns.name == none && count == 1) {
                columns.name = at;
            }
            at += count;
        }
        if (columns.position == none)
            in.fail_line("Properties", value, "pos:R:3 among them: positions are what is read");
        if (columns.name != none) columns.last = std::max(columns.last, columns.name + 1);
        return columns;
    }
};

}  // namespace predcg::detail
