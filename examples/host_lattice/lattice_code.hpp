#pragma once
// The host: somebody's Monte Carlo code for the Ising model on a square lattice. Nothing of predcg is in
// here.
#include <cmath>
#include <cstdint>
#include <vector>

/// Mean product of a spin with the one `apart` columns further.
inline double correlation(const std::vector<signed char>& spins, int side, int apart) {
    double sum = 0.0;
    for (int row = 0; row < side; ++row)
        for (int column = 0; column < side; ++column)
            sum += spins[row * side + column] * spins[row * side + (column + apart) % side];
    return sum / (side * side);
}

class LatticeCode {
public:
    LatticeCode(int side, double beta, std::uint64_t seed)
        : side_(side), random_(2 * seed + 1), spin_(side * side) {
        for (int k = 0; k < 5; ++k) up_[k] = 1.0 / (1.0 + std::exp(-2.0 * beta * (2 * k - 4)));
        for (signed char& s : spin_) s = uniform() < 0.5 ? 1 : -1;
    }

    void sweep() {
        for (int row = 0; row < side_; ++row)
            for (int column = 0; column < side_; ++column) {
                const int field =
                    at(row - 1, column) + at(row + 1, column) + at(row, column - 1) + at(row, column + 1);
                spin_[row * side_ + column] = uniform() < up_[(field + 4) / 2] ? 1 : -1;
            }
    }

    int side() const { return side_; }
    const std::vector<signed char>& spins() const { return spin_; }

private:
    int at(int row, int column) const {
        return spin_[(row + side_) % side_ * side_ + (column + side_) % side_];
    }
    double uniform() {  // xorshift64*, Marsaglia 2003, Vigna 2016
        random_ ^= random_ >> 12;
        random_ ^= random_ << 25;
        random_ ^= random_ >> 27;
        return static_cast<double>(random_ * 2685821657736338717ULL >> 11) * 0x1.0p-53;
    }

    int side_;
    std::uint64_t random_;
    std::vector<signed char> spin_;
    double up_[5];
};
