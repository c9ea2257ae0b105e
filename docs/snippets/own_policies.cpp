// A prior, an optimizer, an engine and an observable of one's own, in a fit of the Ising chain.
#include <predcg/core/linalg.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>

#include <cmath>
#include <cstdio>
#include <numbers>
#include <vector>

using namespace predcg;

// ---- prior
// Independent Cauchy densities of one block, in z = beta theta_c or z = eta.
struct Cauchy {
    double scale = 1.0;

    double log_density(const Vector& z) const {
        double sum = 0.0;
        for (const double x : z) sum -= std::log(std::numbers::pi * scale * (1.0 + x * x / (scale * scale)));
        return sum;
    }
    Vector gradient(const Vector& z) const {
        Vector g(z.size());
        for (Index k = 0; k < z.size(); ++k) g[k] = -2.0 * z[k] / (scale * scale + z[k] * z[k]);
        return g;
    }
    Matrix hessian(const Vector& z) const {
        Matrix H = Matrix::Zero(z.size(), z.size());
        for (Index k = 0; k < z.size(); ++k) {
            const double d = scale * scale + z[k] * z[k];
            H(k, k) = -2.0 * (scale * scale - z[k] * z[k]) / (d * d);
        }
        return H;
    }
    bool proper() const { return true; }
    // double lower_bound() const: optional, where the support is z_k >= lower_bound()
};
static_assert(BlockPrior<Cauchy>);

// ---- optimizer
// Newton with a ridge that fades as the gradient does.
struct Levenberg {
    struct State {};  // what persists between the steps of one start

    double tolerance() const { return 1e-9; }  // on the largest component of the step
    std::optional<Vector> step(State&, const Vector& /*point*/, const Vector& gradient,
                               Matrix information) const {
        for (Index k = 0; k < gradient.size(); ++k) information(k, k) += linalg::largest(gradient);
        const linalg::Cholesky factor(std::move(information));
        if (!factor.ok()) return std::nullopt;  // the fit makes an EM step instead
        return factor.solve(gradient);
    }
};
static_assert(Optimizer<Levenberg>);

// ---- engine
// Exact sums over all configurations of a space with two letters.
struct BitPatterns {
    template <class T>
    using State = NoState;  // what persists between calls for one target

    template <FiniteTarget T, Statistic<configuration_t<space_t<T>>> S>
    Moments expect(const T& target, const S& statistic, NoState&, const StreamKey&) const {
        const double log_z = log_partition(target);
        const Index d = statistic.size();
        Moments m{Vector::Zero(d), Matrix::Zero(d, d), Vector::Zero(d), log_z};
        for_each(target,
                 [&](const auto& X) { m.mean += std::exp(target.log_density(X) - log_z) * statistic(X); });
        for_each(target, [&](const auto& X) {  // around the mean, so that nothing cancels
            const Vector difference = statistic(X) - m.mean;
            const double p = std::exp(target.log_density(X) - log_z);
            for (Index l = 0; l < d; ++l)
                for (Index k = 0; k < d; ++k) m.covariance(k, l) += p * difference[k] * difference[l];
        });
        return m;
    }

    template <FiniteTarget T>
    double log_partition(const T& target) const {  // this is what makes an engine exact
        double top = -std::numeric_limits<double>::infinity(), sum = 0.0;
        for_each(target, [&](const auto& X) { top = std::max(top, target.log_density(X)); });
        for_each(target, [&](const auto& X) { sum += std::exp(target.log_density(X) - top); });
        return top + std::log(sum);
    }

private:
    template <class T, class F>
    static void for_each(const T& target, F&& f) {
        const auto& space = target.space();  // a reference or a value
        const auto& letters = space.values();
        auto X = blank_configuration(space);
        for (std::size_t bits = 0; bits < std::size_t{1} << X.size(); ++bits) {
            for (std::size_t i = 0; i < X.size(); ++i) X[i] = letters[(bits >> i) & 1];
            f(X);
        }
    }
};

// ---- observable
// Exact where it needs first and second moments of the sites only.
struct MeanSquareMagnetization {
    double operator()(const std::vector<ising::Spin>& x) const {
        const double m = ising::Magnetization{}(x);
        return m * m;
    }
    int order() const { return 2; }  // optional, with from_moments: the highest moment it needs
    double from_moments(const SiteMoments& moments) const { return moments.second.matrix().mean(); }
};
static_assert(MomentObservable<MeanSquareMagnetization>);

// ---- use
int main() {
    const auto fine = ising::chain({.sites = 16, .field = 0.3});
    const auto coarse = ising::coarse_chain({.sites = 8, .linear = true, .pair_range = 1, .field = 0.3});
    const auto map = ising::bernoulli_map({.level = 2});
    const auto data = generate(fine, {.beta = 0.3, .samples = 50, .seed = 1});
    const BlockPriors prior{Cauchy{.scale = 1.0}, Normal{.mean = 1.0, .sd = 2.0}};

    const EMCoarseGrainer own{fine, coarse, map, BitPatterns{}, Levenberg{}, prior};
    const EMCoarseGrainer ours{fine, coarse, map, TransferMatrix{}, Newton{}, prior};
    const auto a = own.fit(data, {.starts = 1});
    const auto b = ours.fit(data, {.starts = 1});
    std::printf("own engine and optimizer: %s, pair_1 = %.6f\n", to_string(a.status).data(), a["pair_1"]);
    std::printf("the library's:            %s, pair_1 = %.6f\n", to_string(b.status).data(), b["pair_1"]);
    std::printf("mean of m^2: data %.4f, prediction %.4f, truth %.4f\n",
                data_mean(data, MeanSquareMagnetization{})[0], predict(b, MeanSquareMagnetization{}).value(),
                truth(fine, 0.3, MeanSquareMagnetization{}).value());
    const auto problem = ours.problem(ours.prepare(data, 0.3));
    auto state = problem.state({Vector::Zero(2), Vector::Ones(1)});
    for (int k = 0; k < 10; ++k) problem.maximise(state, problem.expect(state));
    std::printf("after ten EM steps:       log-likelihood %.4f, %.4f at the end\n",
                problem.log_likelihood(state.at), b.log_likelihood);
    return std::abs(a["pair_1"] - b["pair_1"]) < 1e-6 ? 0 : 1;
}
