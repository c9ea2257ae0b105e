#pragma once
// One frame of a trajectory, how it is read, and what is thrown where it cannot be.
#include <predcg/core/error.hpp>
#include <predcg/geometry/box.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// One frame of a trajectory.
struct Frame {
    double time = detail::undefined;  ///< in ps; NaN where the file does not say it
    std::int64_t step = 0;            ///< of the simulation; where the file has none, the number of the frame
    Box box{};                        ///< Edges in nm.
    Points positions{};               ///< in nm, as they stand: molecules may be cut, or far outside the box
    std::vector<std::string>
        names{};  ///< of the atoms, or their species or types; none where the file has none
    std::vector<Index> molecules{};  ///< Number of each atom's molecule or residue, likewise.
};

/// What a file of frames is written in.
enum class TrajectoryFormat {
    xtc,           ///< GROMACS, compressed
    gro,           ///< GROMACS, text in columns
    extended_xyz,  ///< text, `Lattice="..." Properties=...`
    lammps_dump    ///< LAMMPS, `dump custom` and `dump atom`
};

/// How a Trajectory is read. The limits are looked at before anything is allocated.
struct ReadSettings {
    Index most_atoms = 10'000'000;      ///< of a frame
    Index most_bytes = Index{1} << 28;  ///< of a frame's compressed positions, or of a line of text
    /// nm of a unit of length. 0: as the format has it, 1 for XTC and GRO, 0.1 for XYZ; a LAMMPS dump does
    /// not say, unless it was written with `dump_modify units yes`: 0.1 for `units real` and `metal`.
    double length_in_nm = 0.0;
    /// ps of a step, for files that have no times. 0: their times are NaN.
    double step_in_ps = 0.0;
};

/// A file that is damaged, ends within a frame, or holds what is not read. Frames and bytes count from 0.
class [[gnu::visibility("default")]] TrajectoryError : public ArgumentError {
public:
    /// What is wrong in which frame, at which byte of the file.
    [[gnu::cold]] TrajectoryError(std::string_view file, Index frame, std::uint64_t byte,
                                  std::string_view what, std::string value, std::string allowed)
        : ArgumentError("Trajectory",
                        detail::joined({what, " (frame ", std::to_string(frame), ", byte ",
                                        std::to_string(byte), " of ", file, ")"}),
                        std::move(value), std::move(allowed)),
          frame_(frame), byte_(byte) {}

    /// The frame that could not be read.
    Index frame() const noexcept { return frame_; }
    /// Where in the file it was found.
    std::uint64_t byte() const noexcept { return byte_; }

private:
    Index frame_;
    std::uint64_t byte_;
};

}  // namespace predcg
