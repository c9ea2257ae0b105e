// Predictions of molecules: a posterior of states with one of lengths and angles beside it.
#include <predcg/geometry/whole_molecules.hpp>
#include <predcg/models/rotamers/dimensions.hpp>
#include <predcg/models/rotamers/map.hpp>
#include <predcg/models/rotamers/molecule_observables.hpp>
#include <predcg/posterior.hpp>
#include <predcg/posterior/with_independent.hpp>
#include <predcg/predcg.hpp>
#include <predcg/predict/density_by_site.hpp>
#include <predcg/trajectories/trajectory.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace rotamers_predict_test {
using namespace predcg;
using support::expect_close;
using support::thrown;

namespace {

constexpr double beta = 1.0 / (0.0083144626 * 400.0);  // mol/kJ at 400 K

/// Every tenth frame of decane.
const std::vector<Points>& frames() {
    static const std::vector<Points> all = [] {
        const auto whole = WholeMolecules::chains(10);
        std::vector<Points> molecules;
        Index k = 0;
        for (const Frame& frame : Trajectory(PREDCG_EXAMPLE_DATA "/decane.xtc"))
            if (k++ % 10 == 0) molecules.push_back(whole(frame.positions, frame.box));
        return molecules;
    }();
    return all;
}

std::vector<InternalCoordinates> internal() {
    std::vector<InternalCoordinates> all;
    for (const Points& x : frames()) all.push_back(ZMatrix::chain(10).internal(x));
    return all;
}

auto states() {
    const auto map = rotamers::von_mises_map();
    const EMCoarseGrainer grainer{SamplesOnly<Vector>{}, rotamers::chain(), map,
                                  TransferMatrix{},      Newton{},          weak_prior(map)};
    std::vector<Vector> dihedrals;
    for (const auto& q : internal()) dihedrals.push_back(q.dihedrals);
    const auto data = grainer.prepare(dihedrals, beta);
    // Any draws will do here, good approximation or not.
    return laplace_joint(grainer, data, grainer.fit_prepared(data),
                         {.draws = 400, .largest_pareto_k = 10.0, .seed = test_seed()});
}

const rotamers::GeometryPosterior& geometry() {
    static const rotamers::GeometryPosterior posterior(rotamers::ChainGeometry(), internal());
    return posterior;
}

/// Made once: laplace_joint.
const auto& molecules() {
    static const auto posterior = [] {
        const auto of_states = states();
        return with_independent(of_states, rotamers::MoleculeMap(of_states.map, geometry().geometry()),
                                geometry().centre(), geometry().draws(of_states.draw_count(), test_seed()));
    }();
    return posterior;
}

struct Dimensions {
    template <class Models>
    Vector operator()(const Models& models, const Parameters& at, double b) const {
        const auto d = rotamers::chain_dimensions(boltzmann(models.coarse, at.theta, b), models.map, at.eta);
        return Vector{{d.squared_end_to_end, d.squared_gyration, d.characteristic_ratio()}};
    }
};

TEST(WithIndependent, PutsParametersBehindThoseOfThePosterior) {
    const auto of_states = states();
    const auto& posterior = molecules();
    ASSERT_EQ(posterior.parameter_count(), 10);
    EXPECT_EQ(posterior.names()[5], "phi_g");
    EXPECT_EQ(posterior.names()[6], "bond");
    EXPECT_EQ(posterior.fit["cos_angle"], geometry().angles().mean());
    EXPECT_EQ(posterior.fit["E_gauche"], of_states.fit["E_gauche"]);
    expect_close(Matrix(posterior.draws.topRows(6)), of_states.draws, 0.0);
    expect_close(Matrix(posterior.draws.bottomRows(4)), geometry().draws(posterior.draw_count(), test_seed()),
                 0.0);
    expect_close(posterior.mean[8], posterior.draws.row(8).mean(), 1e-12);
    EXPECT_EQ(posterior.parameters(3).eta.size(), 7);
    const rotamers::MoleculeMap map(of_states.map, geometry().geometry());
    EXPECT_EQ(thrown<ArgumentError>([&] {
                  (void)with_independent(of_states, map, geometry().centre(), geometry().draws(3));
              }).argument(),
              "number of draws");
    EXPECT_THROW(
        (void)with_independent(of_states, map, Vector::Zero(3), Matrix::Zero(3, of_states.draw_count())),
        ArgumentError);
}

TEST(CredibleIntervalOfAFunction, HasTheQuantilesOfItsValues) {
    const auto& posterior = molecules();
    const auto interval = credible_interval(posterior, Dimensions{}, 0.9);
    ASSERT_EQ(interval.expectations.cols(), posterior.draw_count());
    for (const Index k : {Index{0}, Index{17}})
        expect_close(Vector(interval.expectations.col(k)),
                     Dimensions{}(posterior, posterior.parameters(k), beta), 0.0);
    for (Index j = 0; j < 3; ++j) {
        const Vector values = interval.expectations.row(j).transpose();
        expect_close(interval.lower[j], statistics::quantile(values, 0.05), 1e-12);
        expect_close(interval.upper[j], statistics::quantile(values, 0.95), 1e-12);
        expect_close(interval.mean[j], values.mean(), 1e-12);
    }
    EXPECT_TRUE(interval.exact());
    EXPECT_EQ(interval.predictive_lower.size(), 0);
    EXPECT_THROW((void)credible_interval(posterior, Dimensions{}, 1.0), ArgumentError);
    // A number is a vector of one; another temperature, and another length.
    const auto number = credible_interval(
        posterior.with_models(rotamers::chain({.sites = 17}), posterior.map),
        [](const auto& models, const Parameters& at, double b) {
            return rotamers::chain_dimensions(boltzmann(models.coarse, at.theta, 1.3 * b), models.map, at.eta)
                .characteristic_ratio();
        });
    ASSERT_EQ(number.mean.size(), 1);
    EXPECT_GT(number.lower[0], interval.upper[2]) << "longer, colder chains are stiffer";
}

/// What is drawn has the exact mean squares, with what the posterior says of their spread.
TEST(CredibleIntervalOfAFunction, AgreesWithSampledPredictions) {
    const auto& posterior = molecules();
    const auto exact = credible_interval(posterior, Dimensions{});
    const auto sampled =
        predict(posterior,
                [](const Points& x) {
                    return Vector{{std::pow(EndToEnd{}(x), 2), std::pow(RadiusOfGyration{}(x), 2)}};
                },
                {.samples = 100, .seed = test_seed()});
    for (Index j = 0; j < 2; ++j) {
        const double error = sampled.sampling_sd[j] / std::sqrt(static_cast<double>(posterior.draw_count()));
        expect_z(sampled.mean[j], exact.mean[j], error, "mean square");
        expect_close(sampled.sd[j], exact.sd[j], 0.25);
    }
}

/// By all 3^3 states, and normalised.
TEST(DensityBySite, IsThatOfAllStates) {
    const auto posterior = states();
    const auto chain = rotamers::chain({.sites = 3});
    const auto shorter = posterior.with_models(chain, posterior.map);
    const Parameters at = posterior.parameters(1);
    const Index points = 200;
    Vector phi(points);
    for (Index k = 0; k < points; ++k)
        phi[k] = -std::numbers::pi + 2.0 * std::numbers::pi * (static_cast<double>(k) + 0.5) / 200.0;
    const Matrix density = density_by_site(shorter, shorter.map, at, beta, phi);
    ASSERT_EQ(density.rows(), points);
    ASSERT_EQ(density.cols(), 3);
    expect_close(Vector(density.colwise().sum().transpose() * (2.0 * std::numbers::pi / 200.0)),
                 Vector::Ones(3), 1e-10);
    const auto target = boltzmann(chain, at.theta, beta);
    Matrix by_hand = Matrix::Zero(points, 3);
    double total = 0.0;
    for (int code = 0; code < 27; ++code) {
        const std::vector<letters::Letter> X{static_cast<letters::Letter>(code % 3),
                                             static_cast<letters::Letter>(code / 3 % 3),
                                             static_cast<letters::Letter>(code / 9)};
        const double weight = std::exp(target.log_density(X));
        total += weight;
        for (Index i = 0; i < 3; ++i) {
            const auto a = X[static_cast<std::size_t>(i)];
            const double kappa = std::exp(at.eta[a == rotamers::trans ? 0 : 1]);
            const double mean = a == rotamers::trans         ? std::numbers::pi
                                : a == rotamers::gauche_plus ? at.eta[2]
                                                             : -at.eta[2];
            for (Index k = 0; k < points; ++k)
                by_hand(k, i) += weight * std::exp(kappa * std::cos(phi[k] - mean)) /
                                 (2.0 * std::numbers::pi * std::cyl_bessel_i(0.0, kappa));
        }
    }
    expect_close(density, Matrix(by_hand / total), 1e-10);
    // What an engine that samples averages.
    EXPECT_EQ(detail::HasLetter{2}(std::vector<int>{2, 0, 1, 2}), (Vector{{1.0, 0.0, 0.0, 1.0}}));
}

TEST(StandardDeviation, IsThatOfTheData) {
    const std::vector<Vector> data{Vector{{1.0, 2.0}}, Vector{{3.0, 2.0}}, Vector{{8.0, 2.0}}};
    const StandardDeviation of{[](const Vector& x) { return x; }};
    expect_close(of.mean(data), Vector{{std::sqrt(26.0 / 3.0), 0.0}}, 1e-14);
    EXPECT_THROW((void)of.mean(std::vector<Vector>{}), ArgumentError);
}

/// Molecules whose lengths vary three times as much are told by their standard deviation, not by their mean.
TEST(StandardDeviation, IsCheckedAgainstReplicas) {
    const auto& posterior = molecules();
    struct MeanLength {
        double operator()(const Points& x) const { return BondLengths::chain(10)(x).mean(); }
    };
    const double middle = geometry().bonds().mean();
    std::vector<Points> wider;
    for (auto q : internal()) {
        q.lengths = (middle + 3.0 * (q.lengths.array() - middle)).matrix();
        wider.push_back(ZMatrix::chain(10).cartesian(q));
    }
    const CheckSettings settings{.replicates = 300, .seed = test_seed()};
    const auto checks_of = [&](const std::vector<Points>& data) {
        return predictive_checks(posterior, data, settings, checked("mean", MeanLength{}),
                                 checked("sd", StandardDeviation{MeanLength{}}));
    };
    EXPECT_LT(std::abs(checks_of(frames())[1].z), z_limit);
    const auto of_wider = checks_of(wider);
    EXPECT_LT(std::abs(of_wider[0].z), z_limit);
    EXPECT_GT(of_wider[1].z, 2.0 * z_limit);
    EXPECT_TRUE(of_wider[1].contradicted);
}

}  // namespace
}  // namespace rotamers_predict_test
