// Molecules from rotational states: lengths and angles, Cartesian configurations, exact mean squares.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/letters/coarse_chain.hpp>
#include <predcg/models/rotamers/dimensions.hpp>
#include <predcg/models/rotamers/molecule_map.hpp>
#include <predcg/models/rotamers/molecule_observables.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace rotamers_molecules_test {
using namespace predcg;
using rotamers::AngleVariable;
using rotamers::ChainGeometry;
using support::expect_close;
using support::thrown;

namespace {

constexpr double pi = 3.14159265358979323846;

struct Sums {
    double n = 0.0, sum = 0.0, squares = 0.0;
    void add(double x) {
        n += 1.0;
        sum += x;
        squares += x * x;
    }
    double mean() const { return sum / n; }
    double variance() const { return squares / n - mean() * mean(); }
    double error() const { return std::sqrt(variance() / n); }
};

Vector decane_like(AngleVariable of) {
    Vector eta(4);
    if (of == AngleVariable::cosine)
        eta << 0.153, std::log(0.0032), -0.37, std::log(0.08);
    else
        eta << 0.153, std::log(0.0032), 1.95, std::log(0.087);
    return eta;
}

/// phi uniform within `width` of the state's mean.
struct UniformTurns {
    using fine_type = Vector;
    using coarse_type = std::vector<letters::Letter>;
    std::vector<double> mean{pi, 1.2, -1.1};
    double width = 0.6;

    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const { return {"width"}; }
    Vector sample(const coarse_type& X, const Vector& eta, auto& rng) const {
        Vector phi(static_cast<Index>(X.size()));
        for (Index i = 0; i < phi.size(); ++i)
            phi[i] = mean[X[static_cast<std::size_t>(i)]] + eta[0] * (2.0 * uniform(rng) - 1.0);
        return phi;
    }
    std::vector<rotamers::TurnMoments> turns() const {
        const double shrunk = std::sin(width) / width;
        std::vector<rotamers::TurnMoments> moments;
        for (const double m : mean) moments.push_back({shrunk * std::cos(m), shrunk * std::sin(m)});
        return moments;
    }
};

/// Three states, a field and pairs.
letters::CoarseChain<3> states(Index sites, Index range) {
    letters::Tables tables;
    tables.pair = Matrix::Zero(3, 3);
    tables.pair << 0.0, 0.1, 0.0, 0.1, 1.0, -0.7, 0.0, -0.7, 0.4;
    tables.fields = Matrix::Zero(3, 1);
    tables.fields << 0.8, 0.1, -0.3;
    tables.field_names = {"f"};
    return {{.sites = sites, .fields = true, .pair_range = range, .boundary = Boundary::open}, tables};
}

Vector state_parameters(Index range) {
    Vector theta(1 + range);
    theta[0] = 0.9;
    for (Index k = 1; k <= range; ++k) theta[k] = 1.3 / static_cast<double>(k);
    return theta;
}

/// Mean squares of end-to-end distance and radius of gyration by all states and all pairs of bonds.
std::pair<double, double> by_enumeration(const auto& target, Index m,
                                         const std::vector<rotamers::TurnMoments>& turns,
                                         const rotamers::LinkMoments& link) {
    double total = 0.0, end = 0.0, gyration = 0.0;
    std::vector<letters::Letter> X(static_cast<std::size_t>(m), 0);
    const auto configurations = static_cast<Index>(std::pow(3.0, static_cast<double>(m)) + 0.5);
    for (Index code = 0; code < configurations; ++code) {
        Index rest = code;
        for (auto& letter : X) {
            letter = static_cast<letters::Letter>(rest % 3);
            rest /= 3;
        }
        const double weight = std::exp(target.log_density(X));
        total += weight;
        // Frames behind each bond; the first angle lies in any plane.
        const auto rotation = [&](double c, double s) {
            Eigen::Matrix3d r;
            r << -link.cosine, -link.sine, 0.0, link.sine * c, -link.cosine * c, -s, link.sine * s,
                -link.cosine * s, c;
            return r;
        };
        std::vector<Eigen::Matrix3d> turn{rotation(1.0, 0.0)};
        for (const auto letter : X) turn.push_back(rotation(turns[letter].cosine, turns[letter].sine));
        const Index bonds = m + 2;
        Matrix dot(bonds, bonds);
        for (Index i = 0; i < bonds; ++i) {
            Eigen::Matrix3d product = Eigen::Matrix3d::Identity();
            dot(i, i) = link.squared_length;
            for (Index j = i + 1; j < bonds; ++j) {
                product *= turn[static_cast<std::size_t>(j - 1)];
                dot(i, j) = dot(j, i) = link.length * link.length * product(0, 0);
            }
        }
        end += weight * dot.sum();
        for (Index i = 0; i < bonds; ++i)
            for (Index length = 1; i + length <= bonds; ++length)
                gyration += weight * dot.block(i, i, length, length).sum() /
                            static_cast<double>((bonds + 1) * (bonds + 1));
    }
    return {end / total, gyration / total};
}

TEST(NormalSample, HasTheReferencePosterior) {
    auto rng = test_rng(4010);
    NormalSample sample, weighted;
    for (const double y : {1.0, 2.5, 2.0, 4.0, 3.5, 2.2, 1.4, 3.1}) {
        sample.add(y);
        for (int k = 0; k < 4; ++k) weighted.add(y, 0.25);
    }
    const double n = 8.0, mean = 19.7 / 8.0;
    double S = 0.0;
    for (const double y : {1.0, 2.5, 2.0, 4.0, 3.5, 2.2, 1.4, 3.1}) S += (y - mean) * (y - mean);
    for (const NormalSample& s : {sample, weighted}) {
        expect_close(s.count(), n, 1e-14);
        expect_close(s.mean(), mean, 1e-14);
        expect_close(s.sd(), std::sqrt(S / 7.0), 1e-13);
        expect_close(s.mean_error(), std::sqrt(S / (8.0 * 5.0)), 1e-13);
    }
    Sums m, mm, ratio;
    for (int k = 0; k < 40000; ++k) {
        const auto draw = sample.draw(rng);
        m.add(draw.mean);
        mm.add((draw.mean - mean) * (draw.mean - mean));
        ratio.add(S / (draw.sd * draw.sd));  // chi^2 with 7 degrees
    }
    expect_z(m.mean(), mean, m.error(), "mean");
    expect_z(mm.mean(), S / (8.0 * 5.0), mm.error(), "variance of the mean");
    expect_z(ratio.mean(), 7.0, ratio.error(), "chi^2");
    expect_z(ratio.variance(), 14.0, 14.0 * std::sqrt(2.0 / 40000.0 * (1.0 + 6.0 / 7.0)), "its variance");
    EXPECT_THROW(NormalSample().draw(rng), ArgumentError);
    EXPECT_THROW(sample.add(1.0, 0.0), ArgumentError);
    EXPECT_THROW(sample.add(HUGE_VAL), ArgumentError);
}

TEST(ChainGeometry, IsNormalisedInLengthsAndAngles) {
    for (const AngleVariable of : {AngleVariable::cosine, AngleVariable::angle}) {
        const ChainGeometry geometry(of);
        const Vector eta = decane_like(of);
        double angles = 0.0, bonds = 0.0, cosine = 0.0, sine = 0.0;
        InternalCoordinates one{Vector::Constant(2, 0.15), Vector::Constant(1, 1.0), Vector(0)};
        InternalCoordinates bond{Vector::Constant(1, 0.15), Vector(0), Vector(0)};
        const double of_bonds = geometry.log_density({one.lengths, Vector(0), Vector(0)}, eta);
        constexpr int steps = 4000;
        for (int k = 1; k < steps; ++k) {
            one.angles[0] = pi * k / steps;
            const double p = std::exp(geometry.log_density(one, eta) - of_bonds) * pi / steps;
            angles += p;
            cosine += p * std::cos(one.angles[0]);
            sine += p * std::sin(one.angles[0]);
            bond.lengths[0] = 0.3 * k / steps;
            bonds += std::exp(geometry.log_density(bond, eta)) * 0.3 / steps;
        }
        expect_close(angles, 1.0, 1e-8);
        expect_close(bonds, 1.0, 1e-12);
        const rotamers::LinkMoments m = geometry.moments(eta);
        expect_close(m.cosine, cosine, 1e-8);
        expect_close(m.sine, sine, 1e-8);
        expect_close(m.squared_length, 0.153 * 0.153 + 0.0032 * 0.0032, 1e-14);
        if (of == AngleVariable::angle) {
            expect_close(m.cosine, std::cos(1.95) * std::exp(-0.5 * 0.087 * 0.087), 1e-8);
            expect_close(m.sine, std::sin(1.95) * std::exp(-0.5 * 0.087 * 0.087), 1e-8);
        }
    }
}

/// Sites of Cartesian density exp(-k/2 (cos theta - c)^2): bonds of uniform direction, kept by their weight.
TEST(ChainGeometry, HasNoFactorOfTheCartesianVolumeInTheCosine) {
    auto rng = test_rng(4011);
    constexpr double k = 120.0, c = -0.4;
    constexpr std::size_t count = 80000;
    const ZMatrix chain = ZMatrix::chain(3);
    std::vector<InternalCoordinates> molecules;
    while (molecules.size() < count) {
        Points x(3, Point{});
        for (std::size_t s : {std::size_t{0}, std::size_t{2}}) {
            Point u{};
            double norm = 0.0;
            for (double& v : u) {
                v = standard_normal(rng);
                norm += v * v;
            }
            const double r = 0.15 + 0.003 * standard_normal(rng);
            for (double& v : u) v *= r / std::sqrt(norm);
            x[s] = u;
        }
        const InternalCoordinates q = chain.internal(x);
        const double apart = std::cos(q.angles[0]) - c;
        if (uniform(rng) < std::exp(-0.5 * k * apart * apart)) molecules.push_back(q);
    }
    const rotamers::GeometryPosterior posterior(ChainGeometry(), molecules);
    expect_z(posterior.angles().mean(), c, posterior.angles().mean_error(), "mean of cos theta");
    const double sd = 1.0 / std::sqrt(k);
    expect_z(posterior.angles().sd(), sd, sd / std::sqrt(2.0 * count), "its standard deviation");
    // The mean angle is not where the energy is least.
    const rotamers::GeometryPosterior as_angle(ChainGeometry(AngleVariable::angle), molecules);
    double mean_angle = 0.0, total = 0.0;
    for (double z = -6.0; z <= 6.0; z += 0.01) {
        total += std::exp(-0.5 * z * z);
        mean_angle += std::exp(-0.5 * z * z) * std::acos(c + sd * z);
    }
    mean_angle /= total;
    EXPECT_GT(mean_angle, std::acos(c) + 0.002);
    expect_z(as_angle.angles().mean(), mean_angle, as_angle.angles().mean_error(), "mean angle");
    double cosine = 0.0, angle = 0.0;
    for (const auto& q : molecules) {
        cosine += ChainGeometry().log_density(q, posterior.centre());
        angle += ChainGeometry(AngleVariable::angle).log_density(q, as_angle.centre());
    }
    EXPECT_GT(cosine, angle + 11.0) << "an angle is skew: 94 +- 14 is expected";
    // The posterior's draws are of the centre's unit and spread.
    const Matrix draws = posterior.draws(2000, test_seed());
    Sums mean, log_sd;
    for (Index d = 0; d < draws.cols(); ++d) {
        mean.add(draws(2, d));
        log_sd.add(draws(3, d));
    }
    expect_z(mean.mean(), posterior.angles().mean(), mean.error(), "draws");
    expect_close(std::sqrt(log_sd.variance()), 1.0 / std::sqrt(2.0 * count), 0.12);
    expect_close(draws, posterior.draws(2000, test_seed()), 0.0);
}

TEST(ChainGeometry, RefusesWhatIsTooWide) {
    Vector eta = decane_like(AngleVariable::cosine);
    eta[3] = std::log(0.2);
    auto rng = test_rng(4012);
    EXPECT_EQ(thrown<ArgumentError>([&] { ChainGeometry().draw(5, eta, rng); }).allowed(),
              "six standard deviations inside its range");
    EXPECT_THROW(ChainGeometry().moments(eta), ArgumentError);
    EXPECT_THROW(ChainGeometry().moments(Vector::Zero(3)), ArgumentError);
}

TEST(ChainDimensions, AreThoseOfAllStatesAndAllPairsOfBonds) {
    const UniformTurns turns;
    const rotamers::LinkMoments link = ChainGeometry().moments(decane_like(AngleVariable::cosine));
    for (const Index range : {0, 1, 2})
        for (const Index m : {1, 2, 3, 5}) {
            if (range >= m) continue;
            const auto chain = states(m, range);
            const auto target = boltzmann(chain, state_parameters(range), 0.7);
            const auto [end, gyration] = by_enumeration(target, m, turns.turns(), link);
            const auto exact = rotamers::chain_dimensions(target, turns.turns(), link);
            EXPECT_EQ(exact.bonds, m + 2);
            expect_close(exact.squared_end_to_end, end, 1e-12);
            expect_close(exact.squared_gyration, gyration, 1e-12);
        }
}

TEST(ChainDimensions, AreThoseOfDrawnMolecules) {
    constexpr Index m = 12;
    const UniformTurns turns;
    const auto chain = states(m, 2);
    const auto target = boltzmann(chain, state_parameters(2), 0.7);
    auto sampler = TransferMatrix().sampler(target);
    auto rng = test_rng(4013);
    for (const AngleVariable of : {AngleVariable::cosine, AngleVariable::angle}) {
        const rotamers::MoleculeMap map(turns, ChainGeometry{of});
        Vector eta(5);
        eta << turns.width, decane_like(of);
        const auto exact =
            rotamers::chain_dimensions(target, turns.turns(), map.geometry().moments(map.geometry_part(eta)));
        Sums end, gyration;
        for (int k = 0; k < 20000; ++k) {
            const Points x = map.sample(sampler.draw(rng), eta, rng);
            ASSERT_EQ(x.size(), 15u);
            end.add(std::pow(EndToEnd{}(x), 2));
            gyration.add(std::pow(RadiusOfGyration{}(x), 2));
        }
        expect_z(end.mean(), exact.squared_end_to_end, end.error(), "end to end");
        expect_z(gyration.mean(), exact.squared_gyration, gyration.error(), "gyration");
    }
}

TEST(ChainDimensions, AreTheClosedFormsOfSimpleChains) {
    const Index m = 998, n = m + 2;
    const double theta = 1.955, a = -std::cos(theta), b = 0.153;
    const rotamers::LinkMoments rigid{b, b * b, std::cos(theta), std::sin(theta)};
    const auto chain = states(m, 0);
    const auto target = boltzmann(chain, Vector::Constant(1, 0.3), 1.0);
    // Freely rotating.
    const auto free = rotamers::chain_dimensions(target, std::vector<rotamers::TurnMoments>(3), rigid);
    const auto N = static_cast<double>(n);
    expect_close(free.characteristic_ratio(),
                 (1.0 + a) / (1.0 - a) - 2.0 * a * (1.0 - std::pow(a, N)) / (N * (1.0 - a) * (1.0 - a)),
                 1e-12);
    // All trans: a rod of n b sin(theta / 2).
    const auto rod =
        rotamers::chain_dimensions(target, std::vector<rotamers::TurnMoments>(3, {-1.0, 0.0}), rigid);
    expect_close(rod.squared_end_to_end, std::pow(N * b * std::sin(0.5 * theta), 2), 1e-10);
    // Hindered, independent and symmetric: (1 + a)/(1 - a) (1 - c)/(1 + c), phi from cis, and 1/n.
    const double c = -0.5;
    const auto ratio = [&](Index sites) {
        const auto longer = states(sites, 0);
        return rotamers::chain_dimensions(boltzmann(longer, Vector::Constant(1, 0.3), 1.0),
                                          std::vector<rotamers::TurnMoments>(3, {c, 0.0}), rigid)
            .characteristic_ratio();
    };
    expect_close(2.0 * ratio(3998) - ratio(1998), (1.0 + a) / (1.0 - a) * (1.0 - c) / (1.0 + c), 1e-10);
}

TEST(ChainDimensions, RefuseRingsAndOtherNumbersOfStates) {
    const letters::CoarseChain<3> ring({.sites = 5, .fields = false, .pair_range = 1},
                                       {.pair = Matrix::Identity(3, 3)});
    const auto target = boltzmann(ring, Vector::Zero(1), 1.0);
    EXPECT_EQ(thrown<ArgumentError>([&] {
                  rotamers::chain_dimensions(target, UniformTurns().turns(), {});
              }).value(),
              "'periodic'");
    const auto open = states(4, 1);
    EXPECT_THROW(rotamers::chain_dimensions(boltzmann(open, state_parameters(1), 1.0), {}, {}),
                 ArgumentError);
}

TEST(MoleculeMap, PutsSitesWhereTheInternalCoordinatesSay) {
    const UniformTurns turns;
    const rotamers::MoleculeMap map(turns, ChainGeometry{});
    EXPECT_EQ(map.parameter_count(), 5);
    EXPECT_EQ(map.parameter_names(),
              (std::vector<std::string>{"width", "bond", "log_sd_bond", "cos_angle", "log_sd_cos_angle"}));
    Vector eta(5);
    eta << 1e-9, 0.153, std::log(1e-9), -0.4, std::log(1e-9);
    auto rng = test_rng(4014);
    const InternalCoordinates q = ZMatrix::chain(6).internal(map.sample({1, 0, 2}, eta, rng));
    expect_close(q.lengths, Vector::Constant(5, 0.153), 1e-6);
    expect_close(q.angles, Vector::Constant(4, std::acos(-0.4)), 1e-6);
    EXPECT_NEAR(q.dihedrals[0], 1.2, 1e-6);
    EXPECT_NEAR(std::abs(q.dihedrals[1]), pi, 1e-6);
    EXPECT_NEAR(q.dihedrals[2], -1.1, 1e-6);
    EXPECT_THROW(map.sample({1, 0, 2}, Vector::Zero(4), rng), ArgumentError);
}

/// Rigid chains of literature: bonds that turn by 0 and +-120 degrees from trans at tetrahedral angles, g+g-
/// forbidden, gauche 820 cal/mol above trans, have a characteristic ratio of about 8.0 at 140 C in the limit
/// (abstract of Local steric hindrances and conformations of linear polymer molecules in solutions, III).
TEST(ChainDimensions, HaveThePublishedCharacteristicRatio) {
    const double third = std::acos(-1.0) / 3.0, c = -1.0 / 3.0, s = std::sqrt(8.0) / 3.0;
    const auto ratio = [&](Index sites) {
        const auto chain = rotamers::chain({.sites = sites});
        const Vector energies{{0.820, 0.0, 60.0}};  // kcal/mol
        return rotamers::chain_dimensions(
            boltzmann(chain, energies, 1.0 / (1.987204e-3 * 413.15)),
            {{-1.0, 0.0}, {std::cos(third), std::sin(third)}, {std::cos(third), -std::sin(third)}},
            {1.0, 1.0, c, s});
    };
    const auto C = ratio(2000), twice = ratio(4000);
    EXPECT_NEAR(2.0 * twice.characteristic_ratio() - C.characteristic_ratio(), 8.0, 0.1);
    EXPECT_NEAR(twice.squared_end_to_end / twice.squared_gyration, 6.0, 0.02);
}

TEST(AnglesBesideGauche, AreMeansByTheNumberOfGaucheNeighbours) {
    InternalCoordinates q{Vector::Constant(6, 0.15), Vector(5), Vector(4)};
    q.angles << 1.0, 1.9, 2.0, 2.1, 1.0;
    q.dihedrals << 1.0, 1.2, 3.0, 3.1;
    std::vector<Points> data{ZMatrix::chain(7).cartesian(q)};
    const rotamers::AnglesBesideGauche statistic(7);
    expect_close(statistic.mean(data), Vector{{2.1, 2.0, 1.9}}, 1e-12);
    q.angles[2] = 2.2;
    data.push_back(ZMatrix::chain(7).cartesian(q));
    expect_close(statistic.mean(data), Vector{{2.1, 2.1, 1.9}}, 1e-12);
    EXPECT_THROW(rotamers::AnglesBesideGauche(4), ArgumentError);
}

TEST(GaucheCounts, CountNearestStates) {
    EXPECT_EQ(rotamers::nearest_state(pi), 0);
    EXPECT_EQ(rotamers::nearest_state(-2.2), 0);
    EXPECT_EQ(rotamers::nearest_state(2.0), 1);
    EXPECT_EQ(rotamers::nearest_state(-0.1), 2);
    InternalCoordinates q{Vector::Constant(8, 0.15), Vector::Constant(7, 1.9), Vector(6)};
    q.dihedrals << 1.0, 1.2, -1.1, 3.0, -1.0, -0.9;
    const Points x = ZMatrix::chain(9).cartesian(q);
    EXPECT_EQ(rotamers::GaucheCounts(9)(x), (Vector(3) << 5.0, 2.0, 1.0).finished());
}

}  // namespace
}  // namespace rotamers_molecules_test
