// Methods side by side, against the truth and by cross-validation.
#include <predcg/judge/compare.hpp>
#include <predcg/predcg.hpp>

#include <cmath>
#include <cstdio>

using namespace predcg;

namespace {

void print(const std::vector<ComparisonRow>& rows) {
    for (const ComparisonRow& row : rows) {
        std::printf("%-16s  %-2s", row.method.c_str(), row.observable.c_str());
        if (!row.failure.empty())
            std::printf(" failed: %s\n", row.failure.c_str());
        else if (std::isnan(row.standard_error))
            std::printf(" %.4f\n", row.error);
        else
            std::printf(" %.4f +- %.4f\n", row.error, row.standard_error);
    }
}

}  // namespace

int main() {
    const auto fine = ising::chain({.sites = 32, .field = 0.3});
    const auto data = generate(fine, {.beta = 0.3, .samples = 50, .seed = 1});
    const auto learn = [&](bool linear) {
        return [&fine, linear](const auto& training, std::uint64_t seed) {
            const EMCoarseGrainer grainer{
                fine, ising::coarse_chain({.sites = 16, .linear = linear, .pair_range = 1, .field = 0.3}),
                ising::bernoulli_map({.level = 2}), TransferMatrix{}};
            return grainer.fit(training, {.seed = seed});
        };
    };
    const auto quantities = observables(checked("m", ising::Magnetization{}),
                                        checked("R", ising::Correlation{Boundary::periodic}, {1, 2, 3}));
    const auto all = [&](const CompareSettings& settings) {
        return compare(data, quantities, settings, method("{pair_1}", learn(false)),
                       method("{linear, pair_1}", learn(true)),
                       method("mean of data", [&](const auto& training, std::uint64_t) {
                           return quantities.mean(training);
                       }));
    };
    std::printf("against the truth\n");
    print(all({.truth = quantities.truth(fine, 0.3)}));
    std::printf("by cross-validation\n");
    print(all({.folds = 5}));
    return 0;
}
