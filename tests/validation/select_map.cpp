// Which map, and which coarse terms with it, select_map finds for data of Ising chains, as many as asked for.
// A study, not a test: run once, its results stand in docs/maps.md and docs/validation.md.
//     validation_select_map S1|S2|S3 SITES DATA SETS DRAWS SEED
// S1: beta = mu = 0.3, neighbours. S2: beta = 1, mu = 0, neighbours. S3: beta = mu = 0.3, couplings over five
// spins. Prints the table of the first data set, and how often each model was first in all of them.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/select_map.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

namespace {

using Spins = std::vector<ising::Spin>;

struct Case {
    ising::FineChainSettings chain;
    double beta;
};

/// A map of two-site blocks with coarse terms beside the linear one.
template <class Map>
auto candidate(const Case& of, std::string name, const Map& map, ising::CoarseChainSettings terms) {
    terms.sites = of.chain.sites / 2;
    terms.linear = true;
    terms.field = of.chain.field;
    return Candidate{std::move(name), EMCoarseGrainer{SamplesOnly<Spins>{}, ising::coarse_chain(terms), map,
                                                      TransferMatrix{}, Newton{}, weak_prior(map)}};
}

template <class... Candidates>
void study(const Case& of, Index count, Index sets, Index draws, std::uint64_t seed,
           const Candidates&... candidates) {
    const auto fine = ising::chain(of.chain);
    std::vector<int> first(sizeof...(candidates)), first_left_out = first, unreliable = first;
    const ScoreSettings settings{.posterior = {.draws = draws}};
    std::vector<MapScore> table;
    for (Index s = 0; s < sets; ++s) {
        const auto data =
            generate(fine, {.beta = of.beta, .samples = count, .seed = seed + static_cast<std::uint64_t>(s)});
        // Of 12 spins the truth is known.
        MapSelection found =
            of.chain.sites <= 12
                ? select_map(data.configurations, of.beta, settings, population(fine, of.beta), candidates...)
                : select_map(data.configurations, of.beta, settings, candidates...);
        ++first[found.by_evidence[0]];
        ++first_left_out[found.by_leave_one_out[0]];
        for (std::size_t k = 0; k < first.size(); ++k) unreliable[k] += !found.models[k].reliable();
        if (s == 0) table = std::move(found.models);
    }
    std::printf("| model | p | log evidence | elpd | KL | first by evidence | by elpd | flagged |\n");
    std::printf("|---|---|---|---|---|---|---|---|\n");
    for (std::size_t k = 0; k < table.size(); ++k) {
        const MapScore& row = table[k];
        std::printf("| %s | %td | %.1f | %.1f | ", row.name.c_str(), row.parameters, row.log_evidence(),
                    row.leave_one_out.elpd);
        if (row.divergence) std::printf("%.4f", *row.divergence);
        std::printf(" | %d | %d | %d |\n", first[k], first_left_out[k], unreliable[k]);
    }
}

}  // namespace

int main(int count, char** words) {
    if (count != 7) {
        std::fputs("usage: validation_select_map S1|S2|S3 SITES DATA SETS DRAWS SEED\n", stderr);
        return 2;
    }
    const std::string name = words[1];
    const Index sites = std::stol(words[2]), data = std::stol(words[3]), sets = std::stol(words[4]),
                draws = std::stol(words[5]);
    const std::uint64_t seed = std::stoull(words[6]);
    const auto bernoulli = ising::bernoulli_map({.level = 2});
    const auto link2 = ising::link_map({.level = 2});
    const auto decimation = ising::decimation_map({.level = 2});
    if (name == "S3") {
        const Case of{{.sites = sites, .strength = 1.5, .range = 5, .field = 0.3}, 0.3};
        const auto link4 = ising::link_map({.level = 2, .neighbours = 4});
        const auto autoregressive =
            ising::logistic_map({.level = 2, .window = {-1, 1}, .autoregressive = true});
        study(of, data, sets, draws, seed,                                                 //
              candidate(of, "Bernoulli", bernoulli, {.pair_range = 1}),                    //
              candidate(of, "Bernoulli, pair_2", bernoulli, {.pair_range = 2}),            //
              candidate(of, "decimation, pair_2", decimation, {.pair_range = 2}),          //
              candidate(of, "link2", link2, {.pair_range = 1}),                            //
              candidate(of, "link2, pair_2", link2, {.pair_range = 2}),                    //
              candidate(of, "link4", link4, {.pair_range = 1}),                            //
              candidate(of, "link4, pair_2", link4, {.pair_range = 2}),                    //
              candidate(of, "autoregressive", autoregressive, {.pair_range = 1}),          //
              candidate(of, "autoregressive, pair_2", autoregressive, {.pair_range = 2}),  //
              candidate(of, "autoregressive, pair_2, triplet_1_1", autoregressive,
                        {.pair_range = 2, .triplets = {{1, 1}}}));
        return 0;
    }
    const Case of = name == "S1" ? Case{{.sites = sites, .field = 0.3}, 0.3} : Case{{.sites = sites}, 1.0};
    study(of, data, sets, draws, seed,                               //
          candidate(of, "Bernoulli", bernoulli, {.pair_range = 1}),  //
          candidate(of, "logistic, ±1, reflected",
                    ising::logistic_map({.level = 2, .window = {-1, 1}, .reflect = true}),
                    {.pair_range = 1}),  //
          candidate(of, "autoregressive",
                    ising::logistic_map({.level = 2, .window = {0, 1}, .autoregressive = true}),
                    {.pair_range = 1}),                      //
          candidate(of, "link2", link2, {.pair_range = 1}),  //
          candidate(of, "link4, pair_2", ising::link_map({.level = 2, .neighbours = 4}), {.pair_range = 2}),
          candidate(of, "decimation", decimation, {.pair_range = 1}),
          candidate(of, "decimation, pair_2", decimation, {.pair_range = 2}));
}
