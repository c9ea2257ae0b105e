#pragma once
#include <predcg/core/compiler.hpp>

#include <cmath>
#include <limits>

namespace predcg::statistics {

/// log sum_k exp(l_k), one term at a time, without overflow. Terms that are NaN or +infinity make it
/// NaN or infinite, whatever follows.
class LogSumExp {
public:
    void add(double log_term) {
        if (log_term == -std::numeric_limits<double>::infinity()) return;
        if (!(log_term <= largest_)) {
            sum_ = sum_ * std::exp(largest_ - log_term) + 1.0;
            largest_ = log_term;
        } else {
            sum_ += std::exp(log_term - largest_);
        }
    }

    /// log sum_i exp(a_i); -infinity of nothing.
    double value() const { return largest_ + std::log(sum_); }

private:
    double largest_ = -std::numeric_limits<double>::infinity();
    double sum_ = 0.0;
};

}  // namespace predcg::statistics
