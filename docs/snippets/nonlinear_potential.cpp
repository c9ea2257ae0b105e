// A potential that is not linear in its parameters, with derivatives by hand and by differentiation.
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/structure/autodiff.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

// Sites between i and j on a ring of n.
double between(std::size_t i, std::size_t j, std::size_t n) {
    const std::size_t d = i > j ? i - j : j - i;
    return static_cast<double>(std::min(d, n - d)) - 1.0;
}

// ---- by hand
// U_c = - A sum_{i<j} X_i X_j exp(-(d_ij - 1) / r), theta = (A, r)
struct Screened {
    ising::SpinSpace<> spins;

    const ising::SpinSpace<>& space() const { return spins; }
    Index parameter_count() const { return 2; }
    std::vector<std::string> parameter_names() const { return {"strength", "range"}; }
    Vector start() const { return Vector::Constant(2, 0.5); }              // optional, else theta = 0
    bool admissible(const Vector& theta) const { return theta[1] > 0.0; }  // optional

    double energy(const Spins& X, const Vector& theta) const {
        double U = 0.0;
        for (std::size_t i = 0; i < X.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                U -= theta[0] * X[i] * X[j] * std::exp(-between(i, j, X.size()) / theta[1]);
        return U;
    }
    Vector parameter_gradient(const Spins& X, const Vector& theta) const {  // dU_c/dtheta
        Vector gradient = Vector::Zero(2);
        for (std::size_t i = 0; i < X.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) {
                const double d = between(i, j, X.size());
                const double term = X[i] * X[j] * std::exp(-d / theta[1]);
                gradient[0] -= term;
                gradient[1] -= theta[0] * term * d / (theta[1] * theta[1]);
            }
        return gradient;
    }
    // Matrix parameter_hessian(X, theta): optional; central differences of the gradient stand in.
};
static_assert(LearnablePotential<Screened>);

// ---- by differentiation
// The same energy, for any scalar T; the return type must be written out.
struct ScreenedEnergy {
    ising::SpinSpace<> spins;

    const ising::SpinSpace<>& space() const { return spins; }
    Index parameter_count() const { return 2; }
    Vector start() const { return Vector::Constant(2, 0.5); }
    bool admissible(const Vector& theta) const { return theta[1] > 0.0; }

    template <class T>
    T energy(const Spins& X, const VectorOf<T>& theta) const {
        using std::exp;  // double; Eigen's scalars bring their own
        T U = T(0.0);
        for (std::size_t i = 0; i < X.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) {
                const T screening = exp(T(-between(i, j, X.size())) / theta[1]);
                U -= T(X[i] * X[j]) * theta[0] * screening;
            }
        return U;
    }
};

// ---- use
int main() {
    const auto fine = ising::chain({.sites = 12,
                                    .strength = 3.0,
                                    .range = 5,
                                    .exponent = 0.0,
                                    .normalisation = ising::Normalisation::total});
    const auto data = generate(fine, {.beta = 0.3, .samples = 100, .seed = 1});
    const ising::SpinSpace<> coarse_space = ising::spin_space(6);
    const auto map = ising::bernoulli_map({.level = 2});
    const FitSettings settings{.starts = 1};

    const EMCoarseGrainer by_hand{fine, Screened{coarse_space}, map, Enumeration{}};
    const EMCoarseGrainer derived{fine, with_autodiff(ScreenedEnergy{coarse_space}), map, Enumeration{}};
    const auto a = by_hand.fit(data, settings);
    const auto b = derived.fit(data, settings);
    std::printf("by hand   %s: strength %.4f, range %.4f\n", to_string(a.status).data(), a["strength"],
                a["range"]);
    std::printf("derived   %s: strength %.4f, range %.4f\n", to_string(b.status).data(), b["theta_1"],
                b["theta_2"]);
    return a.status == Status::converged && b.status == Status::converged &&
                   std::abs(a["range"] - b["theta_2"]) < 1e-6
               ? 0
               : 1;
}
