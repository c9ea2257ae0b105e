// Every number of the reference but relative entropy and posterior quantiles.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>

#include "reference.hpp"

namespace reference_test {
using namespace predcg;
using reference::expect_close;
using reference::expect_near;
using reference::vector_of;

namespace {

constexpr double truth_tolerance = 1e-10, probe_tolerance = 1e-9, maximum_tolerance = 1e-6;

class Reference : public testing::TestWithParam<const char*> {
protected:
    reference::Json json = reference::load(GetParam());
    std::vector<std::vector<ising::Spin>> data = reference::load_data(GetParam());
    double beta = json["truth"]["beta"], field = json["truth"]["field"];

    auto grainer(const reference::Json& model) const {
        return EMCoarseGrainer{SamplesOnly<std::vector<ising::Spin>>{}, reference::coarse_chain(model, field),
                               ising::bernoulli_map({.level = model["level"]}), TransferMatrix{}};
    }

    static std::string name_of(const reference::Json& model) {
        return "l_c = " + model["level"].dump() + " " + model["parameters"].dump();
    }

    static Parameters parameters_of(const reference::Json& list) {
        const Vector all = vector_of(list);
        return {all.head(all.size() - 1), all.tail(1)};
    }

    template <class Grainer>
    void expect_at(const Grainer& grainer, const Parameters& at, const reference::Json& expected,
                   double tolerance, const std::string& what) const {
        const auto prepared = grainer.prepare(data, beta);
        const LikelihoodExpansion e = grainer.problem(prepared).evaluate(at);
        expect_near(e.log_likelihood, expected["log_likelihood"], tolerance, what + " log-likelihood");
        if (expected.contains("gradient"))
            expect_close(e.gradient, vector_of(expected["gradient"]), tolerance, what + " gradient");
        expect_close(e.observed(), reference::matrix_of(expected["observed_information"]), tolerance,
                     what + " observed information");
        expect_close(e.complete, reference::matrix_of(expected["complete_information"]), tolerance,
                     what + " complete information");
        Estimate result;
        result.parameters = at;
        result.beta = beta;
        const Fit fit{result, grainer.coarse(), grainer.map(), grainer.engine()};
        const Prediction m = predict(fit, ising::Magnetization{}),
                         R = predict(fit, ising::Correlation{Boundary::periodic});
        EXPECT_TRUE(m.exact && R.exact) << what;
        expect_near(m.value(), expected["predicted_magnetization"], tolerance, what + " magnetisation");
        expect_close(R.mean, vector_of(expected["predicted_correlation"]), tolerance, what + " correlation");
    }
};

TEST_P(Reference, Truth) {
    const auto& truth_of = json["truth"];
    const auto fine = reference::fine_chain(truth_of);
    expect_close(Eigen::Map<const Vector>(fine.couplings().data(), Index(fine.couplings().size())),
                 vector_of(truth_of["couplings"]), 1e-14, "couplings");
    expect_near(TransferMatrix{}.log_partition(Boltzmann(fine, beta)), truth_of["log_partition"],
                truth_tolerance, "log partition");
    expect_near(truth(fine, beta, ising::Magnetization{}).value(), truth_of["magnetization"], truth_tolerance,
                "magnetisation");
    expect_close(truth(fine, beta, ising::Correlation{Boundary::periodic}).mean,
                 vector_of(truth_of["correlation"]), truth_tolerance, "correlation");
    expect_near(data_mean(data, ising::Magnetization{})[0], json["data_magnetization"], 1e-14, "data");
}

TEST_P(Reference, ProbePoint) {
    for (const auto& model : json["models"])
        expect_at(grainer(model), parameters_of(model["probe"]["parameters"]), model["probe"],
                  probe_tolerance, name_of(model));
}

TEST_P(Reference, GlobalMaximumOfTheLikelihood) {
    for (const auto& model : json["models"]) {
        const auto g = grainer(model);
        const auto fit = g.fit(data, {.beta = beta});
        const std::string what = name_of(model);
        const auto& maximum = model["maximum_likelihood"];
        if (maximum.is_null()) {
            EXPECT_EQ(fit.status, Status::not_identified) << what;
            EXPECT_FALSE(fit.directions.empty()) << what;
            continue;
        }
        EXPECT_EQ(fit.status, Status::converged) << what << " " << to_string(fit.status);
        Vector all(fit.parameters.theta.size() + 1);
        all << fit.parameters.theta, fit.parameters.eta;
        expect_close(all, vector_of(maximum["parameters"]), maximum_tolerance, what + " maximum");
        expect_near(fit.map.theta_cf(fit.parameters.eta), maximum["theta_cf"], maximum_tolerance, what);
        expect_at(g, fit.parameters, maximum, maximum_tolerance, what + " at the maximum");
    }
}

INSTANTIATE_TEST_SUITE_P(Sets, Reference, testing::Values("A", "B", "C"),
                         [](const auto& set) { return std::string(set.param); });

}  // namespace
}  // namespace reference_test
