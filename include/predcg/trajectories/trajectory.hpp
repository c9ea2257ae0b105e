#pragma once
// Trajectories of molecular simulations, read frame by frame.
#include <predcg/trajectories/extended_xyz.hpp>
#include <predcg/trajectories/frame.hpp>
#include <predcg/trajectories/gro.hpp>
#include <predcg/trajectories/lammps_dump.hpp>
#include <predcg/trajectories/xtc.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <istream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace predcg {

/// The format that a file's name ends in: .xtc; .gro; .xyz, .extxyz; .lammpstrj, .dump. Throws ArgumentError
/// for others.
inline TrajectoryFormat trajectory_format(std::string_view path) {
    const std::size_t dot = path.find_last_of("./\\");
    const std::string_view ending = dot == std::string_view::npos ? "" : path.substr(dot);
    if (ending == ".xtc") return TrajectoryFormat::xtc;
    if (ending == ".gro") return TrajectoryFormat::gro;
    if (ending == ".xyz" || ending == ".extxyz") return TrajectoryFormat::extended_xyz;
    require(ending == ".lammpstrj" || ending == ".dump", "Trajectory", "path", path,
            "a name that ends in .xtc, .gro, .xyz, .extxyz, .lammpstrj or .dump, or a stream and its format");
    return TrajectoryFormat::lammps_dump;
}

/// The frames of a file, an input range: each is read when it is asked for, in the place of the one before,
/// and no more than one is in memory.
///
///     for (const Frame& frame : Trajectory("water.xtc")) ...
///
/// It is passed through once: begin() goes on where reading stands. Frames may have different numbers of
/// atoms. Reading throws TrajectoryError for a file that is damaged or ends within a frame, after all frames
/// before; then it is at its end. Costs O(atoms) a frame; a dump of LAMMPS is sorted.
class Trajectory {
    struct State;

public:
    /// Frame by frame, the same Frame object each time.
    class Iterator {
    public:
        using iterator_concept = std::input_iterator_tag;  ///< Passes once.
        using value_type = Frame;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;

        const Frame& operator*() const { return state_->frame; }
        /// Of the frame that was read last.
        const Frame* operator->() const { return &state_->frame; }
        Iterator& operator++() {
            if (!state_->next(state_->frame)) state_ = nullptr;
            return *this;
        }
        void operator++(int) { ++*this; }

        friend bool operator==(const Iterator& a, std::default_sentinel_t) { return a.state_ == nullptr; }

    private:
        friend class Trajectory;
        explicit Iterator(State* state) : state_(state) { ++*this; }

        State* state_ = nullptr;
    };

    /// A file, in the format that its name says. Throws ArgumentError for other names, a file that cannot be
    /// opened, and settings out of range.
    explicit Trajectory(const std::string& path, const ReadSettings& settings = {})
        : Trajectory(path, trajectory_format(path), settings) {}

    /// A file in a format.
    Trajectory(const std::string& path, TrajectoryFormat format, const ReadSettings& settings = {})
        : Trajectory(std::make_unique<std::ifstream>(path, std::ios::binary), path, format, settings) {}

    /// A stream, which must outlive it, in a format; errors call it by its name. More than the last frame may
    /// have been taken from it.
    Trajectory(std::istream& stream, TrajectoryFormat format, const ReadSettings& settings = {},
               std::string name = "the stream")
        : state_(std::make_unique<State>(nullptr, stream, std::move(name), format, settings)) {}

    /// Reads the next frame. False at the end.
    bool next(Frame& frame) { return state_->next(frame); }

    /// At the next frame.
    Iterator begin() { return Iterator(state_.get()); }
    /// After the last one.
    std::default_sentinel_t end() const { return {}; }

private:
    using Frames = std::variant<detail::XtcFrames, detail::GroFrames, detail::ExtendedXyzFrames,
                                detail::LammpsDumpFrames>;

    static Frames reader(TrajectoryFormat format) {
        switch (format) {
        case TrajectoryFormat::xtc:
            return detail::XtcFrames{};
        case TrajectoryFormat::gro:
            return detail::GroFrames{};
        case TrajectoryFormat::extended_xyz:
            return detail::ExtendedXyzFrames{};
        case TrajectoryFormat::lammps_dump:
            break;
        }
        return detail::LammpsDumpFrames{};
    }

    /// Stays where it is when the trajectory is moved.
    struct State {
        State(std::unique_ptr<std::ifstream> opened, std::istream& stream, std::string name,
              TrajectoryFormat format, const ReadSettings& given)
            : settings(given), file(std::move(opened)), input(stream, std::move(name), settings),
              frames(reader(format)) {
            require(settings.most_atoms >= 0, "Trajectory", "most_atoms", settings.most_atoms,
                    "an integer >= 0");
            require(settings.most_bytes >= 1, "Trajectory", "most_bytes", settings.most_bytes,
                    "an integer >= 1");
            require(settings.length_in_nm >= 0.0 && std::isfinite(settings.length_in_nm), "Trajectory",
                    "length_in_nm", settings.length_in_nm, "a finite number >= 0");
            require(settings.step_in_ps >= 0.0 && std::isfinite(settings.step_in_ps), "Trajectory",
                    "step_in_ps", settings.step_in_ps, "a finite number >= 0");
        }

        bool next(Frame& to) {
            if (ended) return false;
            ended = true;  // also after an error
            if (!std::visit([&](auto& all) { return all.next(input, to); }, frames)) return false;
            const auto finite = [](const Point& x) {
                return std::isfinite(x[0]) && std::isfinite(x[1]) && std::isfinite(x[2]);
            };
            if (!std::all_of(to.positions.begin(), to.positions.end(), finite) ||
                !std::all_of(to.box.edges.begin(), to.box.edges.end(), finite))  // products overflow
                input.fail(input.offset(), "position or edge", "not finite", "finite numbers");
            ended = false;
            if (std::isnan(to.time) && settings.step_in_ps > 0.0)
                to.time = settings.step_in_ps * static_cast<double>(to.step);
            input.next_frame();
            return true;
        }

        ReadSettings settings;
        std::unique_ptr<std::ifstream> file;
        detail::TrajectoryInput input;
        Frames frames;
        Frame frame{};
        bool ended = false;
    };

    Trajectory(std::unique_ptr<std::ifstream> file, const std::string& path, TrajectoryFormat format,
               const ReadSettings& settings) {
        require(file->is_open(), "Trajectory", "path", path, "a file that can be read");
        std::istream& stream = *file;
        state_ = std::make_unique<State>(std::move(file), stream, path, format, settings);
    }

    std::unique_ptr<State> state_;
};

}  // namespace predcg
