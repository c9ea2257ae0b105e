// Boxes, whole molecules, internal coordinates.
#include <predcg/geometry/internal_coordinates.hpp>
#include <predcg/geometry/observables.hpp>
#include <predcg/geometry/whole_molecules.hpp>
#include <predcg/trajectories/trajectory.hpp>

#include <gtest/gtest.h>

#include <Eigen/LU>

#include "close.hpp"
#include "reference.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

namespace trajectories_geometry_test {
using namespace predcg;
using support::expect_close;
using support::thrown;

namespace {

constexpr double pi = 3.14159265358979323846;

double angle_between(double a, double b) { return std::abs(std::remainder(a - b, 2.0 * pi)); }

double draw(std::mt19937_64& rng, double lower, double upper) {
    return lower + (upper - lower) * uniform(rng);
}

Points random_points(std::mt19937_64& rng, std::size_t n, double size) {
    Points x(n);
    for (Point& p : x)
        for (double& c : p) c = draw(rng, -size, size);
    return x;
}

TEST(MinimumImage, IsTheNearestOfAllImages) {
    auto rng = test_rng(1210);
    const Box box = Box::orthorhombic(1.0, 2.0, 0.0);
    const MinimumImage image(box);
    for (int repeat = 0; repeat < 200; ++repeat) {
        const Points x = random_points(rng, 2, 5.0);
        double nearest = 1e300;
        for (int i = -12; i <= 12; ++i)
            for (int j = -12; j <= 12; ++j) {
                const Point d{x[1][0] - x[0][0] + i, x[1][1] - x[0][1] + 2.0 * j, x[1][2] - x[0][2]};
                nearest = std::min(nearest, d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
            }
        expect_close(image.squared_distance(x[0], x[1]), nearest, 1e-12);
        const Point inside = image.wrapped(x[0]);
        for (std::size_t c = 0; c < 3; ++c) {
            const double length = c == 2 ? 0.0 : image.lengths()[c];
            if (length > 0.0) {
                EXPECT_TRUE(inside[c] >= 0.0 && inside[c] < length);
                EXPECT_NEAR(std::remainder(inside[c] - x[0][c], length), 0.0, 1e-12);
            } else {
                EXPECT_EQ(inside[c], x[0][c]);
            }
        }
    }
    EXPECT_EQ(image.wrapped({-1e-20, -1e-20, -1.0}), (Point{0.0, 0.0, -1.0}));
    EXPECT_EQ(image.reach(), 0.5);
}

TEST(MinimumImage, RefusesTriclinicBoxesInWords) {
    Box box = Box::cubic(2.0);
    EXPECT_EQ(box.volume(), 8.0);
    box.edges[2] = {0.5, 0.0, 2.0};
    EXPECT_EQ(box.volume(), 8.0);
    EXPECT_EQ(thrown<ArgumentError>([&] { MinimumImage{box}; }).value(), "'triclinic'");
    EXPECT_THROW(WholeMolecules::chains(2)({Point{}, Point{}}, box), ArgumentError);
    box.edges[2] = {1e-15, 0.0, 2.0};
    EXPECT_NO_THROW(MinimumImage{box}) << "rounding is no tilt";
    EXPECT_THROW(Box::cubic(-1.0), ArgumentError);
    box.edges[0][0] = -2.0;
    EXPECT_THROW(MinimumImage{box}, ArgumentError);
}

TEST(WholeMolecules, UndoesWhatABoxHasCut) {
    auto rng = test_rng(1211);
    const Box box = Box::orthorhombic(1.0, 1.2, 1.4);
    const MinimumImage image(box);
    // Two trees with sites in any order, and one site alone.
    const std::vector<Bond> bonds{{7, 0}, {2, 7}, {2, 4}, {2, 9}, {9, 1}, {3, 8}, {8, 6}, {3, 8}, {4, 2}};
    const WholeMolecules whole(11, bonds);
    EXPECT_EQ(whole.molecules(), 4);
    EXPECT_EQ(whole.molecule_of(), (std::vector<Index>{0, 0, 0, 1, 0, 2, 1, 0, 1, 0, 3}));
    for (int repeat = 0; repeat < 20; ++repeat) {
        Points x(11);
        for (const std::size_t root : {0u, 3u, 5u, 10u})
            for (double& c : x[root]) c = draw(rng, 0.0, 1.0);
        const auto step = [&](std::size_t from, std::size_t to) {
            for (std::size_t c = 0; c < 3; ++c) x[to][c] = x[from][c] + draw(rng, -0.45, 0.45);
        };
        step(0, 7), step(7, 2), step(2, 4), step(2, 9), step(9, 1), step(3, 8), step(8, 6);
        Points cut = x;
        for (std::size_t i = 0; i < 11; ++i)
            for (std::size_t c = 0; c < 3; ++c)
                if (i != 0 && i != 3 && i != 5 && i != 10)
                    cut[i][c] +=
                        image.lengths()[c] * static_cast<double>(rng() % 5) - 2.0 * image.lengths()[c];
        const Points back = whole(cut, box);
        for (std::size_t i = 0; i < 11; ++i)
            for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(back[i][c], x[i][c], 1e-12) << i;
    }
    EXPECT_THROW(whole(Points(10), box), ArgumentError);
    EXPECT_EQ(thrown<ArgumentError>([] { WholeMolecules(2, {{0, 2}}); }).value(), "2");
    EXPECT_EQ(WholeMolecules::chains(3, 4).molecules(), 4);
    EXPECT_EQ(WholeMolecules::chains(3, 4).molecule_of()[5], 1);
}

TEST(WholeMolecules, CentresOfMass) {
    const Points centres =
        centres_of_mass({{0, 0, 0}, {1, 0, 0}, {2, 2, 2}, {2, 2, 6}}, std::vector<double>{1.0, 3.0});
    EXPECT_EQ(centres, (Points{{0.75, 0, 0}, {2, 2, 5}}));
    EXPECT_THROW(centres_of_mass(Points(3), {1.0, 1.0}), ArgumentError);
    EXPECT_THROW(centres_of_mass(Points(2), {1.0, 0.0}), ArgumentError);
    EXPECT_THROW(centres_of_mass(Points(2), {}), ArgumentError);
}

TEST(Dihedrals, HaveTheSignOfIupac) {
    // Along the bond from b to c, away from the eye: a is above, d turned clockwise, to the right.
    const Point a{0, 1, 0}, b{0, 0, 0}, c{0, 0, -1};
    const auto turned = [&](double phi) { return Point{std::sin(phi), std::cos(phi), -1}; };
    for (const double phi : {-3.0, -1.0, 0.0, 0.1, 1.2, 2.9}) {
        expect_close(dihedral_angle(a, b, c, turned(phi)), phi, 1e-14);
        expect_close(dihedral_angle(turned(phi), c, b, a), phi, 1e-14);  // from the other end
        const auto mirrored = [](Point p) { return Point{-p[0], p[1], p[2]}; };
        expect_close(dihedral_angle(mirrored(a), b, c, mirrored(turned(phi))), -phi, 1e-14);
    }
    EXPECT_EQ(dihedral_angle(a, b, c, {0, -1, -1}), pi);
    for (const double tiny : {0.0, -0.0, 1e-20, -1e-20})
        EXPECT_EQ(dihedral_angle(a, b, c, {tiny, -1, -1}), pi) << "-pi is pi";
    EXPECT_TRUE(std::isnan(dihedral_angle(a, b, c, {0, 0, -2})));
    expect_close(bond_angle({1, 0, 0}, {0, 0, 0}, {0, 2, 0}), pi / 2, 1e-15);
    EXPECT_EQ(bond_angle({1, 0, 0}, {0, 0, 0}, {-2, 0, 0}), pi);
    expect_close(bond_angle({1, 0, 0}, {0, 0, 0}, {1, 1e-9, 0}) / 1e-9, 1.0, 1e-12);  // no acos
    EXPECT_TRUE(std::isnan(bond_angle({1, 0, 0}, {1, 0, 0}, {1, 1, 0})));
}

TEST(Dihedrals, OfDecaneAreThoseOfAnIndependentProgram) {
    const reference::Json sets = reference::load("decane")["sets"];
    const WholeMolecules whole = WholeMolecules::chains(10);
    const DihedralAngles dihedrals = DihedralAngles::chain(10);
    std::vector<Vector> all;
    for (const Frame& frame : Trajectory(std::string(PREDCG_EXAMPLE_DATA) + "/decane.xtc"))
        all.push_back(dihedrals(whole(frame.positions, frame.box)));
    ASSERT_EQ(all.size(), 501u);
    Index compared = 0;
    for (const auto& [name, stride] :
         {std::pair{"frames 0,10,...,5000", 1u}, {"frames 0,100,...,5000", 10u}}) {
        const auto expected = sets[name]["first_dihedrals"];
        for (std::size_t k = 0; k < expected.size(); ++k)
            for (std::size_t i = 0; i < 7; ++i, ++compared)
                EXPECT_LT(angle_between(all[k * stride][static_cast<Index>(i)], expected[k][i].get<double>()),
                          1e-9)
                    << name << " " << k << " " << i;
    }
    EXPECT_GE(compared, 28);
}

InternalCoordinates random_internal(std::mt19937_64& rng, Index n) {
    InternalCoordinates q{Vector(n - 1), Vector(std::max<Index>(n - 2, 0)),
                          Vector(std::max<Index>(n - 3, 0))};
    for (double& r : q.lengths) r = draw(rng, 0.1, 2.0);
    for (double& theta : q.angles) theta = draw(rng, 0.05, 3.1);
    for (double& phi : q.dihedrals) phi = draw(rng, -pi, pi);
    return q;
}

/// References at random.
ZMatrix random_tree(std::mt19937_64& rng, Index n) {
    std::vector<std::array<Index, 3>> references(static_cast<std::size_t>(n),
                                                 std::array<Index, 3>{-1, -1, -1});
    for (Index i = 1; i < n; ++i) {
        auto& r = references[static_cast<std::size_t>(i)];
        for (std::size_t k = 0; k < 3 && static_cast<Index>(k) < i; ++k) do
                r[k] = static_cast<Index>(rng() % static_cast<std::uint64_t>(i));
            while (std::find(r.begin(), r.begin() + k, r[k]) != r.begin() + k);
    }
    return ZMatrix(references);
}

TEST(InternalCoordinates, ThereAndBack) {
    auto rng = test_rng(1212);
    for (Index n = 1; n <= 12; ++n)
        for (const ZMatrix& z : {ZMatrix::chain(n), random_tree(rng, std::min<Index>(n, 5))}) {
            const InternalCoordinates q = random_internal(rng, z.sites());
            const Points x = z.cartesian(q);
            const InternalCoordinates back = z.internal(x);
            expect_close(back.lengths, q.lengths, 1e-11, "lengths");
            expect_close(back.angles, q.angles, 1e-9, "angles");
            for (Index k = 0; k < q.dihedrals.size(); ++k)
                EXPECT_LT(angle_between(back.dihedrals[k], q.dihedrals[k]), 1e-8);
            EXPECT_EQ(x[0], Point{});
            if (z.sites() > 1) {
                EXPECT_EQ(x[1], (Point{q.lengths[0], 0.0, 0.0}));
            }
            if (z.sites() > 2) {
                EXPECT_EQ(x[2][2], 0.0);
                EXPECT_GT(x[2][1], 0.0);
            }
        }
}

TEST(InternalCoordinates, RebuiltFramesHaveTheSameDistances) {
    const WholeMolecules whole = WholeMolecules::chains(10);
    const ZMatrix z = ZMatrix::chain(10);
    Index frames = 0;
    for (const Frame& frame : Trajectory(std::string(PREDCG_EXAMPLE_DATA) + "/decane.xtc")) {
        if (++frames > 20) break;
        const Points x = whole(frame.positions, frame.box), y = z.cartesian(z.internal(x));
        for (std::size_t i = 0; i < 10; ++i)
            for (std::size_t j = 0; j < i; ++j)
                EXPECT_NEAR(MinimumImage().distance(x[i], x[j]), MinimumImage().distance(y[i], y[j]), 1e-12);
    }
}

TEST(InternalCoordinates, JacobianAgreesWithDifferences) {
    auto rng = test_rng(1213);
    for (int repeat = 0; repeat < 10; ++repeat) {
        const ZMatrix z = random_tree(rng, 5);
        InternalCoordinates q = random_internal(rng, 5);
        // Sites 1 to 4 move by their 4 lengths, 3 angles, 2 dihedrals, and by rotations about z, y and x: at
        // the standard orientation the three add r_1 (z), r_1 (y), and the third site's distance from the
        // axis.
        Matrix derivative(12, 12);
        const double h = 1e-5;
        const auto at = [&](double* number, double step) {
            const double before = *number;
            *number = before + step;
            const Points x = z.cartesian(q);
            *number = before;
            Vector flat(12);
            for (std::size_t i = 0; i < 4; ++i)
                for (std::size_t c = 0; c < 3; ++c) flat[static_cast<Index>(3 * i + c)] = x[i + 1][c];
            return flat;
        };
        Index column = 0;
        for (Vector* part : {&q.lengths, &q.angles, &q.dihedrals})
            for (double& number : *part)
                derivative.col(column++) = (at(&number, h) - at(&number, -h)) / (2.0 * h);
        const Points x = z.cartesian(q);
        for (std::size_t axis = 0; axis < 3; ++axis, ++column) {
            Point about{};
            about[axis] = 1.0;
            for (std::size_t i = 0; i < 4; ++i) {
                const Point d = detail::cross(about, x[i + 1]);
                for (std::size_t c = 0; c < 3; ++c) derivative(static_cast<Index>(3 * i + c), column) = d[c];
            }
        }
        expect_close(std::log(std::abs(derivative.determinant())), z.log_jacobian(q), 1e-6);
    }
}

TEST(InternalCoordinates, RefuseInWords) {
    EXPECT_THROW(ZMatrix({}), ArgumentError);
    EXPECT_THROW(ZMatrix({{0, 0, 0}, {1, 0, 0}}), ArgumentError);
    EXPECT_THROW(ZMatrix({{0, 0, 0}, {0, 0, 0}, {1, 1, 0}}), ArgumentError);
    const ZMatrix z = ZMatrix::chain(4);
    InternalCoordinates q{Vector::Ones(3), Vector::Ones(2), Vector::Ones(1)};
    EXPECT_NO_THROW(z.cartesian(q));
    q.angles[1] = 3.5;
    EXPECT_EQ(thrown<ArgumentError>([&] { z.cartesian(q); }).argument(), "angle");
    q.angles[1] = 0.0;
    EXPECT_THROW(z.log_jacobian(q), ArgumentError);
    q.angles[1] = 1.0;
    q.lengths[0] = -1.0;
    EXPECT_THROW(z.cartesian(q), ArgumentError);
    q.lengths = Vector::Ones(2);
    EXPECT_EQ(thrown<ArgumentError>([&] { z.cartesian(q); }).argument(), "number of lengths");
    EXPECT_THROW(z.internal(Points(3)), ArgumentError);
}

}  // namespace
}  // namespace trajectories_geometry_test
