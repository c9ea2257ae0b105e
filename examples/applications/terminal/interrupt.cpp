#include "terminal/interrupt.hpp"

#include <csignal>

namespace cli {

namespace {

volatile std::sig_atomic_t pressed = 0;
constexpr int interrupting[] = {SIGINT, SIGTERM};

void remember(int) {
    pressed = 1;
    for (const int signal : interrupting) std::signal(signal, SIG_DFL);  // the second one ends the program
}

}  // namespace

InterruptGuard::InterruptGuard() {
    pressed = 0;
    for (const int signal : interrupting) std::signal(signal, remember);
}

InterruptGuard::~InterruptGuard() {
    for (const int signal : interrupting) std::signal(signal, SIG_DFL);
    pressed = 0;
}

void interrupt() { pressed = 1; }

void stop_if_interrupted() {
    if (pressed != 0) throw Interrupted("interrupted");
}

}  // namespace cli
