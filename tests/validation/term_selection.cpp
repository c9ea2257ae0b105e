// Data from a coarse chain with known terms: how often select_terms finds exactly these. A study, not a test:
// run once, its result stands in docs/validation.md.
//     validation_term_selection DATA REPLICATES SEED
#include "known_terms.hpp"

#include <predcg/core/parallel.hpp>

#include <cmath>
#include <cstdio>
#include <string>

using namespace predcg;

int main(int count, char** words) {
    if (count != 4) {
        std::fputs("usage: validation_term_selection DATA REPLICATES SEED\n", stderr);
        return 2;
    }
    const Index data = std::stol(words[1]), replicates = std::stol(words[2]);
    const std::uint64_t seed = std::stoull(words[3]);
    const support::KnownTerms world(8);
    const Index p = world.theta.size();
    Matrix z(p, replicates), kept(p, replicates), gap(p, replicates);
    std::vector<std::string> names(static_cast<std::size_t>(p));
    std::vector<int> exact(static_cast<std::size_t>(replicates)), reliable = exact;
    parallel_for(replicates, [&](Index r) {
        const auto selection = world.select(world.draw(data, seed + static_cast<std::uint64_t>(r)));
        for (Index k = 0; k < p; ++k) {
            const TermScore& term = selection.terms[static_cast<std::size_t>(k)];
            names[static_cast<std::size_t>(k)] = term.name;
            z(k, r) = term.z;
            kept(k, r) = term.kept ? 1.0 : 0.0;
            gap(k, r) =
                std::abs(term.evidence_gain - unit_information_gain(term.z, static_cast<double>(data)));
        }
        exact[static_cast<std::size_t>(r)] = selection.kept == world.truth;
        reliable[static_cast<std::size_t>(r)] = selection.reliable;
    });
    int found = 0, trusted = 0;
    for (const int e : exact) found += e;
    for (const int e : reliable) trusted += e;
    std::printf("exact set in %d of %td replicates, %d reliable\n", found, replicates, trusted);
    std::printf("%-14s %6s %6s %10s %10s %10s %12s\n", "term", "theta", "kept", "mean z", "least |z|",
                "most |z|", "largest gap");
    for (Index k = 0; k < p; ++k)
        std::printf("%-14s %6.2f %6.0f %10.2f %10.2f %10.2f %12.3f\n",
                    names[static_cast<std::size_t>(k)].c_str(), world.theta[k], kept.row(k).sum(),
                    z.row(k).mean(), z.row(k).cwiseAbs().minCoeff(), z.row(k).cwiseAbs().maxCoeff(),
                    gap.row(k).maxCoeff());
}
