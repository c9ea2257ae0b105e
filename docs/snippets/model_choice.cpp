// Scores of models on the same data, and the terms that the evidence favours.
#include <predcg/predcg.hpp>
#include <predcg/selection.hpp>

#include <cmath>
#include <cstdio>

using namespace predcg;

int main() {
    const auto fine = ising::chain({.sites = 32, .field = 0.3});
    const auto data = generate(fine, {.beta = 0.3, .samples = 50, .seed = 1});
    const auto grainer_of = [&](bool linear, Index pairs) {
        return EMCoarseGrainer{
            fine,
            ising::coarse_chain({.sites = 16, .linear = linear, .pair_range = pairs, .field = 0.3}),
            ising::bernoulli_map({.level = 2}),
            TransferMatrix{},
            Newton{},
            weak_prior()};
    };
    // ---- scores
    std::printf("model    BIC  Laplace  exact    LOO\n");
    for (const bool linear : {false, true})
        for (const Index pairs : {0, 1}) {
            const auto score = score_model(linear ? "linear" : "", grainer_of(linear, pairs), data, 0.3);
            std::printf("[%d%td] %7.1f %8.1f %6.1f %6.1f\n", linear ? 1 : 0, pairs, score.bic,
                        score.laplace.log_evidence.value_or(std::nan("")),
                        score.exact.log_evidence.value_or(std::nan("")), score.leave_one_out.elpd);
        }
    // ---- terms
    const auto selection = select_terms(grainer_of(true, 2), data, 0.3);
    for (const TermScore& term : selection.terms)
        std::printf("%-6s %s: z = %.1f, the evidence gains %.1f\n", term.name.c_str(),
                    term.kept ? "stays" : "goes", term.z, term.evidence_gain);
    // ---- end
    return selection.reliable ? 0 : 1;
}
