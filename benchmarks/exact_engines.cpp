// Transfer matrix against enumeration, the cost of a transfer matrix with the reach of the interaction and
// the length of the chain, and batches of chains against one by one.
#include "support/benchmark.hpp"

#include <predcg/engines/batch.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/structure/statistics.hpp>

#include <string>
#include <vector>

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

/// q(X|x) of 50 data, two fine spins to a coarse one, and what the gradient of the likelihood needs of them.
struct LatentTargets {
    explicit LatentTargets(Index pair_range) : potential(chain(16, pair_range)) {
        auto rng = make_stream(1, Purpose::check);
        for (Index k = 0; k < 50; ++k) {
            std::vector<ising::Spin> x;
            for (Index i = 0; i < 32; ++i) x.push_back(uniform(rng) < 0.7 ? 1 : -1);
            data.push_back(map.prepare(x));
            which.push_back(k);
        }
    }

    auto coarse() const { return boltzmann(potential, theta(potential.parameter_count()), beta); }
    auto gradient() const { return EnergyGradient(potential, theta(potential.parameter_count())); }
    auto likelihood(Index k) const { return map.likelihood(data[std::size_t(k)], Vector::Ones(1)); }
    auto agreement(Index k) const { return map.sufficient_statistic(data[std::size_t(k)]); }

    /// All of them at once.
    template <Want want>
    BatchMoments batch() const {
        const Batch all(
            coarse(), gradient(), [this](Index k) { return likelihood(k); },
            [this](Index k) { return agreement(k); }, which, weights);
        std::vector<NoState> none(data.size());
        return expect<want>(TransferMatrix{}, all, none, {});
    }

    ising::CoarseChain<> potential;
    ising::BernoulliMap<> map = ising::bernoulli_map({.level = 2});
    std::vector<ising::BlockSums> data;
    std::vector<Index> which;
    std::vector<double> weights = std::vector<double>(50, 1.0);
};

void add_batches(Index pair_range) {
    const LatentTargets q(pair_range);
    const std::string windows = ", 50 rings of 16, W = " + std::to_string(pair_range + 1);
    bench::add("log Z" + windows, "one by one", [q] {
        double sum = 0.0;
        for (const Index k : q.which)
            sum += TransferMatrix{}.log_partition(Product(q.coarse(), q.likelihood(k)));
        return sum;
    });
    bench::add("log Z" + windows, "batch", [q] { return *q.batch<Want::log_partitions>().log_partition; });
    bench::add("means" + windows, "one by one, with covariances", [q] {
        Vector sum = Vector::Zero(q.potential.parameter_count() + 2);
        for (const Index k : q.which)
            sum += TransferMatrix{}
                       .expect(Product(q.coarse(), q.likelihood(k)), Stack(q.gradient(), q.agreement(k)))
                       .mean;
        return sum;
    });
    bench::add("means" + windows, "batch, with covariances",
               [q] { return q.batch<Want::covariances>().covariance; });
    bench::add("means" + windows, "batch", [q] { return q.batch<Want::means>().mean; });
}

/// As a fit asks for it: sums over the data.
void add_e_step() {
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<ising::Spin>>{},
                                  ising::coarse_chain({.sites = 16, .linear = true, .pair_range = 1}),
                                  ising::bernoulli_map({.level = 2}), TransferMatrix{}};
    std::vector<std::vector<ising::Spin>> data(1000, std::vector<ising::Spin>(32));
    auto rng = make_stream(1, Purpose::check);
    for (auto& x : data)
        for (ising::Spin& s : x) s = uniform(rng) < 0.7 ? 1 : -1;
    const auto prepared = grainer.prepare(data, beta);
    const Parameters at{Vector{{0.2, 0.6}}, Vector::Ones(1)};
    const std::string group = "E-step of 1000 data, n_c = 16, {linear, pair_1}";
    bench::add(group, "means", [=] {
        const auto problem = grainer.problem(prepared);
        auto state = problem.state(at);
        return problem.expect_means(state);
    });
    bench::add(group, "means and second moments", [=] {
        const auto problem = grainer.problem(prepared);
        auto state = problem.state(at);
        return problem.expect(state);
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
    for (const Index range : {1, 2, 3, 5}) add_batches(range);
    add_e_step();
    return bench::run(argc, argv);
}
