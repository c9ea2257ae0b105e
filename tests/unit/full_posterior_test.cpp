// The full posterior against the reference's quantiles, and what it refuses.
#include <gtest/gtest.h>

#include <predcg/posterior/full_posterior.hpp>

#include "ising_grainer.hpp"
#include "reference.hpp"
#include "test_seed.hpp"

using namespace predcg;

namespace {

const auto grainer_of(double field) {
    return support::ising_grainer({.sites = 16, .linear = true, .pair_range = 1, .field = field}, 2,
                                  support::any_prior(weak_prior()));
}

class ReferencePosterior : public testing::TestWithParam<const char*> {};

TEST_P(ReferencePosterior, Quantiles) {
    const reference::Json exact = reference::load(GetParam());
    const auto grainer = grainer_of(exact["truth"]["field"]);
    const auto data = grainer.prepare(reference::load_data(GetParam()), exact["truth"]["beta"]);
    const auto fit = grainer.fit_prepared(data, {});
    const auto posterior =
        full_posterior(grainer, data, fit, {.draws = 8000, .seed = test_seed(), .threads = 2});
    EXPECT_TRUE(posterior.reliable) << posterior.remarks.front();
    const auto& quantiles = exact["posterior"]["quantiles"];
    for (Index k = 0; k < 3; ++k)
        for (std::size_t l = 0; l < quantiles.size(); ++l) {
            const double p = exact["posterior"]["quantile_levels"][l];
            const Matrix chains = posterior.by_chain(posterior.draws.row(k));
            const double error = std::hypot(mcse_quantile(chains, p),
                                            double(exact["posterior"]["quantile_errors"][l][std::size_t(k)]));
            std::cout << k << " " << p << " "
                      << (quantile(chains, p) - double(quantiles[l][std::size_t(k)])) / error << " " << error
                      << "\n";
        }
    for (const auto& d : posterior.diagnostics)
        std::cout << d.r_hat << " " << d.ess_bulk << " " << d.ess_tail << "\n";
    std::cout << posterior.acceptance << "\n";
}
INSTANTIATE_TEST_SUITE_P(Sets, ReferencePosterior, testing::Values("A", "B", "C"));

}  // namespace
