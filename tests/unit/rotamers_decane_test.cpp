// Chains of rotational states on the dihedrals of decane, against an independent program that enumerates all
// 3^7 states (exact_decane.json; its information, from differences, is good to about 1e-7).
#include <predcg/geometry/internal_coordinates.hpp>
#include <predcg/geometry/whole_molecules.hpp>
#include <predcg/models/rotamers/map.hpp>
#include <predcg/models/rotamers/observables.hpp>
#include <predcg/predcg.hpp>
#include <predcg/predict/coarse_scale.hpp>
#include <predcg/trajectories/trajectory.hpp>

#include "reference.hpp"

#include <gtest/gtest.h>

namespace rotamers_decane_test {
using namespace predcg;
using reference::Json;

namespace {

/// Dihedrals of every `stride`-th frame.
std::vector<Vector> dihedrals(Index stride) {
    const auto whole = WholeMolecules::chains(10);
    const auto chain = ZMatrix::chain(10);
    std::vector<Vector> data;
    Index k = 0;
    for (const Frame& frame : Trajectory(PREDCG_EXAMPLE_DATA "/decane.xtc"))
        if (k++ % stride == 0) data.push_back(chain.internal(whole(frame.positions, frame.box)).dihedrals);
    return data;
}

const Json& exact() {
    static const Json json = reference::load("decane");
    return json;
}

class Decane : public testing::TestWithParam<Index> {
protected:
    static double beta() { return exact()["beta"]; }
    Json answers = exact()["sets"][GetParam() == 1 ? "frames 0,10,...,5000" : "frames 0,100,...,5000"];
    std::vector<Vector> data = dihedrals(GetParam());
    EMCoarseGrainer<SamplesOnly<Vector>, letters::CoarseChain<3>, VonMisesMap<>, TransferMatrix, Newton,
                    FlatPrior>
        grainer{SamplesOnly<Vector>{}, rotamers::chain(), rotamers::von_mises_map(),
                TransferMatrix{},      Newton{},          flat_prior()};

    static Parameters parameters(const Json& list) {
        const Vector all = reference::vector_of(list);
        return {all.head(3), all.tail(3)};
    }
};
INSTANTIATE_TEST_SUITE_P(Frames, Decane, testing::Values(Index{1}, Index{10}),
                         [](const auto& of) { return of.param == 1 ? "All" : "EveryTenth"; });

TEST_P(Decane, LikelihoodAndDerivatives) {
    ASSERT_EQ(std::ssize(data), Index(answers["frames"]));
    for (std::size_t k = 0; k < 3; ++k)
        reference::expect_close(data[k], reference::vector_of(answers["first_dihedrals"][k]), 1e-12,
                                "dihedrals");
    const auto prepared = grainer.prepare(data, beta());
    const auto problem = grainer.problem(prepared);
    const auto probe = problem.evaluate(parameters(answers["probe"]));
    reference::expect_near(probe.log_likelihood, answers["probe_log_likelihood"], 1e-12, "log-likelihood");
    reference::expect_close(probe.gradient, reference::vector_of(answers["probe_gradient"]), 1e-9,
                            "gradient");
    reference::expect_close(probe.observed(), reference::matrix_of(answers["probe_observed_information"]),
                            1e-7, "information");
    const auto top = problem.evaluate(parameters(answers["maximum"]));
    reference::expect_close(top.observed(), reference::matrix_of(answers["observed_information"]), 1e-7,
                            "information at the maximum");
}

TEST_P(Decane, Maximum) {
    const auto fit = grainer.fit(data, {.beta = beta()});
    EXPECT_EQ(fit.status, Status::converged);
    Vector found(6);
    found << fit.parameters.theta, fit.parameters.eta;
    reference::expect_close(found, reference::vector_of(answers["maximum"]), 1e-6, "maximum");
    reference::expect_near(fit.log_likelihood, answers["maximum_log_likelihood"], 1e-12, "log-likelihood");
}

TEST_P(Decane, Predictions) {
    const Json& expected = answers["prediction"];
    const Parameters at = parameters(answers["maximum"]);
    const auto chain = rotamers::chain();
    const auto p_c = boltzmann(chain, at.theta, beta());
    const Moments counts = TransferMatrix{}.expect(p_c, rotamers::Counts{});
    EXPECT_NEAR(counts.covariance(0, 0), expected["variance_gauche"], 1e-9);
    const Vector trans = reference::vector_of(expected["trans_fraction_by_site"]);
    const auto fit = coarse_scale(grainer.fit(data, {.beta = beta(), .starts = 1, .start = at}));
    const Prediction fraction = predict(fit, rotamers::StateBySite{});
    EXPECT_TRUE(fraction.exact);
    reference::expect_close(fraction.mean, trans, 1e-8, "trans");
    const Prediction numbers = predict(fit, rotamers::Counts{});
    EXPECT_TRUE(numbers.exact);
    const Vector by_hand{
        {expected["mean_gauche"], expected["same_per_chain"], expected["opposite_per_chain"]}};
    reference::expect_close(numbers.mean, by_hand, 1e-8, "counts");
    reference::expect_close(counts.mean, by_hand, 1e-9, "counts as a statistic");
    // E cos phi: states are trans, or gauche of either sign alike.
    const VonMises density = rotamers::von_mises_map().density();
    const double of_trans = density.mean_direction(rotamers::trans, at.eta)[0],
                 of_gauche = density.mean_direction(rotamers::gauche_minus, at.eta)[0];
    for (Index i = 0; i < 7; ++i)
        EXPECT_NEAR(trans[i] * of_trans + (1.0 - trans[i]) * of_gauche,
                    expected["mean_cos_phi"][static_cast<std::size_t>(i)], 1e-9);
}

}  // namespace
}  // namespace rotamers_decane_test
