// How often 95 % intervals of m and R_1..R_6 hold the truth, by map: chains of neighbours, 50 data, full
// posterior. A study, not a test: run once, its table stands in docs/validation.md.
//     validation_map_coverage DATA SETS DRAWS SEED [FINE SITES [MAP]]
// The table goes to standard output. To standard error goes what came out of every data set, for each
// observable: lower and upper end and the truth in posterior standard deviations from the mean.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/statistics/proportion.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

namespace {

struct Case {
    const char* name;
    double beta, field;
};
constexpr Index lags = 6;

/// m, R_1, .., R_6.
struct Observables {
    int order() const { return 2; }
    Index lags() const { return ::lags; }
    template <class X>
    Vector operator()(const X& x) const {
        return joined(ising::Magnetization{}(x), correlation(x));
    }
    Vector from_moments(const SiteMoments& moments) const {
        return joined(ising::Magnetization{}.from_moments(moments), correlation.from_moments(moments));
    }

    ising::Correlation correlation{Boundary::periodic, ::lags};

private:
    static Vector joined(double m, Vector R) {
        R[0] = m;
        return R;
    }
};

struct Study {
    Index sets, draws;
    std::uint64_t seed;

    template <class Map>
    void row(const char* name, const Map& map, const Case& of, Index n) const {
        const auto fine = ising::chain({.sites = n, .field = of.field});
        const EMCoarseGrainer grainer{
            fine,
            ising::coarse_chain({.sites = n / 2, .linear = true, .pair_range = 1, .field = of.field}),
            map,
            TransferMatrix{},
            Newton{},
            weak_prior(map)};
        const Observables observables;
        const Vector exact = truth(fine, of.beta, observables).mean;
        std::vector<Index> inside(lags + 1), below(lags + 1);
        Vector width = Vector::Zero(lags + 1);
        double end_error = 0.0;  // of an interval's ends, in posterior standard deviations: mean square
        Index flagged = 0;
        for (Index s = 0; s < sets; ++s) {
            const std::uint64_t its = seed + static_cast<std::uint64_t>(s);
            const auto data = generate(fine, {.beta = of.beta, .samples = 50, .seed = its});
            const auto fit = grainer.fit(data, {.seed = its});
            const auto posterior = full_posterior(grainer, data, fit, {.draws = draws, .seed = its});
            const auto interval = predict(posterior, observables, {.predictive = false});
            flagged += !posterior.reliable;
            std::fprintf(stderr, "%s %td %s %td %d", of.name, n, name, s, posterior.reliable);
            for (Index k = 0; k <= lags; ++k) {
                const double low = interval.lower[k], high = interval.upper[k], sd = interval.sd[k];
                inside[static_cast<std::size_t>(k)] += low <= exact[k] && exact[k] <= high;
                below[static_cast<std::size_t>(k)] += high < exact[k];
                width[k] += (high - low) / static_cast<double>(sets);
                end_error += (interval.lower_error[k] * interval.lower_error[k] +
                              interval.upper_error[k] * interval.upper_error[k]) /
                             (2.0 * sd * sd * static_cast<double>(sets * (lags + 1)));
                const double mean = interval.mean[k];
                std::fprintf(stderr, "  %.3f %.3f %.3f", (low - mean) / sd, (high - mean) / sd,
                             (exact[k] - mean) / sd);
            }
            std::fprintf(stderr, "\n");
        }
        std::printf("| %s | %td | %s |", of.name, n, name);
        for (std::size_t k = 0; k <= lags; ++k)
            std::printf(" %.1f (%td) |", 100.0 * static_cast<double>(inside[k]) / static_cast<double>(sets),
                        below[k]);
        std::printf(" %.3f | %.3f | %.2f | %td |\n", width[0], width[1], std::sqrt(end_error), flagged);
        std::fflush(stdout);
    }
};

}  // namespace

int main(int count, char** words) {
    if (count < 4) {
        std::fputs("usage: validation_map_coverage DATA SETS DRAWS SEED [FINE SITES [MAP]]\n", stderr);
        return 2;
    }
    const Study study{std::stol(words[1]), std::stol(words[2]), std::stoull(words[3])};
    const Index only_sites = count > 4 ? std::stol(words[4]) : 0;
    const std::string only_map = count > 5 ? words[5] : "";
    std::printf(
        "| | n | map | m | R_1 | R_2 | R_3 | R_4 | R_5 | R_6 | width m | width R_1 | end | flagged |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (const Index n : {12, 32}) {
        if (only_sites != 0 && n != only_sites) continue;
        for (const Case& of : {Case{"S1", 0.3, 0.3}, Case{"S2", 1.0, 0.0}}) {
            const auto row = [&](const char* name, const auto& map) {
                if (only_map.empty() || only_map == name) study.row(name, map, of, n);
            };
            row("decimation", ising::decimation_map({.level = 2}));
            row("link2", ising::link_map({.level = 2}));
            row("bernoulli", ising::bernoulli_map({.level = 2}));
        }
    }
}
