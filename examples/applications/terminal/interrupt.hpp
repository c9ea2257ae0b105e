#pragma once
#include <stdexcept>
#include <stop_token>
#include <string>

namespace cli {

/// Work that was stopped by Ctrl-C, SIGTERM or --max-time: exit code 3. The text says what was kept.
class Interrupted : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// As if Ctrl-C had been pressed: for a child process that took it in our place.
void interrupt();

/// From here on Ctrl-C and SIGTERM are remembered, and so is that `seconds` have passed (0: never).
/// A stop of `stop` is requested then; stop_if_interrupted throws Interrupted, too, with the advice, where
/// that is wanted.
enum class Interrupts { request_stop, throw_too };
void watch_interrupts(std::stop_source& stop, Interrupts what, double seconds, const std::string& advice);
void unwatch_interrupts();
/// Requests the stop that is due, if there is one to request. May be called by any thread.
void pass_interrupts_on();

/// Throws Interrupted, or requests a stop, after Ctrl-C; see watch_interrupts. Lines of progress call it,
/// too.
void stop_if_interrupted();

}  // namespace cli
