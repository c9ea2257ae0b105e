#pragma once
// Dumps of LAMMPS.
#include <predcg/trajectories/input.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Reads frames of text dumps, `dump atom` and `dump custom` with columns `id` and one of xu yu zu, xsu ysu
/// zsu, x y z, xs ys zs (the first of these that is there). Atoms come in the order of their id.
class LammpsDumpFrames {
public:
    bool next(TrajectoryInput& in, Frame& frame) {
        std::string_view line;
        if (!in.filled_line(line)) return false;
        Head head;
        frame.step = in.frame();
        double time = undefined;
        bool has_step = false, has_atoms = false, has_box = false;
        while (true) {
            if (starts_with(line, "ITEM: TIMESTEP")) {
                frame.step = in.number<std::int64_t>(text::trimmed(in.needed_line("time step")), "time step");
                has_step = true;
            } else if (starts_with(line, "ITEM: TIME")) {
                time = in.number<double>(text::trimmed(in.needed_line("time")), "time");
            } else if (starts_with(line, "ITEM: UNITS")) {
                units_ = text::trimmed(in.needed_line("units"));
            } else if (starts_with(line, "ITEM: NUMBER OF ATOMS")) {
                head.atoms = in.atom_count_line();
                has_atoms = true;
            } else if (starts_with(line, "ITEM: BOX BOUNDS")) {
                read_box(in, std::string(line.substr(16)), head);
                has_box = true;
            } else if (starts_with(line, "ITEM: ATOMS")) {
                break;
            } else {
                in.fail_line("line of a dump", line,
                             "ITEM: TIMESTEP, TIME, UNITS, NUMBER OF ATOMS, BOX BOUNDS or ATOMS");
            }
            line = in.needed_line("head of a frame");
        }
        if (!has_step || !has_atoms || !has_box)
            in.fail_line("line of a dump", line, "TIMESTEP, NUMBER OF ATOMS and BOX BOUNDS before the atoms");
        const double unit = length_unit(in);
        const double time_unit = units_ == "real" ? 0.001 : units_ == "metal" ? 1.0 : undefined;
        frame.time = time * time_unit;
        for (std::size_t k = 0; k < 3; ++k)
            frame.box.edges[k] = head.repeats[k] ? times(unit, head.edges[k]) : Point{};
        read_atoms(in, read_columns(in, line.substr(11)), head, unit, frame);
        return true;
    }

private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
    struct Head {
        Index atoms = 0;
        Point origin{};
        std::array<Point, 3> edges{};
        std::array<bool, 3> repeats{};
    };
    struct Columns {
        std::size_t id = none, name = none, molecule = none, last = 0;
        std::array<std::size_t, 3> position{none, none, none};
        bool scaled = false;
    };
    struct Atom {
        std::int64_t id = 0;
        Index molecule = 0;
        Point position{};
        std::string name{};
    };

    static bool starts_with(std::string_view line, std::string_view with) {
        return line.substr(0, with.size()) == with &&
               (line.size() == with.size() || text::is_blank(line[with.size()]));
    }

    double length_unit(const TrajectoryInput& in) const {
        if (in.settings().length_in_nm > 0.0) return in.settings().length_in_nm;
        if (units_ == "real" || units_ == "metal") return 0.1;
        if (units_ == "nano") return 1.0;
        in.fail_line("unit of length", units_.empty() ? "unknown" : units_,
                     "one that ReadSettings::length_in_nm says: 0.1 for units real and metal, nm of a "
                     "sigma for units lj");
    }

    /// lo and hi of x, y, z, and with `xy xz yz` the tilts: of the box that holds the triclinic one.
    static void read_box(TrajectoryInput& in, const std::string& kind, Head& head) {
        std::string_view rest = kind;
        std::string_view word = text::word(rest);
        const bool triclinic = word == "xy";
        if (triclinic) {
            text::word(rest);
            text::word(rest);
            word = text::word(rest);
        }
        if (word == "abc")
            in.fail_line("box", "general triclinic",
                         "an orthogonal or restricted triclinic one: dump_modify triclinic/general no");
        for (bool& one : head.repeats) {
            one = word == "pp";
            word = text::word(rest);
        }
        if (kind.find_first_not_of(" \t") == std::string::npos)
            head.repeats = {true, true, true};  // old files do not say
        std::array<double, 3> low{}, high{}, tilt{};
        for (std::size_t k = 0; k < 3; ++k) {
            std::string_view line = in.needed_line("bounds of the box");
            low[k] = in.number<double>(text::word(line), "bound of the box");
            high[k] = in.number<double>(text::word(line), "bound of the box");
            if (triclinic) tilt[k] = in.number<double>(text::word(line), "tilt of the box");
        }
        const auto [xy, xz, yz] = tilt;
        low[0] -= std::min({0.0, xy, xz, xy + xz});
        high[0] -= std::max({0.0, xy, xz, xy + xz});
        low[1] -= std::min(0.0, yz);
        high[1] -= std::max(0.0, yz);
        head.origin = low;
        head.edges = {Point{high[0] - low[0], 0.0, 0.0}, Point{xy, high[1] - low[1], 0.0},
                      Point{xz, yz, high[2] - low[2]}};
        for (std::size_t k = 0; k < 3; ++k)
            if (!(head.edges[k][k] >= 0.0 && std::isfinite(norm(head.edges[k]))))
                in.fail_line("edge of the box", to_text(head.edges[k][k]), "a finite number >= 0");
    }

    static Columns read_columns(const TrajectoryInput& in, std::string_view rest) {
        constexpr std::array<std::array<std::string_view, 3>, 4> triples{
            {{"xu", "yu", "zu"}, {"xsu", "ysu", "zsu"}, {"x", "y", "z"}, {"xs", "ys", "zs"}}};
        std::array<std::array<std::size_t, 3>, 4> at{};
        for (auto& one : at) one.fill(none);
        Columns columns;
        const std::string_view all = rest;
        std::size_t count = 0;
        for (std::string_view word = text::word(rest); !word.empty(); word = text::word(rest), ++count) {
            if (word == "id") columns.id = count;
            if (word == "mol") columns.molecule = count;
            if (word == "element" || (word == "type" && columns.name == none)) columns.name = count;
            for (std::size_t t = 0; t < 4; ++t)
                for (std::size_t c = 0; c < 3; ++c)
                    if (word == triples[t][c]) at[t][c] = count;
        }
        columns.last = count;
        if (columns.id == none)
            in.fail_line("columns", all, "id among them: LAMMPS writes atoms in an order that changes");
        for (std::size_t t = 0; t < 4; ++t)
            if (at[t][0] != none && at[t][1] != none && at[t][2] != none) {
                columns.position = at[t];
                columns.scaled = t == 1 || t == 3;
                return columns;
            }
        in.fail_line("columns", all, "xu yu zu, xsu ysu zsu, x y z or xs ys zs among them");
    }

    void read_atoms(TrajectoryInput& in, const Columns& columns, const Head& head, double unit,
                    Frame& frame) {
        std::size_t count = 0;
        for (Index i = 0; i < head.atoms; ++i, ++count) {
            std::string_view rest = in.needed_line("line of an atom");
            if (count == atoms_.size()) atoms_.emplace_back();
            Atom& atom = atoms_[count];
            for (std::size_t column = 0; column < columns.last; ++column) {
                const std::string_view word = text::word(rest);
                if (word.empty())
                    in.fail_line("line of an atom", std::to_string(column) + " columns",
                                 std::to_string(columns.last) + " columns");
                if (column == columns.id) atom.id = in.number<std::int64_t>(word, "id");
                if (column == columns.molecule) atom.molecule = in.number<Index>(word, "mol");
                if (column == columns.name) atom.name.assign(word);
                for (std::size_t c = 0; c < 3; ++c)
                    if (column == columns.position[c]) atom.position[c] = in.number<double>(word, "position");
            }
            if (columns.scaled) {
                const Point s = atom.position;
                atom.position = head.origin;
                for (std::size_t k = 0; k < 3; ++k)
                    atom.position = plus(atom.position, times(s[k], head.edges[k]));
            }
            atom.position = times(unit, atom.position);
        }
        atoms_.resize(count);
        std::sort(atoms_.begin(), atoms_.end(), [](const Atom& a, const Atom& b) { return a.id < b.id; });
        frame.positions.resize(count);
        frame.names.resize(columns.name != none ? count : 0);
        frame.molecules.resize(columns.molecule != none ? count : 0);
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0 && atoms_[i].id == atoms_[i - 1].id)
                in.fail_line("id of an atom", std::to_string(atoms_[i].id), "different ids in a frame");
            frame.positions[i] = atoms_[i].position;
            if (columns.name != none) frame.names[i] = atoms_[i].name;
            if (columns.molecule != none) frame.molecules[i] = atoms_[i].molecule;
        }
    }

    std::string units_{};
    std::vector<Atom> atoms_{};
};

}  // namespace predcg::detail
