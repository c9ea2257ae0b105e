// How often the credible intervals of fits by sampling hold the truth, where the model is right: data from
// the model itself, fitted by Monte Carlo, posterior by exchange, expectations from samples of every draw. On
// a ring the exact posterior of the same data stands beside it. A study, not a test: its table stands in
// docs/validation.md.
//     validation_sampled_coverage ring|lattice SETS FIRST_SEED
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/statistics/proportion.hpp>
#include <predcg/statistics/running_moments.hpp>
#include <predcg/structure/graph_potential.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

using namespace predcg;

namespace {

using Spins = std::vector<ising::Spin>;
constexpr double beta = 0.5, credibility = 0.95;

/// Intervals of several components against their true values.
struct Held {
    const char* name;
    Vector truth;
    std::vector<Index> inside = std::vector<Index>(static_cast<std::size_t>(truth.size()));
    Vector width = Vector::Zero(truth.size()), square = width;  // square: of z
    Index sets = 0, flagged = 0;

    void add(const CredibleInterval& of, bool reliable) {
        ++sets;
        flagged += reliable && of.reliable ? 0 : 1;
        for (Index j = 0; j < truth.size(); ++j) {
            inside[static_cast<std::size_t>(j)] += of.lower[j] <= truth[j] && truth[j] <= of.upper[j];
            width[j] += of.upper[j] - of.lower[j];
            const double z = (of.mean[j] - truth[j]) / of.sd[j];
            square[j] += z * z;
        }
    }
    void print(const std::vector<const char*>& names) const {
        for (std::size_t j = 0; j < names.size(); ++j) {
            const auto k = static_cast<Index>(j);
            const auto n = static_cast<double>(sets);
            const statistics::Proportion held{inside[j], sets};
            std::printf("| %s | %s | %td of %td | %.1f to %.1f | %.4f | %.2f | %td |\n", name, names[j],
                        held.successes, sets, 100.0 * held.lower(), 100.0 * held.upper(), width[k] / n,
                        std::sqrt(square[k] / n), flagged);
        }
        std::fflush(stdout);
    }
};

/// The parameters, in the place of an observable.
Vector parameters_of(const auto&, const Parameters& at, double) {
    Vector all(at.theta.size() + at.eta.size());
    all << at.theta, at.eta;
    return all;
}

/// The study of one system. sampler() draws X at the true parameters; reference(data, add) adds what an exact
/// posterior says, where there is one.
template <class Coarse, class Sampler, class Observed, class Reference>
void study(const Coarse& coarse, const ising::BernoulliMap<>& map, const Parameters& at, std::uint64_t sets,
           std::uint64_t first, Sampler&& sampler, const Observed& observed, std::size_t count,
           const std::vector<const char*>& parameters, const std::vector<const char*>& observables,
           Reference&& reference) {
    constexpr int many = 200000;
    statistics::RunningMoments<Vector> truth;
    {
        auto rng = make_stream(first, Purpose::check);
        for (int k = 0; k < many; ++k) truth.add(observed(map.sample(sampler.draw(rng), at.eta, rng)));
    }
    const Vector true_parameters = parameters_of(0, at, beta);
    Held of_parameters{"sampled", true_parameters}, of_observables{"sampled", truth.mean()};
    Held exact_parameters{"exact", true_parameters}, exact_observables{"exact", truth.mean()};
    std::printf("truth:");
    for (const double value : truth.mean()) std::printf(" %.5f", value);
    std::puts("");
    Index unconverged = 0;
    for (std::uint64_t seed = first; seed < first + sets; ++seed) {
        auto rng = make_stream(seed, Purpose::generate);
        std::vector<Spins> data;
        while (data.size() < count) data.push_back(map.sample(sampler.draw(rng), at.eta, rng));
        const EMCoarseGrainer grainer{
            SamplesOnly<Spins>{}, coarse,      map, MonteCarlo(HeatBath{}, {.samples = 32, .chains = 32}),
            StochasticNewton{},   weak_prior()};
        const auto fit = grainer.fit(data, {.beta = beta, .seed = seed});
        unconverged += fit.status == Status::converged ? 0 : 1;
        const auto posterior =
            exchange_posterior(grainer, grainer.prepare(data, beta), fit,
                               {.draws = 1000, .warm_up = 300, .thinning = 2, .seed = seed});
        of_parameters.add(
            credible_interval(
                posterior, [](const auto&... all) { return parameters_of(all...); }, credibility),
            posterior.reliable);
        of_observables.add(
            predict(posterior, observed, {.credibility = credibility, .predictive = false, .seed = seed}),
            posterior.reliable);
        reference(data, seed, exact_parameters, exact_observables);
        if ((seed - first + 1) % 50 != 0 && seed + 1 != first + sets) continue;
        std::printf("%td sets, %td fits not converged\n", of_parameters.sets, unconverged);
        for (const auto& [exact, sampled, names] :
             {std::tuple{&exact_parameters, &of_parameters, &parameters},
              std::tuple{&exact_observables, &of_observables, &observables}}) {
            sampled->print(*names);
            if (exact->sets > 0) exact->print(*names);
        }
    }
}

/// M^2 / N, m, and the mean product of neighbours on a ring.
Vector on_ring(const Spins& x) {
    double sum = 0.0, products = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        sum += x[i];
        products += x[i] * x[(i + 1) % x.size()];
    }
    const auto n = static_cast<double>(x.size());
    return Vector{{sum / n, products / n, sum * sum / n}};
}

constexpr Index side = 6;

/// Mean product of one spin each of neighbouring blocks, and M^2 / N.
Vector on_lattice(const Spins& x) {
    double sum = 0.0, products = 0.0;
    for (const auto spin : x) sum += spin;
    for (std::size_t r = 0; r < side * side; ++r)
        products += x[4 * r] * x[4 * (r / side * side + (r + 1) % side)] / double(side * side);
    return Vector{{products, sum * sum / static_cast<double>(x.size())}};
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::fputs("usage: validation_sampled_coverage ring|lattice SETS FIRST_SEED\n", stderr);
        return 2;
    }
    const std::uint64_t sets = std::stoul(words[2]), first = std::stoul(words[3]);
    if (std::string(words[1]) == "ring") {
        const auto coarse = ising::coarse_chain({.sites = 16, .linear = true, .pair_range = 1});
        const auto map = ising::bernoulli_map({.level = 2});
        const Parameters at{Vector{{0.4, 0.8}}, Vector::Constant(1, 1.5)};
        const auto target = boltzmann(coarse, at.theta, beta);
        study(
            coarse, map, at, sets, first, TransferMatrix{}.sampler(target), on_ring, 20,
            {"linear", "pair_1", "logit_theta_cf"}, {"m", "R_1", "M^2 / N"},
            [&](const auto& data, std::uint64_t seed, Held& parameters, Held& observables) {
                const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, coarse,   map,
                                              TransferMatrix{},     Newton{}, weak_prior()};
                const auto prepared = grainer.prepare(data, beta);
                const auto posterior = full_posterior(
                    grainer, prepared, grainer.fit(data, {.beta = beta, .starts = 2, .seed = seed}),
                    {.draws = 1000, .seed = seed});
                parameters.add(
                    credible_interval(
                        posterior, [](const auto&... all) { return parameters_of(all...); }, credibility),
                    posterior.reliable);
                // Exact draws of X: noise far below the posterior's spread, as 2000 of them are taken.
                observables.add(
                    predict(posterior, on_ring,
                            {.credibility = credibility, .samples = 2000, .predictive = false, .seed = seed}),
                    posterior.reliable);
            });
    } else {
        using Term = Eigen::Matrix<double, 1, 1>;
        const GraphPotential coarse(
            ising::spin_space(side * side), lattice_neighbours<2>({side, side}), {"pair"},
            [](int a, int b) { return Term(-a * b); }, [](int) { return Term(0.0); });
        const Parameters at{Vector::Constant(1, 0.6), Vector::Constant(1, 1.5)};
        const auto target = boltzmann(coarse, at.theta, beta);
        // 20 sweeps apart.
        study(coarse, ising::bernoulli_map({.level = 4}), at, sets, first,
              MonteCarlo(HeatBath{}, {.thinning = 20}).chain_sampler(target), on_lattice, 20,
              {"pair", "logit_theta_cf"}, {"products of blocks", "M^2 / N"},
              [](const auto&, std::uint64_t, Held&, Held&) {});
    }
    return 0;
}
