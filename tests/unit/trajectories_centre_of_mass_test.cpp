// Centres of mass as a deterministic map.
#include <predcg/geometry/centre_of_mass.hpp>
#include <predcg/geometry/periodic_space.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

namespace trajectories_centre_of_mass_test {
using namespace predcg;
using support::expect_close;
using support::thrown;

namespace {

static_assert(DeterministicMap<CentreOfMass>);
static_assert(std::is_same_v<image_t<CentreOfMass>, Points>);

const std::vector<double> water_masses{15.9994, 1.008, 1.008};

/// n molecules of three sites, of which some hang over the faces of the box.
Points molecules(std::mt19937_64& rng, Index n, double length) {
    Points x;
    for (Index r = 0; r < n; ++r) {
        Point centre{};
        for (double& c : centre) c = length * uniform(rng);
        for (int site = 0; site < 3; ++site) {
            Point place = centre;
            for (double& c : place) c += 0.2 * (uniform(rng) - 0.5);
            x.push_back(place);
        }
    }
    return x;
}

TEST(CentreOfMass, IsTheWeightedMeanAndMovesWithTheMolecule) {
    const CentreOfMass centre({3.0, 1.0});
    EXPECT_EQ(centre.sites_per_molecule(), 2);
    const Points two = centre({{0, 0, 0}, {4, 0, 0}, {1, 1, 1}, {1, 5, 1}});
    ASSERT_EQ(two.size(), 2u);
    EXPECT_EQ(two[0], (Point{1.0, 0.0, 0.0}));
    EXPECT_EQ(two[1], (Point{1.0, 2.0, 1.0}));
    // a molecule outside of the box has its centre there
    const Points outside = centre({{-7, 0, 0}, {-3, 0, 0}});
    EXPECT_EQ(outside[0], (Point{-6.0, 0.0, 0.0}));
    const PeriodicSpace<> space(1, Box::cubic(4.0));
    EXPECT_EQ(space.wrapped(outside)[0], (Point{2.0, 0.0, 0.0}));
}

TEST(CentreOfMass, MakesCutMoleculesWhole) {
    auto rng = test_rng(1231);
    const double length = 1.0;
    const Index n = 40;
    const Box box = Box::cubic(length);
    const MinimumImage image(box);
    const Points whole = molecules(rng, n, length);
    Points cut = whole;
    bool was_cut = false;
    for (std::size_t i = 0; i < cut.size(); ++i) {
        cut[i] = image.wrapped(cut[i]);
        was_cut = was_cut || cut[i] != whole[i];
    }
    ASSERT_TRUE(was_cut);
    const Points expected = CentreOfMass(water_masses)(whole);
    const CentreOfMass mends(water_masses, WholeMolecules::chains(3, n), box);
    const Points mended = mends(cut), plain = CentreOfMass(water_masses)(cut);
    double far = 0.0;
    for (std::size_t r = 0; r < expected.size(); ++r) {
        EXPECT_LT(image.distance(mended[r], expected[r]), 1e-12);
        far = std::max(far, image.distance(plain[r], expected[r]));
    }
    EXPECT_GT(far, 0.05);  // what is left undone without
}

TEST(CentreOfMass, RefusesInWords) {
    EXPECT_THROW(CentreOfMass({}), ArgumentError);
    EXPECT_THROW(CentreOfMass({1.0, 0.0}), ArgumentError);
    const CentreOfMass centre(water_masses);
    EXPECT_THROW(centre(Points(4)), ArgumentError);
    Points x(3);
    x[1][2] = std::nan("");
    EXPECT_EQ(thrown<ArgumentError>([&] { centre(x); }).argument(), "coordinate");
    Box leaning = Box::cubic(2.0);
    leaning.edges[2] = {0.5, 0.0, 2.0};
    EXPECT_THROW(CentreOfMass(water_masses, WholeMolecules::chains(3, 1), leaning), ArgumentError);
}

}  // namespace
}  // namespace trajectories_centre_of_mass_test
