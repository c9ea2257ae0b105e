#include "molecules/trajectory_file.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/input.hpp"
#include "molecules/words.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <istream>
#include <string_view>

namespace cli::molecules {

using namespace predcg;

namespace {

constexpr std::uintmax_t most_bytes = std::uintmax_t{1} << 40;  // unpacked; frames have limits of their own

void widen(double value, double& least, double& most) {
    least = std::isnan(least) ? value : std::min(least, value);
    most = std::isnan(most) ? value : std::max(most, value);
}

}  // namespace

TrajectoryFormat TrajectoryFile::known_format() const {
    if (format) return *format;
    std::string_view name = path;
    if (name.ends_with(".gz")) name.remove_suffix(3);
    try {
        return trajectory_format(name);
    } catch (const ArgumentError&) {
        throw InputError("file", in_quotes(path),
                         "a name that ends in .xtc, .gro, .xyz, .extxyz, .lammpstrj or .dump, and .gz where "
                         "it is packed, or --format");
    }
}

void TrajectoryFile::for_each_frame(const std::function<bool(const Frame&)>& use) const {
    const auto bytes =
        open_input(path, "file", "a file of frames: XTC, GRO, XYZ or a dump of LAMMPS", most_bytes);
    std::istream stream(bytes.get());
    stream.exceptions(std::ios::badbit);  // what is wrong with packed bytes is told as it is
    const ReadSettings settings{.length_in_nm = length_in_nm, .step_in_ps = step_in_ps};
    Frame frame;
    auto trajectory = with_option_words([&] { return Trajectory(stream, known_format(), settings, path); });
    while (with_option_words([&] { return trajectory.next(frame); }))
        if (!use(frame)) return;
}

Index Structure::molecules() const {
    Index count = 0;
    for (const MoleculeKind& kind : kinds) count += kind.count;
    return count;
}

std::optional<Structure> structure_of(const Frame& frame) {
    const std::size_t atoms = frame.positions.size();
    if (frame.molecules.size() != atoms || frame.names.size() != atoms) return {};
    Structure structure{.atoms = static_cast<Index>(atoms)};
    for (std::size_t i = 0; i < atoms;) {
        MoleculeKind one{.count = 1};
        const Index molecule = frame.molecules[i];
        for (; i < atoms && frame.molecules[i] == molecule; ++i) one.names.push_back(frame.names[i]);
        if (!structure.kinds.empty() && structure.kinds.back().names == one.names)
            ++structure.kinds.back().count;
        else
            structure.kinds.push_back(std::move(one));
    }
    return structure;
}

Structure required_structure_of(const Frame& frame) {
    std::optional<Structure> structure = structure_of(frame);
    if (!structure)
        throw InputError("--structure", "none",
                         "a file that says which molecule each atom belongs to; the trajectory does not");
    return std::move(*structure);
}

Structure read_structure(const std::string& path) {
    std::optional<Structure> structure;
    TrajectoryFile{.path = path, .length_in_nm = 1.0}.for_each_frame([&](const Frame& frame) {
        structure = structure_of(frame);
        return false;
    });
    if (!structure)
        throw InputError(
            "--structure", in_quotes(path),
            "a file that says which molecule each atom belongs to: GRO, or a dump of LAMMPS with "
            "the column mol");
    return *structure;
}

TrajectoryInfo info_of(const TrajectoryFile& file, const std::stop_token& stop) {
    TrajectoryInfo info;
    file.for_each_frame([&](const Frame& frame) {
        const auto atoms = static_cast<Index>(frame.positions.size());
        const Point edges = frame.box.lengths();
        if (info.frames == 0) {
            info.fewest_atoms = info.most_atoms = atoms;
            info.first_time = frame.time;
            info.box = frame.box;
            info.shortest_edges = info.longest_edges = edges;
            info.structure = structure_of(frame);
        } else {
            info.fewest_atoms = std::min(info.fewest_atoms, atoms);
            info.most_atoms = std::max(info.most_atoms, atoms);
            widen(frame.time - info.last_time, info.shortest_step, info.longest_step);
            for (std::size_t k = 0; k < 3; ++k)
                widen(edges[k], info.shortest_edges[k], info.longest_edges[k]);
        }
        info.last_time = frame.time;
        info.orthorhombic = info.orthorhombic && frame.box.is_orthorhombic();
        ++info.frames;
        if (stop.stop_requested()) throw predcg::Stopped("info_of");
        return true;
    });
    info.format = file.known_format();
    return info;
}

}  // namespace cli::molecules
