#pragma once
// What tests leave to chance: whether one asks for the seed, and how likely it fails though what it says is
// true. Where PREDCG_TEST_CHANCE names a file, every test that was run adds a line to it, for tests/seeds.py:
//     suite.case, whether it asked for the seed, comparisons, probability of a false alarm
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numbers>
#include <string>
#include <utility>

namespace support {

/// Of the test that runs. One of its comparisons fails by chance with a probability of at most the sum of
/// theirs.
struct Chance {
    std::atomic<bool> asks_for_seed = false;
    std::atomic<long> comparisons = 0;
    std::atomic<double> of_false_alarm = 0.0;
};
inline Chance& chance() {
    static Chance of_test;
    return of_test;
}

/// A limit that random numbers are compared with. Every use of it as a number is one comparison, and is
/// counted.
class ChanceLimit {
public:
    constexpr ChanceLimit(double limit, double probability) : limit_(limit), probability_(probability) {}
    operator double() const {
        chance().comparisons += 1;
        chance().of_false_alarm += probability_;
        return limit_;
    }

private:
    double limit_, probability_;
};

/// So many standard errors, on both sides of a normal variable.
inline ChanceLimit standard_errors(double z) { return {z, std::erfc(z / std::numbers::sqrt2)}; }

class ChanceRecorder : public testing::EmptyTestEventListener {
public:
    explicit ChanceRecorder(std::string file) : file_(std::move(file)) {}

private:
    void OnTestStart(const testing::TestInfo&) override {
        chance().asks_for_seed = false;
        chance().comparisons = 0;
        chance().of_false_alarm = 0.0;
    }
    void OnTestEnd(const testing::TestInfo& test) override {
        std::ofstream(file_, std::ios::app)
            << test.test_suite_name() << '.' << test.name() << ',' << chance().asks_for_seed << ','
            << chance().comparisons << ',' << chance().of_false_alarm << '\n';
    }

    std::string file_;
};
inline const bool records_chance = [] {
    const char* file = std::getenv("PREDCG_TEST_CHANCE");
    if (file != nullptr) testing::UnitTest::GetInstance()->listeners().Append(new ChanceRecorder(file));
    return file != nullptr;
}();

}  // namespace support
