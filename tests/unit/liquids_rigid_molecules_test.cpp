// The way back from centres: orientations, and what they leave of the correlations of sites.
#include <predcg/geometry/radial_distribution.hpp>
#include <predcg/geometry/rigid_molecules.hpp>
#include <predcg/statistics/running_moments.hpp>
#include <predcg/trajectories/trajectory.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace liquids_rigid_molecules_test {
using namespace predcg;
using support::expect_close;
using support::thrown;

namespace {

static_assert(FineSampler<RigidMolecules>);

const std::vector<double> water_masses{15.9994, 1.008, 1.008};

/// SPC/E: 0.1 nm, the tetrahedral angle.
RigidMolecules water() {
    const ZMatrix bent(std::vector<std::array<Index, 3>>{{-1, -1, -1}, {0, -1, -1}, {0, 1, -1}});
    return {bent.cartesian({Vector{{0.1, 0.1}}, Vector{{std::acos(-1.0 / 3.0)}}, Vector(0)}), water_masses};
}

TEST(Rotation, IsARotation) {
    auto rng = test_rng(1250);
    for (int k = 0; k < 50; ++k) {
        const auto R = Rotation::random(rng).rows();
        for (std::size_t i = 0; i < 3; ++i)
            for (std::size_t j = 0; j < 3; ++j)
                expect_close(detail::dot(R[i], R[j]), i == j ? 1.0 : 0.0, 1e-14);
        expect_close(detail::dot(R[0], detail::cross(R[1], R[2])), 1.0, 1e-14, "no mirror");
    }
    // a quarter about z
    const double h = std::sqrt(0.5);
    const Point turned = Rotation({h, 0.0, 0.0, h})({1.0, 0.0, 0.0});
    EXPECT_NEAR(turned[0], 0.0, 1e-15);
    EXPECT_NEAR(turned[1], 1.0, 1e-15);
    EXPECT_THROW(Rotation({1.0, 1.0, 0.0, 0.0}), ArgumentError);
}

// Moments of the Haar measure, E[R_ij] = 0 and E[R_ij R_kl] = delta / 3, E[R_11 R_22 R_33] = 1/6, and the law
// of the angle, of density (1 - cos w) / pi, by 20 equally likely classes.
TEST(Rotation, IsUniform) {
    auto rng = test_rng(1251);
    const int N = 40000, classes = 20;
    const double pi = 3.14159265358979323846;
    statistics::RunningMoments<Vector> moments;
    std::vector<int> counts(classes, 0);
    for (int k = 0; k < N; ++k) {
        const auto R = Rotation::random(rng).rows();
        Vector all(9 + 81 + 1);
        for (Index i = 0; i < 9; ++i) {
            all[i] = R[static_cast<std::size_t>(i / 3)][static_cast<std::size_t>(i % 3)];
            for (Index j = 0; j <= i; ++j) all[9 + 9 * i + j] = all[9 + 9 * j + i] = all[i] * all[j];
        }
        all[90] = R[0][0] * R[1][1] * R[2][2];
        moments.add(all);
        const double w = std::acos(std::clamp(0.5 * (R[0][0] + R[1][1] + R[2][2] - 1.0), -1.0, 1.0));
        const double rank = (w - std::sin(w)) / pi;
        ++counts[static_cast<std::size_t>(std::min(classes - 1, static_cast<int>(rank * classes)))];
    }
    const Vector mean = moments.mean(), error = moments.standard_error();
    for (Index i = 0; i < 9; ++i) {
        expect_z(mean[i], 0.0, error[i], "mean");
        for (Index j = 0; j < 9; ++j)
            expect_z(mean[9 + 9 * i + j], i == j ? 1.0 / 3.0 : 0.0, error[9 + 9 * i + j], "product");
    }
    expect_z(mean[90], 1.0 / 6.0, error[90], "diagonal");
    double chi2 = 0.0;
    for (const int count : counts) chi2 += std::pow(count - N / double(classes), 2.0) * classes / N;
    expect_z(chi2, classes - 1, std::sqrt(2.0 * (classes - 1)), "angle");
}

TEST(RigidMolecules, KeepCentresAndShapes) {
    auto rng = test_rng(1252);
    const RigidMolecules molecules = water();
    Points X(30);
    for (Point& p : X)
        for (double& c : p) c = 5.0 * uniform(rng) - 1.0;
    const Points x = molecules.sample(X, {}, rng);
    ASSERT_EQ(x.size(), 90u);
    const Points back = CentreOfMass(water_masses)(x);
    for (std::size_t r = 0; r < X.size(); ++r) {
        for (std::size_t c = 0; c < 3; ++c) expect_close(back[r][c], X[r][c], 1e-13);
        expect_close(detail::norm(detail::minus(x[3 * r + 1], x[3 * r])), 0.1, 1e-13);
        expect_close(bond_angle(x[3 * r + 1], x[3 * r], x[3 * r + 2]), std::acos(-1.0 / 3.0), 1e-12);
    }
    // handedness is kept: rotations, no mirrors
    const RigidMolecules chiral({{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, {1.0, 1.0, 1.0, 1.0});
    const Points y = chiral.sample(Points(1), {}, rng);
    const Point a = detail::minus(y[1], y[0]), b = detail::minus(y[2], y[0]), c = detail::minus(y[3], y[0]);
    expect_close(detail::dot(a, detail::cross(b, c)), 1.0, 1e-12);
    EXPECT_THROW(RigidMolecules(Points(2), {1.0}), ArgumentError);
    EXPECT_THROW(RigidMolecules(Points{}, {}), ArgumentError);
    EXPECT_THROW(RigidMolecules(Points(1), {0.0}), ArgumentError);
}

TEST(SiteCorrelation, IsOfDifferentMolecules) {
    const Box box = Box::cubic(2.0);
    // two molecules of two sites: a-a 0.55, a-b 0.65 and 0.45, within a molecule 0.1
    const Points x{{0.1, 1, 1}, {0.2, 1, 1}, {0.65, 1, 1}, {0.75, 1, 1}};
    const SiteCorrelation same(box, 1.0, 10, 2, 0, 0), other(box, 1.0, 10, 2, 0, 1);
    const double shell = 4.18879020478639098462 * 1e-3;
    Vector expected = Vector::Zero(10);
    expected[5] = 8.0 / (shell * (216.0 - 125.0));
    expect_close(same(x), expected, 1e-12);
    expected.setZero();
    expected[6] = 8.0 / (2.0 * shell * (343.0 - 216.0));
    expected[4] = 8.0 / (2.0 * shell * (125.0 - 64.0));
    expect_close(other(x), expected, 1e-12);
    expect_close(SiteCorrelation(box, 1.0, 10, 2, 1, 0)(x), expected, 1e-12);
    EXPECT_EQ(same.size(), 10);
    EXPECT_THROW(SiteCorrelation(box, 1.0, 10, 2, 0, 2), ArgumentError);
    EXPECT_THROW(same(Points(3)), ArgumentError);
}

// Water's own centres with new orientations: the oxygens hardly notice, hydrogens do.
TEST(RigidMolecules, OxygensSurviveHydrogensDoNot) {
    const std::string file = std::string(PREDCG_EXAMPLE_DATA) + "/water.xtc";
    const auto whole = WholeMolecules::chains(3, 216);
    const RigidMolecules molecules = water();
    auto rng = test_rng(1253);
    statistics::RunningMoments<Vector> oo, oo_back, oh, oh_back;
    Index frames = 0;
    for (const Frame& frame : Trajectory(file)) {
        if (++frames > 20) break;
        const Points x = whole(frame.positions, frame.box);
        const Points back = molecules.sample(CentreOfMass(water_masses)(x), {}, rng);
        const SiteCorrelation of_oo(frame.box, 0.9, 45, 3, 0, 0), of_oh(frame.box, 0.9, 45, 3, 0, 1);
        oo.add(of_oo(x));
        oo_back.add(of_oo(back));
        oh.add(of_oh(x));
        oh_back.add(of_oh(back));
    }
    const auto rms = [](const Vector& a, const Vector& b) {
        return std::sqrt((a - b).squaredNorm() / static_cast<double>(a.size()));
    };
    EXPECT_LT(rms(oo.mean(), oo_back.mean()), 0.06);
    EXPECT_GT(rms(oh.mean(), oh_back.mean()), 0.2);
    // the hydrogen bond at 0.18 nm
    EXPECT_GT(oh.mean()[8], 1.0);
    EXPECT_LT(oh_back.mean()[8], 0.4);
}

}  // namespace
}  // namespace liquids_rigid_molecules_test
