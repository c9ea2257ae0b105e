// A polymer of 24 beads in space, learnt as one of 8 blobs: fit, posterior, radius of gyration.
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/kernels/trajectory.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/structure/autodiff.hpp>

#include <cmath>
#include <cstdio>

using namespace predcg;

// ---- points
// Beads as a simulation code has them. S is double, and another scalar where derivatives are wanted.
template <class S>
using PointsOf = std::vector<std::array<S, 3>>;
using Points = PointsOf<double>;

template <class S>
S squared_distance(const std::array<S, 3>& a, const std::array<S, 3>& b) {
    const S x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
    return x * x + y * y + z * z;
}

// Without it the centre of mass could be anywhere: a density without an integral.
template <class S>
S trap(const PointsOf<S>& X) {
    S sum = 0.0;
    for (std::size_t c = 0; c < 3; ++c) {
        S centre = 0.0;
        for (const auto& point : X) centre += point[c] / static_cast<double>(X.size());
        sum += 0.5 * centre * centre;
    }
    return sum;
}
// ---- fine
// U = sum of springs (r - 1)^2 (10 + 20 (r - 1)^2), and of 2 exp(-2 r^2) between beads that are no neighbours.
struct Polymer {
    PointSpace<> beads{24};

    const PointSpace<>& space() const { return beads; }
    template <class S>
    S energy(const PointsOf<S>& x) const {
        using std::exp, std::sqrt;
        S U = trap(x);
        for (std::size_t i = 1; i < x.size(); ++i) {
            const S stretch = sqrt(squared_distance(x[i], x[i - 1])) - 1.0;
            U += stretch * stretch * (10.0 + 20.0 * stretch * stretch);
            for (std::size_t j = 0; j + 1 < i; ++j) U += 2.0 * exp(-2.0 * squared_distance(x[i], x[j]));
        }
        return U;
    }
};
// ---- coarse
// U_c = sum of springs k/2 (R - length)^2, and of strength exp(-R^2/2) between blobs that are no neighbours.
struct Blobs {
    PointSpace<> blobs{8};

    const PointSpace<>& space() const { return blobs; }
    Index parameter_count() const { return 3; }
    std::vector<std::string> parameter_names() const { return {"spring", "length", "strength"}; }
    Vector start() const { return Vector{{2.0, 1.0, 0.5}}; }
    bool admissible(const Vector& theta) const { return theta[0] > 0.0; }

    template <class S, class T>  // scalars of X and of theta
    std::common_type_t<S, T> energy(const PointsOf<S>& X, const VectorOf<T>& theta) const {
        using std::exp, std::sqrt;
        std::common_type_t<S, T> U = trap(X);
        for (std::size_t i = 1; i < X.size(); ++i) {
            const auto stretch = sqrt(squared_distance(X[i], X[i - 1])) - theta[1];
            U += 0.5 * theta[0] * (stretch * stretch);
            for (std::size_t j = 0; j + 1 < i; ++j) U += theta[2] * exp(-0.5 * squared_distance(X[i], X[j]));
        }
        return U;
    }
};
// ---- end
double gyration(const Points& x) {  // R_g^2
    double sum = 0.0;
    for (const auto& a : x)
        for (const auto& b : x) sum += squared_distance(a, b);
    return 0.5 * sum / static_cast<double>(x.size() * x.size());
}

int main() {
    // ---- main
    Philox4x32 rng = make_stream(1, Purpose::generate);
    const Boltzmann fine(with_autodiff(Polymer{}), 1.0);
    const auto data = trajectory(Hamiltonian{}, fine, {.samples = 100, .warm_up = 300, .thinning = 10}, rng);

    const EMCoarseGrainer grainer{SamplesOnly<Points>{},
                                  with_autodiff(Blobs{}),  // derivatives by theta and by X
                                  gaussian::block_map<Points, Points>({.coarse_beads = 8, .level = 3, .dimension = 3}),
                                  EngineRoles{MonteCarlo(Hamiltonian{}, {.samples = 10, .standard_errors = false}),
                                              MonteCarlo(Hamiltonian{}, {.samples = 500})},
                                  StochasticNewton{},
                                  weak_prior()};
    const auto fit = grainer.fit(data, {.beta = 1.0, .iterations = 100});
    std::printf("%s after %td iterations\n", to_string(fit.status).data(), fit.iterations);
    for (const auto& x : fit.parameters.theta) std::printf(" %.3f", x);
    std::printf("  sigma %.3f\n", std::exp(fit.parameters.eta[0]));
    // ---- end
}
