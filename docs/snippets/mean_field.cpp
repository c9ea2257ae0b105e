// The tables of docs/mean_field.md.
#include <predcg/engines/mean_field.hpp>
#include <predcg/optimize/quasi_newton.hpp>
#include <predcg/predcg.hpp>

#include <cmath>
#include <cstdio>
#include <string>

using namespace predcg;

namespace {

constexpr Index sites = 16;

/// sum_i X_i and sum_i X_i X_{i+1} of a ring of spins.
struct FieldAndPair {
    Index size() const { return 2; }
    Window window() const { return {2, Boundary::periodic}; }
    Vector local(Index, std::span<const ising::Spin> w) const {
        return Vector{{static_cast<double>(w[0]), static_cast<double>(w[0] * w[1])}};
    }
    Vector operator()(const std::vector<ising::Spin>& X) const {
        Vector sum = Vector::Zero(2);
        for (std::size_t i = 0; i < X.size(); ++i)
            sum += Vector{{static_cast<double>(X[i]), static_cast<double>(X[i] * X[(i + 1) % X.size()])}};
        return sum;
    }
};

double without_sign_of_zero(double x) { return std::abs(x) < 1e-9 ? 0.0 : x; }

void bias_of_moments() {
    std::printf("field  K      log Z - bound  (a)    <X> exact, q      (b)     <XX'> exact, q    (c)\n");
    for (const double field : {0.3, 0.0})
        for (const double K : {0.025, 0.05, 0.1, 0.2, 0.4, 0.6}) {
            const auto chain = ising::chain({.sites = sites, .strength = K, .field = field});
            const Boltzmann target(chain, 1.0);
            const double n = static_cast<double>(sites);
            const Vector exact = TransferMatrix{}.expect(target, FieldAndPair{}).mean / n;
            const Vector q = MeanField{}.expect(target, FieldAndPair{}).mean / n;
            const double gap = (TransferMatrix{}.log_partition(target) - MeanField{}.lower_bound(target)) / n;
            std::printf("%-5.1f  %-5.3f  %.6f       %.3f  %7.4f %7.4f  %6.3f   %7.4f %7.4f  %6.3f\n", field,
                        K, gap, gap / (K * K), without_sign_of_zero(exact[0]), without_sign_of_zero(q[0]),
                        without_sign_of_zero((q[0] - exact[0]) / (K * K)), exact[1],
                        without_sign_of_zero(q[1]), (exact[1] - q[1]) / K);
        }
}

template <class Engine, class Data>
void fit(const char* name, const Engine& engine, const Data& data, bool linear) {
    const EMCoarseGrainer grainer{
        SamplesOnly<std::vector<ising::Spin>>{},
        ising::coarse_chain({.sites = sites, .linear = linear, .pair_range = 1, .field = 0.3}),
        ising::bernoulli_map({.level = 2}),
        engine,
        QuasiNewton{},
        weak_prior()};
    const auto result = grainer.fit(data, {.starts = 2});
    const auto predicts = result.with_engine(TransferMatrix{});  // a mean field does not predict
    const double objective = [&] {
        if constexpr (requires { result.variational_objective; })
            return result.variational_objective;
        else
            return result.log_likelihood;
    }();
    std::printf("%-20s  %-9s  %s  %6.3f  %8.3f  %9.2f  %.3f  %.3f\n", name, to_string(result.status).data(),
                linear ? std::to_string(result["linear"]).substr(0, 6).c_str() : "   -  ", result["pair_1"],
                result.map.theta_cf(result.parameters.eta), objective,
                predict(predicts, ising::Magnetization{}).value(),
                predict(predicts, ising::Correlation{Boundary::periodic}).mean[1]);
}

void bias_of_fits() {
    const auto data =
        generate(ising::chain({.sites = 2 * sites, .field = 0.3}), {.beta = 0.3, .samples = 50, .seed = 1});
    std::printf("q(X|x)   p_c          status     linear  pair_1  theta_cf  objective  m      R_1\n");
    for (const bool linear : {true, false}) {
        fit("exact    exact", TransferMatrix{}, data, linear);
        fit("product  exact", EngineRoles{MeanField{}, TransferMatrix{}}, data, linear);
    }
    fit("exact    product", EngineRoles{TransferMatrix{}, MeanField{}}, data, false);
    fit("product  product", MeanField{}, data, false);
}

}  // namespace

int main() {
    bias_of_moments();
    std::printf("\n");
    bias_of_fits();
    return 0;
}
