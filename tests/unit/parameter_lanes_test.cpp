// The same data at several parameters side by side, against one by one.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/posterior/log_posterior.hpp>
#include <predcg/structure/product.hpp>

#include "close.hpp"
#include "ising_grainer.hpp"
#include "random_chain.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <vector>

namespace parameter_lanes_test {
using namespace predcg;
using support::expect_close;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A factor with a table for each class of sites.
struct ClassedFactor {
    const std::vector<support::WindowTable>* tables;
    const std::vector<Index>* classes;  // of sites
    Window reach;

    Window window() const { return reach; }
    Index site_class(Index site) const { return (*classes)[static_cast<std::size_t>(site)]; }
    Index class_count() const { return std::ssize(*tables); }
    double local_log_density(Index site, std::span<const double> w) const {
        return (*tables)[static_cast<std::size_t>(site_class(site))].at(0, w);
    }
    double log_density(const std::vector<double>& X) const {
        double sum = 0.0;
        for (Index i = 0; i < std::ssize(X); ++i)
            sum += local_log_density(i, support::window_of(X, std::ssize(X), reach, i));
        return sum;
    }
};

/// Common targets and factors' tables at several parameters, and data of sites' classes.
struct Model {
    std::vector<support::TableTarget> commons;
    std::vector<std::vector<support::WindowTable>> tables;
    std::vector<std::vector<Index>> classes;
    std::vector<double> weights;
    Window factor_window;

    ClassedFactor factor(Index j, Index k) const {
        return {&tables[static_cast<std::size_t>(j)], &classes[static_cast<std::size_t>(k)], factor_window};
    }
    Vector side_by_side(double count, const TransferMatrix& engine = {}) const {
        return engine.log_ratios(
            std::span<const support::TableTarget>(commons), [this](Index j, Index k) { return factor(j, k); },
            std::span<const double>(weights), count);
    }
    double alone(Index j, double count) const {
        const TransferMatrix engine;
        const auto& common = commons[static_cast<std::size_t>(j)];
        double sum = -count * engine.log_partition(common);
        for (Index k = 0; k < std::ssize(classes); ++k)
            sum += weights[static_cast<std::size_t>(k)] * engine.log_partition(Product(common, factor(j, k)));
        return sum;
    }
};

struct Draw {
    std::mt19937_64& rng;
    Index integer(Index from, Index to) { return std::uniform_int_distribution<Index>(from, to)(rng); }
    bool coin(double p) { return std::bernoulli_distribution(p)(rng); }
    double normal() { return std::normal_distribution<double>()(rng); }

    /// A ring; `forbidden`: the chance that a window of two letters that differ has no weight.
    Model model(Index sites, std::vector<double> letters, Index width, Index factor_width, double strength,
                double forbidden = 0.0) {
        Model m;
        const support::NumberSpace space{sites, std::move(letters)};
        m.factor_window = {factor_width, Boundary::periodic};
        const Index parameters = integer(1, 20), data = integer(1, 30), classes = integer(1, 5);
        for (Index j = 0; j < parameters; ++j) {
            support::TableTarget target{space, {width, Boundary::periodic}, true, {}};
            target.table = support::WindowTable(space, target.reach, true, [&] {
                return coin(0.5 * forbidden) ? -infinity : strength * normal();
            });
            if (forbidden > 0.0)
                target.table.at(0, std::vector<double>(std::size_t(width), space.letters[0])) = 0.0;
            m.commons.push_back(target);
            m.tables.emplace_back();
            for (Index c = 0; c < classes; ++c) {
                m.tables.back().emplace_back(space, m.factor_window, true, [&] {
                    return coin(forbidden) ? -infinity : strength * normal();
                });
                if (forbidden > 0.0)  // something is left
                    m.tables.back().back().at(
                        0, std::vector<double>(std::size_t(factor_width), space.letters[0])) = 0.0;
            }
        }
        for (Index k = 0; k < data; ++k) {
            m.classes.emplace_back();
            for (Index i = 0; i < sites; ++i) m.classes.back().push_back(integer(0, classes - 1));
            m.weights.push_back(coin(0.7) ? 1.0 : 0.5 + std::abs(normal()));
        }
        return m;
    }
};

/// Returns how many were done side by side.
Index compare(const Model& model, double tolerance) {
    const double count = 3.5;
    const Vector all = model.side_by_side(count);
    EXPECT_EQ(all.size(), std::ssize(model.commons));
    Index done = 0;
    for (Index j = 0; j < all.size(); ++j) {
        if (std::isnan(all[j])) continue;
        ++done;
        expect_close(all[j], model.alone(j, count), tolerance, "parameters " + std::to_string(j));
    }
    return done;
}

}  // namespace

TEST(ParameterLanes, AreThoseOneByOne) {
    auto rng = test_rng(1);
    Draw draw{rng};
    for (int k = 0; k < 200 && !HasFailure(); ++k) {
        SCOPED_TRACE("model " + std::to_string(k));
        const bool three = draw.coin(0.3);
        const Index width = draw.integer(1, three ? 2 : 3), own = draw.integer(1, width);
        const Model model =
            draw.model(draw.integer(width, 40),
                       three ? std::vector<double>{-1.0, 0.5, 2.0} : std::vector<double>{-1.0, 1.0}, width,
                       own, draw.coin(0.5) ? 0.3 : 2.0);
        EXPECT_EQ(compare(model, 1e-11), std::ssize(model.commons));
    }
}

// Messages are scaled on the way, and products of many data are taken apart before they leave the range.
TEST(ParameterLanes, LongRingsAndManyData) {
    auto rng = test_rng(2);
    Draw draw{rng};
    for (const double strength : {0.3, 3.0, 10.0})
        for (int k = 0; k < 5; ++k) {
            const Model model = draw.model(700, {-1.0, 1.0}, 2, 1, strength);
            EXPECT_EQ(compare(model, 1e-11), std::ssize(model.commons));
        }
}

// Where windows are forbidden lanes do as long as sums do not vanish; where weights are strong they are left.
TEST(ParameterLanes, ForbiddenWindowsAndStrongWeights) {
    auto rng = test_rng(3);
    Draw draw{rng};
    Index done = 0, left = 0;
    for (int k = 0; k < 100; ++k)
        for (const double strength : {0.5, 20.0, 200.0}) {
            const Model model = draw.model(12, {-1.0, 1.0}, 2, 2, strength, strength == 0.5 ? 0.2 : 0.0);
            const Index here = compare(model, 1e-10);
            done += here;
            left += std::ssize(model.commons) - here;
        }
    EXPECT_GT(done, 1000);
    EXPECT_GT(left, 100);
}

// What is not for lanes is left: open chains, common targets that differ from site to site, wide windows.
TEST(ParameterLanes, OthersAreLeft) {
    auto rng = test_rng(4);
    Draw draw{rng};
    Model model = draw.model(10, {-1.0, 1.0}, 2, 1, 1.0);
    const auto are_left = [&](const TransferMatrix& engine = {}) {
        for (const double value : model.side_by_side(1.0, engine)) EXPECT_TRUE(std::isnan(value));
    };
    are_left({.cost_limit = 10.0});
    for (auto& common : model.commons) common.homogeneous = false;
    are_left();
    for (auto& common : model.commons) common.reach.boundary = Boundary::open;
    are_left();
    model = draw.model(10, {-1.0, 1.0}, 4, 1, 1.0);
    are_left();
}

// Maps and potentials of the library are done side by side.
TEST(ParameterLanes, ModelsOfTheLibrary) {
    auto rng = test_rng(6);
    Draw draw{rng};
    std::vector<support::Spins> samples(20, support::Spins(12));
    for (auto& x : samples)
        for (auto& spin : x) spin = draw.coin(0.6) ? 1 : -1;
    const auto are_done = [&](const auto& map) {
        std::vector<Boltzmann<Bound<ising::CoarseChain<>>>> targets;
        const auto coarse = ising::coarse_chain({.sites = 6, .linear = true, .pair_range = 1});
        std::vector<decltype(map.prepare(samples.front()))> forms;
        for (const auto& x : samples) forms.push_back(map.prepare(x));
        std::vector<Vector> eta;
        for (int j = 0; j < 11; ++j) {
            Vector theta(2);
            for (double& value : theta) value = draw.normal();
            targets.push_back(boltzmann(coarse, theta, 0.5));
            eta.push_back(Vector(map.parameter_count()));
            for (double& value : eta.back()) value = draw.normal();
        }
        const std::vector<double> weights(samples.size(), 1.0);
        const TransferMatrix engine;
        const auto factor = [&](Index j, Index k) {
            return map.likelihood(forms[static_cast<std::size_t>(k)], eta[static_cast<std::size_t>(j)]);
        };
        const Vector ratios =
            engine.log_ratios(std::span<const Boltzmann<Bound<ising::CoarseChain<>>>>(targets), factor,
                              std::span<const double>(weights), 20.0);
        for (Index j = 0; j < ratios.size(); ++j) {
            const auto& target = targets[static_cast<std::size_t>(j)];
            double alone = -20.0 * engine.log_partition(target);
            for (Index k = 0; k < 20; ++k) alone += engine.log_partition(Product(target, factor(j, k)));
            expect_close(ratios[j], alone, 1e-11, std::to_string(j));
        }
    };
    are_done(ising::bernoulli_map({.level = 2}));
    are_done(ising::link_map({.level = 2}));
}

// A class of sites that is none is told, as where data go side by side.
TEST(ParameterLanes, ClassesAreChecked) {
    auto rng = test_rng(7);
    Draw draw{rng};
    Model model = draw.model(10, {-1.0, 1.0}, 2, 1, 1.0);
    model.classes.front()[3] = std::ssize(model.tables.front());
    EXPECT_THROW((void)model.side_by_side(1.0), ArgumentError);
}

// The log posterior at many points, inside its walls and not, where weights are strong and where they are
// not.
TEST(ParameterLanes, LogPosteriorAtManyPoints) {
    auto rng = test_rng(5);
    Draw draw{rng};
    const auto grainer = support::ising_grainer({.sites = 6, .linear = true, .pair_range = 1, .field = 0.2},
                                                2, support::any_prior(weak_prior()));
    std::vector<support::Spins> samples(25, support::Spins(12));
    for (auto& x : samples)
        for (auto& spin : x) spin = draw.coin(0.6) ? 1 : -1;
    const auto data = grainer.prepare(samples, 0.3);
    const auto problem = grainer.problem(data);
    const LogPosterior posterior(problem);
    std::vector<Vector> z;
    for (int k = 0; k < 100; ++k) {
        z.push_back(Vector::Zero(3));
        for (double& x : z.back()) x = (k % 3 == 0 ? 30.0 : 1.0) * draw.normal();
    }
    z[7][1] = std::numeric_limits<double>::quiet_NaN();
    const Vector all = posterior.log_densities(z);
    for (Index k = 0; k < all.size(); ++k) {
        const double alone = posterior.log_density(z[static_cast<std::size_t>(k)]);
        if (std::isinf(alone))
            EXPECT_EQ(all[k], alone);
        else
            expect_close(all[k], alone, 1e-11, std::to_string(k));
    }
    EXPECT_EQ(all[7], -infinity);
    EXPECT_EQ(posterior.log_densities({}).size(), 0);
}

}  // namespace parameter_lanes_test
