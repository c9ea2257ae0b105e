// A fit and a posterior that go on where they were when the program is killed.
#include <predcg/core/checkpoint.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

using namespace predcg;

int main() {
    const auto fine = ising::chain({.sites = 32, .field = 0.3});
    const auto data = generate(fine, {.beta = 0.3, .samples = 50, .seed = 1});
    const auto coarse = ising::coarse_chain({.sites = 16, .linear = true, .pair_range = 1, .field = 0.3});
    const EMCoarseGrainer grainer{fine,     coarse,      ising::bernoulli_map({.level = 2}), TransferMatrix{},
                                  Newton{}, weak_prior()};
    // ---- checkpoint
    const std::string file = "fit.checkpoint";
    const auto kept = std::make_shared<Checkpoint>("50 data of seed 1", [&](std::string_view bytes) {
        std::ofstream(file + ".new", std::ios::binary) << bytes;
        std::filesystem::rename(file + ".new", file);  // whole or not at all
    });
    if (std::ifstream old(file, std::ios::binary); old)
        kept->resume(std::string(std::istreambuf_iterator<char>(old), {}));
    const CheckpointPlace place(kept);
    const auto fit = grainer.fit(data, {.checkpoint = place.within("fit")});
    const auto posterior = full_posterior(grainer, data, fit, {.checkpoint = place.within("posterior")});
    std::filesystem::remove(file);
    std::printf("pair_1: %.3f +- %.3f\n", posterior.mean[1], posterior.sd[1]);
    // ---- end
    return 0;
}
