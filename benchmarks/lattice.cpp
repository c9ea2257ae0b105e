// An Ising model on a square lattice of 16 x 16, written by a user: what of it says how much to the kernels.
// All members make the same number of updates, 192 sweeps of each of four data, and 32 evaluations of the
// statistics.
#include "support/benchmark.hpp"

#include <predcg/monte_carlo.hpp>
#include <predcg/structure/graph_potential.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace predcg;
using Spins = std::vector<int>;
using Space = LatticeSpace<int, 2>;
constexpr Index side = 16, sites = side * side, data = 4;
const Space spins(std::array{-1, 1}, sites);

/// U_c = - theta sum over pairs of neighbours X_i X_j.
struct Whole {
    NeighbourList list = lattice_neighbours<2>({side, side});

    const Space& space() const { return spins; }
    Index parameter_count() const { return 1; }
    int around(const Spins& X, Index i) const {
        int sum = 0;
        for (const Index j : list[i]) sum += X[static_cast<std::size_t>(j)];
        return sum;
    }
    Eigen::Matrix<double, 1, 1> features(const Spins& X) const {
        int sum = 0;
        for (Index i = 0; i < sites; ++i) sum += X[static_cast<std::size_t>(i)] * around(X, i);
        return Eigen::Matrix<double, 1, 1>(-0.5 * sum);
    }
};
struct WithDifference : Whole {
    double energy_difference(const Spins& X, Index i, int v, const Vector& theta) const {
        return -theta[0] * (v - X[static_cast<std::size_t>(i)]) * around(X, i);
    }
};
struct WithNeighbours : WithDifference {
    const NeighbourList& neighbours() const { return list; }
    bool translation_invariant() const { return true; }
};

/// A field of each site that has one of five values.
struct Fields {
    const std::vector<int>* classes;
    static double at(int c, int S) { return 0.7 * (c - 2) * S; }
    double log_density(const Spins& X) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < X.size(); ++i) sum += at((*classes)[i], X[i]);
        return sum;
    }
};
struct FieldsWithDifference : Fields {
    double log_density_difference(const Spins& X, Index i, int v) const {
        const auto k = static_cast<std::size_t>(i);
        return at((*classes)[k], v) - at((*classes)[k], X[k]);
    }
};
struct FieldsOfSites : Fields {
    Window window() const { return {1}; }
    double local_log_density(Index i, std::span<const int> w) const {
        return at((*classes)[static_cast<std::size_t>(i)], w[0]);
    }
};
struct FieldsOfClasses : FieldsOfSites {
    Index site_class(Index i) const { return (*classes)[static_cast<std::size_t>(i)]; }
    Index class_count() const { return 5; }
};
struct Sum {
    Index size() const { return 1; }
    Eigen::Matrix<double, 1, 1> operator()(const Spins& X) const {
        int sum = 0;
        for (const int x : X) sum += x;
        return Eigen::Matrix<double, 1, 1>(double(sum));
    }
};

std::vector<std::vector<int>> classes() {
    std::mt19937 rng(1);
    std::vector<std::vector<int>> all(data);
    for (auto& one : all)
        for (Index i = 0; i < sites; ++i) one.push_back(static_cast<int>(rng() % 5));
    return all;
}
const Vector theta = Vector::Constant(1, 0.4);

template <class Factor, class Coarse>
void add(const std::string& member, const Coarse& coarse, Index chains) {
    using State = typename MonteCarlo<HeatBath>::template State<Product<Boltzmann<Bound<Coarse>>, Factor>>;
    struct Kept {
        Coarse coarse;
        std::vector<std::vector<int>> fields = classes();
        std::vector<Index> which{0, 1, 2, 3};
        std::vector<double> weights = std::vector<double>(data, 1.0);
        std::vector<State> states = std::vector<State>(data);
    };
    const auto kept = std::make_shared<Kept>(Kept{coarse});
    const Index thinning = chains == 1 ? bench::size(6, 1) : 1, refresh = chains == 1 ? 0 : 5;
    const MonteCarlo engine(
        HeatBath{},
        {.samples = 32, .chains = chains, .warm_up = 1, .refresh = refresh, .thinning = thinning});
    bench::add("E-step of a square lattice: 196608 updates", member, [=] {
        const auto factor = [&](Index k) { return Factor{{&kept->fields[static_cast<std::size_t>(k)]}}; };
        const Batch batch(
            boltzmann(kept->coarse, theta, 1.0), EnergyGradient(kept->coarse, theta), factor,
            [](Index) { return Sum{}; }, kept->which, kept->weights);
        return expect<Want::covariances>(engine, batch, kept->states, {1, Purpose::check, 0, 0});
    });
}

/// What one would write for this lattice alone: a table of 32-bit probabilities, std::mt19937.
class ByHand {
public:
    double operator()() {
        std::array<std::array<std::uint32_t, 9>, 5> table{};
        for (int c = 0; c < 5; ++c)
            for (int h = -4; h <= 4; h += 2)
                table[static_cast<std::size_t>(c)][static_cast<std::size_t>(h + 4)] =
                    static_cast<std::uint32_t>(
                        std::ldexp(logistic(2.0 * (theta[0] * h + 0.7 * (c - 2))), 32));
        double sum = 0.0;
        for (std::size_t k = 0; k < data; ++k)
            for (int sweep = 0; sweep < 192; ++sweep) {
                Spins& X = X_[k];
                for (std::size_t i = 0; i < sites; ++i) {
                    const std::size_t row = i / side * side, column = i % side;
                    const int h = X[row + (column + 1) % side] + X[row + (column + side - 1) % side] +
                                  X[(i + side) % sites] + X[(i + sites - side) % sites];
                    X[i] = rng_() < table[static_cast<std::size_t>(fields_[k][i])]
                                         [static_cast<std::size_t>(h + 4)]
                               ? 1
                               : -1;
                }
                if (sweep % 6 == 5) sum += whole_.features(X)[0] + Sum{}(X)[0];
            }
        return sum;
    }

private:
    Whole whole_;
    std::vector<std::vector<int>> fields_ = classes();
    std::vector<Spins> X_ = std::vector<Spins>(data, Spins(sites, 1));
    std::mt19937 rng_{1};
};

}  // namespace

int main(int argc, char** argv) {
    bench::add("E-step of a square lattice: 196608 updates", "table written by hand",
               [by_hand = std::make_shared<ByHand>()] { return (*by_hand)(); });
    add<Fields>("whole densities", Whole{}, 1);
    add<Fields>("energy_difference alone", WithDifference{}, 1);
    add<FieldsWithDifference>("both differences", WithDifference{}, 1);
    add<FieldsOfSites>("neighbours(), one chain", WithNeighbours{}, 1);
    add<FieldsOfClasses>("neighbours() and site_class, one chain", WithNeighbours{}, 1);
    add<FieldsOfSites>("neighbours(), 32 chains", WithNeighbours{}, 32);
    add<FieldsOfClasses>("neighbours() and site_class, 32 chains", WithNeighbours{}, 32);
    return bench::run(argc, argv);
}
