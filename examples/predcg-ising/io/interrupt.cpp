#include "io/interrupt.hpp"

#include <csignal>

namespace cli {

namespace {

volatile std::sig_atomic_t pressed = 0;

void remember(int) {
    pressed = 1;
    std::signal(SIGINT, SIG_DFL);
}

}  // namespace

InterruptGuard::InterruptGuard() {
    pressed = 0;
    std::signal(SIGINT, remember);
}

InterruptGuard::~InterruptGuard() {
    std::signal(SIGINT, SIG_DFL);
    pressed = 0;
}

void interrupt() { pressed = 1; }

void stop_if_interrupted() {
    if (pressed != 0) throw Interrupted("interrupted");
}

}  // namespace cli
