#pragma once
// The first experiment, done without the library: 50 data of 32 spins, two to a coarse spin, {pair_1} on a
// ring of 16 in a field, Bernoulli map, beta = 1. Formulas: docs/method.md.
#include <vector>

namespace bench {

struct FirstExperiment {
    double pair = 0.0, theta_cf = 0.0;
};
using Data = std::vector<std::vector<int>>;

/// Monte Carlo EM as one would write it for a paper (textbook_em.cpp), compiled with -O2, and with -O3 for
/// this processor.
FirstExperiment textbook_O2(const Data& data, double field);
FirstExperiment textbook_native(const Data& data, double field);

/// The same work, and exact EM, written for these sizes alone (limit.cpp).
FirstExperiment limit_monte_carlo_em(const Data& data, double field);
FirstExperiment limit_exact_em(const Data& data, double field);

}  // namespace bench
