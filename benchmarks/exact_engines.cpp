// Transfer matrix against enumeration, and the cost of a transfer matrix with the reach of the interaction
// and the length of the chain.
#include "support/ratio_report.hpp"

#include <predcg/concepts/target.hpp>

#include <predcg/algebra/boltzmann.hpp>
#include <predcg/algebra/statistics.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/ising/coarse_chain.hpp>

#include <string>

namespace {

using namespace predcg;

ising::CoarseChain<> chain(Index sites, Index pair_range, Boundary boundary = Boundary::periodic) {
    return ising::coarse_chain(
        {.sites = sites, .pair_range = pair_range, .field = 0.3, .boundary = boundary});
}

Vector theta(Index pair_range) { return Vector::Constant(pair_range, 0.5); }

constexpr double beta = 0.3;

void add_log_partition(const std::string& group, const std::string& member,
                       const ising::CoarseChain<>& potential) {
    bench::add(group, member, [potential] {
        return TransferMatrix{}.log_partition(boltzmann(potential, theta(potential.parameter_count()), beta));
    });
}

}  // namespace

int main(int argc, char** argv) {
    for (const Index n : {8, 10, 12, 14, 16}) {
        const auto potential = chain(n, 2);
        const std::string ring = ", ring of " + std::to_string(n) + " spins, pairs 1 and 2";
        bench::add("log Z" + ring, "enumeration",
                   [potential] { return Enumeration{}.log_partition(boltzmann(potential, theta(2), beta)); });
        add_log_partition("log Z" + ring, "transfer matrix", potential);
        const auto moments = [potential](const auto& engine) {
            return engine.expect(boltzmann(potential, theta(2), beta), EnergyGradient(potential, theta(2)));
        };
        bench::add("mean and covariance of dU/dtheta" + ring, "enumeration",
                   [moments] { return moments(Enumeration{}); });
        bench::add("mean and covariance of dU/dtheta" + ring, "transfer matrix",
                   [moments] { return moments(TransferMatrix{}); });
    }
    for (const Index range : {1, 2, 3, 4, 5, 6, 7, 8})
        add_log_partition("log Z of a ring of 32 spins, by window width", "W = " + std::to_string(range + 1),
                          chain(32, range));
    for (const Index range : {1, 2, 4, 6, 8, 10, 12})
        add_log_partition("log Z of an open chain of 32 spins, by window width",
                          "W = " + std::to_string(range + 1), chain(32, range, Boundary::open));
    for (const Index n : {16, 32, 64, 128, 256, 512})
        add_log_partition("log Z of a ring with W = 3, by length", "n = " + std::to_string(n), chain(n, 2));
    return bench::run(argc, argv);
}
