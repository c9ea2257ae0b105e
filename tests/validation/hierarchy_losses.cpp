// What two levels of link maps lose of a chain with couplings up to five sites, 16 spins: learnt one after
// the other, and at once. A study, not a test: run once, its result stands in docs/validation.md.
//     validation_hierarchy_losses DATA SEED
// DATA 0: the population, every configuration with its probability.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/hierarchy/joined.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

namespace {

constexpr Index sites = 16;
constexpr double beta = 0.3;

auto level(Index coarse_sites, Index block) {
    const auto map = ising::link_map({.level = block, .neighbours = 2});
    return EMCoarseGrainer{
        SamplesOnly<Spins>{},
        ising::coarse_chain({.sites = coarse_sites, .linear = true, .pair_range = 1, .field = 0.3}),
        map,
        TransferMatrix{},
        Newton{},
        weak_prior(map)};
}

/// The first of the configurations that are each other after shifts by four sites, under which all of these
/// models are invariant.
Spins representative(const Spins& x) {
    Spins first = x, turned = x;
    for (int k = 0; k < 3; ++k) {
        std::rotate(turned.begin(), turned.begin() + 4, turned.end());
        first = std::min(first, turned);
    }
    return first;
}

struct Weighted {
    std::vector<Spins> x{};
    std::vector<double> weights{};

    explicit Weighted(const std::map<Spins, double>& counts) {
        for (const auto& [one, weight] : counts) {
            x.push_back(one);
            weights.push_back(weight);
        }
    }
};

}  // namespace

int main(int count, char** words) {
    if (count != 3) {
        std::fputs("usage: validation_hierarchy_losses DATA SEED\n", stderr);
        return 2;
    }
    const Index data = std::stol(words[1]);
    const std::uint64_t seed = std::stoull(words[2]);
    const auto fine =
        ising::chain({.sites = sites, .strength = 1.5, .range = 5, .exponent = 1.0, .field = 0.3});
    const Boltzmann target(fine, beta);
    std::map<Spins, double> density;
    double total = 0.0, entropy = 0.0;
    for (Index code = 0; code < Index{1} << sites; ++code) {
        Spins x;
        for (Index i = 0; i < sites; ++i)
            x.push_back((code >> i) % 2 == 0 ? ising::Spin{-1} : ising::Spin{1});
        const double log_density = target.log_density(x), weight = std::exp(log_density);
        total += weight;
        entropy += weight * log_density;
        density[representative(x)] += weight;
    }
    entropy = entropy / total - std::log(total);  // sum p log p
    for (auto& [x, weight] : density) weight /= total;
    const Weighted population(density);
    std::map<Spins, double> counts;
    if (data == 0)
        for (const auto& [x, weight] : density) counts[x] = 1e6 * weight;
    else
        for (const auto& x :
             generate(fine, {.beta = beta, .samples = data, .seed = seed}, TransferMatrix{}).configurations)
            counts[representative(x)] += 1.0;
    const Weighted learnt(counts);
    std::printf("%zu different configurations\n", learnt.x.size());

    const auto report = [&](const char* name, const auto& grainer, const Parameters& at) {
        const auto all = grainer.prepare(population.x, beta, population.weights);
        std::printf("%-24s KL %.6f, %td parameters\n", name,
                    entropy - grainer.problem(all).log_likelihood(at), at.theta.size() + at.eta.size());
        std::fflush(stdout);
    };
    for (const Index block : {2, 4}) {
        const auto flat = level(sites / block, block);
        const auto fit = flat.fit_prepared(flat.prepare(learnt.x, beta, learnt.weights), {.starts = 4});
        report(block == 2 ? "flat, blocks of 2" : "flat, blocks of 4", flat, fit.parameters);
    }
    const auto first = level(8, 2), second = level(4, 2);
    const auto both = joined(first, second, beta);
    const auto below = first_level(first, first.prepare(learnt.x, beta, learnt.weights), {.starts = 4});
    Parameters start;
    for (const NextLevel next : {NextLevel::distilled, NextLevel::anchored}) {
        const auto above =
            next_level(first, below, second, {.fit = {.starts = 4}, .next = next, .samples = 0}, 0);
        start = joined_parameters(below.fit, above.fit);
        report(next == NextLevel::distilled ? "greedy, distilled" : "greedy, anchored", both, start);
    }
    const auto prepared = both.prepare(learnt.x, beta, learnt.weights);
    FitSettings settings;
    settings.start = start;
    const auto from_greedy = both.fit_prepared(prepared, settings);
    report("joint, from greedy", both, from_greedy.parameters);
    std::printf("%s after %td iterations\n", std::string(to_string(from_greedy.status)).c_str(),
                from_greedy.iterations);
}
