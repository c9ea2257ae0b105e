// A map that couples neighbours, and a Markov kernel, both of one's own.
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/predcg.hpp>
#include <predcg/testing/check_map.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

// ---- map
// Blocks of two on a ring: a fine site looks at its own coarse site S and at the nearer neighbour N,
//     p(x_i | X) = exp(x_i h) / (2 cosh h),  h = own S + next N.
struct LookingAside {
    using fine_type = Spins;
    using coarse_type = Spins;

    Index parameter_count() const { return 2; }
    std::vector<std::string> parameter_names() const { return {"own", "next"}; }
    Vector start() const { return Vector{{1.0, 0.0}}; }

    // T = (sum x S, sum x N, pairs S = N, pairs S != N): h is own + next in one case, own - next in the
    // other, and the normalisation with it, so that the pairs count, too.
    struct Counts {
        const Spins& x;

        Index size() const { return 4; }
        Vector operator()(const Spins& X) const {
            Vector T = Vector::Zero(4);
            for (std::size_t r = 0; r < X.size(); ++r) T += at(r, X[r], X[(r + 1) % X.size()]);
            return T;
        }
        Window window() const { return {2, Boundary::periodic}; }
        Eigen::Vector4d local(Index r, std::span<const ising::Spin> w) const {
            return at(static_cast<std::size_t>(r), w[0], w[1]);
        }
        // The two fine sites between the coarse sites r and r + 1.
        Eigen::Vector4d at(std::size_t r, int left, int right) const {
            const int a = x[2 * r + 1], b = x[(2 * r + 2) % x.size()];
            const double equal = left == right ? 2.0 : 0.0;
            return {double(a * left + b * right), double(a * right + b * left), equal, 2.0 - equal};
        }
    };
    Counts sufficient_statistic(const Spins& x) const { return {x}; }

    // log p_cf is the product of T with functions of eta: so is the likelihood, window by window.
    struct Likelihood {
        Counts counts;
        Eigen::Vector4d natural;

        double log_density(const Spins& X) const { return natural.dot(counts(X)); }
        Window window() const { return counts.window(); }
        double local_log_density(Index r, std::span<const ising::Spin> w) const {
            return natural.dot(counts.local(r, w));
        }
    };
    Likelihood likelihood(const Spins& x, const Vector& eta) const {
        return {{x},
                {eta[0], eta[1], -std::log(2.0 * std::cosh(eta[0] + eta[1])),
                 -std::log(2.0 * std::cosh(eta[0] - eta[1]))}};
    }

    Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const double p = std::tanh(eta[0] + eta[1]), m = std::tanh(eta[0] - eta[1]);
        const double sp = T[2] * (1.0 - p * p), sm = T[3] * (1.0 - m * m);
        return {likelihood({}, eta).natural.dot(T),
                Vector{{T[0] - T[2] * p - T[3] * m, T[1] - T[2] * p + T[3] * m}},
                Matrix{{-sp - sm, -sp + sm}, {-sp + sm, -sp - sm}}};
    }

    Spins sample(const Spins& X, const Vector& eta, auto& rng) const {
        Spins x(2 * X.size());
        for (std::size_t i = 0; i < x.size(); ++i) {
            const std::size_t n = X.size(), r = i / 2, aside = i % 2 == 0 ? r + n - 1 : r + 1;
            const double h = eta[0] * X[r] + eta[1] * X[aside % n];
            x[i] = uniform(rng) < logistic(2.0 * h) ? 1 : -1;
        }
        return x;
    }
};
static_assert(StatisticMap<LookingAside>);

// ---- kernel
// Leaves any density of spins as it is: every spin in turn is drawn given all others.
struct Glauber {
    template <Target T>
    void advance(const T& target, Spins& X, auto& rng) const {
        for (ising::Spin& spin : X) {
            spin = 1;
            const double up = target.log_density(X);
            spin = -1;
            if (uniform(rng) < logistic(up - target.log_density(X))) spin = 1;
        }
    }
};

// ---- use
int main() {
    const auto fine = ising::chain({.sites = 24, .field = 0.3});
    const auto data = generate(fine, {.beta = 0.3, .samples = 200, .seed = 1});
    const auto coarse = ising::coarse_chain({.sites = 12, .pair_range = 1, .field = 0.3});
    const auto fit = EMCoarseGrainer{fine, coarse, LookingAside{}, TransferMatrix{}}.fit(data);
    std::printf("%s: pair_1 %.3f, own %.3f, next %.3f\n", to_string(fit.status).data(), fit["pair_1"],
                fit["own"], fit["next"]);

    auto target = boltzmann(coarse, fit.parameters.theta, 0.3);
    const EnergyGradient slope{coarse, fit.parameters.theta};  // the mean of dU/dtheta, as fits need it
    const MonteCarlo engine(Glauber{}, {.samples = 4000});
    decltype(engine)::State<decltype(target)> chains;  // kept from call to call
    const Moments sampled = engine.expect(target, slope, chains, StreamKey{.seed = 1});
    const Moments exact = TransferMatrix{}.expect(target, slope);
    std::printf("E[dU/dpair_1]: own kernel %.2f, exact %.2f\n", sampled.mean[0], exact.mean[0]);

    // ---- check
    const Findings findings =
        check_map(LookingAside{}, ising::spin_space(4), Vector{{0.7, 0.2}}, ising::spin_space(8));
    for (const std::string& finding : findings) std::printf("%s\n", finding.c_str());
    // ---- end
    const double z = (sampled.mean[0] - exact.mean[0]) / sampled.standard_error[0];
    return findings.empty() && fit.status == Status::converged && std::abs(z) < 5.0 ? 0 : 1;
}
