#pragma once
// The exception that a call throws, to look at.
#include <stdexcept>

namespace support {

/// The `Error` that f() throws; a std::logic_error, which fails the test, if it throws none. Others pass
/// through.
template <class Error, class F>
Error thrown(F&& f) {
    try {
        f();
    } catch (const Error& error) {
        return error;
    }
    throw std::logic_error("the call should have thrown");
}

}  // namespace support
