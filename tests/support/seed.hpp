#pragma once
// One place where random tests get their seed from.
#include <predcg/core/random.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace support {

/// `fixed`, unless the environment variable PREDCG_TEST_SEED holds a number: then one made of both, so that
/// different tests still see different numbers.
inline std::uint64_t test_seed(std::uint64_t fixed) {
    const char* text = std::getenv("PREDCG_TEST_SEED");
    if (text == nullptr || *text == '\0') return fixed;
    std::size_t used = 0;
    const std::uint64_t given = std::stoull(text, &used);
    if (text[used] != '\0') throw std::invalid_argument("PREDCG_TEST_SEED is not a number");
    return given * 0x9E3779B97F4A7C15ULL + fixed;
}

/// The random numbers of case `index` of a test.
inline predcg::Philox4x32 test_stream(std::uint64_t fixed, std::uint32_t index = 0) {
    return predcg::make_stream(test_seed(fixed), predcg::Purpose::check, index);
}

}  // namespace support
