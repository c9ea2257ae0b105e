#pragma once
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>

namespace cli {

/// One line on the terminal: what is done, at what rate, and how long the rest will take. Where standard
/// error is not a terminal it writes nothing.
class Progress {
public:
    /// `what` in the plural: "fits", "samples".
    Progress(std::string what, std::size_t total);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `done` of the total are done; a fraction where a part is in work. Throws Interrupted after Ctrl-C.
    void update(double done, const std::string& detail = {});

private:
    using Clock = std::chrono::steady_clock;

    void clear();

    std::string what_;
    double total_;
    bool terminal_;
    bool shown_ = false;
    Clock::time_point start_ = Clock::now(), last_{};
};

/// While it lives, lines of progress name a part of a larger whole, and begin with what is done of that.
class PartOfWhole {
public:
    /// The parts before it, and this one, as fractions of the time of all.
    PartOfWhole(std::string name, double before, double share);
    ~PartOfWhole();
    PartOfWhole(const PartOfWhole&) = delete;
    PartOfWhole& operator=(const PartOfWhole&) = delete;

    std::string prefix(double done) const;

private:
    std::string name_;
    double before_, share_;
};

/// The same for threads that finish one after the other.
class SharedProgress {
public:
    SharedProgress(std::string what, std::size_t total) : progress_(std::move(what), total) {}

    /// One more is done.
    void count(const std::string& detail = {}) {
        const std::lock_guard lock(mutex_);
        progress_.update(++done_, detail);
    }
    /// What is at work now.
    void show(const std::string& detail) {
        const std::lock_guard lock(mutex_);
        progress_.update(done_, detail);
    }

private:
    Progress progress_;
    std::mutex mutex_;
    double done_ = 0.0;
};

}  // namespace cli
