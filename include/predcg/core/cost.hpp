#pragma once
#include <predcg/core/compiler.hpp>

#include <algorithm>

namespace predcg {

/// What a computation takes, said before it is done.
struct Cost {
    double operations = 0.0;  ///< elementary ones, about a nanosecond each on one core
    double bytes = 0.0;       ///< of memory, at the same time

    /// One after the other: operations add up, memory is used again.
    Cost& operator+=(const Cost& next) {
        operations += next.operations;
        bytes = std::max(bytes, next.bytes);
        return *this;
    }
    friend Cost operator+(Cost first, const Cost& next) { return first += next; }
    /// The same so many times, one after the other.
    friend Cost operator*(double times, const Cost& cost) { return {times * cost.operations, cost.bytes}; }
};

}  // namespace predcg
