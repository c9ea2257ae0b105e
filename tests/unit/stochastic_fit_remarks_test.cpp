// What a fit says of itself: chains that stand where q(X|x) is 0, parameters at the end of the prior's
// support.
#include <predcg/core/logistic.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace stochastic_fit_remarks_test {
using namespace predcg;
using Spins = std::vector<ising::Spin>;

namespace {

/// Every other spin is a coarse one, and the spin to its right is like it with probability logistic(eta).
template <bool says_what_X_is>
struct EveryOther {
    using fine_type = Spins;
    using coarse_type = Spins;

    Index parameter_count() const { return 1; }
    struct Alike {
        const Spins& x;
        Index size() const { return 2; }
        Vector operator()(const Spins& X) const {
            double alike = 0.0;
            for (std::size_t r = 0; r < X.size(); ++r) alike += x[2 * r + 1] == X[r];
            return Vector{{alike, static_cast<double>(X.size()) - alike}};
        }
    };
    Alike sufficient_statistic(const Spins& x) const { return {x}; }
    struct Likelihood {
        const Spins& x;
        double eta;
        double log_density(const Spins& X) const {
            for (std::size_t r = 0; r < X.size(); ++r)
                if (X[r] != x[2 * r]) return -std::numeric_limits<double>::infinity();
            return Vector{{-log1p_exp(-eta), -log1p_exp(eta)}}.dot(Alike{x}(X));
        }
        Spins observed() const
            requires says_what_X_is
        {
            Spins X;
            for (std::size_t i = 0; i < x.size(); i += 2) X.push_back(x[i]);
            return X;
        }
    };
    Likelihood likelihood(const Spins& x, const Vector& eta) const { return {x, eta[0]}; }
    Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const double p = logistic(eta[0]), q = logistic(-eta[0]);
        return {-T[0] * log1p_exp(-eta[0]) - T[1] * log1p_exp(eta[0]), Vector{{T[0] * q - T[1] * p}},
                Matrix{{-(T[0] + T[1]) * p * q}}};
    }
    Spins sample(const Spins& X, const Vector& eta, auto& rng) const {
        Spins x;
        for (const ising::Spin s : X) {
            x.push_back(s);
            x.push_back(static_cast<ising::Spin>(uniform(rng) < logistic(eta[0]) ? s : -s));
        }
        return x;
    }
};

template <bool says_what_X_is>
auto sampled() {
    return EMCoarseGrainer{SamplesOnly<Spins>{},         ising::coarse_chain({.sites = 8, .pair_range = 1}),
                           EveryOther<says_what_X_is>{}, MonteCarlo(HeatBath{}, {.samples = 20}),
                           StochasticNewton{},           weak_prior()};
}

std::vector<Spins> few_data() {
    const auto data = generate(ising::chain({.sites = 16}), {.beta = 0.5, .samples = 20, .seed = 3});
    return {data.begin(), data.end()};
}

bool says(const std::vector<std::string>& remarks, const std::string& part) {
    return std::any_of(remarks.begin(), remarks.end(),
                       [&](const std::string& remark) { return remark.find(part) != std::string::npos; });
}

}  // namespace

TEST(FitRemarks, ChainsOfNoDensityAreNoSamples) {
    const auto fit = sampled<false>().fit(few_data(), {.beta = 0.5, .iterations = 100});
    EXPECT_EQ(fit.status, Status::limit);
    EXPECT_TRUE(says(fit.remarks, "stands where q(X|x) is 0"));

    OnlineFit online{sampled<false>(), {.beta = 0.5}};
    EXPECT_THROW(online.add(few_data().front()), NumericalError);
}

TEST(FitRemarks, AMapThatSaysWhatXIsNeedsNoChains) {
    const auto fit = sampled<true>().fit(few_data(), {.beta = 0.5, .iterations = 100});
    EXPECT_FALSE(says(fit.remarks, "stands where"));

    OnlineFit online{sampled<true>(), {.beta = 0.5}};
    EXPECT_TRUE(online.add(few_data()));
}

TEST(FitRemarks, ParametersAtTheEndOfThePriorAreNamed) {
    const auto data =
        generate(ising::chain({.sites = 16, .field = -0.8}), {.beta = 0.5, .samples = 50, .seed = 4});
    const auto map = ising::logistic_map({.level = 2});
    const auto fit_with = [&](const auto& prior) {
        return EMCoarseGrainer{SamplesOnly<Spins>{},
                               ising::coarse_chain({.sites = 8, .pair_range = 1}),
                               map,
                               TransferMatrix{},
                               Newton{},
                               prior}
            .fit(data, {.beta = 0.5});
    };
    const auto cut = fit_with(weak_prior());
    EXPECT_EQ(cut["intercept_0"], 0.0);
    EXPECT_TRUE(says(cut.remarks, "'intercept_0' is held at 0, below which the prior is 0"));
    const auto free = fit_with(weak_prior(map));
    EXPECT_LT(free["intercept_0"], 0.0);
    EXPECT_FALSE(says(free.remarks, "is held at"));
}

}  // namespace stochastic_fit_remarks_test
