#pragma once
// A check that users run on their own maps. Deterministic in the seed.
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/priors/priors.hpp>
#include <predcg/structure/product.hpp>
#include <predcg/testing/check_structure.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace predcg {

/// Where no fine space is given to check_map.
struct UnknownSpace {};

namespace detail {

/// Of finite spaces; others have no windows.
template <class Space>
auto classes_seen() {
    if constexpr (FiniteSpace<Space>)
        return ClassesSeen<Space>{};
    else
        return 0;
}

template <class M, class Space, class FineSpace>
class MapCheck {
    using Coarse = configuration_t<Space>;
    using Fine = typename M::fine_type;
    using Prepared = prepared_t<M>;
    static constexpr int sample_count = 2000;
    /// Classes of windows, which finite spaces have.
    template <class Part>
    static constexpr bool has_classes = FiniteSpace<Space> && HasWindow<Part> && ClassifiedSites<Part>;

public:
    MapCheck(const M& map, const Space& space, const FineSpace& fine_space, const Vector& eta,
             std::uint64_t seed)
        : map_(map), space_(space), fine_space_(fine_space), eta_(eta),
          rng_(make_stream(seed, Purpose::check, 2)) {}

    Findings operator()() {
        for (int repeat = 0; repeat < 4; ++repeat) {
            const Coarse X = space_.random(rng_), other = space_.random(rng_);
            const auto x = map_.sample(X, eta_, rng_);
            const Prepared prepared = prepare(map_, x);
            if constexpr (HasCoarseSize<M>)
                list_.length("coarse_size(x)", map_.coarse_size(prepared), space_.size());
            const auto likelihood = map_.likelihood(prepared, eta_);
            const double log_p = likelihood.log_density(X);
            if (!std::isfinite(log_p))
                list_.add("log p_cf(x|X)", "is " + to_text(log_p) + " for an x drawn from it");
            if (const double there = likelihood.log_density(other); std::isnan(there))
                list_.add("log p_cf(x|X)", "is nan");
            list_.template precise<decltype(likelihood.log_density(X))>("likelihood(x, eta).log_density(X)");
            check_factor(list_, "likelihood(x, eta)", likelihood, space_, X, rng_);
            if constexpr (has_classes<std::remove_cvref_t<decltype(likelihood)>>)
                likelihood_classes_.check(
                    list_, "likelihood(x, eta).local_log_density(i, w)", likelihood, space_,
                    [&](Index i, auto w) -> Vector {
                        return Vector::Constant(1, likelihood.local_log_density(i, w));
                    },
                    rng_);
            if constexpr (StatisticMap<M>) {
                check_learning(prepared, X, log_p);
                if (const double there = likelihood.log_density(other); std::isfinite(there))
                    check_learning(prepared, other, there);
            }
        }
        if constexpr (StatisticMap<M>) check_linearity();
        if constexpr (has_conditional_moments && FiniteSpace<Space>) check_conditional_windows();
        check_samples();
        if constexpr (FiniteSpace<FineSpace>) check_sums();
        return list_.take();
    }

private:
    /// log p_cf(x|X, eta) = expected_log_density(T(X; x), 1, eta), and its derivatives by eta.
    void check_learning(const Prepared& prepared, const Coarse& X, double log_p) {
        const auto statistic = map_.sufficient_statistic(prepared);
        const Vector T = statistic(X);
        check_statistic(list_, "sufficient_statistic(x)", statistic, space_, X, rng_);
        if (T.size() != statistic.size()) return;
        if constexpr (has_classes<std::remove_cvref_t<decltype(statistic)>>)
            statistic_classes_.check(
                list_, "sufficient_statistic(x).local(i, w)", statistic, space_,
                [&](Index i, auto w) -> Vector { return statistic.local(i, w); }, rng_);
        const auto value_at = [&](const Vector& eta) {
            return Expansion(map_.expected_log_density(T, 1.0, eta)).value;
        };
        const auto gradient_at = [&](const Vector& eta) -> Vector {
            return Expansion(map_.expected_log_density(T, 1.0, eta)).gradient;
        };
        const Expansion e = map_.expected_log_density(T, 1.0, eta_);
        const double scale = std::max(std::abs(e.value), T.size() > 0 ? T.cwiseAbs().maxCoeff() : 0.0);
        if (std::isfinite(log_p))
            list_.close("expected_log_density(T(X; x), 1, eta).value", e.value, "log p_cf(x|X)", log_p,
                        sum_tolerance, scale);
        if (!list_.length("expected_log_density(T, 1, eta).gradient", e.gradient.size(), eta_.size()) ||
            !list_.same_shape("expected_log_density(T, 1, eta).hessian", e.hessian,
                              Matrix(eta_.size(), eta_.size())))
            return;
        for (Index k = 0; k < eta_.size(); ++k) {
            list_.close("expected_log_density(T, 1, eta).gradient[" + to_text(k) + "]", e.gradient[k],
                        "the central difference of its value", difference(value_at, eta_, k),
                        difference_tolerance, scale);
            list_.close("expected_log_density(T, 1, eta).hessian, column " + to_text(k) + ",",
                        Vector(e.hessian.col(k)), "the central difference of its gradient",
                        Vector(difference(gradient_at, eta_, k)), difference_tolerance, scale);
        }
        if constexpr (ScoredMap<M>) {
            const auto score = map_.score(prepared, eta_);
            check_statistic(list_, "score(x, eta)", score, space_, X, rng_);
            list_.close("score(x, eta)(X)", Vector(score(X)), "the gradient of expected_log_density",
                        e.gradient, sum_tolerance, scale);
        }
        check_maximiser(2.0 * T, 2.0);
        kept_.push_back(T);
    }

    /// The closed form, where there is one without prior, is a point of zero slope.
    void check_maximiser(const Vector& T, double count) {
        if constexpr (HasMaximiser<M, Flat>) {
            const std::optional<Vector> best = map_.maximiser(T, count, Flat{});
            if (!best || !list_.length("maximiser(T, count, Flat)", best->size(), eta_.size())) return;
            const Expansion e = map_.expected_log_density(T, count, *best);
            list_.close("expected_log_density's gradient at maximiser(T, count, Flat)", e.gradient,
                        "a maximum", Vector(Vector::Zero(eta_.size())), 1e-8,
                        T.size() > 0 ? T.cwiseAbs().maxCoeff() : 0.0);
        }
    }

    /// Sums over data of T and count are all the M-step sees: value and derivatives are linear in both.
    void check_linearity() {
        if (kept_.size() < 2) return;
        const auto at = [&](const Vector& T, double count) {
            const Expansion e = map_.expected_log_density(T, count, eta_);
            Vector all(1 + e.gradient.size() + e.hessian.size());
            all << e.value, e.gradient, e.hessian.reshaped();
            return all;
        };
        const Vector &S = kept_.front(), &T = kept_.back();
        const Vector apart = 3.0 * at(S, 1.0) - 0.5 * at(T, 2.0), together = at(3.0 * S - 0.5 * T, 2.0);
        list_.close("expected_log_density(3 S - T/2, 2, eta)", together, "linearity in (T, count)", apart,
                    1e-9, apart.cwiseAbs().maxCoeff());
    }

    /// What the map says of moments of x given X, in the words `name`; values(x) are the numbers meant.
    struct Claim {
        std::string name;
        SiteMoments moments;
        std::function<Vector(const Fine&)> values;
    };
    std::vector<Claim> claims_at(const Coarse& X) {
        std::vector<Claim> claims;
        if constexpr (has_fine_moments) {
            const Vector at = numbers(X);
            claims.push_back({"fine_moments", map_.fine_moments(SiteMoments{at, at * at.transpose()}, eta_),
                              [](const Fine& x) { return numbers(x); }});
        }
        if constexpr (has_conditional_moments)
            claims.push_back({"conditional_moments(coarse_sites, eta)",
                              map_.conditional_moments(coarse_sites(), eta_)(X),
                              [](const Fine& x) { return numbers(x); }});
        if constexpr (has_letter_moments) {
            const auto& letters = map_.fine_letters();
            Vector v(static_cast<Index>(letters.size()));
            for (double& value : v) value = standard_normal(rng_);
            claims.push_back({"conditional_moments(coarse_sites, eta, values)",
                              map_.conditional_moments(coarse_sites(), eta_, v)(X),
                              [letters, v](const Fine& x) {
                                  Vector values(static_cast<Index>(x.size()));
                                  for (std::size_t i = 0; i < x.size(); ++i)
                                      values[static_cast<Index>(i)] =
                                          v[std::ranges::find(letters, x[i]) - letters.begin()];
                                  return values;
                              }});
        }
        return claims;
    }

    /// The moments at windows are those of the whole: every x belongs to one, and x of different ones are
    /// independent given X.
    void check_conditional_windows() {
        const auto given = map_.conditional_moments(coarse_sites(), eta_);
        if constexpr (ChainConditionalMoments<std::remove_cvref_t<decltype(given)>, letter_t<Space>>) {
            const std::string name = "conditional_moments(coarse_sites, eta)";
            const Spelled<Space> X(space_, rng_);
            const SiteMoments whole = given(X.configuration);
            const Index n = given.size();
            if (!list_.length(name + "'s mean", whole.mean.size(), n) ||
                !list_.length(name + "'s second", whole.second.sites(), n))
                return;
            std::vector<Index> window_of(static_cast<std::size_t>(n), -1);
            for (Index i = 0; i < coarse_sites(); ++i) {
                const SiteRange range = given.sites_of(i);
                if (range.count == 0) continue;
                if (range.first < 0 || range.count < 0 || range.first + range.count > n) {
                    list_.add(name + ".sites_of(i)", "reaches beyond the " + to_text(n) + " sites x");
                    return;
                }
                for (Index a = range.first; a < range.first + range.count; ++a) {
                    if (window_of[static_cast<std::size_t>(a)] >= 0)
                        list_.add(name + ".sites_of(i)", "has site " + to_text(a) + " of x in two windows");
                    window_of[static_cast<std::size_t>(a)] = i;
                }
                const auto w = X.window(i, given.window());
                const SiteMoments local = given.local(i, std::span<const letter_t<Space>>(w));
                if (!list_.length(name + ".local(i, w)'s mean", local.mean.size(), range.count)) return;
                for (Index a = 0; a < range.count; ++a) {
                    list_.close(name + ".local(i, w)'s mean", local.mean[a], "that of the whole X",
                                whole.mean[range.first + a], sum_tolerance);
                    for (Index b = 0; b < range.count; ++b)
                        list_.close(name + ".local(i, w)'s second", local.second(a, b), "that of the whole X",
                                    whole.second(range.first + a, range.first + b), sum_tolerance);
                }
            }
            for (Index a = 0; a < n; ++a) {
                if (window_of[static_cast<std::size_t>(a)] < 0)
                    list_.add(name + ".sites_of(i)", "has site " + to_text(a) + " of x in no window");
                for (Index b = 0; b < a; ++b)
                    if (window_of[static_cast<std::size_t>(a)] != window_of[static_cast<std::size_t>(b)])
                        list_.close(name + "'s second, of x in different windows,", whole.second(a, b),
                                    "their independence given X", whole.mean[a] * whole.mean[b],
                                    sum_tolerance);
            }
        }
    }

    /// Draws of x at one X have the likelihood's mean score, zero, and the moments that the map claims.
    void check_samples() {
        const Coarse X = space_.random(rng_);
        std::vector<Vector> scores;
        std::vector<Fine> draws;
        std::vector<Prepared> forms;
        for (int k = 0; k < sample_count; ++k) {
            draws.push_back(map_.sample(X, eta_, rng_));
            forms.push_back(prepare(map_, draws.back()));
            scores.push_back(Vector(eta_.size()));
        }
        const auto log_densities = [&](const Vector& eta) -> Vector {
            const auto at = map_at(map_, eta);
            Vector values_there(sample_count);
            for (int k = 0; k < sample_count; ++k)
                values_there[k] = at.likelihood(forms[static_cast<std::size_t>(k)]).log_density(X);
            return values_there;
        };
        for (Index l = 0; l < eta_.size(); ++l) {
            const Vector slopes = difference(log_densities, eta_, l);
            for (int k = 0; k < sample_count; ++k) scores[static_cast<std::size_t>(k)][l] = slopes[k];
        }
        compare("mean score of samples, d log p_cf / d eta,", scores, Vector::Zero(eta_.size()),
                "the likelihood");
        for (const Claim& claim : claims_at(X)) {
            std::vector<Vector> values, products;
            for (const Fine& x : draws) {
                values.push_back(claim.values(x));
                products.push_back(Matrix(values.back() * values.back().transpose()).reshaped());
            }
            compare("mean of samples", values, claim.moments.mean, claim.name);
            compare("second moments of samples", products, claim.moments.second.matrix().reshaped(),
                    claim.name);
        }
    }

    /// Means of draws within 7 standard errors; the other term allows for values that are rare.
    void compare(const std::string& what, const std::vector<Vector>& draws, const Vector& expected,
                 const std::string& reference) {
        if (!list_.length(what, draws.front().size(), expected.size())) return;
        const double n = static_cast<double>(draws.size());
        for (Index k = 0; k < expected.size(); ++k) {
            double mean = 0.0, square = 0.0, largest = 0.0;
            for (const Vector& x : draws) {
                mean += (x[k] - expected[k]) / n;
                square += (x[k] - expected[k]) * (x[k] - expected[k]) / n;
                largest = std::max(largest, std::abs(x[k]));
            }
            if (!(std::abs(mean) <= 7.0 * std::sqrt(square / n) + 25.0 * largest / n))
                list_.add(what + "[" + to_text(k) + "]", "is " + to_text(mean + expected[k]) + ", but " +
                                                             reference + " gives " + to_text(expected[k]));
        }
    }

    /// Sums over all x: of p_cf(x|X) it is 1, of moments what the map claims.
    void check_sums() {
        const Coarse X = space_.random(rng_);
        const auto& letters = fine_space_.values();
        const auto q = static_cast<Index>(std::ranges::size(letters));
        const Index n = fine_space_.size();
        if (std::pow(static_cast<double>(q), static_cast<double>(n)) > 1e5) return;
        auto x = blank_configuration(fine_space_);
        std::vector<Index> places(static_cast<std::size_t>(n), 0);
        for (std::size_t i = 0; i < places.size(); ++i) x[i] = std::ranges::begin(letters)[0];
        double sum = 0.0;
        const auto claims = claims_at(X);
        std::vector<Vector> means(claims.size(), Vector::Zero(n));
        std::vector<Matrix> products(claims.size(), Matrix::Zero(n, n));
        for (std::size_t i = 0; i < places.size();) {
            if (i == 0) {
                const Prepared prepared = prepare(map_, std::as_const(x));
                const double p = std::exp(double(map_.likelihood(prepared, eta_).log_density(X)));
                sum += p;
                for (std::size_t c = 0; c < claims.size(); ++c) {
                    const Vector values = claims[c].values(x);
                    means[c] += p * values;
                    products[c] += p * values * values.transpose();
                }
            }
            places[i] = (places[i] + 1) % q;
            x[i] = std::ranges::begin(letters)[places[i]];
            i = places[i] == 0 ? i + 1 : 0;
        }
        list_.close("sum over x of p_cf(x|X)", sum, "normalisation", 1.0, 1e-9);
        for (std::size_t c = 0; c < claims.size(); ++c) {
            const SiteMoments& claimed = claims[c].moments;
            list_.close(claims[c].name + "'s mean", claimed.mean, "the sum over x", means[c], 1e-9);
            list_.close(claims[c].name + "'s second", claimed.second.matrix(), "the sum over x", products[c],
                        1e-9);
        }
    }

    template <class V>
    static constexpr bool is_numbers = RealConfiguration<V> || requires(const V& v) {
        { v[v.size() - v.size()] } -> RealValue;
    };
    static constexpr bool has_fine_moments = is_numbers<Coarse> && is_numbers<Fine> && CarriesMoments<M>;
    static constexpr bool has_conditional_moments = is_numbers<Fine> && HasConditionalMoments<M>;
    static constexpr bool has_letter_moments =
        HasConditionalLetterMoments<M> &&
        requires(const M m, const Fine& x) { std::ranges::find(m.fine_letters(), x[x.size()]); };
    Index coarse_sites() const { return static_cast<Index>(space_.size()); }

    template <class V>
    static Vector numbers(const V& v) {
        if constexpr (RealConfiguration<V>) {
            return coordinates_of(v);
        } else {
            Vector result(static_cast<Index>(v.size()));
            for (Index i = 0; i < result.size(); ++i)
                result[i] = static_cast<double>(v[static_cast<decltype(v.size())>(i)]);
            return result;
        }
    }

    const M& map_;
    const Space& space_;
    const FineSpace& fine_space_;
    const Vector& eta_;
    Philox4x32 rng_;
    FindingList list_;
    std::vector<Vector> kept_;  // statistics seen
    decltype(classes_seen<Space>()) likelihood_classes_, statistic_classes_;
};

}  // namespace detail

/// Looks for contradictions within a map, at random coarse configurations and the given eta. Each where the
/// type has it: structure of the likelihood (window and local_log_density, log_density_difference,
/// log_density_gradient, quadratic) and of the sufficient statistic against the whole; site_class of both;
/// expected_log_density(T(X; x), 1, eta) against log p_cf(x|X, eta), its derivatives against central
/// differences, its linearity in (T, count), score(x, eta) against its gradient; maximiser against the
/// gradient; draws of sample(X, eta) against the likelihood (their mean score is zero), fine_moments and
/// conditional_moments; local and sites_of of conditional_moments against the whole; with a small finite fine
/// space, sums over all x: of p_cf(x|X), and of moments against fine_moments and conditional_moments. Cost:
/// about 10^4 likelihoods.
///
///     EXPECT_EQ(predcg::check_map(my_map, coarse_space, eta), predcg::Findings{});
///
/// Throws ArgumentError unless eta has parameter_count() components.
template <class M, class Space, class FineSpace = UnknownSpace>
Findings check_map(const M& map, const Space& coarse_space, const Vector& eta,
                   const FineSpace& fine_space = {}, std::uint64_t seed = 1) {
    static_assert(ProbabilisticMap<M>, "predcg: check_map needs a type with fine_type, coarse_type, "
                                       "parameter_count(), likelihood(x, eta) with log_density(X), and "
                                       "sample(X, eta, rng) (concept ProbabilisticMap)");
    if constexpr (ProbabilisticMap<M>) {
        constexpr bool coarse_types = std::is_same_v<typename M::coarse_type, configuration_t<Space>>;
        static_assert(coarse_types,
                      "predcg: the map's coarse_type is not the configuration type of the coarse space");
        if constexpr (coarse_types) {
            require_equal(eta.size(), map.parameter_count(), "check_map", "length of eta",
                          "the number of parameters");
            return detail::MapCheck<M, Space, FineSpace>(map, coarse_space, fine_space, eta, seed)();
        }
    }
    return {};
}

}  // namespace predcg
