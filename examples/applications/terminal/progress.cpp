#include "terminal/progress.hpp"

#include "basics/numbers.hpp"
#include "terminal/interrupt.hpp"

#include <cstdio>
#include <unistd.h>
#include <utility>

namespace cli {

namespace {

const PartOfWhole* part = nullptr;

std::string duration(double seconds) {
    if (seconds < 99.5) return fixed(seconds, seconds < 9.95 ? 1 : 0) + " s";
    if (seconds < 5940.0) return fixed(seconds / 60.0, 0) + " min";
    return fixed(seconds / 3600.0, 1) + " h";
}

}  // namespace

Progress::Progress(std::string what, std::size_t total)
    : what_(std::move(what)), total_(static_cast<double>(total)), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::update(double done, const std::string& detail) {
    stop_if_interrupted();
    constexpr std::chrono::milliseconds interval(100);
    const auto now = Clock::now();
    if (!terminal_ || (shown_ && now - last_ < interval)) return;
    last_ = now;
    shown_ = true;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    std::string line = (part != nullptr ? part->prefix(done / total_) : "") + fixed(done, 0) + " of " +
                       fixed(total_, 0) + " " + what_;
    if (done > 0.0 && seconds > 0.0) {
        const double rate = done / seconds;
        line += ", " + fixed(rate, rate < 10.0 ? 1 : 0) + "/s, " + duration((total_ - done) / rate) + " left";
    }
    if (!detail.empty()) line += " (" + detail + ")";
    std::fprintf(stderr, "\r\033[K%s", line.substr(0, 79).c_str());
    std::fflush(stderr);
}

PartOfWhole::PartOfWhole(std::string name, double before, double share)
    : name_(std::move(name)), before_(before), share_(share) {
    part = this;
}

PartOfWhole::~PartOfWhole() { part = nullptr; }

std::string PartOfWhole::prefix(double done) const {
    return fixed(100.0 * (before_ + share_ * done), 0) + " % of all; " + name_ + ": ";
}

void Progress::clear() {
    if (!shown_) return;
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
}

}  // namespace cli
