#pragma once
// A file of frames, and the molecules that its atoms belong to.
#include "basics/choices.hpp"

#include <predcg/trajectories/trajectory.hpp>

#include <functional>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli::molecules {

using predcg::Index;

inline const Choices<predcg::TrajectoryFormat> formats{
    {"xtc", predcg::TrajectoryFormat::xtc},
    {"gro", predcg::TrajectoryFormat::gro},
    {"xyz", predcg::TrajectoryFormat::extended_xyz},
    {"lammps", predcg::TrajectoryFormat::lammps_dump},
};

/// A file of frames, and how it is read.
struct TrajectoryFile {
    std::string path{};
    std::optional<predcg::TrajectoryFormat> format{};  ///< else the one that its name says
    double length_in_nm = 0.0;                         ///< as predcg::ReadSettings; 0: the format's own unit
    double step_in_ps = 0.0;

    predcg::TrajectoryFormat known_format() const;
    /// Calls use(frame), which says whether to go on, for frame after frame. Unpacks what is packed by gzip.
    /// Throws InputError where the file cannot be read, is damaged, or has more than 2^40 bytes, in words of
    /// the options.
    void for_each_frame(const std::function<bool(const predcg::Frame&)>& use) const;
};

/// Molecules that are alike.
struct MoleculeKind {
    Index count = 0;
    std::vector<std::string> names{};  ///< of its atoms, in order

    Index atoms() const { return static_cast<Index>(names.size()); }
};

/// The molecules of the first frame of a file that has names and molecules (GRO, LAMMPS with `mol`).
struct Structure {
    Index atoms = 0;
    std::vector<MoleculeKind>
        kinds{};  ///< in the order of the file; alike ones that follow each other are one

    Index molecules() const;
};

/// Nothing for a frame that does not say which molecule an atom belongs to.
std::optional<Structure> structure_of(const predcg::Frame& frame);
/// Throws InputError, naming --structure, for such a frame.
Structure required_structure_of(const predcg::Frame& frame);
/// Throws InputError, naming --structure, for a file that has none.
Structure read_structure(const std::string& path);

inline constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

/// What a file of frames holds; NaN is not known.
struct TrajectoryInfo {
    predcg::TrajectoryFormat format{};
    Index frames = 0;
    Index fewest_atoms = 0, most_atoms = 0;
    double first_time = not_known, last_time = not_known;        ///< ps
    double shortest_step = not_known, longest_step = not_known;  ///< ps, between frames
    predcg::Box box{};                                           ///< of the first frame
    predcg::Point shortest_edges{}, longest_edges{};             ///< of all frames, nm
    bool orthorhombic = true;                                    ///< all boxes
    std::optional<Structure> structure{};                        ///< of the first frame
};

/// Reads the whole file. Throws InputError for damage, with frame and byte, and Stopped, between frames.
TrajectoryInfo info_of(const TrajectoryFile& file, const std::stop_token& stop = {});

}  // namespace cli::molecules
