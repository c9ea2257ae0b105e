// A model of which the library knows nothing: a ring of sites in three colours, coarse-grained two to one.
#include <predcg/core/logistic.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/testing/check_map.hpp>
#include <predcg/testing/check_potential.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

// ---- space
struct Colours {
    using configuration_type = std::vector<int>;
    static constexpr std::array<int, 3> alphabet{0, 1, 2};
    Index sites;

    Index size() const { return sites; }
    const std::array<int, 3>& values() const { return alphabet; }  // finite: the alphabet of every site
    configuration_type random(auto& rng) const {                   // a start, anywhere
        configuration_type x(static_cast<std::size_t>(sites));
        for (int& colour : x) colour = static_cast<int>(uniform_index(rng, 3));
        return x;
    }
};
static_assert(FiniteSpace<Colours>);

// ---- fine potential
// U(x) = - J sum_i [x_i = x_{i+1}] - h sum_i [x_i = 0]
struct Ring {
    Colours colours;
    double J, h;

    const Colours& space() const { return colours; }
    double energy(const std::vector<int>& x) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i)
            sum -= J * (x[i] == x[(i + 1) % x.size()]) + h * (x[i] == 0);
        return sum;
    }

    // Optional, opens TransferMatrix: U is a sum over windows of two neighbours.
    Window window() const { return {2, Boundary::periodic}; }
    double local_energy(Index, std::span<const int> w) const { return -J * (w[0] == w[1]) - h * (w[0] == 0); }
    bool translation_invariant() const { return true; }  // one table serves all sites
};
static_assert(ChainPotential<Ring>);

// ---- coarse potential
// U_c = theta_0 f_0(X) + theta_1 f_1(X)
struct CoarseRing {
    Colours colours;

    const Colours& space() const { return colours; }
    Index parameter_count() const { return 2; }
    std::vector<std::string> parameter_names() const { return {"bond", "field"}; }  // optional
    Vector features(const std::vector<int>& X) const {                              // dU_c/dtheta
        Vector f = Vector::Zero(2);
        for (std::size_t i = 0; i < X.size(); ++i) {
            f[0] -= X[i] == X[(i + 1) % X.size()];
            f[1] -= X[i] == 0;
        }
        return f;
    }

    // Optional, opens TransferMatrix.
    Window window() const { return {2, Boundary::periodic}; }
    Eigen::Vector2d local_features(Index, std::span<const int> w) const {
        return {w[0] == w[1] ? -1.0 : 0.0, w[0] == 0 ? -1.0 : 0.0};
    }
    bool translation_invariant() const { return true; }
};
static_assert(ChainCoarsePotential<CoarseRing>);

// ---- map
// A fine site has its coarse site's colour with probability p = logistic(eta), else one of the others.
struct CopyMap {
    using fine_type = std::vector<int>;
    using coarse_type = std::vector<int>;
    using Counts = std::vector<std::array<int, 3>>;  // colours in each block: all that q(X|x) needs

    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const { return {"logit_p"}; }  // optional
    Vector start() const { return Vector::Ones(1); }                          // optional, else eta = 0

    Counts prepare(const fine_type& x) const {  // optional, done once for each datum
        Counts counts(x.size() / 2, {0, 0, 0});
        for (std::size_t i = 0; i < x.size(); ++i) ++counts[i / 2][static_cast<std::size_t>(x[i])];
        return counts;
    }

    // Optional: the number of coarse sites that a datum belongs to. It is looked at before any work.
    Index coarse_size(const Counts& counts) const { return static_cast<Index>(counts.size()); }

    // log p_cf(x | ., eta), normalised in x, as a factor in X.
    struct Likelihood {
        const Counts& counts;
        double same, other;  // log p, log (1-p)/2

        double log_density(const coarse_type& X) const {
            double sum = 0.0;
            for (std::size_t r = 0; r < X.size(); ++r) sum += at(r, X[r]);
            return sum;
        }
        // Optional, opens TransferMatrix; a window of one site.
        Window window() const { return {}; }
        double local_log_density(Index r, std::span<const int> w) const {
            return at(static_cast<std::size_t>(r), w[0]);
        }
        double at(std::size_t r, int colour) const {
            const int equal = counts[r][static_cast<std::size_t>(colour)];
            return equal * same + (2 - equal) * other;
        }
    };
    Likelihood likelihood(const Counts& x, const Vector& eta) const {
        return {x, -log1p_exp(-eta[0]), -log1p_exp(eta[0]) - std::log(2.0)};
    }

    fine_type sample(const coarse_type& X, const Vector& eta, auto& rng) const {
        fine_type x;
        for (const int colour : X)
            for (int s = 0; s < 2; ++s)
                x.push_back(uniform(rng) < logistic(eta[0])
                                ? colour
                                : (colour + 1 + static_cast<int>(uniform_index(rng, 2))) % 3);
        return x;
    }

    // What makes it learnable: log p_cf = T_0 log p + T_1 log (1-p)/2 with T = (equal, unequal) sites.
    struct Agreement {
        const Counts& counts;

        Index size() const { return 2; }
        Vector operator()(const coarse_type& X) const {
            Vector T = Vector::Zero(2);
            for (std::size_t r = 0; r < X.size(); ++r) T += at(r, X[r]);
            return T;
        }
        Window window() const { return {}; }
        Eigen::Vector2d local(Index r, std::span<const int> w) const {
            return at(static_cast<std::size_t>(r), w[0]);
        }
        Eigen::Vector2d at(std::size_t r, int colour) const {
            const int equal = counts[r][static_cast<std::size_t>(colour)];
            return {double(equal), double(2 - equal)};
        }
    };
    Agreement sufficient_statistic(const Counts& x) const { return {x}; }

    // Value, gradient and Hessian in eta of the expected log p_cf, given the sum over data of E[T].
    Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const double p = logistic(eta[0]), q = logistic(-eta[0]);
        return {-T[0] * log1p_exp(-eta[0]) - T[1] * (log1p_exp(eta[0]) + std::log(2.0)),
                Vector::Constant(1, T[0] * q - T[1] * p), Matrix::Constant(1, 1, -(T[0] + T[1]) * p * q)};
    }
};
static_assert(StatisticMap<CopyMap>);

// ---- observable
// A number or a vector of a fine configuration.
struct FractionOfColour0 {
    double operator()(const std::vector<int>& x) const {
        double count = 0.0;
        for (const int colour : x) count += colour == 0;
        return count / static_cast<double>(x.size());
    }
};
static_assert(Observable<FractionOfColour0, std::vector<int>>);

// ---- use
int main() {
    const Ring fine{{24}, 1.0, 0.3};
    const auto data = generate(fine, {.beta = 0.8, .samples = 100, .seed = 1});
    const EMCoarseGrainer grainer{fine, CoarseRing{{12}}, CopyMap{}, TransferMatrix{}};
    const auto fit = grainer.fit(data);

    const auto predicted = predict(fit, FractionOfColour0{});
    const auto exact = truth(fine, 0.8, FractionOfColour0{});
    std::printf("%s: bond %.3f, field %.3f, p %.3f\n", to_string(fit.status).data(), fit["bond"],
                fit["field"], logistic(fit["logit_p"]));
    std::printf("colour 0: data %.3f, prediction %.3f +- %.3f, truth %.3f +- %.3f\n",
                data_mean(data, FractionOfColour0{})[0], predicted.value(), predicted.standard_error[0],
                exact.value(), exact.standard_error[0]);
    // ---- check
    // Do optional and required members agree? A sentence for each contradiction, found at random
    // configurations.
    std::size_t count = 0;
    for (const Findings& findings : {check_fine_potential(Ring{{6}, 1.0, 0.3}),
                                     check_coarse_potential(CoarseRing{{6}}, Vector::Constant(2, 0.5)),
                                     check_map(CopyMap{}, Colours{4}, Vector::Constant(1, 0.7), Colours{8})})
        for (const std::string& finding : findings) {
            std::printf("%s\n", finding.c_str());
            ++count;
        }
    std::printf("findings: %zu\n", count);
    // ---- end
    return count == 0 && fit.status == Status::converged ? 0 : 1;
}
