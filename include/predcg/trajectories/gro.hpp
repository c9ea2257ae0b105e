#pragma once
// GROMACS's text files of positions.
#include <predcg/trajectories/input.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace predcg::detail {

/// Reads frames of a GRO file: a title, the number of atoms, a line for each (residue, its name, atom's name,
/// number, in 5 columns each, positions as wide as their points are apart, velocities), and the box: 3
/// numbers, or 9, xx yy zz xy xz yx yz zx zy with the second letter the component.
class GroFrames {
public:
    bool next(TrajectoryInput& in, Frame& frame) {
        std::string_view line;
        if (!in.line(line)) return false;
        if (text::trimmed(line).empty()) {
            if (in.at_end()) return false;
            line = {};  // at_end() may have read on, over what it was
        }
        read_title(line, frame, in.frame());
        const double unit = in.settings().length_in_nm > 0.0 ? in.settings().length_in_nm : 1.0;
        const Index atoms = in.atom_count_line();
        frame.positions.clear();
        frame.molecules.clear();
        std::size_t width = 0;
        std::int64_t residue_before = 0;
        Index residue = -1;
        for (Index i = 0; i < atoms; ++i) {
            line = in.needed_line("line of an atom");
            if (i == 0) {
                const std::size_t first = line.find('.', 20), second = first == std::string_view::npos
                                                                           ? first
                                                                           : line.find('.', first + 1);
                if (second == std::string_view::npos)
                    in.fail_line("line of an atom", line, "20 columns of names and three positions");
                width = second - first;
            }
            if (line.size() < 20 + 3 * width)
                in.fail_line("line of an atom", line,
                             std::to_string(20 + 3 * width) + " columns or more, as the first one");
            Point position{};
            for (std::size_t c = 0; c < 3; ++c)
                position[c] =
                    unit * in.number<double>(text::trimmed(line.substr(20 + c * width, width)), "position");
            frame.positions.push_back(position);
            const auto number = in.number<std::int64_t>(text::trimmed(line.substr(0, 5)), "residue number");
            if (i == 0 || number != residue_before) ++residue;
            residue_before = number;
            frame.molecules.push_back(residue);
            set_name(frame, static_cast<std::size_t>(i), text::trimmed(line.substr(10, 5)));
        }
        frame.names.resize(static_cast<std::size_t>(atoms));
        read_box(in, frame.box, unit);
        return true;
    }

private:
    /// "... t= 10.0 step= 5"
    static void read_title(std::string_view title, Frame& frame, Index number) {
        frame.time = undefined;
        frame.step = number;
        const auto read = [&](std::string_view key, auto& to) {
            const std::size_t at = title.rfind(key);
            if (at == std::string_view::npos || (at > 0 && !text::is_blank(title[at - 1]))) return;
            std::string_view rest = title.substr(at + key.size());
            auto value = to;
            if (text::parse(text::word(rest), value)) to = value;
        };
        read("t=", frame.time);
        read("step=", frame.step);
    }

    static void read_box(TrajectoryInput& in, Box& box, double unit) {
        std::string_view rest = in.needed_line("line of the box");
        std::array<double, 9> numbers{};
        std::size_t count = 0;
        for (std::string_view word = text::word(rest); !word.empty(); word = text::word(rest)) {
            if (count == 9) in.fail_line("line of the box", word, "3 or 9 numbers");
            numbers[count++] = unit * in.number<double>(word, "number of the box");
        }
        if (count != 3 && count != 9)
            in.fail_line("line of the box", std::to_string(count) + " numbers", "3 or 9 numbers");
        const auto& n = numbers;
        box.edges = {Point{n[0], n[3], n[4]}, Point{n[5], n[1], n[6]}, Point{n[7], n[8], n[2]}};
    }
};

}  // namespace predcg::detail
