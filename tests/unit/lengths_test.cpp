// Vectors of a user's models that are not as long as parameter_count() are refused once, before any work, in
// words that name the member: by fits, OnlineFit with an engine that samples, relative entropy and
// posteriors.
#include <predcg/learning/online.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/relative_entropy.hpp>
#include <predcg/testing/check_map.hpp>
#include <predcg/testing/check_potential.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "thrown.hpp"

namespace lengths_test {

#define main own_world_main
namespace own_world {
#include "../../docs/snippets/own_world.cpp"
}
#undef main

using namespace predcg;
using own_world::CoarseRing;
using Colours = std::vector<int>;
using own_world::CopyMap;

namespace {

/// How many numbers are too many, and where.
struct Wrong {
    Index features = 0, local = 0, start = 0, names = 0, map_start = 0, statistic = 0, gradient = 0,
          hessian = 0;
    bool twice = false;
};

Vector longer(Vector v, Index more) {
    const Index before = v.size();
    v.conservativeResize(before + more);
    for (Index k = before; k < v.size(); ++k) v[k] = 1.0;
    return v;
}

struct Potential : CoarseRing {
    Wrong wrong{};
    Vector features(const Colours& X) const { return longer(CoarseRing::features(X), wrong.features); }
    Vector local_features(Index i, std::span<const int> w) const {
        return longer(CoarseRing::local_features(i, w), wrong.local);
    }
    Vector start() const { return Vector::Zero(2 + wrong.start); }
    std::vector<std::string> parameter_names() const {
        std::vector<std::string> names{"bond", wrong.twice ? "logit_p" : "field"};
        for (Index k = 0; k < wrong.names; ++k) names.push_back("more");
        return names;
    }
};

/// Not linear in theta.
struct Curved {
    CoarseRing ring;
    Index more = 0;
    auto space() const { return ring.space(); }
    Index parameter_count() const { return 2; }
    double energy(const Colours& X, const Vector& theta) const { return ring.features(X).dot(theta); }
    Vector parameter_gradient(const Colours& X, const Vector&) const {
        return longer(ring.features(X), more);
    }
};

struct Map : CopyMap {
    Wrong wrong{};
    Vector start() const { return Vector::Zero(1 + wrong.map_start); }
    auto sufficient_statistic(const Counts& counts) const {
        struct Longer {
            decltype(std::declval<const CopyMap&>().sufficient_statistic(std::declval<const Counts&>())) all;
            Index more;
            Index size() const { return all.size() + more; }
            Vector operator()(const Colours& X) const { return all(X); }
            Window window() const { return all.window(); }
            Vector local(Index i, std::span<const int> w) const { return all.local(i, w); }
        };
        return Longer{CopyMap::sufficient_statistic(counts), wrong.statistic};
    }
    Expansion expected_log_density(const Vector& T, double count, const Vector& eta) const {
        Expansion e = CopyMap::expected_log_density(T, count, eta);
        e.gradient = longer(e.gradient, wrong.gradient);
        e.hessian.conservativeResize(1 + wrong.hessian, 1);
        return e;
    }
};

/// The data are X already.
struct Itself {
    using fine_type = Colours;
    using coarse_type = Colours;
    const Colours& operator()(const Colours& x) const { return x; }
};

const std::vector<Colours> data = [] {
    std::vector<Colours> all(20, Colours(8));
    for (std::size_t k = 0; k < all.size(); ++k)
        for (std::size_t i = 0; i < 8; ++i) all[k][i] = static_cast<int>((i * i + k * (i + 3)) % 5 % 3);
    return all;
}();

template <class Engine>
auto grainer(const Wrong& wrong, const Engine& engine) {
    Potential potential{{{4}}, wrong};
    Map map;
    map.wrong = wrong;
    return EMCoarseGrainer{SamplesOnly<Colours>{}, potential, map, engine, Newton{}, weak_prior()};
}

template <class F>
std::string refused(const F& f) {
    return support::thrown<ArgumentError>(f).what();
}
void has(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

struct Case {
    Wrong wrong;
    std::string said;
};
const std::vector<Case> of_potential{
    {{.features = 1}, "length of features(X) is 3; allowed: 2, parameter_count()"},
    {{.features = -1}, "length of features(X) is 1; allowed: 2, parameter_count()"},
    {{.local = 1}, "length of local_features(i, w) is 3; allowed: 2, parameter_count()"},
    {{.start = -1}, "length of start() is 1; allowed: 2, parameter_count()"},
    {{.start = 1}, "length of start() is 3; allowed: 2, parameter_count()"},
    {{.names = 1}, "length of parameter_names() is 3; allowed: 2, parameter_count()"},
};
const std::vector<Case> of_map{
    {{.map_start = 1}, "length of start() is 2; allowed: 1, parameter_count()"},
    {{.statistic = 1}, "length of sufficient_statistic(x)(X) is "},
    {{.gradient = 1}, "length of the gradient of expected_log_density is 2; allowed: 1, parameter_count()"},
    {{.hessian = 1}, "rows or columns of the hessian of expected_log_density is 2; allowed: 1"},
    {{.twice = true}, "parameter name is 'logit_p' twice"},
};

void refuses(const Case& one) {
    SCOPED_TRACE(one.said);
    const FitSettings settings{.beta = 0.8, .starts = 1};
    has(refused([&] { grainer(one.wrong, TransferMatrix{}).fit(data, settings); }), one.said);
    has(refused([&] {
            OnlineFit online{grainer(one.wrong, MonteCarlo(HeatBath{}, {.samples = 8})), {.beta = 0.8}};
            online.add(data[0]);
        }),
        one.said);
    auto fit = grainer({}, TransferMatrix{}).fit(data, settings);
    if (one.wrong.twice) fit.coarse_names[1] = "logit_p";  // names are compared before
    has(refused([&] { full_posterior(grainer(one.wrong, TransferMatrix{}), data, fit); }), one.said);
}

TEST(Lengths, OfAPotential) {
    for (const Case& one : of_potential) refuses(one);
    const auto ring = [](const Wrong& wrong) {
        return RelativeEntropy{Potential{{{8}}, wrong}, Itself{}, TransferMatrix{}, Newton{}, weak_prior()};
    };
    for (const Case& one : of_potential)
        has(refused([&] { ring(one.wrong).fit(data, {.beta = 0.8}); }), one.said);
    EXPECT_EQ(ring({}).fit(data, {.beta = 0.8}).status, Status::converged);
}

TEST(Lengths, OfAMap) {
    for (const Case& one : of_map) refuses(one);
}

TEST(Lengths, OfAPotentialThatIsNotLinear) {
    const auto curved = [](Index more) {
        return EMCoarseGrainer{
            SamplesOnly<Colours>{}, Curved{{{4}}, more}, CopyMap{}, Enumeration{}, Newton{}, weak_prior()};
    };
    for (const Index more : {-1, 1})
        has(refused([&] { curved(more).fit(data, {.beta = 0.8, .starts = 1}); }),
            "length of parameter_gradient(X, theta) is " + std::to_string(2 + more));
    EXPECT_EQ(curved(0).fit(data, {.beta = 0.8, .starts = 1}).parameters.theta.size(), 2);
}

// A second call begins with the form of the first: it is refused there, too.
TEST(Lengths, AreLookedAtAgainAfterARefusal) {
    OnlineFit online{grainer({.gradient = 1}, MonteCarlo(HeatBath{}, {.samples = 8})), {.beta = 0.8}};
    for (int k = 0; k < 2; ++k)
        has(refused([&] { online.add(data[0]); }), "gradient of expected_log_density");
}

}  // namespace
}  // namespace lengths_test
