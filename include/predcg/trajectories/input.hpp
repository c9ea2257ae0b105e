#pragma once
// The bytes of a trajectory, in pieces and lines, with the place where each stands.
#include <predcg/core/text.hpp>
#include <predcg/trajectories/frame.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <istream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Names atom i, in the order of the atoms. Keeps the strings of the frame before.
inline void set_name(Frame& frame, std::size_t i, std::string_view name) {
    if (i < frame.names.size())
        frame.names[i].assign(name);
    else
        frame.names.emplace_back(name);
}

/// A stream, read in pieces of 64 KiB. Remembers how far it is, and which frame that is.
class TrajectoryInput {
public:
    TrajectoryInput(std::istream& stream, std::string name, const ReadSettings& settings)
        : stream_(&stream), name_(std::move(name)), settings_(&settings), buffer_(at_once) {}

    const ReadSettings& settings() const { return *settings_; }

    Index frame() const { return frame_; }
    void next_frame() { ++frame_; }

    /// Place of the next byte.
    std::uint64_t offset() const { return before_ + begin_; }

    bool at_end() { return begin_ == end_ && !refill(); }

    /// The next bytes, so many. Their number is one that a limit allows; memory grows with what is there.
    void take(std::vector<unsigned char>& to, std::size_t count, const char* what) {
        const std::uint64_t start = offset();
        to.clear();
        while (count > 0) {
            if (at_end()) fail(start, what, "cut short", "all of its bytes");
            const std::size_t now = std::min(count, end_ - begin_);
            const auto* from = reinterpret_cast<const unsigned char*>(buffer_.data() + begin_);
            to.insert(to.end(), from, from + now);
            begin_ += now;
            count -= now;
        }
    }

    /// The next line without its end, valid until the next call; false at the end of the file.
    bool line(std::string_view& to) {
        line_start_ = offset();
        if (at_end()) return false;
        const auto most = static_cast<std::size_t>(settings_->most_bytes);
        bool assembled = false;
        while (true) {
            const char* from = buffer_.data() + begin_;
            const auto* stop = static_cast<const char*>(std::memchr(from, '\n', end_ - begin_));
            const std::size_t now = stop ? static_cast<std::size_t>(stop - from) : end_ - begin_;
            if (now > most || (assembled && line_.size() > most - now))
                fail(line_start_, "length of a line", "longer than that",
                     "at most " + std::to_string(most) + " bytes, ReadSettings::most_bytes");
            if (stop && !assembled) {
                to = {from, now};
                begin_ += now + 1;
                break;
            }
            if (!assembled) line_.clear();
            assembled = true;
            line_.append(from, now);
            begin_ += now + (stop ? 1 : 0);
            to = line_;
            if (stop || at_end()) break;
        }
        if (!to.empty() && to.back() == '\r') to.remove_suffix(1);
        return true;
    }

    /// The next line that is not blank; false at the end of the file.
    bool filled_line(std::string_view& to) {
        do {
            if (!line(to)) return false;
        } while (text::trimmed(to).empty());
        return true;
    }

    /// A line that must be there.
    std::string_view needed_line(const char* what) {
        std::string_view line_read;
        if (!line(line_read)) fail(line_start_, what, "cut short", "all lines of the frame");
        return line_read;
    }

    /// Where the last line began.
    std::uint64_t line_start() const { return line_start_; }

    [[noreturn, gnu::cold]] void fail(std::uint64_t byte, std::string_view what, std::string value,
                                      std::string allowed) const {
        throw TrajectoryError(name_, frame_, byte, what, std::move(value), std::move(allowed));
    }
    /// In the last line.
    [[noreturn, gnu::cold]] void fail_line(std::string_view what, std::string_view value,
                                           std::string allowed) const {
        fail(line_start_, what, text::quoted(value), std::move(allowed));
    }

    /// A number of atoms within the limit.
    Index checked_atoms(std::int64_t atoms, std::uint64_t byte) const {
        if (atoms < 0 || atoms > settings_->most_atoms)
            fail(byte, "number of atoms", std::to_string(atoms),
                 "0 to " + std::to_string(settings_->most_atoms) + ", ReadSettings::most_atoms");
        return static_cast<Index>(atoms);
    }
    /// The number of atoms that is all of the next line.
    Index atom_count_line() {
        const std::string_view read = text::trimmed(needed_line("number of atoms"));
        std::int64_t atoms = 0;
        if (!text::parse(read, atoms)) fail_line("number of atoms", read, "an integer");
        return checked_atoms(atoms, line_start_);
    }
    /// The word as a number.
    template <class T>
    T number(std::string_view word, const char* what) const {
        T value{};
        if (!text::parse(word, value))
            fail_line(what, word, std::is_floating_point_v<T> ? "a finite number" : "an integer");
        return value;
    }

private:
    static constexpr std::size_t at_once = std::size_t{1} << 16;

    bool refill() {
        before_ += end_;
        begin_ = end_ = 0;
        if (!*stream_) return false;
        stream_->read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
        end_ = static_cast<std::size_t>(stream_->gcount());
        if (stream_->bad()) fail(offset(), "the stream", "broken", "one that can be read");
        return end_ > 0;
    }

    std::istream* stream_;
    std::string name_;
    const ReadSettings* settings_;
    std::vector<char> buffer_;
    std::string line_{};
    std::size_t begin_ = 0, end_ = 0;
    std::uint64_t before_ = 0, line_start_ = 0;
    Index frame_ = 0;
};

}  // namespace predcg::detail
