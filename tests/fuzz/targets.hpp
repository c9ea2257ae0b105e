#pragma once
// What reads foreign bytes, each a function of them. libFuzzer calls it with inputs that it makes
// (fuzzer.cpp), a plain test with the files of corpus/ (corpus_test.cpp).
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fuzz {

/// A property of a reader that does not hold. What a reader may throw never gets out of a target.
class Broken : public std::logic_error {
    using std::logic_error::logic_error;
};

inline void require(bool holds, const std::string& property) {
    if (!holds) throw Broken(property);
}

struct Target {
    const char* name;  ///< and that of its folder in corpus/
    void (*run)(std::string_view bytes);
    bool json = false;  ///< bytes are JSON, whose values are changed one by one
};

std::span<const Target> targets();

extern bool reading;  ///< a target runs; of libFuzzer's programs

}  // namespace fuzz
