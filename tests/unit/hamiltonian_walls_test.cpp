// Hamiltonian Monte Carlo between walls: correlated normals cut by them, against quadrature.
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/kernels/trajectory.hpp>
#include <predcg/statistics/diagnostics.hpp>
#include <predcg/structure/affine_target.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "differences.hpp"
#include "gaussian_by_hand.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

namespace hamiltonian_walls_test {
using namespace predcg;
using support::expect_close;

namespace {

/// exp(-(z - m)^T P (z - m) / 2) between walls; it counts the times it is asked outside.
struct CutNormal {
    Matrix P;
    Vector m;
    WalledSpace space_;
    std::shared_ptr<int> outside = std::make_shared<int>(0);

    const WalledSpace& space() const { return space_; }
    double log_density(const Vector& z) const {
        for (const Wall& wall : space_.walls()) *outside += wall.distance(z) < -1e-9;
        const Vector r = z - m;
        return -0.5 * r.dot(Vector(by_hand::times(P, r)));
    }
    Vector log_density_gradient(const Vector& z) const { return -by_hand::times(P, Vector(z - m)); }
};

/// z_i and z_i z_j in two or three dimensions, by the midpoint rule in the cell [lower, upper]^n cut by the
/// walls. Cells that a wall cuts are weighted by their inside, from 4^n points.
Vector moments_by_quadrature(const CutNormal& target, double lower, double upper, int cells) {
    const Index n = target.m.size();
    const double h = (upper - lower) / cells;
    Vector sum = Vector::Zero(n + n * (n + 1) / 2);
    double total = 0.0;
    const auto add = [&](const Vector& z, double weight) {
        for (const Wall& wall : target.space_.walls())
            if (wall.distance(z) < 0.0) return;
        const Vector r = z - target.m;
        const double w = weight * std::exp(-0.5 * r.dot(Vector(by_hand::times(target.P, r))));
        total += w;
        Index k = 0;
        for (Index i = 0; i < n; ++i) sum[k++] += w * z[i];
        for (Index i = 0; i < n; ++i)
            for (Index j = 0; j <= i; ++j) sum[k++] += w * z[i] * z[j];
    };
    const auto points = [&](auto&& self, Vector& z, Index axis, const Vector& centre, double width, int count,
                            auto&& f) -> void {
        if (axis == n) return f(z);
        for (int k = 0; k < count; ++k) {
            z[axis] = centre[axis] + width * ((k + 0.5) / count - 0.5);
            self(self, z, axis + 1, centre, width, count, f);
        }
    };
    Vector z(n), fine(n);
    const Vector middle = Vector::Constant(n, 0.5 * (lower + upper));
    points(points, z, 0, middle, upper - lower, cells, [&](const Vector& cell) {
        bool cut = false;
        for (const Wall& wall : target.space_.walls())
            cut = cut || std::abs(wall.distance(cell)) < 0.5 * h * wall.normal.lpNorm<1>();
        if (cut)
            points(points, fine, 0, cell, h, 4, [&](const Vector& at) { add(at, std::pow(0.25, n)); });
        else
            add(cell, 1.0);
    });
    return sum / total;
}

/// Standard errors are estimated here; allowing for 20 %, a comparison fails by chance with probability <
/// 1e-9.
constexpr double room = 1.2;

/// Means of 8 chains in the original coordinates against quadrature; no draw lies behind a wall.
template <class T, class Original>
void expect_moments(const T& target, const CutNormal& cut, const Vector& exact, Original&& original,
                    const std::string& what, const Hamiltonian& kernel = {}) {
    const Index n = cut.m.size();
    constexpr Index chains = 8, samples = 4000;
    std::vector<Matrix> draws(static_cast<std::size_t>(exact.size()), Matrix(samples, chains));
    for (Index c = 0; c < chains; ++c) {
        auto rng = make_stream(test_seed(), Purpose::check, static_cast<std::uint32_t>(c), 560);
        const auto path =
            trajectory(kernel, target, {.samples = samples, .warm_up = 300, .thinning = 1}, rng);
        for (Index s = 0; s < samples; ++s) {
            const Vector z = original(path[static_cast<std::size_t>(s)]);
            for (const Wall& wall : cut.space_.walls()) ASSERT_GE(wall.distance(z), -1e-9) << what;
            std::size_t k = 0;
            for (Index i = 0; i < n; ++i) draws[k++](s, c) = z[i];
            for (Index i = 0; i < n; ++i)
                for (Index j = 0; j <= i; ++j) draws[k++](s, c) = z[i] * z[j];
        }
    }
    for (Index k = 0; k < exact.size(); ++k) {
        const statistics::Diagnostics d = statistics::diagnose(draws[static_cast<std::size_t>(k)]);
        EXPECT_GT(d.ess_bulk, 1000.0) << what << ", moment " << k;
        expect_z(d.mean, exact[k], room * d.mcse_mean, what + ", moment " + std::to_string(k));
    }
    EXPECT_EQ(*cut.outside, 0) << what << ": asked for a density behind a wall";
}

const auto identity = [](const Vector& z) { return z; };

CutNormal correlated(std::vector<Wall> walls) {
    return {Matrix{{1.0, 0.7}, {0.7, 1.6}}, Vector{{0.3, -0.4}}, WalledSpace(2, std::move(walls))};
}

TEST(Walls, OneWallOfTwoCoordinates) {
    const auto target = correlated({{Vector{{0.0, 1.0}}, 0.0}});
    expect_moments(target, target, moments_by_quadrature(target, -8.0, 8.0, 800), identity, "one wall");
}

// The sharp corner of two walls that are not perpendicular: most trajectories are mirrored more than once.
TEST(Walls, ObliqueWallsWithACorner) {
    const auto target = correlated({{Vector{{1.0, 0.2}}, 0.1}, {Vector{{-0.9, 1.3}}, -0.5}});
    expect_moments(target, target, moments_by_quadrature(target, -8.0, 8.0, 800), identity, "corner");
}

// A slab a fifth of a standard deviation wide: every trajectory hits both walls many times.
TEST(Walls, ANarrowSlab) {
    const auto target = correlated({{Vector{{1.0, 0.5}}, 0.0}, {Vector{{-1.0, -0.5}}, -0.2}});
    expect_moments(target, target, moments_by_quadrature(target, -8.0, 8.0, 800), identity, "slab");
}

TEST(Walls, ThreeCoordinates) {
    const Matrix P{{1.5, 0.4, -0.3}, {0.4, 1.0, 0.5}, {-0.3, 0.5, 2.0}};
    const CutNormal target{
        P, Vector{{0.2, -0.5, 0.4}},
        WalledSpace(3, {{Vector{{0.0, 1.0, 0.0}}, 0.0}, {Vector{{1.0, -1.0, 0.5}}, -0.3}})};
    expect_moments(target, target, moments_by_quadrature(target, -7.0, 7.0, 120), identity, "three");
}

// Crude settings must be exact, too: long steps that are often refused.
TEST(Walls, LongStepsAreExactToo) {
    const auto target = correlated({{Vector{{1.0, 0.2}}, 0.1}, {Vector{{-0.9, 1.3}}, -0.5}});
    expect_moments(target, target, moments_by_quadrature(target, -8.0, 8.0, 800), identity, "long steps",
                   {.path = 1.0, .target_accept = 0.4});
}

Matrix oblique() { return Matrix{{0.8, -0.5}, {0.3, 0.9}}; }

TEST(AffineTarget, IsTheTargetInOtherCoordinates) {
    const auto target = correlated({{Vector{{0.0, 1.0}}, 0.0}, {Vector{{1.0, -0.4}}, -0.6}});
    const Vector centre{{0.5, 0.2}};
    const AffineTarget affine(target, centre, oblique());
    auto rng = test_rng(561);
    for (int repeat = 0; repeat < 20; ++repeat) {
        const Vector u = by_hand::random_vector(rng, 2);
        const Vector z{{0.5 + 0.8 * u[0] - 0.5 * u[1], 0.2 + 0.3 * u[0] + 0.9 * u[1]}};
        expect_close(affine.original(u), z, 1e-14, "point");
        expect_close(affine.log_density(u), target.log_density(z), 1e-13, "density");
        const auto gradient = differences::gradient<double>(
            [&](const std::vector<double>& at) {
                return affine.log_density(Vector{{at[0], at[1]}});
            },
            {u[0], u[1]});
        for (Index k = 0; k < 2; ++k)
            expect_close(affine.log_density_gradient(u)[k], gradient[static_cast<std::size_t>(k)], 1e-9,
                         "gradient");
        ASSERT_EQ(affine.space().walls().size(), 2u);
        for (std::size_t w = 0; w < 2; ++w)
            expect_close(affine.space().walls()[w].distance(u), target.space_.walls()[w].distance(z), 1e-13,
                         "distance from a wall");
        EXPECT_EQ(affine.space().contains(u), target.space_.contains(z));
    }
}

// Walls along the axes become oblique: the same moments.
TEST(AffineTarget, MovesBetweenTheSameWalls) {
    const auto target = correlated({{Vector{{0.0, 1.0}}, 0.0}, {Vector{{1.0, 0.0}}, -0.2}});
    const AffineTarget affine(target, Vector{{0.5, 0.2}}, oblique());
    expect_moments(
        affine, target, moments_by_quadrature(target, -8.0, 8.0, 800),
        [&](const Vector& u) { return affine.original(u); }, "affine");
}

}  // namespace
}  // namespace hamiltonian_walls_test
