// Traps of OnlineFit: configurations that come several times each lead it to where it hardly comes back from.
// So many sets of configurations: the first ones so many times each, then independent ones, once. A study,
// not a test: its table stands in docs/validation.md.
//     validation_online_traps ring FIRST TIMES THEN SETS RESTARTS
//     validation_online_traps SIDE FIRST TIMES THEN SETS RESTARTS
// The ring of 16 spins and 8 blocks (beta = 0.3, field 0.3) with exact expectations, or the square lattice of
// tests/support/square_ising.hpp with SIDE x SIDE blocks (beta = 0.35) by heat bath. RESTARTS is the setting.
#include <predcg/learning/online.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predcg.hpp>

#include "square_ising.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

namespace {

using Spins = std::vector<ising::Spin>;

struct Plan {
    std::size_t first, times, then;
    std::uint64_t sets;
    Index restarts;
};

/// Says what `sets` runs are at, at four moments, and how far off those are that have converged: from the
/// mean of all that have converged in the end, whose error is small beside that of one.
template <class Grainer, class Samples>
void study(const Plan& plan, const Grainer& grainer, double beta, Samples&& samples) {
    constexpr std::size_t moments = 4;
    std::vector<std::vector<Vector>> at(moments), errors(moments);  // of those that have converged
    Index trapped[moments]{}, anew[moments]{};
    for (std::uint64_t set = 1; set <= plan.sets; ++set) {
        const std::vector<Spins> data = samples(plan.first + plan.then, set);
        OnlineFit online{grainer, {.beta = beta, .restarts = plan.restarts, .seed = set}};
        std::size_t moment = 0;
        for (std::size_t k = 0; k < data.size(); ++k) {
            for (std::size_t r = 0; r < (k < plan.first ? plan.times : 1); ++r) online.add(data[k]);
            // After an eighth, a quarter, a half and all of the independent ones.
            if (k + 1 < plan.first || k + 1 - plan.first != plan.then >> (moments - 1 - moment)) continue;
            const auto fit = online.estimate();
            trapped[moment] += fit.trapped ? 1 : 0;
            anew[moment] += fit.restarts > 0 ? 1 : 0;
            Vector z(fit.parameters.theta.size() + fit.parameters.eta.size()), e(z.size());
            z << fit.parameters.theta, fit.parameters.eta;
            e << fit.errors.theta, fit.errors.eta;
            if (fit.status == Status::converged) {
                at[moment].push_back(z);
                errors[moment].push_back(e);
            }
            if (++moment < moments) continue;
            std::printf("set %2llu: %s, began anew %td times,", static_cast<unsigned long long>(set),
                        to_string(fit.status).data(), fit.restarts);
            for (Index j = 0; j < z.size(); ++j) std::printf(" %.4f (%.4f)", z[j], e[j]);
            std::puts(fit.status == Status::converged ? "" : ("; " + fit.remarks.back()).c_str());
            std::fflush(stdout);
        }
    }
    Vector mean = Vector::Zero(grainer.coarse().parameter_count() + grainer.map().parameter_count());
    for (const Vector& z : at.back()) mean += z / static_cast<double>(at.back().size());
    for (std::size_t m = 0; m < moments; ++m) {
        double worst = 0.0;
        for (std::size_t k = 0; k < at[m].size(); ++k)
            worst = std::max(worst, (at[m][k] - mean).cwiseQuotient(errors[m][k]).cwiseAbs().maxCoeff());
        std::printf("| %zu | %zu | %td | %td | %.2f |\n", plan.then >> (moments - 1 - m), at[m].size(),
                    trapped[m], anew[m], worst);
    }
}

}  // namespace

int main(int count, char** words) {
    if (count != 7) {
        std::fputs("usage: validation_online_traps ring|SIDE FIRST TIMES THEN SETS RESTARTS\n", stderr);
        return 2;
    }
    const Plan plan{std::stoul(words[2]), std::stoul(words[3]), std::stoul(words[4]), std::stoul(words[5]),
                    std::stol(words[6])};
    if (std::string(words[1]) == "ring") {
        const EMCoarseGrainer grainer{SamplesOnly<Spins>{},
                                      ising::coarse_chain({.sites = 8, .linear = true, .pair_range = 1}),
                                      ising::bernoulli_map({.level = 2}),
                                      TransferMatrix{},
                                      Newton{},
                                      weak_prior()};
        study(plan, grainer, 0.3, [](std::size_t number, std::uint64_t seed) {
            return generate(ising::chain({.sites = 16, .field = 0.3}),
                            {.beta = 0.3, .samples = static_cast<Index>(number), .seed = seed})
                .configurations;
        });
    } else {
        const std::size_t side = std::stoul(words[1]);
        const EMCoarseGrainer grainer{SamplesOnly<Spins>{},         square_ising::Coarse{side},
                                      square_ising::BlockMap{side}, MonteCarlo(HeatBath{}, {.samples = 20}),
                                      StochasticNewton{},           weak_prior()};
        study(plan, grainer, 0.35, [&](std::size_t number, std::uint64_t seed) {
            return square_ising::samples(2 * side, 0.35, number, seed);
        });
    }
    return 0;
}
