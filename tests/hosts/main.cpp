#include <predcg/engines/mean_field.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/learning/spread_data.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/relative_entropy.hpp>
#include <predcg/selection.hpp>

#include "coarse.hpp"

#include <algorithm>
#include <array>
#include <barrier>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <thread>
#include <vector>

namespace host {

/// Two threads of the host that work as two processes do: each holds half of the data.
class Team {
public:
    struct Member {  // what the library asks of a communicator
        Team* team;
        std::size_t place;

        std::ptrdiff_t rank() const { return static_cast<std::ptrdiff_t>(place); }
        std::ptrdiff_t size() const { return 2; }
        void sum(std::span<std::int64_t> numbers) const {
            team->given_[place] = numbers;
            team->meeting_.arrive_and_wait();
            std::vector<std::int64_t> sums(numbers.begin(), numbers.end());
            for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += team->given_[1 - place][k];
            team->meeting_.arrive_and_wait();  // nobody reads any more
            std::copy(sums.begin(), sums.end(), numbers.begin());
        }
    };
    static_assert(predcg::Communicator<Member>);
    Member member(std::size_t place) { return {this, place}; }

private:
    std::barrier<> meeting_{2};
    std::array<std::span<std::int64_t>, 2> given_;
};

/// Parameters learnt from samples that lie in two places.
std::array<std::vector<double>, 2> learnt_together(const std::vector<std::vector<signed char>>& samples,
                                                   double beta) {
    using namespace predcg;
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<ising::Spin>>{},
                                  ising::coarse_chain({.sites = 6, .pair_range = 1}),
                                  ising::bernoulli_map({.level = 2}), TransferMatrix{}};
    std::array<std::vector<double>, 2> results;
    const auto learn = [&](std::size_t place, const Processes& processes) {
        const auto middle = samples.begin() + std::ssize(samples) / 2;
        const std::vector<std::vector<signed char>> part(place == 0 ? samples.begin() : middle,
                                                         place == 0 ? middle : samples.end());
        const auto fit = grainer.fit_prepared(prepare_spread(grainer, processes, part, beta), {.starts = 1});
        for (const Vector* block : {&fit.parameters.theta, &fit.parameters.eta})
            results[place].insert(results[place].end(), block->begin(), block->end());
    };
    Team team;
    std::thread other([&] { learn(1, Processes(team.member(1))); });
    learn(0, Processes(team.member(0)));
    other.join();
    return results;
}
std::vector<std::vector<signed char>> samples(long sites);
bool refuses();
}  // namespace host

int main() {
    host::Generator generator(7);
    const auto learnt = host::coarse_grain(host::samples(12), 0.5, generator);
    const auto& information = learnt.information;
    bool fine = learnt.parameters.size() == 2 && information.rows == 2 && learnt.run.size() == 100 &&
                information(0, 0) > 0.0 && std::abs(information(0, 1) - information(1, 0)) < 1e-9;
    for (const double value : learnt.parameters) fine = fine && std::isfinite(value);
    std::printf("pair %.3f, logit %.3f\n", learnt.parameters[0], learnt.parameters[1]);

    // the same from two halves, by the host's own communicator: equal in both, and to that but for rounding
    const auto together = host::learnt_together(host::samples(12), 0.5);
    bool agree = together[0] == together[1] && together[0].size() == learnt.parameters.size();
    for (std::size_t k = 0; agree && k < learnt.parameters.size(); ++k)
        agree = std::abs(together[0][k] - learnt.parameters[k]) < 1e-6;

    // exceptions of the library cross the boundary of the shared library
    bool caught = false;
    try {
        host::coarse_grain(host::samples(10), 0.5, generator);
    } catch (const predcg::ArgumentError& error) {
        caught = error.value() == "10";
        std::printf("%s\n", error.what());
    }
    const bool refused = host::refuses();
    if (!fine) std::printf("what was learnt came out wrong\n");
    if (!agree) std::printf("two halves of the data gave something else than all of it\n");
    if (!caught) std::printf("the exception was not caught as what it is\n");
    if (!refused) std::printf("without RTTI the exception was not caught as what it is\n");
    return fine && agree && caught && refused ? 0 : 1;
}
