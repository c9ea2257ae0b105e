#pragma once
// All frames of the bytes of a trajectory, and what reading them may do: end, or throw TrajectoryError.
#include <predcg/trajectories/trajectory.hpp>

#include <cmath>
#include <sstream>
#include <stdexcept>
#include <string>

namespace support {

struct ReadOutcome {
    predcg::Index frames = 0;
    bool error = false;
};

/// Reads all frames. Throws what is neither an end nor a TrajectoryError with its place inside the file, and
/// std::logic_error for positions that are not finite or more atoms than bytes can hold.
inline ReadOutcome read_all(predcg::TrajectoryFormat format, const std::string& bytes,
                            const predcg::ReadSettings& settings = {}) {
    std::istringstream in(bytes);
    predcg::Trajectory trajectory(in, format, settings);
    ReadOutcome outcome;
    predcg::Frame frame;
    try {
        while (trajectory.next(frame)) {
            ++outcome.frames;
            if (frame.positions.size() > 8 * bytes.size())
                throw std::logic_error("more atoms than bytes can hold");
            for (const auto& x : frame.positions)
                if (!std::isfinite(x[0]) || !std::isfinite(x[1]) || !std::isfinite(x[2]))
                    throw std::logic_error("a position is not finite");
        }
    } catch (const predcg::TrajectoryError& error) {
        outcome.error = true;
        if (error.byte() > bytes.size() || error.frame() != outcome.frames)
            throw std::logic_error(std::string("an error at the wrong place: ") + error.what());
    }
    return outcome;
}

}  // namespace support
