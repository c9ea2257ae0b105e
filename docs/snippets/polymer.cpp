// A polymer of 24 beads in space, learnt as one of 8 blobs: fit, posterior, radius of gyration.
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/kernels/trajectory.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/relative_entropy.hpp>
#include <predcg/structure/autodiff.hpp>

#include <Eigen/Cholesky>

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
// U = sum of springs (r - 1)^2 (10 + 20 (r - 1)^2), and of 2 exp(-2 r^2) between beads that are no
// neighbours.
struct Polymer {
    PointSpace<> beads{24};

    const PointSpace<>& space() const { return beads; }
    double energy(const Points& x) const {
        Points gradient = x;
        return energy_and_gradient(x, gradient);
    }
    double energy_and_gradient(const Points& x, Points& gradient) const {  // forces as ever, but for the sign
        double U = trap(x);
        for (std::size_t c = 0; c < 3; ++c) {
            double centre = 0.0;
            for (const auto& bead : x) centre += bead[c] / 24.0;
            for (auto& slope : gradient) slope[c] = centre / 24.0;
        }
        const auto pair = [&](std::size_t i, std::size_t j, double slope) {  // by r^2
            for (std::size_t c = 0; c < 3; ++c) {
                gradient[i][c] += 2.0 * slope * (x[i][c] - x[j][c]);
                gradient[j][c] -= 2.0 * slope * (x[i][c] - x[j][c]);
            }
        };
        for (std::size_t i = 1; i < x.size(); ++i) {
            const double r = std::sqrt(squared_distance(x[i], x[i - 1])), s = r - 1.0;
            U += s * s * (10.0 + 20.0 * s * s);
            pair(i, i - 1, s * (10.0 + 40.0 * s * s) / r);
            for (std::size_t j = 0; j + 1 < i; ++j) {
                const double repulsion = 2.0 * std::exp(-2.0 * squared_distance(x[i], x[j]));
                U += repulsion;
                pair(i, j, -2.0 * repulsion);
            }
        }
        return U;
    }
};
// ---- coarse
// U_c = sum of springs k/2 (R - length)^2, and of strength exp(-R^2/2) + cohesion R^2/8 between other pairs.
struct Blobs {
    PointSpace<> blobs{8};

    const PointSpace<>& space() const { return blobs; }
    Index parameter_count() const { return 4; }
    std::vector<std::string> parameter_names() const { return {"spring", "length", "strength", "cohesion"}; }
    Vector start() const { return Vector{{2.0, 1.0, 1.0, 0.0}}; }
    bool admissible(const Vector& theta) const { return theta[0] > 0.0; }

    template <class S, class T>  // scalars of X and of theta
    std::common_type_t<S, T> energy(const PointsOf<S>& X, const VectorOf<T>& theta) const {
        using std::exp, std::sqrt;
        std::common_type_t<S, T> U = trap(X);
        for (std::size_t i = 1; i < X.size(); ++i) {
            const auto stretch = sqrt(squared_distance(X[i], X[i - 1])) - theta[1];
            U += 0.5 * theta[0] * (stretch * stretch);
            for (std::size_t j = 0; j + 1 < i; ++j) {
                const S squared = squared_distance(X[i], X[j]);
                U += theta[2] * exp(-0.5 * squared) + theta[3] * (squared / 8.0);
            }
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
    const Boltzmann fine(Polymer{}, 1.0);
    const auto data = trajectory(Hamiltonian{}, fine, {.samples = 100, .warm_up = 300, .thinning = 30}, rng);

    // A blob is the mean of its three beads; the fit matches the blobs' averages to those of the data.
    const auto centres = gaussian::block_average<Points, Points>({8, 3, 3});
    const RelativeEntropy learner{with_autodiff(Blobs{}), centres,
                                  MonteCarlo(Hamiltonian{}, {.samples = 400}), StochasticNewton{},
                                  BlockPriors{Normal{0.0, 10.0}, Flat{}}};
    const auto fit = learner.fit(data, {.beta = 1.0});
    std::printf("%s after %td iterations\n", to_string(fit.status).data(), fit.iterations);

    // The way back: beads are normal around their blob, as widely as in the data.
    const auto around = gaussian::block_map<Points, Points>({8, 3, 3});
    statistics::RunningMoments<double> variance;
    for (const auto& x : data)
        variance.add(around.sufficient_statistic(around.prepare(x))(centres(x))[0] / 72.0);
    const auto back = [&, eta = Vector::Constant(1, 0.5 * std::log(variance.mean())).eval()](
                          const Points& X, Philox4x32& bits) { return around.sample(X, eta, bits); };

    // Normal about the estimate, with its covariance over data sets (Huber, White): right also of a wrong
    // model.
    PosteriorResult normal;
    normal.fit = fit;
    normal.draws.resize(4, 100);
    const Matrix scale = Eigen::LLT<Matrix>(fit.covariance).matrixL();
    for (Index k = 0; k < 100; ++k)
        normal.draws.col(k) = fit.parameters.theta + scale * standard_normal_vector(rng, 4);
    const auto R =
        predict(Posterior(normal, fit.coarse, DrawnReconstruction<Points, Points, decltype(back)>(back),
                          MonteCarlo(Hamiltonian{})),
                gyration);
    for (Index k = 0; k < 4; ++k)
        std::printf("%s %.2f +- %.2f\n", fit.coarse_names[static_cast<std::size_t>(k)].c_str(),
                    fit.parameters.theta[k], fit.standard_errors()[k]);
    std::printf("R_g^2: %.2f, 95 %% between %.2f and %.2f\n", R.mean[0], R.lower[0], R.upper[0]);
    // ---- truth
    Vector truth(3000);
    Index k = 0;
    for (const auto& x :
         trajectory(Hamiltonian{}, fine, {.samples = truth.size(), .warm_up = 300, .thinning = 10}, rng))
        truth[k++] = gyration(x);
    const double error = std::sqrt(statistics::monotone_autocorrelation_time(truth) / 3000.0 *
                                   (truth.array() - truth.mean()).square().mean());
    std::printf("a long simulation: %.2f +- %.2f\n", truth.mean(), error);
    return R.lower[0] - 2.0 * error < truth.mean() && truth.mean() < R.upper[0] + 2.0 * error ? 0 : 1;
}
