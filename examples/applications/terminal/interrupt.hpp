#pragma once
#include <stdexcept>

namespace cli {

/// Work that was stopped by Ctrl-C: exit code 1. The text says what was kept.
class Interrupted : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// While it lives, Ctrl-C (SIGINT) does not end the program but is remembered; the second one ends it.
class InterruptGuard {
public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;
};

/// As if Ctrl-C had been pressed: for a child process that took it in our place.
void interrupt();

/// Throws Interrupted after Ctrl-C under an InterruptGuard. Lines of progress call it, too.
void stop_if_interrupted();

}  // namespace cli
