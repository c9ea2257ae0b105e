#include "terminal/interrupt.hpp"

#include <chrono>
#include <csignal>
#include <mutex>
#include <optional>

namespace cli {

namespace {

volatile std::sig_atomic_t pressed = 0;
constexpr int interrupting[] = {SIGINT, SIGTERM};

void remember(int) {
    pressed = 1;
    for (const int signal : interrupting) std::signal(signal, SIG_DFL);  // the second one ends the program
}

/// What is done about it; changed by the main thread, read by all.
struct Watch {
    std::mutex mutex;
    std::stop_source* stop = nullptr;
    Interrupts what = Interrupts::throw_too;
    std::optional<std::chrono::steady_clock::time_point> end{};
    std::string advice;
};
Watch& watched() {
    static Watch watch;
    return watch;
}

/// The mutex is held.
bool is_due(const Watch& watch) {
    return pressed != 0 || (watch.end && std::chrono::steady_clock::now() >= *watch.end);
}

}  // namespace

void interrupt() { pressed = 1; }

void watch_interrupts(std::stop_source& stop, Interrupts what, double seconds, const std::string& advice) {
    Watch& watch = watched();
    const std::scoped_lock lock(watch.mutex);
    watch.stop = &stop;
    watch.what = what;
    watch.advice = advice;
    watch.end.reset();
    // A clock counts 292 years of nanoseconds.
    if (seconds > 0.0 && seconds < 1e9)
        watch.end = std::chrono::steady_clock::now() +
                    std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                        std::chrono::duration<double>(seconds));
    pressed = 0;
    for (const int signal : interrupting) std::signal(signal, remember);
}

void unwatch_interrupts() {
    Watch& watch = watched();
    const std::scoped_lock lock(watch.mutex);
    for (const int signal : interrupting) std::signal(signal, SIG_DFL);
    pressed = 0;
    watch.stop = nullptr;
    watch.what = Interrupts::throw_too;
    watch.end.reset();
    watch.advice.clear();
}

void pass_interrupts_on() {
    Watch& watch = watched();
    const std::scoped_lock lock(watch.mutex);
    if (watch.stop != nullptr && is_due(watch)) watch.stop->request_stop();
}

void stop_if_interrupted() {
    Watch& watch = watched();
    const std::scoped_lock lock(watch.mutex);
    if (!is_due(watch)) return;
    if (watch.stop != nullptr) watch.stop->request_stop();
    if (watch.what == Interrupts::throw_too)
        throw Interrupted("stopped" + (watch.advice.empty() ? "" : "; " + watch.advice));
}

}  // namespace cli
