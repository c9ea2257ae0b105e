// Errors and their texts, bytes of matrices, costs, logistic functions, quadratic forms, spaces, windows.
#include <predcg/core/bytes.hpp>
#include <predcg/core/cost.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/letter_moments.hpp>
#include <predcg/core/logistic.hpp>
#include <predcg/core/quadratic_form.hpp>
#include <predcg/core/space.hpp>
#include <predcg/core/vector_types.hpp>
#include <predcg/core/window.hpp>
#include <predcg/kernels/lane_bytes.hpp>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace core_test {
using namespace predcg;
using support::expect_close;
using support::thrown;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

TEST(Text, ReadsBackEqual) {
    EXPECT_EQ(to_text(0.1), "0.1");
    EXPECT_EQ(to_text(-3), "-3");
    EXPECT_EQ(to_text(Index{1} << 40), "1099511627776");
    EXPECT_EQ(to_text(static_cast<std::int8_t>(-1)), "-1");
    EXPECT_EQ(to_text(infinity), "inf");
    EXPECT_EQ(to_text("text"), "'text'");
    EXPECT_EQ(to_text(std::string("text")), "'text'");
    for (const double x : {1.0 / 3.0, 1e-300, 6.02214076e23, 5e-324})
        EXPECT_EQ(std::strtod(to_text(x).c_str(), nullptr), x);
}

TEST(Errors, NameFunctionArgumentValueAndRange) {
    const auto e =
        thrown<ArgumentError>([] { require(false, "some::function", "level", 0, "an integer >= 1"); });
    EXPECT_STREQ(e.what(), "predcg::some::function: level is 0; allowed: an integer >= 1");
    EXPECT_EQ(e.function(), "some::function");
    EXPECT_EQ(e.argument(), "level");
    EXPECT_EQ(e.value(), "0");
    EXPECT_EQ(e.allowed(), "an integer >= 1");
    EXPECT_NO_THROW(require(true, "f", "a", 0, ""));
}

TEST(Errors, Ranges) {
    EXPECT_NO_THROW(require_range(1, 1, 3, "f", "a"));
    EXPECT_NO_THROW(require_range(3, 1, 3, "f", "a"));
    EXPECT_STREQ(thrown<ArgumentError>([] { require_range(0, 1, 3, "f", "a"); }).what(),
                 "predcg::f: a is 0; allowed: 1 to 3");
    EXPECT_STREQ(thrown<ArgumentError>([] { require_range(4, 1, 3, "f", "a", "the size"); }).what(),
                 "predcg::f: a is 4; allowed: 1 to 3, the size");
    EXPECT_NO_THROW(require_equal(2, 2, "f", "a"));
    EXPECT_STREQ(thrown<ArgumentError>([] { require_equal(4, 2, "f", "a", "the size"); }).what(),
                 "predcg::f: a is 4; allowed: 2, the size");
}

TEST(Errors, Numbers) {
    for (const double bad : {0.0, -1.0, infinity, nan_value})
        EXPECT_THROW(require_positive(bad, "f", "a"), ArgumentError) << bad;
    EXPECT_NO_THROW(require_positive(1e-300, "f", "a"));
    for (const double bad : {infinity, -infinity, nan_value})
        EXPECT_THROW(require_finite(bad, "f", "a"), ArgumentError) << bad;
    EXPECT_NO_THROW(require_finite(-1.0, "f", "a"));
}

TEST(Errors, CostSaysEstimateAndLimit) {
    const CostError e("f", 1e12, 1e10, "operations", "use another");
    EXPECT_STREQ(e.what(), "predcg::f: estimated cost 1e+12 operations exceeds the limit 1e+10; use another");
    EXPECT_EQ(e.cost(), 1e12);
    EXPECT_EQ(e.limit(), 1e10);
}

TEST(Errors, FitErrorIsANumericalErrorWithTheLastGoodState) {
    const FitError e("f: diverged", Vector::Constant(2, 3.0), Vector::Constant(1, 4.0), 5);
    const NumericalError& base = e;
    EXPECT_STREQ(base.what(), "predcg::f: diverged");
    EXPECT_EQ(e.theta(), Vector::Constant(2, 3.0));
    EXPECT_EQ(e.eta(), Vector::Constant(1, 4.0));
    EXPECT_EQ(e.iteration(), 5);
}

TEST(Logistic, Values) {
    expect_close(logistic(0.0), 0.5, 1e-16);
    expect_close(logistic(std::log(3.0)), 0.75, 1e-15);
    for (const double x : {-30.0, -2.0, -1e-9, 0.0, 0.3, 5.0}) {
        expect_close(logit(logistic(x)), x, 1e-13);
        expect_close(logistic(x) + logistic(-x), 1.0, 1e-15);
        expect_close(std::exp(-log1p_exp(-x)) / logistic(x), 1.0, 1e-13);
        expect_close(log1p_exp(x) - log1p_exp(-x), x, 1e-14);
    }
}

TEST(Logistic, NoOverflow) {
    EXPECT_EQ(logistic(1e4), 1.0);
    EXPECT_EQ(logistic(-1e4), 0.0);
    EXPECT_EQ(logistic(-700.0), std::exp(-700.0));
    EXPECT_GT(logistic(-720.0), 0.0);  // exp(720) is infinite
    EXPECT_EQ(log1p_exp(1e4), 1e4);
    EXPECT_EQ(log1p_exp(-1e4), 0.0);
    EXPECT_NEAR(log1p_exp(-40.0) / std::exp(-40.0), 1.0, 1e-15);
    EXPECT_EQ(logit(0.0), -infinity);
    EXPECT_EQ(logit(1.0), infinity);
}

TEST(QuadraticForm, IsTheSumOverItsEntries) {
    auto rng = test_rng(11);
    std::normal_distribution<double> normal;
    const auto random_form = [&] {
        QuadraticForm f = QuadraticForm::zero(3);
        for (Index i = 0; i < 3; ++i)
            for (Index j = 0; j <= i; ++j) f.A(i, j) = f.A(j, i) = normal(rng);
        for (Index i = 0; i < 3; ++i) f.b[i] = normal(rng);
        f.c = normal(rng);
        return f;
    };
    const QuadraticForm f = random_form(), g = random_form();
    const Eigen::Vector3d X(0.3, -1.2, 2.0);
    double expected = f.c;
    for (Index i = 0; i < 3; ++i) {
        expected += f.b[i] * X[i];
        for (Index j = 0; j < 3; ++j) expected += 0.5 * X[i] * f.A(i, j) * X[j];
    }
    expect_close(f(X), expected, 1e-14);
    expect_close((f + g)(X), f(X) + g(X), 1e-14);
    expect_close((-0.7 * f)(X), -0.7 * f(X), 1e-14);
    EXPECT_EQ(QuadraticForm::zero(3)(X), 0.0);
}

TEST(LatticeSpace, SizesAndLetters) {
    using Spin = signed char;
    const LatticeSpace<Spin, 2> run_time({Spin{-1}, Spin{1}}, 5);
    constexpr LatticeSpace<Spin, 2, 5> compile_time({Spin{-1}, Spin{1}});
    static_assert(compile_time.size() == 5);
    static_assert(std::is_same_v<decltype(compile_time)::configuration_type, std::array<Spin, 5>>);
    EXPECT_EQ(run_time.size(), 5);
    EXPECT_EQ(run_time.values(), compile_time.values());
    auto rng = make_stream(test_seed(), Purpose::check), same = rng;
    const auto X = run_time.random(rng);
    const auto Y = compile_time.random(same);
    EXPECT_EQ(X, std::vector<Spin>(Y.begin(), Y.end()));
}

TEST(LatticeSpace, RandomReachesEveryConfiguration) {
    const LatticeSpace<char, 3> space({'a', 'b', 'c'}, 3);
    auto rng = make_stream(test_seed(), Purpose::check);
    std::set<std::vector<char>> seen;
    for (int k = 0; k < 2000; ++k)
        seen.insert(space.random(rng));  // each is missed with (26/27)^2000 < 1e-32
    EXPECT_EQ(seen.size(), 27u);
}

TEST(LatticeSpace, RefusesBadSizes) {
    const std::array<int, 2> letters{0, 1};
    EXPECT_STREQ(thrown<ArgumentError>([&] { LatticeSpace<int, 2>(letters, 0); }).what(),
                 "predcg::LatticeSpace: sites is 0; allowed: an integer >= 1");
    EXPECT_THROW((LatticeSpace<int, 2>(letters)), ArgumentError);  // dynamic needs a number
    EXPECT_THROW((LatticeSpace<int, 2, 4>(letters, 5)), ArgumentError);
}

TEST(RealSpace, SizesAndRandom) {
    auto rng = make_stream(test_seed(), Purpose::check);
    EXPECT_EQ(RealSpace<>(4).random(rng).size(), 4);
    EXPECT_EQ(RealSpace<3>().size(), 3);
    EXPECT_EQ(RealSpace<3>().random(rng).size(), 3);
    EXPECT_NE(RealSpace<3>().random(rng), RealSpace<3>().random(rng));
    EXPECT_STREQ(thrown<ArgumentError>([] { RealSpace<>(0); }).what(),
                 "predcg::RealSpace: size is 0; allowed: an integer >= 1");
    EXPECT_THROW(RealSpace<3>(4), ArgumentError);
    EXPECT_THROW(RealSpace<>(4, 0.0), ArgumentError);
    // Coordinates in units of a length.
    const RealSpace<3> nanometres(3, 0.125);
    EXPECT_EQ(nanometres.scales(), Eigen::Vector3d::Constant(0.125));
    auto one = rng, other = rng;
    EXPECT_EQ(nanometres.random(one), 0.125 * RealSpace<3>().random(other));
}

TEST(Window, CommonWindowHoldsBoth) {
    constexpr Boundary ring = Boundary::periodic, open = Boundary::open;
    EXPECT_EQ(common_window({2, ring}, {4, ring}), (Window{4, ring}));
    EXPECT_EQ(common_window({4, open}, {2, open}), (Window{4, open}));
    // A width of one has no boundary.
    EXPECT_EQ(common_window({1, ring}, {3, open}), (Window{3, open}));
    EXPECT_EQ(common_window({3, open}, {1, ring}), (Window{3, open}));
    EXPECT_EQ(common_window({1, open}, {1, open}).width, 1);
    const auto e = thrown<ArgumentError>([&] { common_window({2, ring}, {2, open}); });
    EXPECT_EQ(e.argument(), "boundary");
}

TEST(LetterMoments, AreAlikeAtAllSites) {
    const LetterMoments<int> moments({0, 1}, 3, Vector{{-1.0, 2.0}});
    EXPECT_TRUE(moments.translation_invariant()) << "one table serves all sites";
    EXPECT_EQ(moments.size(), 3);
    EXPECT_EQ(moments.sites_of(2).first, 2);
    const SiteMoments of = moments(std::vector<int>{1, 0, 1});
    expect_close(of.mean, Vector{{2.0, -1.0, 2.0}}, 0.0);
    EXPECT_THROW(LetterMoments<int>({0, 1}, 3, Vector::Ones(3)), ArgumentError);
}

TEST(Bytes, SidesOfEmptyMatricesAreBounded) {
    constexpr Index most = Index{1} << 20;
    const auto read_again = [](Index rows, Index columns) {
        detail::ByteWriter write;
        write(Matrix(rows, columns));
        Matrix again;
        detail::ByteReader(write.bytes, "test")(again);
        EXPECT_EQ(again.rows(), rows);
        EXPECT_EQ(again.cols(), columns);
    };
    read_again(most, 0);
    read_again(0, most);
    EXPECT_THROW(read_again(most + 1, 0), ArgumentError);
    EXPECT_THROW(read_again(0, most + 1), ArgumentError);
}

enum class Small : bool { no, yes };
enum class Wide : int { below = -3, above = 70000 };
struct Made {
    std::vector<std::array<double, 3>> places{};
    bool on = false;
    std::optional<float> some{};

    bool operator==(const Made&) const = default;
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.places, self.on, self.some);
    }
};

TEST(Bytes, OfValuesGiveThemBack) {
    const auto same = []<class T>(const T& value, std::size_t size) {
        detail::ByteWriter write;
        write(value);
        EXPECT_EQ(write.bytes.size(), size);
        T again{};
        detail::ByteReader read(write.bytes, "test");
        read(again);
        EXPECT_TRUE(read.is_empty());
        EXPECT_EQ(again, value);
        for (std::size_t length = 0; length < size; ++length) {  // cut short
            detail::ByteReader some(std::string_view(write.bytes).substr(0, length), "test");
            EXPECT_THROW(some(again), ArgumentError) << length;
        }
    };
    same(std::int16_t{-5}, 2);
    same(true, 1);
    same(Small::yes, 1);
    same(Wide::below, 4);
    same(std::string("text"), 8 + 4);
    same(std::vector<double>{1.5, -0.0, 1e300}, 8 + 24);
    same(std::vector<signed char>{1, -1, 1}, 8 + 3);
    same(std::vector<bool>{true, false, true}, 8 + 3);
    same(std::vector<Small>{Small::yes, Small::no}, 8 + 2);
    same(std::vector<Wide>{Wide::below, Wide::above}, 8 + 8);
    same(std::vector<std::string>{"a", "", "bc"}, 8 + 3 * 8 + 3);
    same(std::array<char, 3>{'x', 'y', 'z'}, 3);
    same(std::array<std::string, 2>{"q", "rr"}, 2 * 8 + 3);
    same(Made{{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, true, 2.5F}, 8 + 48 + 1 + 5);
    same(Matrix{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, 16 + 48);
}

TEST(Bytes, OfNumbersBeginWithTheLowest) {
    detail::ByteWriter write;
    write(std::uint32_t{0x04030201}, std::vector<std::uint16_t>{0x0605, 0x0807}, true);
    EXPECT_EQ(write.bytes, std::string("\1\2\3\4\2\0\0\0\0\0\0\0\5\6\7\10\1", 17));
    Small small{};
    detail::ByteReader(std::string_view("\2", 1), "test")(small);
    EXPECT_EQ(small, Small::yes) << "any byte but 0";
}

TEST(Bytes, OfLanesAreSaved) {
    auto letters = detail::Bytes::of(3);
    letters[0] = -7;
    letters[31] = 100;
    detail::ByteWriter write;
    write(letters);
    detail::Bytes again{};
    detail::ByteReader(write.bytes, "test")(again);
    for (Index lane = 0; lane < detail::Bytes::lanes; ++lane) EXPECT_EQ(again[lane], letters[lane]) << lane;
}

// One after the other, operations add up and memory is used again, whichever comes first.
TEST(Cost, OfOneAfterTheOther) {
    const Cost small{3.0, 10.0}, large{5.0, 40.0};
    for (const Cost& both : {small + large, large + small}) {
        EXPECT_EQ(both.operations, 8.0);
        EXPECT_EQ(both.bytes, 40.0);
    }
    const Cost thrice = 3.0 * large;
    EXPECT_EQ(thrice.operations, 15.0);
    EXPECT_EQ(thrice.bytes, 40.0);
}

#if PREDCG_HAS_VECTOR_TYPES
TEST(VectorTypes, BitsAreTheSignsOfLanes) {
    detail::VectorOfBytes all{};
    EXPECT_EQ(detail::bits_of(all), 0u);
    for (std::size_t lane = 0; lane < detail::integer_bytes; ++lane) {
        detail::VectorOfBytes one{};
        one[lane] = -1;
        all[lane] = -128;
        EXPECT_EQ(detail::bits_of(one), std::uint32_t{1} << lane);
        EXPECT_EQ(detail::bits_of(all), ~std::uint32_t{0} >> (31 - lane));
    }
}
#endif

}  // namespace
}  // namespace core_test
