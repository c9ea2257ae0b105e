// Why the interval of M^2 / N on the square lattice of docs/snippets/square_posterior.cpp does not hold the
// truth: coarse potentials with one and two couplings, maps whose spins depend on their own block alone and
// on the blocks that they touch. Intervals from 50 data, the same as there, and fits of many, which leave the
// misfit alone. A study, not a test: its table stands in docs/validation.md.
//     validation_lattice_misfit DATA DRAWS
// DATA of the fits of many, DRAWS of the posteriors; 0: without.
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/statistics/autocorrelation.hpp>

#include "square_ising.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

using namespace predcg;

namespace {

using Spin = ising::Spin;
using Spins = std::vector<Spin>;

constexpr Index side = 16;  // of the coarse lattice
constexpr double beta = 0.3;

/// U_c = - sum_k theta_k sum over pairs of neighbours of kind k of X_i X_j: nearest, on the diagonal.
struct Couplings {
    Index kinds;
    ising::SpinSpace<> spins = ising::spin_space(side * side);
    NeighbourList list = NeighbourList(lists(kinds));

    /// The four of kind 0, then those of kind 1.
    static std::vector<std::vector<Index>> lists(Index kinds) {
        constexpr std::array<std::pair<Index, Index>, 8> steps{
            {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {-1, -1}, {1, -1}, {-1, 1}}};
        std::vector<std::vector<Index>> all;
        for (Index i = 0; i < side * side; ++i) {
            auto& of_site = all.emplace_back();
            for (Index k = 0; k < 4 * kinds; ++k) {
                const auto [row, column] = steps[static_cast<std::size_t>(k)];
                of_site.push_back((i / side + row + side) % side * side + (i + column + side) % side);
            }
        }
        return all;
    }

    const ising::SpinSpace<>& space() const { return spins; }
    const NeighbourList& neighbours() const { return list; }
    bool translation_invariant() const { return true; }
    Index parameter_count() const { return kinds; }
    /// Sums over the neighbours of a site, one a kind.
    std::array<int, 2> around(const Spins& X, Index i) const {
        std::array<int, 2> sums{};
        std::size_t k = 0;
        for (const Index j : list[i]) sums[k++ / 4] += X[static_cast<std::size_t>(j)];
        return sums;
    }
    Vector features(const Spins& X) const {
        Vector f = Vector::Zero(kinds);
        for (Index i = 0; i < spins.size(); ++i) {
            const auto sums = around(X, i);
            for (Index k = 0; k < kinds; ++k)
                f[k] -= 0.5 * X[static_cast<std::size_t>(i)] * sums[static_cast<std::size_t>(k)];
        }
        return f;
    }
    double energy_difference(const Spins& X, Index i, Spin v, const Vector& theta) const {
        const auto sums = around(X, i);
        double field = 0.0;
        for (Index k = 0; k < kinds; ++k) field += theta[k] * sums[static_cast<std::size_t>(k)];
        return -(v - X[static_cast<std::size_t>(i)]) * field;
    }
};

/// Spins that are independent given X: x_i = +1 with the odds exp(2 (a X_r + b (X_s + X_t))) of its own block
/// r and the two blocks s, t that it touches. Without reach b = 0.
struct BlockMap {
    using fine_type = Spins;  // block by block, row by row in each
    using coarse_type = Spins;
    bool has_reach;

    Index parameter_count() const { return has_reach ? 2 : 1; }
    Vector start() const { return 0.5 * Vector::Unit(parameter_count(), 0); }
    Index coarse_size(const Spins& x) const { return std::ssize(x) / 4; }

    /// The blocks at the left, right, top and bottom of block r.
    static std::array<std::size_t, 4> around(std::size_t r) {
        constexpr std::size_t n = side;
        const std::size_t row = r / n * n, column = r % n;
        return {row + (column + n - 1) % n, row + (column + 1) % n, (r + n * n - n) % (n * n),
                (r + n) % (n * n)};
    }

    /// f(x_i X_r, x_i (X_s + X_t)) of the four spins of block r; letter(j) is X_j.
    template <class Letter, class F>
    static void each(const Spins& x, Letter&& letter, std::size_t r, F&& f) {
        const auto [left, right, top, bottom] = around(r);
        const int own = letter(r), across[2] = {letter(left), letter(right)},
                  along[2] = {letter(top), letter(bottom)};
        for (std::size_t s = 0; s < 4; ++s)
            f(x[4 * r + s] * own, x[4 * r + s] * (across[s % 2] + along[s / 2]));
    }
    static auto letters_of(const Spins& X) {
        return [&X](std::size_t j) -> int { return X[j]; };
    }

    /// log p of a spin, by (x X + 1) / 2 and x (X_s + X_t) / 2 + 1.
    static double log_p(const Vector& eta, int own, int others) {
        return -log1p_exp(-2.0 * (eta[0] * own + (eta.size() > 1 ? eta[1] * others : 0.0)));
    }

    struct Likelihood {
        const Spins& x;
        std::array<double, 6> log_p_of{};

        template <class Letter>
        double of_block(Letter&& letter, std::size_t r) const {
            double sum = 0.0;
            each(x, letter, r, [&](int own, int others) { sum += log_p_of[cell(own, others)]; });
            return sum;
        }
        double log_density(const Spins& X) const {
            double sum = 0.0;
            for (std::size_t r = 0; r < X.size(); ++r) sum += of_block(letters_of(X), r);
            return sum;
        }
        double log_density_difference(const Spins& X, Index i, Spin v) const {
            const auto at = static_cast<std::size_t>(i);
            if (X[at] == v) return 0.0;
            const auto before = letters_of(X);
            const auto after = [&](std::size_t j) -> int { return j == at ? v : X[j]; };
            double sum = of_block(after, at) - of_block(before, at);
            for (const std::size_t r : around(at)) sum += of_block(after, r) - of_block(before, r);
            return sum;
        }
    };
    static std::size_t cell(int own, int others) {
        return static_cast<std::size_t>(3 * (own + 1) / 2 + others / 2 + 1);
    }
    Likelihood likelihood(const Spins& x, const Vector& eta) const {
        Likelihood l{x};
        for (const int own : {-1, 1})
            for (const int others : {-2, 0, 2}) l.log_p_of[cell(own, others)] = log_p(eta, own, others);
        return l;
    }

    struct Cells {  // how many spins there are of each kind
        const Spins& x;
        Index size() const { return 6; }
        Vector operator()(const Spins& X) const {
            Vector T = Vector::Zero(6);
            for (std::size_t r = 0; r < X.size(); ++r)
                each(x, letters_of(X), r,
                     [&](int own, int others) { T[static_cast<Index>(cell(own, others))] += 1.0; });
            return T;
        }
    };
    Cells sufficient_statistic(const Spins& x) const { return {x}; }

    Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const Index m = parameter_count();
        Expansion e{0.0, Vector::Zero(m), Matrix::Zero(m, m)};
        for (const int own : {-1, 1})
            for (const int others : {-2, 0, 2}) {
                const double count = T[static_cast<Index>(cell(own, others))];
                const double log_one = log_p(eta, own, others), p = std::exp(log_one);
                const Vector u = Vector{{double(own), double(others)}}.head(m);
                e.value += count * log_one;
                e.gradient += 2.0 * count * (1.0 - p) * u;
                e.hessian -= 4.0 * count * p * (1.0 - p) * u * u.transpose();
            }
        return e;
    }

    Spins sample(const Spins& X, const Vector& eta, auto& rng) const {
        Spins x(4 * X.size(), Spin{1});
        for (std::size_t r = 0; r < X.size(); ++r) {
            std::size_t at = 4 * r;
            std::array<double, 4> p{};
            std::size_t s = 0;
            each(x, letters_of(X), r,
                 [&](int own, int others) { p[s++] = std::exp(log_p(eta, own, others)); });
            for (const double one : p) x[at++] = uniform(rng) < one ? Spin{1} : Spin{-1};
        }
        return x;
    }
};

/// M^2 / N, and the mean product of neighbours in a block and of neighbours in different ones.
Vector observed(const Spins& x) {
    double M = 0.0, in = 0.0, between = 0.0;
    for (std::size_t r = 0; r < x.size() / 4; ++r) {
        const Spin* const block = &x[4 * r];
        const std::size_t right = r / side * side + (r + 1) % side, below = (r + side) % (side * side);
        M += block[0] + block[1] + block[2] + block[3];
        in += block[0] * block[1] + block[2] * block[3] + block[0] * block[2] + block[1] * block[3];
        for (const auto& [a, b] : {std::pair{1, 0}, {3, 2}})
            between += x[4 * r + std::size_t(a)] * x[4 * right + std::size_t(b)];
        for (const auto& [a, b] : {std::pair{2, 0}, {3, 1}})
            between += x[4 * r + std::size_t(a)] * x[4 * below + std::size_t(b)];
    }
    const auto n = static_cast<double>(x.size());
    return Vector{{M * M / n, in / n, between / n}};
}

std::vector<Spins> by_blocks(const std::vector<Spins>& data) {
    std::vector<Spins> all;
    for (const Spins& x : data) {
        Spins& y = all.emplace_back();
        for (std::size_t row = 0; row < 32; row += 2)
            for (std::size_t column = 0; column < 32; column += 2)
                for (const std::size_t at : {0, 1, 32, 33}) y.push_back(x[row * 32 + column + at]);
    }
    return all;
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) {
        std::fputs("usage: validation_lattice_misfit DATA DRAWS\n", stderr);
        return 2;
    }
    const auto few = by_blocks(square_ising::samples(32, beta, 50, 1));
    const auto many = by_blocks(square_ising::samples(32, beta, std::stoul(words[1]), 2));
    {
        Matrix truth(20000, 3);
        const auto run = by_blocks(square_ising::samples(32, beta, 20000, 3, 5));
        for (std::size_t k = 0; k < run.size(); ++k) truth.row(static_cast<Index>(k)) = observed(run[k]);
        std::printf("a long simulation:");
        for (Index j = 0; j < 3; ++j) {
            const Vector column = truth.col(j);
            const double mean = column.mean(), variance = (column.array() - mean).square().mean();
            std::printf(" %.4f (%.4f)", mean,
                        std::sqrt(statistics::monotone_autocorrelation_time(column) / 20000.0 * variance));
        }
        std::puts("");
    }
    for (const bool has_reach : {false, true})
        for (const Index kinds : {1, 2}) {
            const EngineRoles engines{MonteCarlo(HeatBath{}, {.samples = 4}),
                                      MonteCarlo(HeatBath{}, {.samples = 2000})};
            const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, Couplings{kinds},
                                          BlockMap{has_reach},  engines,
                                          StochasticNewton{},   weak_prior()};
            std::printf("%s, %td couplings\n", has_reach ? "three blocks" : "one block", kinds);
            if (!many.empty()) {
                const auto fit = grainer.fit(many, {.beta = beta});
                const auto at = predict(fit, observed, {.draws = 100000});
                std::printf("    %zu data: %s, theta", many.size(), to_string(fit.status).data());
                for (const double value : fit.parameters.theta) std::printf(" %.3f", value);
                std::printf(", eta");
                for (const double value : fit.parameters.eta) std::printf(" %.3f", value);
                for (Index j = 0; j < 3; ++j) std::printf("; %.4f (%.4f)", at.mean[j], at.standard_error[j]);
                std::puts("");
                for (const std::string& remark : fit.remarks) std::printf("    %s\n", remark.c_str());
                std::fflush(stdout);
            }
            if (std::stol(words[2]) == 0) continue;
            const auto of_few = grainer.fit(few, {.beta = beta});
            const auto posterior =
                exchange_posterior(grainer, grainer.prepare(few, beta), of_few,
                                   {.draws = std::stol(words[2]), .warm_up = 300, .thinning = 2});
            const auto predicted = predict(posterior, observed, {.predictive = false});
            std::printf("    50 data (%s, %s):", to_string(of_few.status).data(),
                        posterior.reliable ? "reliable" : "flagged");
            for (Index j = 0; j < 3; ++j)
                std::printf(" %.3f, %.3f to %.3f;", predicted.mean[j], predicted.lower[j],
                            predicted.upper[j]);
            std::puts("");
            std::fflush(stdout);
        }
    return 0;
}
