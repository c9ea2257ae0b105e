// Enumeration: what it visits, costs, refuses; the accumulators below it.
#include <predcg/core/space.hpp>
#include <predcg/engines/enumeration.hpp>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace enumeration_test {
using namespace predcg;
using support::expect_close;
using support::thrown;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

enum class Letter : char { a, b, c };
using Space = LatticeSpace<Letter, 3>;
using Word = std::vector<Letter>;
const std::array<Letter, 3> alphabet{Letter::a, Letter::b, Letter::c};

struct AnyTarget {
    Space letters;
    std::function<double(const Word&)> density;

    const Space& space() const { return letters; }
    double log_density(const Word& X) const { return density(X); }
};

AnyTarget target(Index sites, std::function<double(const Word&)> log_density) {
    return {Space(alphabet, sites), std::move(log_density)};
}

/// How many letters are b.
struct CountB {
    Index size() const { return 1; }
    Vector operator()(const Word& X) const {
        return Vector::Constant(1, static_cast<double>(std::count(X.begin(), X.end(), Letter::b)));
    }
};

TEST(Enumeration, VisitsEveryConfigurationOnce) {
    std::multiset<Word> seen;
    const double log_z = Enumeration{}.log_partition(target(4, [&](const Word& X) {
        seen.insert(X);
        return 0.0;
    }));
    EXPECT_EQ(seen.size(), 81u);
    EXPECT_EQ(std::set<Word>(seen.begin(), seen.end()).size(), 81u);
    expect_close(log_z, std::log(81.0), 1e-15);
}

// log weight h for every b: sites are independent, b has p = e^h / (e^h + 2).
TEST(Enumeration, IndependentSites) {
    const double h = 0.7, p = std::exp(h) / (std::exp(h) + 2.0);
    const auto independent = target(5, [=](const Word& X) { return h * CountB{}(X)[0]; });
    const Moments m = Enumeration{}.expect(independent, CountB{});
    expect_close(m.log_partition.value(), 5.0 * std::log(std::exp(h) + 2.0), 1e-14);
    expect_close(m.mean[0], 5.0 * p, 1e-14);
    expect_close(m.covariance(0, 0), 5.0 * p * (1.0 - p), 1e-14);
    const Vector single = (Vector(3) << (1 - p) / 2, p, (1 - p) / 2).finished();
    expect_close(Enumeration{}.two_point(independent, 1, 3), Matrix(single * single.transpose()), 1e-14);
    expect_close(Enumeration{}.two_point(independent, 2, 2), Matrix(single.asDiagonal()), 1e-14);
}

TEST(Enumeration, HugeEnergiesDoNotOverflow) {
    for (const double shift : {1e5, -1e5}) {
        // b at the first site: weight 1, else 1/3 each; all shifted, and rising from the first visited on.
        const auto shifted =
            target(3, [=](const Word& X) { return shift + (X[0] == Letter::b ? std::log(3.0) : 0.0); });
        const Moments m = Enumeration{}.expect(shifted, CountB{});
        expect_close(m.log_partition.value(), shift + std::log(45.0), 1e-15);
        expect_close(m.mean[0], 0.6 + 2.0 / 3.0, 1e-10);  // the shift costs 1e5 epsilon
        expect_close(m.covariance(0, 0), 0.24 + 4.0 / 9.0, 1e-10);
    }
    const auto steep = target(2, [](const Word& X) { return 1e5 * CountB{}(X)[0]; });
    const Moments m = Enumeration{}.expect(steep, CountB{});
    EXPECT_EQ(m.log_partition.value(), 2e5);
    EXPECT_EQ(m.mean[0], 2.0);
    EXPECT_EQ(m.covariance(0, 0), 0.0);
}

TEST(Enumeration, ForbiddenConfigurations) {
    const auto only_b = target(3, [](const Word& X) { return CountB{}(X)[0] == 3.0 ? -2.0 : -infinity; });
    EXPECT_EQ(Enumeration{}.log_partition(only_b), -2.0);
    EXPECT_EQ(Enumeration{}.expect(only_b, CountB{}).mean[0], 3.0);
    auto rng = make_stream(test_seed(), Purpose::check);
    const auto sampler = Enumeration{}.sampler(only_b);
    for (int k = 0; k < 20; ++k) EXPECT_EQ(sampler.draw(rng), Word(3, Letter::b));
}

TEST(Enumeration, CostLimitBeforeAnyWork) {
    Index calls = 0;
    const auto counted = target(14, [&](const Word&) { return static_cast<double>(++calls); });
    const auto refused = [&](auto&& call) {
        const CostError e = thrown<CostError>(call);
        EXPECT_EQ(calls, 0);
        EXPECT_EQ(e.cost(), 4782969.0);
        EXPECT_EQ(e.limit(), 4194304.0);
        EXPECT_EQ(std::string(e.what()).find("predcg::Enumeration: estimated cost 4782969 configurations "
                                             "exceeds the limit 4194304; "),
                  0u)
            << e.what();
    };
    refused([&] { Enumeration{}.log_partition(counted); });
    refused([&] { Enumeration{}.expect(counted, CountB{}); });
    refused([&] { Enumeration{}.two_point(counted, 0, 1); });
    refused([&] { Enumeration{}.sampler(counted); });
    const auto small = target(4, [](const Word&) { return 0.0; });
    EXPECT_NO_THROW(Enumeration{81.0}.log_partition(small));
    EXPECT_THROW(Enumeration{80.0}.log_partition(small), CostError);
    EXPECT_THROW(Enumeration{}.log_partition(target(2000, [](const Word&) { return 0.0; })), CostError);
}

TEST(Enumeration, RefusesEnergiesThatAreNoNumbers) {
    for (const double bad : {std::nan(""), infinity})
        for (const Letter where : {Letter::a, Letter::b, Letter::c}) {
            const auto broken =
                target(2, [=](const Word& X) { return X[0] == where && X[1] == Letter::b ? bad : 0.0; });
            EXPECT_THROW(Enumeration{}.log_partition(broken), NumericalError);
            EXPECT_THROW(Enumeration{}.expect(broken, CountB{}), NumericalError);
            EXPECT_THROW(Enumeration{}.two_point(broken, 0, 1), NumericalError);
            EXPECT_THROW(Enumeration{}.sampler(broken), NumericalError);
        }
    EXPECT_THROW(Enumeration{}.log_partition(target(2, [](const Word&) { return -infinity; })),
                 NumericalError);
}

TEST(Enumeration, RefusesSitesOutside) {
    const auto any = target(4, [](const Word&) { return 0.0; });
    for (const Index bad : {-1, 4}) {
        EXPECT_STREQ(
            thrown<ArgumentError>([&] { Enumeration{}.two_point(any, bad, 0); }).what(),
            ("predcg::Enumeration::two_point: site is " + to_text(bad) + "; allowed: 0 to 3").c_str());
        EXPECT_THROW(Enumeration{}.two_point(any, 0, bad), ArgumentError);
    }
}

TEST(LogSumExp, Values) {
    statistics::LogSumExp sum;
    EXPECT_EQ(sum.value(), -infinity);
    sum.add(-infinity);
    EXPECT_EQ(sum.value(), -infinity);
    for (const double term : {1e5, -1e5, 1e5, -infinity, 1e5 + std::log(2.0)}) sum.add(term);
    expect_close(sum.value(), 1e5 + std::log(4.0), 1e-15);
}

TEST(LogSumExp, BadTermsAreNotLost) {
    for (const double bad : {std::nan(""), infinity})
        for (int place = 0; place < 3; ++place) {
            statistics::LogSumExp sum;
            for (int k = 0; k < 3; ++k) sum.add(k == place ? bad : 0.5 * k);
            EXPECT_FALSE(std::isfinite(sum.value())) << bad << " at " << place;
        }
}

class Accumulator : public testing::Test {
protected:
    struct Term {
        double log_weight;
        Vector value;
    };
    std::vector<Term> random_terms(int count) {
        std::vector<Term> terms;
        for (int k = 0; k < count; ++k)
            terms.push_back(
                {3.0 * normal(rng), (Vector(2) << 1e3 + normal(rng), normal(rng) + normal(rng)).finished()});
        return terms;
    }
    static statistics::MomentAccumulator accumulated(const std::vector<Term>& terms, double shift = 0.0) {
        statistics::MomentAccumulator sum(2);
        for (const Term& t : terms) sum.add(t.log_weight + shift, t.value);
        return sum;
    }
    static void expect_equal(const Moments& a, const Moments& b) {
        expect_close(a.log_partition.value(), b.log_partition.value(), 1e-13, "log weight");
        expect_close(a.mean, b.mean, 1e-13, "mean");
        expect_close(a.covariance, b.covariance, 1e-10, "covariance");  // of values around 1000
    }
    std::mt19937_64 rng = test_rng(40);
    std::normal_distribution<double> normal;
};

TEST_F(Accumulator, IsTheWeightedMeanAndCovariance) {
    const auto terms = random_terms(50);
    long double sum = 0.0L, mean[2] = {}, second[2][2] = {};
    for (const Term& t : terms) {
        const long double w = std::exp(static_cast<long double>(t.log_weight));
        sum += w;
        for (Index k = 0; k < 2; ++k) mean[k] += w * t.value[k];
    }
    for (auto& m : mean) m /= sum;
    for (const Term& t : terms)
        for (Index k = 0; k < 2; ++k)
            for (Index l = 0; l < 2; ++l)
                second[k][l] += std::exp(static_cast<long double>(t.log_weight)) / sum *
                                (t.value[k] - mean[k]) * (t.value[l] - mean[l]);
    const statistics::MomentAccumulator accumulator = accumulated(terms);
    const Moments m = accumulator.moments();
    expect_close(accumulator.log_weight(), static_cast<double>(std::log(sum)), 1e-14);
    for (Index k = 0; k < 2; ++k) {
        expect_close(m.mean[k], static_cast<double>(mean[k]), 1e-14);
        for (Index l = 0; l < 2; ++l)
            expect_close(m.covariance(k, l), static_cast<double>(second[k][l]), 1e-11);
    }
    expect_close(m.covariance, Matrix(m.covariance.transpose()), 0.0);
}

TEST_F(Accumulator, GroupsAreTheirTerms) {
    const auto terms = random_terms(60);
    statistics::MomentAccumulator grouped(2);
    for (const auto& [from, to] : {std::pair{0, 1}, {1, 20}, {20, 21}, {21, 60}}) {
        const Moments group = accumulated({terms.begin() + from, terms.begin() + to}).moments();
        grouped.add(group.log_partition.value(), group.mean, group.covariance);
    }
    expect_equal(grouped.moments(), accumulated(terms).moments());
}

TEST_F(Accumulator, OrderAndScaleOfWeightsDoNotMatter) {
    auto terms = random_terms(40);
    const Moments forward = accumulated(terms).moments();
    Moments shifted = accumulated(terms, -5e4).moments();
    *shifted.log_partition += 5e4;
    expect_close(shifted.mean, forward.mean, 1e-9);  // log weights lose 5e4 epsilon
    expect_close(*shifted.log_partition, *forward.log_partition, 1e-9);
    std::reverse(terms.begin(), terms.end());
    expect_equal(accumulated(terms).moments(), forward);
    terms.push_back(
        {-infinity, Vector::Constant(2, std::nan(""))});  // weight zero: its value is not looked at
    terms.insert(terms.begin(), terms.back());
    expect_equal(accumulated(terms).moments(), forward);
}

TEST_F(Accumulator, ATermFarAboveAllOthersStandsAlone) {
    auto terms = random_terms(10);
    terms.push_back({1e5, Vector::Constant(2, 7.0)});
    const Moments m = accumulated(terms).moments();
    expect_close(m.mean, Vector::Constant(2, 7.0), 1e-13);
    expect_close(m.covariance, Matrix::Zero(2, 2), 0.0);
}

}  // namespace
}  // namespace enumeration_test
