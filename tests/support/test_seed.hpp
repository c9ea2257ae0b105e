#pragma once
// One seed for everything random in the tests, so that a failure can be run again.
#include "chance.hpp"

#include <cstdint>
#include <cstdlib>
#include <random>

/// The seed of a test run: PREDCG_TEST_SEED, or a fixed one.
inline std::uint64_t test_seed() {
    support::chance().asks_for_seed = true;
    const char* text = std::getenv("PREDCG_TEST_SEED");
    return text ? std::strtoull(text, nullptr, 10) : 20151;
}

/// A generator of one test, independent of the library's; `salt` keeps tests apart.
inline std::mt19937_64 test_rng(std::uint64_t salt) {
    std::seed_seq words{test_seed() & 0xffffffffu, test_seed() >> 32, salt};
    return std::mt19937_64(words);
}
