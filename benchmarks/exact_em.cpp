// Exact EM of the study's first experiment: 32 fine spins, two to a coarse spin, {pair_1}, 50 data.
#include "support/ratio_report.hpp"

#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <string>

namespace {

using namespace predcg;

/// E-step, gradient and information at one point, and whole fits from one start and from eight.
template <class Grainer>
void add_experiment(const std::string& member, const Grainer& grainer) {
    const auto data = generate(grainer.fine(), {.beta = 0.3, .samples = 50, .seed = 1});
    const auto prepared = grainer.prepare(data, data.beta);
    const Parameters at{Vector::Ones(1), Vector::Ones(1)};
    bench::add("E-step", member, [=] {
        auto state = grainer.problem(prepared).state(at);
        return grainer.problem(prepared).expect(state);
    });
    bench::add("log-likelihood, gradient and informations", member,
               [=] { return grainer.problem(prepared).evaluate(at); });
    bench::add("fit from one start, n_f = 32", member,
               [=] { return grainer.fit_prepared(prepared, {.starts = 1}); });
    bench::add("fit from eight starts", member,
               [=] { return grainer.fit_prepared(prepared, {.starts = 8}); });
}

auto grainer_of(Index fine_sites) {
    return EMCoarseGrainer{
        ising::chain({.sites = fine_sites, .field = 0.3}),
        ising::coarse_chain({.sites = fine_sites / 2, .pair_range = 1, .field = 0.3}),
        ising::bernoulli_map({.level = 2}),
        TransferMatrix{},
    };
}

}  // namespace

int main(int argc, char** argv) {
    add_experiment("sizes at run time", grainer_of(32));
    add_experiment("sizes at compile time",
                   EMCoarseGrainer{
                       ising::chain<32>({.field = 0.3}),
                       ising::coarse_chain<16, ising::StaticTerms<false, 1>>({.field = 0.3}),
                       ising::bernoulli_map<32, 16>(),
                       TransferMatrix{},
                   });
    for (const Index sites : {32, 64, 128, 256, 512}) {
        const auto grainer = grainer_of(sites);
        const auto prepared = grainer.prepare(
            generate(grainer.fine(), {.beta = 0.3, .samples = 50, .seed = 1}).configurations, 0.3);
        bench::add("fit from one start", "n_f = " + std::to_string(sites),
                   [=] { return grainer.fit_prepared(prepared, {.starts = 1}); });
    }
    return bench::run(argc, argv);
}
