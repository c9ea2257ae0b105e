// Stochastic fits at their defaults on long rings, against the exact fit of the same data: spins, letters of
// three kinds, and a screened interaction that is not linear in its parameters. A study, not a test: its
// table stands in docs/validation.md.
//     validation_large_fits ising|potts|screened SITES DATA SEEDS ITERATIONS
// SITES of the coarse ring, two fine ones to each; DATA are drawn from the model itself; ITERATIONS at most.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/potts/chain.hpp>
#include <predcg/models/potts/copy_map.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predcg.hpp>
#include <predcg/structure/autodiff.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

using namespace predcg;

namespace {

constexpr double beta = 0.5;

/// U = - A sum_i sum_{r = 1, 2} exp(-r / xi) / r X_i X_{i+r} on a ring: parameters A, xi.
struct Screened {
    ising::SpinSpace<> spins;

    const ising::SpinSpace<>& space() const { return spins; }
    Index parameter_count() const { return 2; }
    std::vector<std::string> parameter_names() const { return {"A", "xi"}; }
    Vector start() const { return Vector::Ones(2); }
    bool admissible(const Vector& theta) const { return theta[1] > 0.0; }
    Window window() const { return {3, Boundary::periodic}; }
    bool translation_invariant() const { return true; }

    template <class T>
    T of_products(double near, double far, const VectorOf<T>& theta) const {
        using std::exp;
        return -(theta[0] * (T(near) * exp(T(-1.0) / theta[1]) + T(0.5 * far) * exp(T(-2.0) / theta[1])));
    }
    template <class T>
    T energy(const std::vector<ising::Spin>& X, const VectorOf<T>& theta) const {
        double near = 0.0, far = 0.0;
        const std::size_t n = X.size();
        for (std::size_t i = 0; i < n; ++i) {
            near += X[i] * X[(i + 1) % n];
            far += X[i] * X[(i + 2) % n];
        }
        return of_products(near, far, theta);
    }
    template <class T>
    T local_energy(Index, std::span<const ising::Spin> w, const VectorOf<T>& theta) const {
        return of_products(w[0] * w[1], w[0] * w[2], theta);
    }
};

Vector joined(const Parameters& p) {
    Vector all(p.theta.size() + p.eta.size());
    all << p.theta, p.eta;
    return all;
}

struct Plan {
    std::size_t data;
    std::uint64_t seeds;
    Index iterations;
};

template <class Coarse, class Map>
void study(const Coarse& coarse, const Map& map, const Parameters& at, const Plan& plan) {
    using Fine = typename Map::fine_type;
    std::vector<Fine> data;
    {
        auto rng = make_stream(1, Purpose::generate);
        const auto target = boltzmann(coarse, at.theta, beta);
        auto sampler = TransferMatrix{}.sampler(target);
        while (data.size() < plan.data) data.push_back(map.sample(sampler.draw(rng), at.eta, rng));
    }
    const auto with = [&](const auto& engine, const auto& optimizer) {
        return EMCoarseGrainer{SamplesOnly<Fine>{}, coarse, map, engine, optimizer, weak_prior()};
    };
    const auto exact = with(TransferMatrix{}, Newton{}).fit(data, {.beta = beta, .starts = 1});
    const Vector truth = joined(exact.parameters);
    std::printf("exact:");
    for (const double value : truth) std::printf(" %.5f", value);
    std::puts("");
    const MonteCarlo engine(HeatBath{}, {.samples = 32, .chains = 32});
    const auto run = [&](const char* name, const auto& optimizer) {
        for (std::uint64_t seed = 1; seed <= plan.seeds; ++seed) {
            const auto fit = with(engine, optimizer)
                                 .fit(data, {.beta = beta, .iterations = plan.iterations, .seed = seed});
            const Vector off = joined(fit.parameters) - truth;
            const Vector stated = joined(fit.monte_carlo.standard_errors),
                         sd = joined(fit.monte_carlo.posterior_deviations),
                         left = joined(fit.monte_carlo.drift);
            std::printf("%s, seed %llu: %s after %td;", name, static_cast<unsigned long long>(seed),
                        to_string(fit.status).data(), fit.iterations);
            for (Index k = 0; k < truth.size(); ++k)
                std::printf(" error %.3f sd, stated %.3f, left %.3f;", off[k] / sd[k], stated[k] / sd[k],
                            left[k] / sd[k]);
            std::puts("");
            for (const std::string& remark : fit.remarks) std::printf("    %s\n", remark.c_str());
            std::fflush(stdout);
        }
    };
    run("Robbins-Monro", RobbinsMonro{});
    run("Newton", StochasticNewton{});
}

}  // namespace

int main(int count, char** words) {
    if (count != 6) {
        std::fputs("usage: validation_large_fits ising|potts|screened SITES DATA SEEDS ITERATIONS\n", stderr);
        return 2;
    }
    const std::string model = words[1];
    const Index sites = std::stol(words[2]);
    const Plan plan{std::stoul(words[3]), std::stoul(words[4]), std::stol(words[5])};
    const Vector eta = Vector::Constant(1, 1.5);
    if (model == "ising")
        study(ising::coarse_chain({.sites = sites, .pair_range = 1}), ising::bernoulli_map({.level = 2}),
              {Vector::Constant(1, 1.0), eta}, plan);
    else if (model == "potts")
        study(potts::coarse_chain<3>({.sites = sites, .pair_range = 1}), potts::copy_map<3>({.level = 2}),
              {Vector::Constant(1, 2.0), eta}, plan);
    else if (model == "screened")
        study(with_autodiff(Screened{ising::spin_space(sites)}), ising::bernoulli_map({.level = 2}),
              {Vector{{2.0, 1.5}}, eta}, plan);
    else
        return std::fputs("unknown model\n", stderr), 2;
    return 0;
}
