// check_map finds what is wrong with moments of x given X.
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/potts/copy_map.hpp>
#include <predcg/models/vectors/chain.hpp>
#include <predcg/models/vectors/maps.hpp>
#include <predcg/testing/check_map.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace check_moments_test {
using namespace predcg;

namespace {

TEST(CheckMoments, FindsNothingInTheLibrarysMaps) {
    const auto spins = ising::spin_space(3), fine = ising::spin_space(6);
    EXPECT_EQ(check_map(ising::bernoulli_map({.level = 2}), spins, Vector{{0.8}}, fine), Findings{});
    for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
        const auto logistic = ising::logistic_map(
            {.level = 2, .window = {-1, 1}, .autoregressive = true, .boundary = boundary});
        const Vector eta = Vector::LinSpaced(logistic.parameter_count(), -0.6, 0.9);
        EXPECT_EQ(check_map(logistic, spins, eta, fine), Findings{});
        EXPECT_EQ(check_map(logistic, spins, eta), Findings{});
    }
    EXPECT_EQ(check_map(potts::copy_map<3>({.level = 2}), letters::space<3>(3), Vector{{0.9}},
                        letters::space<3>(6)),
              Findings{});
    const auto circle = vectors::circle_tables<4>();
    EXPECT_EQ(check_map(vectors::copy_map(circle, {.level = 2}), letters::space<4>(2), Vector{{0.9}}),
              Findings{});
}

/// Bernoulli's map, the mean of a spin and the product of two in a block times numbers.
class WrongBernoulli : public ising::BernoulliMap<> {
public:
    explicit WrongBernoulli(double of_mean, double of_pairs = 1.0)
        : BernoulliMap({.level = 2}), of_mean_(of_mean), of_pairs_(of_pairs) {}
    SiteMoments fine_moments(const SiteMoments& coarse, const Vector& eta) const {
        SiteMoments fine = BernoulliMap::fine_moments(coarse, eta);
        fine.mean *= of_mean_;
        Matrix second = fine.second.matrix();
        for (Index i = 0; i < second.rows(); i += 2)
            second(i, i + 1) = second(i + 1, i) = of_pairs_ * second(i, i + 1);
        fine.second = second;
        return fine;
    }

private:
    double of_mean_, of_pairs_;
};

/// Whether one of the findings begins so, and goes on so.
bool has(const Findings& findings, const std::string& begin, const std::string& part) {
    for (const std::string& finding : findings)
        if (finding.starts_with(begin) && finding.find(part) != std::string::npos) return true;
    return false;
}

TEST(CheckMoments, OfFineMomentsThatAreWrong) {
    const auto spins = ising::spin_space(3), fine = ising::spin_space(6);
    const Vector eta{{1.2}};
    EXPECT_EQ(check_map(WrongBernoulli(1.0), spins, eta, fine), Findings{});
    // By draws alone, and by sums, which see what draws do not.
    const Findings drawn = check_map(WrongBernoulli(0.5), spins, eta);
    EXPECT_TRUE(has(drawn, "mean of samples[0] is ", ", but fine_moments gives "));
    EXPECT_FALSE(has(drawn, "second moments", ""));
    EXPECT_EQ(check_map(WrongBernoulli(1.0001), spins, eta), Findings{});
    EXPECT_TRUE(has(check_map(WrongBernoulli(1.0001), spins, eta, fine), "fine_moments's mean[0] is ",
                    ", but the sum over x gives "));
    const Findings pairs = check_map(WrongBernoulli(1.0, 1.001), spins, eta, fine);
    EXPECT_TRUE(has(pairs, "fine_moments's second(1, 0) is ", ", but the sum over x gives "));
    EXPECT_EQ(pairs.size(), 6u) << "three pairs, written twice";
}

/// Moments that a map claims: those of another, changed.
template <class Given>
struct Changed : Given {
    enum class How { not_at_all, mean, pairs, local, window, twice, missing };
    How how;

    Changed(Given given, How change) : Given(std::move(given)), how(change) {}
    SiteRange sites_of(Index i) const {
        const SiteRange range = Given::sites_of(i);
        if (i == 1 && how == How::twice) return {range.first - 1, range.count};
        if (i == 1 && how == How::missing) return {range.first, 0};
        return range;
    }
    template <class L>
    SiteMoments local(Index i, std::span<const L> w) const {
        SiteMoments moments = Given::local(i, w);
        if (how == How::local) moments.mean *= 2.0;
        return change(moments);
    }
    template <class X>
    SiteMoments operator()(const X& X_all) const {
        SiteMoments moments = Given::operator()(X_all);
        if (how == How::window) {  // x of different windows that are not independent
            Matrix second = moments.second.matrix();
            second(0, second.cols() - 1) = second(second.cols() - 1, 0) += 0.01;
            moments.second = second;
        }
        return change(moments);
    }

private:
    SiteMoments change(SiteMoments moments) const {
        if (how == How::mean) moments.mean *= 0.5;
        if (how == How::pairs) {
            Matrix second = moments.second.matrix();
            second(0, 1) = second(1, 0) = 0.9 * second(0, 1);
            moments.second = second;
        }
        return moments;
    }
};

/// A link map whose conditional moments are changed.
class WrongLink : public ising::SpinBlockMap<ising::LinkBlock> {
    using Base = ising::SpinBlockMap<ising::LinkBlock>;
    using Given = decltype(std::declval<const Base&>().conditional_moments(Index{}, Vector()));

public:
    using How = Changed<Given>::How;
    explicit WrongLink(How how, bool of_values = false)
        : Base(ising::link_map({.level = 2})), how_(how), of_values_(of_values) {}
    Changed<Given> conditional_moments(Index sites, const Vector& eta) const {
        return {Base::conditional_moments(sites, eta), of_values_ ? How::not_at_all : how_};
    }
    Changed<Given> conditional_moments(Index sites, const Vector& eta, const Vector& values) const {
        return {Base::conditional_moments(sites, eta, values), of_values_ ? how_ : How::not_at_all};
    }

private:
    How how_;
    bool of_values_;
};

TEST(CheckMoments, OfConditionalMomentsThatAreWrong) {
    using How = WrongLink::How;
    const auto spins = ising::spin_space(3), fine = ising::spin_space(6);
    const Vector eta{{0.4, 0.2, 0.9, 0.3}};
    const std::string name = "conditional_moments(coarse_sites, eta)";
    const auto findings = [&](How how) { return check_map(WrongLink(how), spins, eta, fine); };
    EXPECT_EQ(findings(How::not_at_all), Findings{});
    EXPECT_TRUE(has(findings(How::mean), "mean of samples[0] is ", ", but " + name + " gives "));
    EXPECT_TRUE(has(findings(How::mean), name + "'s mean[0] is ", ", but the sum over x gives "));
    EXPECT_TRUE(has(findings(How::pairs), name + "'s second(0, 1) is ", ", but the sum over x gives "));
    EXPECT_TRUE(has(findings(How::local), name + ".local(i, w)'s mean is ", ", but that of the whole X"));
    EXPECT_TRUE(has(findings(How::window), name + "'s second, of x in different windows, is ",
                    ", but their independence given X gives "));
    EXPECT_TRUE(has(findings(How::twice), name + ".sites_of(i) has site 1 of x in two windows", ""));
    EXPECT_TRUE(has(findings(How::missing), name + ".sites_of(i) has site 2 of x in no window", ""));
    EXPECT_TRUE(has(check_map(WrongLink(How::mean, true), spins, eta, fine),
                    "conditional_moments(coarse_sites, eta, values)'s mean[0] is ",
                    ", but the sum over x gives "));
}

}  // namespace
}  // namespace check_moments_test
