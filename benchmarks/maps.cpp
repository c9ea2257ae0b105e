// E-steps with maps that look at more than one coarse letter, against Bernoulli's at the same window.
#include "support/benchmark.hpp"

#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

#include <string>
#include <vector>

namespace {

using namespace predcg;

template <class Map>
void add_e_step(const std::string& group, const std::string& member, Index pair_range, const Map& map) {
    const EMCoarseGrainer grainer{
        SamplesOnly<std::vector<ising::Spin>>{},
        ising::coarse_chain({.sites = 16, .linear = true, .pair_range = pair_range}), map, TransferMatrix{}};
    std::vector<std::vector<ising::Spin>> data(1000, std::vector<ising::Spin>(32));
    auto rng = make_stream(1, Purpose::check);
    for (auto& x : data)
        for (ising::Spin& s : x) s = uniform(rng) < 0.7 ? 1 : -1;
    const auto prepared = grainer.prepare(data, 0.3);
    const Parameters at{Vector::Constant(1 + pair_range, 0.2), start_of(map)};
    bench::add("E-step, means, " + group, member, [=] {
        const auto problem = grainer.problem(prepared);
        auto state = problem.state(at);
        return problem.expect_means(state);
    });
    bench::add("E-step, means and second moments, " + group, member, [=] {
        const auto problem = grainer.problem(prepared);
        auto state = problem.state(at);
        return problem.expect(state);
    });
}

}  // namespace

int main(int argc, char** argv) {
    const std::string two = "1000 data, windows of two", three = "1000 data, windows of three";
    add_e_step(two, "Bernoulli", 1, ising::bernoulli_map({.level = 2}));
    add_e_step(two, "link2", 1, ising::link_map({.level = 2}));
    add_e_step(two, "autoregressive, next letter", 1,
               ising::logistic_map({.level = 2, .window = {0, 1}, .autoregressive = true}));
    add_e_step(two, "decimation", 1, ising::decimation_map({.level = 2}));
    add_e_step(three, "Bernoulli", 2, ising::bernoulli_map({.level = 2}));
    add_e_step(three, "autoregressive, both neighbours", 2,
               ising::logistic_map({.level = 2, .window = {-1, 1}, .autoregressive = true}));
    return bench::run(argc, argv);
}
