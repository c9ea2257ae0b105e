// Two coarse potentials that the library does not have, written as a user would and fitted to data. With
// the enumeration engine an energy is enough; nothing has to be a chain.
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/priors/priors.hpp>
#include <predcg/structure/autodiff.hpp>

#include <cmath>
#include <cstdio>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

// 1. Linear in its parameters: features are dU/dtheta, and all derivatives follow from them.
//    U = - theta_1 sum_i X_i X_{i+1} - theta_2 sum_i X_i X_{i+1} X_{i+2} X_{i+3}
struct FourBody {
    ising::SpinSpace<> spins;

    const ising::SpinSpace<>& space() const { return spins; }
    Index parameter_count() const { return 2; }
    std::vector<std::string> parameter_names() const { return {"pair", "four_body"}; }

    Vector features(const Spins& X) const {
        Vector f = Vector::Zero(2);
        const std::size_t n = X.size();
        for (std::size_t i = 0; i < n; ++i) {
            const int pair = X[i] * X[(i + 1) % n];
            f[0] -= pair;
            f[1] -= pair * X[(i + 2) % n] * X[(i + 3) % n];
        }
        return f;
    }
};

// 2. Not linear: a screened interaction with learnt strength A and range xi,
//    U = - A sum_{i<j} exp(-r_ij / xi) / r_ij X_i X_j,  r_ij the distance on the ring.
//    Write the energy for any scalar T, and its type T as the return type; with_autodiff differentiates.
struct Screened {
    ising::SpinSpace<> spins;

    const ising::SpinSpace<>& space() const { return spins; }
    Index parameter_count() const { return 2; }
    std::vector<std::string> parameter_names() const { return {"A", "xi"}; }
    Vector start() const { return Vector::Ones(2); }                       // where fits begin
    bool admissible(const Vector& theta) const { return theta[1] > 0.0; }  // where the energy makes sense

    template <class T>
    T energy(const Spins& X, const VectorOf<T>& theta) const {
        using std::exp;
        const std::size_t n = X.size();
        T U(0.0);
        for (std::size_t r = 1; r <= n / 2; ++r) {
            double products = 0.0;
            for (std::size_t i = 0; i < n; ++i) products += X[i] * X[(i + r) % n];
            if (2 * r == n) products *= 0.5;  // opposite sites: every pair was met twice
            const double distance = static_cast<double>(r);
            U -= T(products / distance) * theta[0] * T(exp(T(-distance) / theta[1]));
        }
        return U;
    }
};

template <class Potential>
void fit_and_predict(const char* name, const Potential& potential, const Samples<Spins>& data) {
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, potential, ising::bernoulli_map({.level = 2}),
                                  Enumeration{},        Newton{},  weak_prior()};
    const auto fit = grainer.fit(data, {.starts = 3});
    std::printf("%s: %s\n", name, to_string(fit.status).data());
    for (const std::string& parameter : fit.coarse_names)
        std::printf("  %-10s %8.4f\n", parameter.c_str(), fit[parameter]);
    const Vector R = predict(fit, ising::Correlation{Boundary::periodic}).mean,
                 seen = data_mean(data, ising::Correlation{Boundary::periodic});
    std::printf("  R_2: data %.4f, prediction %.4f\n", seen[2], R[2]);
}

int main() {
    const auto fine = ising::chain({.sites = 10, .strength = 0.8, .range = 4});
    const auto data = generate(fine, {.beta = 0.3, .samples = 200, .seed = 1});
    fit_and_predict("four-body", FourBody{ising::spin_space(5)}, data);
    fit_and_predict("screened", with_autodiff(Screened{ising::spin_space(5)}), data);
}
