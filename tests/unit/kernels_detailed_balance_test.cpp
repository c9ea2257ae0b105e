// Transition matrices of the single-site kernels on small spaces, exact to rounding: the kernels are run on
// scripted random numbers, and the intervals of numbers that lead to the same move are found by bisection.
#include <predcg/kernels/single_site.hpp>

#include "close.hpp"
#include "random_chain.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace kernels_detailed_balance_test {
using namespace predcg;

namespace {

using Places = std::vector<double>;  // a configuration
constexpr double tolerance = 1e-12;

/// A generator whose uniform numbers are given; zero after the last.
struct Script {
    using result_type = std::uint64_t;
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return ~result_type{0}; }
    result_type operator()() {
        const double u = used < numbers.size() ? numbers[used] : 0.0;
        ++used;
        return static_cast<result_type>(std::ldexp(u, 64));
    }
    std::vector<double> numbers{};
    std::size_t used = 0;
};

/// The probability of everything that `run(script)`, a configuration, can come to. Of each number, what leads
/// to the same result with zeros for all later numbers must be one interval.
template <class Run>
void add_outcomes(Run&& run, std::vector<double>& numbers, double probability,
                  std::map<Places, double>& outcomes) {
    const auto result = [&] {
        Script script{numbers};
        Places X = run(script);
        return std::pair(X, script.used);
    };
    const auto [X, used] = result();
    if (used <= numbers.size()) {
        outcomes[X] += probability;
        return;
    }
    const auto with = [&](double u) {
        numbers.push_back(u);
        const auto r = result();
        numbers.pop_back();
        return r;
    };
    for (double from = 0.0; from < 1.0;) {
        const auto here = with(from);
        double in = from, out = 1.0;
        for (double u = std::nextafter(1.0, 0.0);; u = 0.5 * (in + out)) {
            if (u <= in || u >= out) break;
            (with(u) == here ? in : out) = u;
        }
        numbers.push_back(from);
        add_outcomes(run, numbers, probability * (out - from), outcomes);
        numbers.pop_back();
        from = out;
    }
}

template <class Run>
std::map<Places, double> outcomes_of(Run&& run) {
    std::map<Places, double> outcomes;
    std::vector<double> numbers;
    add_outcomes(run, numbers, 1.0, outcomes);
    return outcomes;
}

/// One site of prepared conditionals as if it were the only one: a sweep is one visit.
template <class Conditionals>
struct OneSite {
    Conditionals& all;
    Index site;

    Index sites() const { return 1; }
    Index letters() const { return all.letters(); }
    Index range() const { return 0; }
    bool periodic() const { return false; }
    template <class X>
    void load(X& x) {
        all.load(x);
    }
    template <class X>
    void store(X& x) {
        all.store(x);
    }
    Index place(Index) const { return all.place(site); }
    void set(Index, Index a) { all.set(site, a); }
    const double* cumulative(Index) { return all.cumulative(site); }
    bool accepts(Index, Index a, double u) const { return all.accepts(site, a, u); }
};

/// A target that knows nothing but its density.
struct DensityOnly {
    support::TableTarget table;
    const support::NumberSpace& space() const { return table.space(); }
    double log_density(const Places& X) const { return table.log_density(X); }
};

/// A target that knows ratios, and is no chain.
struct WithRatios : DensityOnly {
    double log_density_difference(const Places& X, Index i, double letter) const {
        Places other = X;
        other[static_cast<std::size_t>(i)] = letter;
        return log_density(other) - log_density(X);
    }
};

static_assert(ChainTarget<support::TableTarget>);
static_assert(!ChainTarget<WithRatios> && LocalTarget<WithRatios>);
static_assert(!ChainTarget<DensityOnly> && !LocalTarget<DensityOnly> && FiniteTarget<DensityOnly>);

std::vector<Places> configurations(const support::NumberSpace& space) {
    std::vector<Places> all{{}};
    for (Index i = 0; i < space.sites; ++i) {
        std::vector<Places> longer;
        for (const Places& X : all)
            for (const double letter : space.letters) {
                longer.push_back(X);
                longer.back().push_back(letter);
            }
        all = std::move(longer);
    }
    return all;
}

template <class Target>
Vector probabilities(const Target& target, const std::vector<Places>& all) {
    Vector p(static_cast<Index>(all.size()));
    for (std::size_t k = 0; k < all.size(); ++k)
        p[static_cast<Index>(k)] = std::exp(target.log_density(all[k]));
    return p / p.sum();
}

/// P(i, j), the probability of all[i] -> all[j], from outcomes(all[i]).
template <class Outcomes>
Matrix transition_matrix(const std::vector<Places>& all, Outcomes&& outcomes) {
    const auto n = static_cast<Index>(all.size());
    Matrix P = Matrix::Zero(n, n);
    for (Index i = 0; i < n; ++i) {
        const std::map<Places, double> reached = outcomes(all[static_cast<std::size_t>(i)]);
        for (Index j = 0; j < n; ++j)
            if (const auto at = reached.find(all[static_cast<std::size_t>(j)]); at != reached.end())
                P(i, j) = at->second;
    }
    return P;
}

Matrix times(const Matrix& A, const Matrix& B) {
    Matrix C = Matrix::Zero(A.rows(), B.cols());
    for (Index j = 0; j < B.cols(); ++j)
        for (Index k = 0; k < A.cols(); ++k)
            for (Index i = 0; i < A.rows(); ++i) C(i, j) += A(i, k) * B(k, j);
    return C;
}

void expect_equal(const Matrix& A, const Matrix& B, const std::string& what) {
    double worst = 0.0;
    for (Index k = 0; k < A.size(); ++k) worst = std::max(worst, std::abs(A.data()[k] - B.data()[k]));
    EXPECT_LE(worst, tolerance) << what;
}

void expect_stochastic(const Matrix& P) {
    for (Index i = 0; i < P.rows(); ++i) EXPECT_NEAR(P.row(i).sum(), 1.0, tolerance);
}

void expect_detailed_balance(const Vector& pi, const Matrix& P, const std::string& what) {
    double worst = 0.0;
    for (Index i = 0; i < P.rows(); ++i)
        for (Index j = 0; j < i; ++j) worst = std::max(worst, std::abs(pi[i] * P(i, j) - pi[j] * P(j, i)));
    EXPECT_LE(worst, tolerance) << what;
}

void expect_stationary(const Vector& pi, const Matrix& P, const std::string& what) {
    double worst = 0.0;
    for (Index j = 0; j < P.cols(); ++j) {
        double after = 0.0;
        for (Index i = 0; i < P.rows(); ++i) after += pi[i] * P(i, j);
        worst = std::max(worst, std::abs(after - pi[j]));
    }
    EXPECT_LE(worst, tolerance) << what;
}

/// One visit of a site, by the definition of the kernel.
Matrix visit_by_hand(const HeatBath&, const std::vector<Places>& all, const Vector& pi, std::size_t site) {
    const auto elsewhere_equal = [&](const Places& X, const Places& Y) {
        for (std::size_t k = 0; k < X.size(); ++k)
            if (k != site && X[k] != Y[k]) return false;
        return true;
    };
    Matrix P = Matrix::Zero(pi.size(), pi.size());
    for (Index i = 0; i < pi.size(); ++i) {
        double sum = 0.0;
        for (Index j = 0; j < pi.size(); ++j)
            if (elsewhere_equal(all[static_cast<std::size_t>(i)], all[static_cast<std::size_t>(j)]))
                sum += P(i, j) = pi[j];
        for (Index j = 0; j < pi.size(); ++j) P(i, j) /= sum;
    }
    return P;
}

Matrix visit_by_hand(const Metropolis&, const std::vector<Places>& all, const Vector& pi, std::size_t site) {
    Matrix P = visit_by_hand(HeatBath{}, all, pi, site);  // for its zeros
    for (Index i = 0; i < pi.size(); ++i) {
        Index letters = 0;
        for (Index j = 0; j < pi.size(); ++j) letters += P(i, j) > 0.0;
        P(i, i) = 1.0;
        for (Index j = 0; j < pi.size(); ++j)
            if (j != i && P(i, j) > 0.0) {
                P(i, j) = std::min(1.0, pi[j] / pi[i]) / static_cast<double>(letters - 1);
                P(i, i) -= P(i, j);
            }
    }
    return P;
}

/// Sites in the order in which a sweep visits them; for random order the numbers decide.
template <class Prepared>
std::vector<Index> visits(const Prepared& prepared, SweepOrder order, Script script = {}) {
    std::vector<Index> sites;
    detail::sweep(prepared, order, script, [&](Index i) { sites.push_back(i); });
    return sites;
}

template <class Kernel, class Target>
void check(const Target& target) {
    const auto all = configurations(target.space());
    const Vector pi = probabilities(target, all);
    const Index n = target.space().size();
    auto prepared = Kernel{}.setup(target);

    std::vector<Matrix> of_site;
    Matrix random_scan = Matrix::Zero(pi.size(), pi.size());
    for (Index site = 0; site < n; ++site) {
        OneSite<decltype(prepared)> one{prepared, site};
        const Matrix P = transition_matrix(all, [&](const Places& X) {
            return outcomes_of([&](Script& script) {
                Places Y = X;
                Kernel{SweepOrder::sequential}.advance_with(one, Y, script);
                return Y;
            });
        });
        expect_stochastic(P);
        expect_equal(P, visit_by_hand(Kernel{}, all, pi, static_cast<std::size_t>(site)), "by definition");
        expect_detailed_balance(pi, P, "site " + std::to_string(site));
        random_scan += P / static_cast<double>(n);
        of_site.push_back(P);
    }
    expect_detailed_balance(pi, random_scan, "random scan");

    // The sites of a random sweep are independent and uniform: number u chooses site floor(n u).
    std::vector<double> numbers;
    for (Index k = 0; k < n; ++k)
        numbers.push_back((static_cast<double>(n - 1 - k) + 0.5) / static_cast<double>(n));
    const std::vector<Index> backwards = visits(prepared, SweepOrder::random, Script{numbers});
    ASSERT_EQ(static_cast<Index>(backwards.size()), n);
    for (Index k = 0; k < n; ++k) EXPECT_EQ(backwards[static_cast<std::size_t>(k)], n - 1 - k);
    Matrix sweep = random_scan;
    for (Index k = 1; k < n; ++k) sweep = times(sweep, random_scan);
    expect_stationary(pi, sweep, "random sweep");

    for (const SweepOrder order : {SweepOrder::sequential, SweepOrder::checkerboard}) {
        if (order == SweepOrder::checkerboard && !ChainTarget<Target>) {
            if (n > 1) {
                EXPECT_THROW(visits(prepared, order), ArgumentError);
            }
            continue;
        }
        const std::string what = order == SweepOrder::sequential ? "sequential" : "checkerboard";
        const std::vector<Index> sites = visits(prepared, order);
        EXPECT_EQ(static_cast<Index>(sites.size()), n) << what;
        EXPECT_EQ(static_cast<Index>(std::set<Index>(sites.begin(), sites.end()).size()), n) << what;
        sweep = Matrix::Identity(pi.size(), pi.size());
        for (const Index site : sites) sweep = times(sweep, of_site[static_cast<std::size_t>(site)]);
        expect_stationary(pi, sweep, what);
        if (pi.size() > 27) continue;
        const Kernel kernel{order};  // the whole kernel does just that
        const Matrix P = transition_matrix(all, [&](const Places& X) {
            return outcomes_of([&](Script& script) {
                Places Y = X;
                kernel.advance_with(prepared, Y, script);
                return Y;
            });
        });
        expect_equal(P, sweep, what + ", whole sweep");
    }
}

support::TableTarget random_target(std::mt19937_64& rng, Index sites, std::size_t letters, Window window,
                                   bool homogeneous = false) {
    std::normal_distribution<double> normal;
    support::TableTarget target;
    target.chain.sites = sites;
    target.chain.letters = letters == 2 ? std::vector{-1.0, 1.0} : std::vector{-1.0, 0.5, 2.0};
    target.reach = window;
    target.homogeneous = homogeneous;
    target.table = support::WindowTable(target.chain, window, homogeneous, [&] { return normal(rng); });
    return target;
}

template <class F>
void for_small_targets(F&& f) {
    auto rng = test_rng(310);
    for (const std::size_t letters : {2u, 3u})
        for (const Boundary boundary : {Boundary::periodic, Boundary::open})
            for (Index width = 1; width <= 3; ++width)
                for (Index sites = letters == 2 ? 5 : 4; sites >= width; sites -= 2) {
                    SCOPED_TRACE(std::to_string(letters) + " letters, " + std::to_string(sites) +
                                 " sites, window " + std::to_string(width) +
                                 (boundary == Boundary::periodic ? " on a ring" : " on an open chain"));
                    f(random_target(rng, sites, letters, {width, boundary}, sites == 3));
                }
}

TEST(DetailedBalance, HeatBathOnChains) {
    for_small_targets([](const auto& target) { check<HeatBath>(target); });
}
TEST(DetailedBalance, MetropolisOnChains) {
    for_small_targets([](const auto& target) { check<Metropolis>(target); });
}
TEST(DetailedBalance, HeatBathOnAnyDensity) {
    for_small_targets([](const auto& target) {
        check<HeatBath>(DensityOnly{target});
        check<HeatBath>(WithRatios{{target}});
    });
}
TEST(DetailedBalance, MetropolisOnAnyDensity) {
    for_small_targets([](const auto& target) {
        check<Metropolis>(DensityOnly{target});
        check<Metropolis>(WithRatios{{target}});
    });
}

/// Sites visited one after the other at the distance of the window's width are of one colour: all of them lie
/// further apart than the window reaches.
TEST(Checkerboard, SitesOfOneColourDoNotSeeEachOther) {
    auto rng = test_rng(311);
    for (const Boundary boundary : {Boundary::periodic, Boundary::open})
        for (Index width = 1; width <= 4; ++width)
            for (Index sites = 2 * width; sites <= 13; ++sites) {
                const auto prepared = detail::conditionals(random_target(rng, sites, 2, {width, boundary}));
                const auto order = visits(prepared, SweepOrder::checkerboard);
                std::vector<Index> colour;
                Index colours = 0;
                for (std::size_t k = 0; k < order.size(); ++k) {
                    if (k > 0 && order[k] != order[k - 1] + width) colour.clear();
                    if (colour.empty()) ++colours;
                    for (const Index other : colour) {
                        const Index apart = std::abs(order[k] - other);
                        EXPECT_GE(boundary == Boundary::open ? apart : std::min(apart, sites - apart), width)
                            << sites << " sites, window " << width;
                    }
                    colour.push_back(order[k]);
                }
                EXPECT_EQ(colours, sites % width == 0 || boundary == Boundary::open ? width : colours)
                    << sites;
            }
}

/// From where the density is zero, a kernel gets out if one visit can, and else stays; it never gets in.
template <class Kernel, class Target>
void expect_leaves_the_forbidden(const Target& target, bool can_leave) {
    auto rng = test_rng(312);
    Places X(3, -1.0);
    for (int k = 0; k < 50; ++k) Kernel{}.advance(target, X, rng);
    EXPECT_EQ(std::isfinite(target.log_density(X)), can_leave);
    for (int k = 0; can_leave && k < 200; ++k) {
        Kernel{}.advance(target, X, rng);
        EXPECT_TRUE(std::isfinite(target.log_density(X)));
    }
}

TEST(ForbiddenConfigurations, AreLeftWhereOneVisitCan) {
    const double forbidden = -std::numeric_limits<double>::infinity();
    auto rng = test_rng(313);
    for (const bool can_leave : {true, false}) {
        auto target = random_target(rng, 3, 2, {3, Boundary::open});
        target.table.at(0, Places{-1.0, -1.0, -1.0}) = forbidden;
        if (!can_leave)
            for (std::size_t i = 0; i < 3; ++i) {
                Places X(3, -1.0);
                X[i] = 1.0;
                target.table.at(0, X) = forbidden;
            }
        expect_leaves_the_forbidden<HeatBath>(target, can_leave);
        expect_leaves_the_forbidden<Metropolis>(target, can_leave);
        expect_leaves_the_forbidden<HeatBath>(DensityOnly{target}, can_leave);
        expect_leaves_the_forbidden<Metropolis>(DensityOnly{target}, can_leave);
    }
}

TEST(Kernels, RefuseALetterThatIsNotInTheAlphabet) {
    auto rng = test_rng(314);
    const auto target = random_target(rng, 3, 2, {2, Boundary::periodic});
    Places X{-1.0, 0.5, 1.0};
    EXPECT_THROW(HeatBath{}.advance(target, X, rng), ArgumentError);
    EXPECT_THROW(Metropolis{}.advance(target, X, rng), ArgumentError);
    EXPECT_THROW(HeatBath{}.advance(DensityOnly{target}, X, rng), ArgumentError);
}

}  // namespace
}  // namespace kernels_detailed_balance_test
