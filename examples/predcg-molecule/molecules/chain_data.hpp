#pragma once
// Chain molecules of a trajectory.
#include "molecules/trajectory_file.hpp"

#include <predcg/geometry/box.hpp>

#include <string>
#include <vector>

namespace cli::molecules {

inline constexpr double boltzmann_constant = 0.0083144626;  ///< kJ/(mol K)

/// Which frames are taken: every so many from the first, at most so many.
struct FrameChoice {
    Index first = 0;  ///< counted from 0
    Index every = 1;
    Index most = 1'000'000;
};

/// Calls use(frame) for those frames, whose number it returns. Throws InputError, naming --first, where there
/// are none.
Index for_chosen_frames(const TrajectoryFile& file, const FrameChoice& choice,
                        const std::function<void(const predcg::Frame&)>& use);

/// Throws InputError, naming --structure, for another number of atoms.
void require_atoms(const predcg::Frame& frame, const Structure& structure, const std::string& path);

/// Unbranched chains, whole; all frames of a molecule one after the other, then those of the next.
struct ChainData {
    Index frames = 0;
    Index chains = 0;  ///< in a frame
    Index sites = 0;   ///< of a chain, in their order along it
    std::vector<predcg::Points> molecules{};
};

/// The molecules of `structure`, or of the trajectory's first frame where that is empty, all of one kind of
/// four sites or more. Throws InputError where they are others, or too many positions to be kept.
ChainData read_chains(const TrajectoryFile& file, const std::string& structure, const FrameChoice& choice);

}  // namespace cli::molecules
