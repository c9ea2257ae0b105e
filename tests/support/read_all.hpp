#pragma once
// All frames of the bytes of a trajectory, and what reading them may do: end, or throw TrajectoryError.
#include <predcg/trajectories/trajectory.hpp>

#include <cmath>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

namespace support {

inline std::string file_bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The first frames of an XTC file of ten atoms and more.
inline std::string first_frames(const std::string& bytes, int frames) {
    std::size_t at = 0;
    for (; frames > 0 && at + 92 <= bytes.size(); --frames) {
        std::size_t count = 0;
        for (std::size_t k = 88; k < 92; ++k) count = count * 256 + static_cast<unsigned char>(bytes[at + k]);
        at += 92 + (count + 3) / 4 * 4;
    }
    return bytes.substr(0, at);
}

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
