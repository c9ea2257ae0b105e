// Curves through tables, tables as text, and bonded tables.
#include "differences.hpp"
#include "thrown.hpp"

#include <predcg/tables/bonded_tables.hpp>
#include <predcg/tables/columns.hpp>
#include <predcg/tables/curve.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

namespace tables_text_test {

using namespace predcg;
using support::thrown;

constexpr double pi = 3.14159265358979323846;

Vector vector(std::initializer_list<double> values) {
    Vector v(static_cast<Index>(values.size()));
    Index i = 0;
    for (const double value : values) v[i++] = value;
    return v;
}

Vector uneven(double from, double to, Index n) {  // intervals of different lengths
    Vector x(n);
    for (Index i = 0; i < n; ++i) {
        const double t = static_cast<double>(i) / static_cast<double>(n - 1);
        x[i] = from + (to - from) * t * (0.6 + 0.4 * t);
    }
    return x;
}

TEST(Curve, CubicIsExactAndItsDerivativesAre) {
    const auto f = [](double x) { return 1.0 + x * (-2.0 + x * (0.5 + 0.3 * x)); };
    const Vector x = uneven(-1.0, 3.0, 7);
    const Curve curve = Curve::spline(x, x.unaryExpr(f));
    for (double at = -1.0; at <= 3.0; at += 0.0625) {
        EXPECT_NEAR(curve(at), f(at), 1e-13);
        EXPECT_NEAR(curve.at(at).slope, -2.0 + at + 0.9 * at * at, 1e-12);
        EXPECT_NEAR(curve.at(at).curvature, 1.0 + 1.8 * at, 1e-11);
    }
}

TEST(Curve, SplineHasAContinuousCurvatureAndHermiteCubicsHaveNot) {
    const Vector x = uneven(0.0, 2.0, 9), f = x.array().sin();
    const auto jump = [&](const Curve& curve) {
        double most = 0.0;
        for (Index i = 1; i + 1 < x.size(); ++i)
            most =
                std::max(most, std::abs(curve.at(x[i] + 1e-9).curvature - curve.at(x[i] - 1e-9).curvature));
        return most;
    };
    EXPECT_LT(jump(Curve::spline(x, f)), 1e-6);
    EXPECT_LT(jump(Curve::clamped(x, f, 1.0, std::cos(2.0))), 1e-6);
    EXPECT_GT(jump(Curve(x, f, x.array().cos())), 1e-4);
}

TEST(Curve, ErrorFallsWithTheFourthPowerOfTheStep) {
    const auto error = [](Index n, bool hermite) {
        const Vector x = Vector::LinSpaced(n, 0.0, 3.0), f = x.array().exp();
        const Curve curve = hermite ? Curve(x, f, f) : Curve::spline(x, f);
        double most = 0.0;
        for (double at = 0.0; at < 3.0; at += 0.0013)
            most = std::max(most, std::abs(curve(at) - std::exp(at)));
        return most;
    };
    for (const bool hermite : {true, false})
        EXPECT_NEAR(std::log2(error(31, hermite) / error(61, hermite)), 4.0, 0.25) << hermite;
    EXPECT_NEAR(error(31, true), std::pow(0.1, 4) * std::exp(3.0) / 384.0, 0.1 * error(31, true));
}

TEST(Curve, GoesOnAsAParabola) {
    const Curve curve = Curve::spline(vector({1.0, 2.0, 3.0, 4.0}), vector({1.0, 4.0, 9.0, 16.0}));
    for (const double x : {-2.0, 0.5, 4.5, 9.0}) {
        EXPECT_NEAR(curve(x), x * x, 1e-12);
        EXPECT_NEAR(curve.at(x).slope, 2.0 * x, 1e-12);
        EXPECT_NEAR(curve.at(x).curvature, 2.0, 1e-12);
    }
}

TEST(Curve, TwoAndThreePointsDo) {
    EXPECT_DOUBLE_EQ(Curve::spline(vector({0.0, 2.0}), vector({1.0, 5.0}))(1.0), 3.0);
    EXPECT_NEAR(Curve::spline(vector({0.0, 1.0, 3.0}), vector({0.0, 1.0, 9.0}))(2.0), 4.0, 1e-13);
}

TEST(Curve, RefusesWhatIsNoFunction) {
    const auto refused = [](const Vector& x, const Vector& f) {
        return thrown<ArgumentError>([&] { (void)Curve::spline(x, f); }).argument();
    };
    EXPECT_EQ(refused(vector({1.0}), vector({1.0})), "number of points");
    EXPECT_EQ(refused(vector({1.0, 2.0}), vector({1.0})), "number of values");
    EXPECT_EQ(refused(vector({1.0, 1.0}), vector({1.0, 2.0})), "point");
    EXPECT_EQ(refused(vector({1.0, 2.0}), vector({1.0, NAN})), "value");
    EXPECT_EQ(refused(vector({1.0, INFINITY}), vector({1.0, 2.0})), "point");
    EXPECT_EQ(thrown<ArgumentError>([] {
                  (void)Curve(vector({0.0, 1.0}), vector({0.0, 1.0}), vector({0.0}));
              }).argument(),
              "number of slopes");
}

Columns read(const std::string& text, const ColumnSettings& settings = {}) {
    std::istringstream in(text);
    return read_columns(in, settings);
}

TEST(ReadColumns, TakesTablesOfOtherPrograms) {
    const Columns votca =
        read("0 1e5 u\n0.2 10.5 o\n0.3 -1 i\n0.4 0 i\n");  // rows that are undefined are left out
    ASSERT_EQ(votca.x.size(), 3);
    EXPECT_EQ(votca.x, vector({0.2, 0.3, 0.4}));
    EXPECT_EQ(votca.u, vector({10.5, -1.0, 0.0}));
    EXPECT_EQ(votca.f.size(), 0);
    const Columns xvg = read("# by\n@ title\n\n 1,2,3\r\n 4;\t5 ; +6");
    EXPECT_EQ(xvg.x, vector({1.0, 4.0}));
    EXPECT_EQ(xvg.f, vector({3.0, 6.0}));
    const Columns named = read("r,u\n1,2\n3,4\n");
    EXPECT_EQ(named.u, vector({2.0, 4.0}));
    const Columns units = read("1 2 3\n2 4 6\n", {.x_factor = 0.1, .u_factor = 4.184});
    EXPECT_NEAR(units.x[1], 0.2, 1e-15);
    EXPECT_NEAR(units.u[1], 16.736, 1e-13);
    EXPECT_NEAR(units.f[1], 251.04, 1e-12);
}

TEST(ReadColumns, SaysWhichLineItDoesNotUnderstand) {
    const auto refused = [](const std::string& text, const ColumnSettings& settings = {}) {
        const ArgumentError error = thrown<ArgumentError>([&] { (void)read(text, settings); });
        return error.argument() + ": " + error.value();
    };
    EXPECT_EQ(refused("1 2\n3 x\n"), "line 2: 'x'");
    EXPECT_EQ(refused("# c\n1 2\n\n3 nan\n"), "line 4: 'nan'");
    EXPECT_EQ(refused("1 2\n3 1e999\n"), "line 2: '1e999'");
    EXPECT_EQ(refused("1 2\n1 3\n"), "line 2: '1'");
    EXPECT_EQ(refused("1 2\n2\n"), "line 2: 1 columns");
    EXPECT_EQ(refused("1 2 3\n2 3\n"), "line 2: 2 columns");
    EXPECT_EQ(refused("1 2\n2 3 4\n"), "line 2: 3 columns");
    EXPECT_EQ(refused("1 2 3 4\n"), "line 1: 4 columns");
    EXPECT_EQ(refused("a b\nc d\n"), "line 2: 'c'");
    EXPECT_EQ(refused("1 2\n2 3\n3 4\n", {.most_rows = 2}), "line 3: one row too many");
    EXPECT_EQ(refused("1 2\n"), "number of rows: 1");
    EXPECT_EQ(refused(""), "number of rows: 0");
    EXPECT_EQ(refused("1 2\n" + std::string(5000, '1')), "line 2: longer than that");
    EXPECT_EQ(refused("1 2\n" + std::string(5000, ' ') + "\n3 4"), "line 2: longer than that");
}

TEST(WriteCsv, ReadsBackEqual) {
    const Columns columns{vector({0.1, 1.0 / 3.0, 2.0}), vector({1e-300, -pi, 0.0}),
                          vector({5e-324, 1e17, -0.1})};
    std::ostringstream out;
    out.precision(2);
    write_csv(out, columns);
    EXPECT_EQ(out.str().substr(0, 6), "x,u,f\n");
    const Columns back = read(out.str());
    EXPECT_EQ(back.x, columns.x);
    EXPECT_EQ(back.u, columns.u);
    EXPECT_EQ(back.f, columns.f);
    std::ostringstream broken;
    broken.setstate(std::ios::badbit);
    EXPECT_EQ(thrown<ArgumentError>([&] { write_csv(broken, columns); }).argument(), "the stream");
    EXPECT_EQ(thrown<ArgumentError>([&] {
                  write_csv(out, {columns.x, vector({1.0}), {}});
              }).argument(),
              "number of energies");
}

Columns bonded(const Curve& curve, BondedKind kind, Index rows = 1801, double longest = 1.0) {
    std::stringstream table;
    write_gromacs_bonded_table(table, curve, kind, rows, longest, 2.0);
    return read_columns(table);
}

TEST(BondedTable, HarmonicBondAndAngleGoOnBeyondTheirCurves) {
    const auto harmonic = [](double x0, double k, double from, double to) {
        const Vector x = Vector::LinSpaced(20, from, to);
        return Curve(x, 0.5 * k * (x.array() - x0).square(), k * (x.array() - x0));
    };
    const Columns bond = bonded(harmonic(0.153, 2e5, 0.14, 0.17), BondedKind::bond, 501, 0.5);
    EXPECT_EQ(bond.x[0], 0.0);
    EXPECT_EQ(bond.x[500], 0.5);
    const Columns angle = bonded(harmonic(1.95, 500.0, 1.7, 2.2), BondedKind::angle);
    EXPECT_EQ(angle.x[0], 0.0);
    EXPECT_EQ(angle.x[1800], 180.0);
    for (Index i = 0; i < 501; ++i) {
        const double d = bond.x[i] - 0.153;
        EXPECT_NEAR(bond.u[i], 2e5 * d * d, 1e-8 * (1.0 + bond.u[i]));
        EXPECT_NEAR(bond.f[i], -4e5 * d, 1e-6);
    }
    for (Index i = 0; i < 1801; ++i) {
        const double d = angle.x[i] * pi / 180.0 - 1.95;
        EXPECT_NEAR(angle.u[i], 500.0 * d * d, 1e-9 * (1.0 + angle.u[i]));
        EXPECT_NEAR(angle.f[i], -1000.0 * d * pi / 180.0, 1e-9);  // per degree
    }
}

TEST(BondedTable, DihedralIsPeriodicAndItsForceIsTheDerivative) {
    const auto u = [](double phi) { return 4.0 * std::cos(3.0 * phi) + std::cos(phi); };
    const Vector x = Vector::LinSpaced(721, -pi, pi);
    const Curve curve(x, x.unaryExpr(u), -12.0 * (3.0 * x.array()).sin() - x.array().sin());
    const Columns table = bonded(curve, BondedKind::dihedral, 361);
    EXPECT_EQ(table.x[0], -180.0);
    EXPECT_EQ(table.x[360], 180.0);
    EXPECT_NEAR(table.u[0], table.u[360], 1e-12);
    for (Index i = 0; i < 361; ++i) {
        EXPECT_NEAR(table.u[i], 2.0 * u(table.x[i] * pi / 180.0), 1e-7);
        const double slope =
            differences::along([&](double t) { return 2.0 * u((table.x[i] + t) * pi / 180.0); }, 0.01);
        EXPECT_NEAR(table.f[i], -slope, 1e-6);
    }
}

TEST(BondedTable, RefusesWhatGromacsCannotHave) {
    const auto refused = [](const Curve& curve, BondedKind kind, Index rows = 100, double longest = 1.0) {
        return thrown<ArgumentError>([&] { (void)bonded(curve, kind, rows, longest); }).argument();
    };
    const Curve half = Curve::spline(Vector::LinSpaced(9, 0.0, pi), Vector::LinSpaced(9, 0.0, 1.0));
    EXPECT_EQ(refused(half, BondedKind::dihedral), "first angle of a dihedral");
    const Curve ramp = Curve::spline(Vector::LinSpaced(9, -pi, pi), Vector::LinSpaced(9, 0.0, 1.0));
    EXPECT_EQ(refused(ramp, BondedKind::dihedral), "u(pi) - u(-pi)");
    const Vector x = Vector::LinSpaced(99, -pi, pi);
    EXPECT_EQ(refused(Curve::spline(x, x.array().square()), BondedKind::dihedral), "u'(pi) - u'(-pi)");
    const Vector narrow = Vector::LinSpaced(9, 0.1, 0.2);
    const Curve hill = Curve::spline(narrow, -narrow.array().square());
    EXPECT_EQ(refused(hill, BondedKind::bond), "u'' at the end, x = 0.1");
    EXPECT_EQ(refused(half, BondedKind::angle, 5), "number of rows");
    EXPECT_EQ(refused(half, BondedKind::bond, 100, 0.0), "longest bond");
}

}  // namespace tables_text_test
