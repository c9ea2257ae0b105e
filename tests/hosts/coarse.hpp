#pragma once
// What the host sees of coarse-graining: its own types, and nothing of the library's.
#include <cstdint>
#include <vector>

namespace host {

/// The host's generator (xorshift64*).
class Generator {
public:
    using result_type = std::uint64_t;
    explicit Generator(std::uint64_t seed) : state_(seed) {}
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return ~std::uint64_t{0}; }
    result_type operator()() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545f4914f6cdd1dull;
    }

private:
    std::uint64_t state_;
};

/// The host's matrices: row by row.
struct Table {
    std::size_t rows = 0, columns = 0;
    std::vector<double> entries;
    double operator()(std::size_t i, std::size_t j) const { return entries[i * columns + j]; }
};

struct Coarse {
    std::vector<double> parameters;
    Table information;                          // of the parameters
    std::vector<std::vector<signed char>> run;  // samples of the coarse system by the host's generator
};

/// Learns a chain of blocks of two spins from samples, and runs it.
[[gnu::visibility("default")]] Coarse coarse_grain(const std::vector<std::vector<signed char>>& samples,
                                                   double beta, Generator& generator);

}  // namespace host
