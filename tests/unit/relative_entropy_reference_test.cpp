// Relative entropy against the reference: parameters, target moments, prediction after reconstruction, for
// every model of every data set.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/relative_entropy.hpp>

#include "reference.hpp"

namespace relative_entropy_reference_test {
using namespace predcg;
using reference::expect_close;
using reference::expect_near;
using reference::vector_of;

namespace {

constexpr double tolerance = 1e-8;

class Reference : public testing::TestWithParam<const char*> {
protected:
    reference::Json json = reference::load(GetParam());
    std::vector<std::vector<ising::Spin>> data = reference::load_data(GetParam());
    double beta = json["truth"]["beta"], field = json["truth"]["field"];

    static std::string name_of(const reference::Json& model) {
        return "l_c = " + model["level"].dump() + " " + model["parameters"].dump();
    }
};

TEST_P(Reference, ParametersAndTargetMoments) {
    for (const auto& model : json["models"]) {
        const std::string what = name_of(model);
        const RelativeEntropy minimiser{reference::coarse_chain(model, field),
                                        ising::majority_map({.level = model["level"]}), TransferMatrix{}};
        const auto fit = minimiser.fit(data, {.beta = beta});
        const auto& expected = model["relative_entropy"];
        EXPECT_EQ(fit.status, Status::converged) << what;  // the reference has no null here
        expect_close(fit.parameters.theta, vector_of(expected["parameters"]), tolerance, what);
        // The reference has the sums themselves, features are dU_c/dtheta: their negatives.
        expect_close(Vector(-fit.target_moments), vector_of(expected["target_feature_means"]), tolerance,
                     what + " target moments");
        expect_close(fit.model_moments, fit.target_moments, tolerance, what + " matched");
    }
}

// With uniform blocks at level 2 one of three block configurations has both spins equal to X_r, and two have
// the sum 0: m = M_c / 3, with M_c of p_c by enumeration.
TEST_P(Reference, MagnetizationAfterReconstruction) {
    for (const auto& model : json["models"]) {
        const Index level = model["level"];
        const RelativeEntropy minimiser{reference::coarse_chain(model, field),
                                        ising::majority_map({.level = level}), TransferMatrix{}};
        const auto fit = minimiser.fit(data, {.beta = beta});
        const auto target = boltzmann(fit.coarse, fit.parameters.theta, beta);
        const double M = Enumeration{}.site_moments(target, 1).mean.mean();
        const auto back = fit.reconstructed(ising::uniform_reconstruction({.level = level}));
        const Prediction m = predict(back, ising::Magnetization{});
        EXPECT_TRUE(m.exact);
        if (level == 2) {
            EXPECT_NEAR(m.value(), M / 3.0, 1e-12);
        }
        // Level 4: 11 block configurations, sums 4, 2 (four times) and 0 (six times).
        if (level == 4) {
            EXPECT_NEAR(m.value(), M * (4.0 + 4.0 * 2.0) / (4.0 * 11.0), 1e-12);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Sets, Reference, testing::Values("A", "B", "C"),
                         [](const auto& set) { return std::string(set.param); });

}  // namespace
}  // namespace relative_entropy_reference_test
