// A Potts chain of 48 sites in three colours, learnt as one of 24 by sampling, with sizes that are known when
// the program is compiled: fit, posterior, prediction with an interval, and a long simulation beside it.
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/statistics/autocorrelation.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

using namespace predcg;
using Colour = signed char;
template <Index Sites>
using Ring = std::array<Colour, static_cast<std::size_t>(Sites)>;

// ---- the host's simulation: U = - sum_i [x_i = x_{i+1}], heat-bath sweeps
void sweep(Ring<48>& x, double beta, auto& rng) {
    for (std::size_t i = 0; i < 48; ++i) {
        std::array<double, 3> weight;
        double sum = 0.0;
        for (int c = 0; c < 3; ++c)
            sum += weight[static_cast<std::size_t>(c)] =
                std::exp(beta * ((x[(i + 1) % 48] == c) + (x[(i + 47) % 48] == c)));
        double left = sum * uniform(rng);
        x[i] = 0;
        while (x[i] < 2 && (left -= weight[static_cast<std::size_t>(x[i])]) > 0.0) ++x[i];
    }
}

// ---- coarse
// U_c = - sum_d bond_d sum_i [X_i = X_{i+d}], d = 1 .. Range. Loops have lengths that the compiler knows.
template <Index Sites, Index Range>
struct CoarsePotts {
    LatticeSpace<Colour, 3, Sites> colours{std::array<Colour, 3>{0, 1, 2}};  // X is a std::array

    const auto& space() const { return colours; }
    static constexpr Index parameter_count() { return Range; }
    Eigen::Matrix<double, Range, 1> features(const Ring<Sites>& X) const {  // of fixed length
        std::array<int, Range> equal{};
        for (std::size_t i = 0; i < Sites; ++i)
            for (std::size_t d = 1; d <= Range; ++d) equal[d - 1] += X[i] == X[(i + d) % Sites];
        Eigen::Matrix<double, Range, 1> f;
        for (std::size_t d = 0; d < Range; ++d) f[static_cast<Index>(d)] = -equal[d];
        return f;
    }
    // The same, window by window: what samplers and transfer matrices make their tables of.
    static constexpr Window window() { return {Range + 1, Boundary::periodic}; }
    Eigen::Matrix<double, Range, 1> local_features(Index, std::span<const Colour> w) const {
        Eigen::Matrix<double, Range, 1> f;
        for (std::size_t d = 0; d < Range; ++d) f[static_cast<Index>(d)] = w[0] == w[d + 1] ? -1.0 : 0.0;
        return f;
    }
    static constexpr bool translation_invariant() { return true; }
};
// ---- map
// A fine site has its coarse site's colour with probability p = logistic(eta), else one of the others.
template <Index Sites>
struct Copies {
    using fine_type = Ring<2 * Sites>;
    using coarse_type = Ring<Sites>;

    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const { return {"logit_p"}; }
    Vector start() const { return Vector::Ones(1); }

    struct Agreement {  // fine sites like their coarse site, and others
        const fine_type& x;
        Index size() const { return 2; }
        Eigen::Vector2d at(Index r, Colour c) const {
            const auto i = static_cast<std::size_t>(2 * r);
            const int equal = (x[i] == c) + (x[i + 1] == c);
            return {double(equal), double(2 - equal)};
        }
        Eigen::Vector2d operator()(const coarse_type& X) const {
            Eigen::Vector2d T = Eigen::Vector2d::Zero();
            for (Index r = 0; r < Sites; ++r) T += at(r, X[static_cast<std::size_t>(r)]);
            return T;
        }
        Window window() const { return {1}; }
        Eigen::Vector2d local(Index r, std::span<const Colour> w) const { return at(r, w[0]); }
    };
    Agreement sufficient_statistic(const fine_type& x) const { return {x}; }

    struct Likelihood {
        Agreement agreement;
        Eigen::Vector2d logs;  // log p, log (1 - p) / 2
        double log_density(const coarse_type& X) const { return logs.dot(agreement(X)); }
        Window window() const { return {1}; }
        double local_log_density(Index r, std::span<const Colour> w) const {
            return logs.dot(agreement.at(r, w[0]));
        }
    };
    Likelihood likelihood(const fine_type& x, const Vector& eta) const {
        return {{x}, {-log1p_exp(-eta[0]), -log1p_exp(eta[0]) - std::log(2.0)}};
    }
    Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const double p = logistic(eta[0]), q = logistic(-eta[0]);
        return {-T[0] * log1p_exp(-eta[0]) - T[1] * (log1p_exp(eta[0]) + std::log(2.0)),
                Vector::Constant(1, T[0] * q - T[1] * p), Matrix::Constant(1, 1, -(T[0] + T[1]) * p * q)};
    }
    fine_type sample(const coarse_type& X, const Vector& eta, auto& rng) const {
        fine_type x{};
        for (std::size_t i = 0; i < x.size(); ++i) {
            const bool like = uniform(rng) < logistic(eta[0]);
            x[i] = static_cast<Colour>((X[i / 2] + (like ? 0 : 1 + uniform_index(rng, 2))) % 3);
        }
        return x;
    }
};
// ---- end
double order(const Ring<48>& x) {  // the sum over colours of the square of their share: 1/3 to 1
    std::array<int, 3> count{};
    for (const Colour c : x) ++count[static_cast<std::size_t>(c)];
    double sum = 0.0;
    for (const int n : count) sum += n * n / (48.0 * 48.0);
    return sum;
}

int main() {
    const double beta = 1.5;
    Philox4x32 rng = make_stream(1, Purpose::generate);
    Ring<48> x{};
    std::vector<Ring<48>> data;
    for (int k = 0; k < 4200; ++k) {
        sweep(x, beta, rng);
        if (k >= 200 && k % 40 == 0) data.push_back(x);
    }
    // ---- main
    const EMCoarseGrainer grainer{
        SamplesOnly<Ring<48>>{}, CoarsePotts<24, 1>{}, Copies<24>{}, MonteCarlo(HeatBath{}, {.samples = 20}),
        StochasticNewton{},      weak_prior()};
    const auto fit = grainer.fit(data, {.beta = beta});
    const auto posterior = exchange_posterior(grainer, grainer.prepare(data, beta), fit,
                                              {.draws = 1000, .warm_up = 300, .thinning = 2});
    const auto predicted = predict(posterior, order);
    // ---- truth
    Vector run(20000);
    for (Index k = 0; k < run.size(); ++k) {
        for (int s = 0; s < 5; ++s) sweep(x, beta, rng);
        run[k] = order(x);
    }
    const double error = std::sqrt(statistics::monotone_autocorrelation_time(run) / double(run.size()) *
                                   (run.array() - run.mean()).square().mean());
    std::printf("%s: bond %.3f, p %.3f\n", to_string(fit.status).data(), fit["theta_1"],
                logistic(fit["logit_p"]));
    for (const std::string& remark : posterior.remarks) std::printf("%s\n", remark.c_str());
    std::printf("order: %.3f, 95 %% between %.3f and %.3f\n", predicted.mean[0], predicted.lower[0],
                predicted.upper[0]);
    std::printf("a long simulation: %.4f +- %.4f\n", run.mean(), error);
    return fit.status == Status::converged ? 0 : 1;
}
