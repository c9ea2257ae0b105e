// Transfer matrix against enumeration, and the cost of a transfer matrix with the reach of the interaction
// and the length of the chain.
#include "support/ratio_report.hpp"

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
    const auto log_z = [](const auto& engine, const ising::CoarseChain<>& potential) {
        return engine.log_partition(boltzmann(potential, theta(2), beta));
    };
    const auto moments = [](const auto& engine, const ising::CoarseChain<>& potential) {
        return engine.expect(boltzmann(potential, theta(2), beta), EnergyGradient(potential, theta(2)));
    };
    const auto compare = [](const std::string& what, const auto& compute) {
        for (const Index n : {8, 10, 12, 14, 16}) {
            const auto potential = chain(n, 2);
            const std::string group = what + ", n = " + std::to_string(n);
            bench::add(group, "enumeration", [=] { return compute(Enumeration{}, potential); });
            bench::add(group, "transfer matrix", [=] { return compute(TransferMatrix{}, potential); });
        }
    };
    compare("log Z", log_z);
    compare("moments of dU/dtheta", moments);
    for (const Index range : {1, 2, 3, 4, 5, 6, 7, 8})
        add_log_partition("log Z, ring, n = 32", "W = " + std::to_string(range + 1), chain(32, range));
    for (const Index range : {1, 2, 4, 6, 8, 10, 12})
        add_log_partition("log Z, open, n = 32", "W = " + std::to_string(range + 1),
                          chain(32, range, Boundary::open));
    for (const Index n : {16, 32, 64, 128, 256, 512})
        add_log_partition("log Z, ring, W = 3", "n = " + std::to_string(n), chain(n, 2));
    return bench::run(argc, argv);
}
