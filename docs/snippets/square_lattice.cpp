// Monte Carlo in one's own code: an Ising model on a square lattice, 32 x 32 spins to 16 x 16.
#include <predcg/monte_carlo.hpp>
#include <predcg/predcg.hpp>
#include <predcg/structure/graph_potential.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

using namespace predcg;
using Spins = std::vector<int>;

// ---- the host's simulation: heat-bath sweeps at coupling J, with nothing of the library but random numbers
std::vector<Spins> simulate(std::size_t side, double J, std::size_t count) {
    auto rng = make_stream(7, Purpose::generate);
    Spins x(side * side, 1);
    std::vector<Spins> samples;
    for (int sweep = 0; samples.size() < count; ++sweep) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            const std::size_t row = i / side * side, column = i % side;
            const int around = x[row + (column + 1) % side] + x[row + (column + side - 1) % side] +
                               x[(i + side) % x.size()] + x[(i + x.size() - side) % x.size()];
            x[i] = uniform(rng) < logistic(2.0 * J * around) ? 1 : -1;
        }
        if (sweep >= 200 && sweep % 10 == 0) samples.push_back(x);
    }
    return samples;
}

// ---- coarse potential, by hand
// U_c(X) = - pair sum over pairs of neighbours X_i X_j - field sum_i X_i
struct Square {
    LatticeSpace<int, 2> spins;
    NeighbourList list;

    const auto& space() const { return spins; }
    Index parameter_count() const { return 2; }
    std::vector<std::string> parameter_names() const { return {"pair", "field"}; }
    Eigen::Vector2d features(const Spins& X) const {  // dU_c/dtheta
        int pairs = 0, sum = 0;
        for (std::size_t i = 0; i < X.size(); ++i) {
            sum += X[i];
            for (const Index j : list[static_cast<Index>(i)]) pairs += X[i] * X[static_cast<std::size_t>(j)];
        }
        return {-pairs / 2, -sum};
    }

    // What samplers ask for: U_c(X with X_i := v) - U_c(X),
    double energy_difference(const Spins& X, Index i, int v, const Vector& theta) const {
        int around = 0;
        for (const Index j : list[i]) around += X[static_cast<std::size_t>(j)];
        return -(v - X[static_cast<std::size_t>(i)]) * (theta[0] * around + theta[1]);
    }
    // which sites it looks at, and whether all sites are alike to it.
    const NeighbourList& neighbours() const { return list; }
    bool translation_invariant() const { return true; }
};

// ---- map
// Each of the four spins of a block is the block's coarse spin with probability p = logistic(eta).
struct Blocks {
    using fine_type = Spins;
    using coarse_type = Spins;
    using Sums = std::vector<int>;  // of the blocks: all that the likelihood needs of x
    std::size_t side = 16;

    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const { return {"logit_p"}; }
    Vector start() const { return Vector::Ones(1); }
    std::size_t block(std::size_t i) const { return i / (4 * side) * side + i % (2 * side) / 2; }
    Sums prepare(const Spins& x) const {
        Sums sums(x.size() / 4, 0);
        for (std::size_t i = 0; i < x.size(); ++i) sums.at(block(i)) += x[i];
        return sums;
    }
    Index coarse_size(const Sums& sums) const { return static_cast<Index>(sums.size()); }

    static int equal(int sum, int S) { return (4 + S * sum) / 2; }  // fine spins like S, of four
    struct Likelihood {
        const Sums& sums;
        double same, other;  // log p, log (1 - p)

        double at(std::size_t r, int S) const {
            return equal(sums[r], S) * same + (4 - equal(sums[r], S)) * other;
        }
        double log_density(const Spins& X) const {
            double sum = 0.0;
            for (std::size_t r = 0; r < X.size(); ++r) sum += at(r, X[r]);
            return sum;
        }
        // What samplers ask for: a sum over single sites,
        Window window() const { return {1}; }
        double local_log_density(Index r, std::span<const int> w) const {
            return at(static_cast<std::size_t>(r), w[0]);
        }
        // and which of five kinds a site is.
        Index site_class(Index r) const { return (sums[static_cast<std::size_t>(r)] + 4) / 2; }
        Index class_count() const { return 5; }
    };
    Likelihood likelihood(const Sums& sums, const Vector& eta) const {
        return {sums, -log1p_exp(-eta[0]), -log1p_exp(eta[0])};
    }

    struct Agreement {  // fine spins like their coarse spin, and others
        const Sums& sums;
        Index size() const { return 2; }
        Eigen::Vector2d operator()(const Spins& X) const {
            int like = 0;
            for (std::size_t r = 0; r < X.size(); ++r) like += equal(sums[r], X[r]);
            return {like, 4 * static_cast<int>(X.size()) - like};
        }
    };
    Agreement sufficient_statistic(const Sums& sums) const { return {sums}; }
    Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const double p = logistic(eta[0]), q = logistic(-eta[0]);
        return {-T[0] * log1p_exp(-eta[0]) - T[1] * log1p_exp(eta[0]),
                Vector::Constant(1, T[0] * q - T[1] * p), Matrix::Constant(1, 1, -(T[0] + T[1]) * p * q)};
    }
    Spins sample(const Spins& X, const Vector& eta, auto& rng) const {
        Spins x(4 * X.size());
        for (std::size_t i = 0; i < x.size(); ++i)
            x[i] = uniform(rng) < logistic(eta[0]) ? X[block(i)] : -X[block(i)];
        return x;
    }
};

// The mean product of neighbours along a row.
struct RowBonds {
    double operator()(const Spins& x) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * x[i / 32 * 32 + (i + 1) % 32];
        return sum / static_cast<double>(x.size());
    }
};

// ---- program
int main() {
    const auto samples = simulate(32, 0.38, 50);
    const LatticeSpace spins(std::array{-1, 1}, 256);
    const NeighbourList list = lattice_neighbours<2>({16, 16});

    const Square by_hand{spins, list};
    const MonteCarlo engine(HeatBath{}, {.samples = 64, .chains = 32});
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, by_hand, Blocks{}, engine, StochasticNewton{}};
    const auto fit = grainer.fit(samples, {.beta = 1.0, .iterations = 200});
    for (const std::string& remark : fit.remarks) std::printf("%s\n", remark.c_str());
    std::printf("pair %.1f, field %.1f, p %.1f\n", fit["pair"], std::abs(fit["field"]),
                logistic(fit["logit_p"]));

    const auto predicted = predict(fit, RowBonds{});
    double data = 0.0;
    for (const Spins& x : samples) data += RowBonds{}(x) / static_cast<double>(samples.size());
    std::printf("products of neighbours: data %.1f, prediction %.1f\n", data, predicted.value());

    // ---- the same from its terms
    const GraphPotential from_terms(
        spins, list, {"pair", "field"}, [](int a, int b) { return Eigen::Vector2d(-a * b, 0); },
        [](int a) { return Eigen::Vector2d(0, -a); });
    const Spins start(256, 1);
    const Vector difference = from_terms.features(start) - by_hand.features(start);
    std::printf("two ways to write it: features differ by %.1f\n", difference.norm());

    // ---- own loop
    // A loop of one's own: ten EM steps. The state keeps the chains; it is told of every iteration.
    const auto problem = grainer.problem(grainer.prepare(samples, 1.0));
    auto state = problem.state({Vector{{0.5, 0.0}}, Vector::Ones(1)}, 3);
    for (std::uint32_t k = 0; k < 10; ++k) {
        state.begin(k);
        problem.maximise(state, problem.expect(state));
    }
    std::printf("ten EM steps: p %.1f\n", logistic(state.at.eta[0]));
    return 0;
}
