// Laplace against exact evidence on the reference sets, weak prior, two fine spins to a coarse one. A study,
// not a test: run once, its table stands in docs/validation.md.
//     validation_evidence DRAWS SEED
#include <predcg/judge/model_score.hpp>

#include "ising_grainer.hpp"
#include "reference.hpp"

#include <cstdio>
#include <string>

using namespace predcg;

int main(int count, char** words) {
    if (count != 3) {
        std::fputs("usage: validation_evidence DRAWS SEED\n", stderr);
        return 2;
    }
    const Index draws = std::stol(words[1]);
    const std::uint64_t seed = std::stoull(words[2]);
    struct Named {
        const char* name;
        ising::CoarseChainSettings model;
    };
    const std::vector<Named> models{
        {"none", {}},
        {"linear", {.linear = true}},
        {"pair_1", {.pair_range = 1}},
        {"linear, pair_1", {.linear = true, .pair_range = 1}},
        {"linear, pair_1..2", {.linear = true, .pair_range = 2}},
        {"linear, pair_1, triplet_1_1", {.linear = true, .pair_range = 1, .triplets = {{1, 1}}}}};
    std::printf("| set | terms | Laplace | k | exact | error | difference | elpd | p_loo | worst k |\n");
    std::printf("|---|---|---|---|---|---|---|---|---|---|\n");
    for (const char* set : {"A", "B", "C"}) {
        const auto json = reference::load(set);
        for (Named named : models) {
            named.model.sites = 16;
            named.model.field = json["truth"]["field"];
            const auto grainer = support::ising_grainer(named.model, 2, support::any_prior(weak_prior()));
            const auto score = score_model(
                named.name, grainer, grainer.prepare(reference::load_data(set), json["truth"]["beta"]),
                json["truth"]["beta"],
                {.laplace = {.draws = draws, .largest_pareto_k = 1e9, .seed = seed},
                 .posterior = {.draws = draws, .seed = seed},
                 .evidence = {.seed = seed}});
            const double laplace = score.laplace.log_evidence.value_or(std::nan(""));
            const double exact = score.exact.log_evidence.value_or(std::nan(""));
            std::printf("| %s | %s | %.2f | %.2f | %.2f | %.3f%s | %.3f | %.2f | %.2f | %.2f |\n", set,
                        named.name, laplace, score.laplace.pareto_k, exact, score.exact.standard_error,
                        score.exact.reliable ? "" : " (flagged)", laplace - exact, score.leave_one_out.elpd,
                        score.leave_one_out.p_loo, score.leave_one_out.worst_k);
            std::fflush(stdout);
        }
    }
}
