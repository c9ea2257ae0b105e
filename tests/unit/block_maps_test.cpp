#include <predcg/models/ising/block_maps.hpp>

#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/predict.hpp>

#include "reference.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace block_maps_test {
using namespace predcg;
using ising::Spin;
using reference::Json;

namespace {

const Json& cases() {
    static const Json all = reference::load("maps")["cases"];
    return all;
}

Boundary boundary_of(const Json& one) { return one["periodic"] ? Boundary::periodic : Boundary::open; }

ising::CoarseChain<> coarse_of(const Json& one) {
    ising::CoarseChainSettings settings{
        .sites = one["coarse_sites"], .field = one["field"], .boundary = boundary_of(one)};
    for (const std::string term : one["coarse_terms"]) {
        if (term == "linear") settings.linear = true;
        if (term.starts_with("pair_")) ++settings.pair_range;
    }
    return ising::coarse_chain(settings);
}

std::vector<std::vector<Spin>> data_of(const Json& one) {
    const std::string file = one["data"];
    return reference::load_data(file.substr(5, file.find(".csv") - 5));
}

/// Calls f(coarse, map) with the models of a case.
template <class F>
void with_models(const Json& one, F&& f) {
    const Json& map = one["map"];
    const Index level = one["level"];
    const Boundary boundary = boundary_of(one);
    if (one["letters"].size() == 3)
        return f(ising::spin_one_chain({.sites = one["coarse_sites"],
                                        .linear = true,
                                        .pair_range = 1,
                                        .square = true,
                                        .field = one["field"],
                                        .boundary = boundary}),
                 ising::logistic_map({.level = level,
                                      .intercept = false,
                                      .tied = true,
                                      .coarse_letters = one["letters"].get<std::vector<double>>()}));
    const auto coarse = coarse_of(one);
    if (map["family"] == "gibbs")
        return f(coarse, ising::link_map({.level = level,
                                          .neighbours = static_cast<Index>(map["offsets"].size()),
                                          .boundary = boundary}));
    if (map["copy"]) return f(coarse, ising::decimation_map({.level = level, .boundary = boundary}));
    const std::string name = one["name"];
    f(coarse, ising::logistic_map({.level = level,
                                   .window = {map["offsets"].front(), map["offsets"].back()},
                                   .autoregressive = name.find("_ar_") != std::string::npos,
                                   .reflect = name.ends_with("reflect"),
                                   .link = map["link"] == "probit" ? ising::Link::probit : ising::Link::logit,
                                   .boundary = boundary}));
}

/// Normals for beta theta_c and eta, or none.
template <class F>
void with_prior(const Json& one, const Json& prior, Index coarse, F&& f) {
    if (prior.is_string()) return f(flat_prior());
    Vector mean = reference::vector_of(prior["mean"]), sd = reference::vector_of(prior["sd"]);
    const double beta = one["beta"];
    const Index rest = mean.size() - coarse;
    f(BlockPriors{Normals{beta * mean.head(coarse), beta * sd.head(coarse)},
                  Normals{mean.tail(rest), sd.tail(rest)}});
}

class BlockMaps : public testing::TestWithParam<std::size_t> {
protected:
    const Json& one() const { return cases()[GetParam()]; }
};

TEST_P(BlockMaps, ProbeAndMaximumAreTheReferences) {
    const auto data = data_of(one());
    const double beta = one()["beta"];
    with_models(one(), [&](const auto& coarse, const auto& map) {
        const Index p = coarse.parameter_count();
        std::vector<std::string> names = coarse.parameter_names();
        for (const auto& name : map.parameter_names()) names.push_back(name);
        ASSERT_EQ(names, one()["parameters"].get<std::vector<std::string>>());
        with_prior(one(), one()["prior"], p, [&](const auto& prior) {
            const EMCoarseGrainer grainer{
                SamplesOnly<std::vector<Spin>>{}, coarse, map, TransferMatrix{}, Newton{}, prior};
            const auto prepared = grainer.prepare(data, beta);
            const auto problem = grainer.problem(prepared);
            const auto at = [&](const Json& list) {
                const Vector all = reference::vector_of(list);
                return Parameters{all.head(p), all.tail(all.size() - p)};
            };
            const Json& probe = one()["probe"];
            const auto e = problem.evaluate(at(probe["parameters"]));
            EXPECT_NEAR(e.log_likelihood, probe["log_likelihood"].get<double>(), 1e-8);
            reference::expect_close(e.gradient, reference::vector_of(probe["gradient"]), 1e-9, "gradient");
            reference::expect_close(e.observed(), reference::matrix_of(probe["observed_information"]), 1e-9,
                                    "observed information");

            // m and R_l of p(x) at any parameters, exactly.
            const auto expect_predictions = [&](const auto& models, const Parameters& at_these,
                                                const Json& exact, double tolerance) {
                const auto predicted = [&](const auto& observable) {
                    return detail::fine_expectation(models, at_these, beta, observable, PredictSettings{});
                };
                const Prediction m = predicted(ising::Magnetization{});
                EXPECT_TRUE(m.exact);
                EXPECT_NEAR(m.value(), exact["predicted_magnetization"].get<double>(), tolerance);
                Vector R = predicted(ising::Correlation(boundary_of(one()))).mean;
                const double n = one()["coarse_sites"].get<double>() * one()["level"].get<double>();
                if (!one()["periodic"])  // the reference divides by the n - l terms
                    for (Index l = 0; l < R.size(); ++l) R[l] *= n / (n - static_cast<double>(l));
                reference::expect_close(R, reference::vector_of(exact["predicted_correlation"]), tolerance,
                                        "R");
            };

            const auto fit = grainer.fit_prepared(prepared);
            expect_predictions(fit, at(probe["parameters"]), probe, 1e-9);
            expect_predictions(fit, at(one()["maximum"]["parameters"]), one()["maximum"], 1e-9);
            const Json& maximum = one()["maximum"];
            EXPECT_EQ(fit.status, Status::converged);
            const Parameters best = at(maximum["parameters"]);
            double value = fit.log_likelihood;
            if (!one()["prior"].is_string()) {
                const Vector z = problem.coordinates().z(fit.parameters);
                for (Index k = 0; k < z.size(); ++k) {
                    const double mean = one()["prior"]["mean"][static_cast<std::size_t>(k)].get<double>(),
                                 sd = one()["prior"]["sd"][static_cast<std::size_t>(k)].get<double>();
                    const double off =
                        ((k < p ? fit.parameters.theta[k] : fit.parameters.eta[k - p]) - mean) / sd;
                    value -= 0.5 * off * off;
                }
            }
            const double known = maximum["log_posterior_unnormalised"];
            EXPECT_GT(value, known - 1e-6);
            if (value > known + 1e-6)
                std::cout << one()["name"] << ": beaten by " << value - known << '\n';
            else {
                expect_predictions(fit, fit.parameters, maximum, 1e-6);
                reference::expect_close(fit.parameters.theta, best.theta, 1e-6, "theta_c");
                reference::expect_close(fit.parameters.eta, best.eta, 1e-6, "eta");
                reference::expect_close(fit.likelihood.observed(),
                                        reference::matrix_of(maximum["observed_information"]), 1e-6,
                                        "observed information at the maximum");
            }
        });
    });
}

INSTANTIATE_TEST_SUITE_P(Cases, BlockMaps, testing::Range<std::size_t>(0, 16), [](const auto& set) {
    return cases()[set.param]["name"].template get<std::string>();
});

}  // namespace
}  // namespace block_maps_test
