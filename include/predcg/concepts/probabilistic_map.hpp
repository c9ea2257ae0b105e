#pragma once
#include <predcg/concepts/model_parts.hpp>
#include <predcg/concepts/statistic.hpp>
#include <predcg/core/expansion.hpp>
#include <predcg/core/moments.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// Makes a form of its own of a datum, once before the iterations: `Form prepare(const X& x) const`.
template <class M, class X>
concept PreparesData = requires(const M map, const X& x) { map.prepare(x); };

namespace detail {
/// What is done to a datum once, before the iterations: map.prepare(x), or the datum itself.
template <class M, class X>
decltype(auto) prepare(const M& map, const X& x) {
    if constexpr (PreparesData<M, X>)
        return map.prepare(x);
    else
        return x;
}
}  // namespace detail

/// Prepared form of a datum under a map, for example block sums.
template <class M>
using prepared_t = std::remove_cvref_t<decltype(detail::prepare(
    std::declval<const M&>(), std::declval<const typename M::fine_type&>()))>;

/// Makes it in the place of an earlier one: `void prepare(const X& x, Form& form) const`.
template <class M, class X>
concept PreparesInPlace = requires(const M map, const X& x, prepared_t<M>& form) { map.prepare(x, form); };

/// Knows the number of coarse sites that a datum belongs to: `Index coarse_size(const Form&) const`.
template <class M>
concept HasCoarseSize = requires(const M map, const prepared_t<M>& form) {
    { map.coarse_size(form) } -> std::convertible_to<Index>;
};

/// Knows which coarse letters it has a density under: `bool takes(Letter) const`. A density of numbers at
/// sites (SiteDensity): which numbers have one.
template <class M, class Letter>
concept TakesLetters = requires(const M map, Letter letter) {
    { map.takes(letter) } -> std::convertible_to<bool>;
};

/// A map as a learning problem sees it: parameters, and for each datum something that stands for p_cf(x | .,
/// eta) as a factor in X, which the engine for q(X|x) must understand.
template <class M>
concept LatentMap = std::copyable<M> &&  // kept by value in grainer and fit
                    requires {
                        typename M::fine_type;    // what data are
                        typename M::coarse_type;  // must be the coarse space's configuration
                    } && requires(const M map, const typename M::fine_type& x, const Vector& eta) {
                        { map.parameter_count() } -> std::convertible_to<Index>;  // length of eta
                        map.likelihood(detail::prepare(map, x), eta);
                    };

/// The first half of a probabilistic map: the likelihood of X, log_density(X) = log p_cf(x|X, eta),
/// normalised in x, with whatever structure it has (window and local_log_density, quadratic,
/// log_density_difference). It needs no space(). Enough to learn.
template <class M>
concept LatentLikelihood = LatentMap<M> && requires(const M map, const typename M::fine_type& x,
                                                    const typename M::coarse_type& X, const Vector& eta) {
    { map.likelihood(detail::prepare(map, x), eta).log_density(X) } -> RealValue;  // the E-step
};

/// The second half: draws of x given X. Enough to predict.
template <class M>
concept FineSampler =
    requires(const M map, const typename M::coarse_type& X, const Vector& eta, Philox4x32& rng) {
        { map.sample(X, eta, rng) } -> std::convertible_to<typename M::fine_type>;
    };

/// p_cf(x | X, eta): how a coarse configuration is turned back into a fine one. eta are unconstrained
/// coordinates of the map's parameters (logit of a probability, log of a scale).
///
///     struct MyMap {
///         using fine_type = ...;  using coarse_type = ...;
///         Index parameter_count() const;
///         auto likelihood(const Prepared& x, const Vector& eta) const;    // a factor in X
///         fine_type sample(const coarse_type& X, const Vector& eta, auto& rng) const;
///         Prepared prepare(const fine_type& x) const;                     // optional, once per datum
///     };
template <class M>
concept ProbabilisticMap = LatentLikelihood<M> && FineSampler<M>;

namespace detail {
/// The members of a NaturalMap, of a map or of a part of it.
template <class M>
concept HasNaturalValues = requires(const M map, Index k, double x) {
    { map.natural(k, x) } -> std::convertible_to<NaturalParameter>;  // the slides' Laplace; reports
    { map.unconstrained(k, x) } -> RealValue;                        // back from there
    { map.natural_names() } -> std::convertible_to<std::vector<std::string>>;
};
}  // namespace detail

/// A map whose parameters have natural values, coordinate by coordinate (theta_cf = logistic(eta)).
///
///     NaturalParameter natural(Index k, double eta_k) const;
///     double unconstrained(Index k, double value) const;   // its inverse; values are clipped to the range
///     std::vector<std::string> natural_names() const;
template <class M>
concept NaturalMap = ProbabilisticMap<M> && detail::HasNaturalValues<M>;

/// A map that can be learnt: log p_cf(x|X, eta) depends on X through a statistic T(X; x), and linearly,
///     sum_i E[log p_cf(x_i | X_i, eta)] = phi(eta) . sum_i E[T_i] + count * phi_0(eta),
/// so that the sums over data are all the M-step needs.
///
///     auto sufficient_statistic(const Prepared& x) const;       // T(.; x), a Statistic in X
///     Expansion expected_log_density(const Vector& T, double count, const Vector& eta) const;
///     std::optional<Vector> maximiser(const Vector& T, double count, const MapPrior&) const;  // optional
template <class M>
concept StatisticMap = LatentLikelihood<M> && requires(const M map, const typename M::fine_type& x,
                                                       const Vector& T, double count, const Vector& eta) {
    { map.sufficient_statistic(detail::prepare(map, x)) } -> Statistic<typename M::coarse_type>;
    { map.expected_log_density(T, count, eta) } -> std::convertible_to<Expansion>;
};

/// Knows the M-step under a prior, argmax_eta of phi(eta) . T + count phi_0(eta) + log prior(eta):
/// `std::optional<Vector> maximiser(const Vector& T, double count, const P& prior) const`, absent where it is
/// not in closed form.
template <class M, class MapPrior>
concept HasMaximiser = requires(const M map, const Vector& T, double count, const MapPrior& prior) {
    { map.maximiser(T, count, prior) } -> std::convertible_to<std::optional<Vector>>;
};

namespace detail {
/// It has sufficient_statistic(form), whatever that is.
template <class M>
concept ClaimsStatistic =
    requires(const M map, const prepared_t<M>& form) { map.sufficient_statistic(form); };
/// It has score(form, eta), whatever that is.
template <class M>
concept ClaimsScore =
    requires(const M map, const prepared_t<M>& form, const Vector& eta) { map.score(form, eta); };
}  // namespace detail

/// Makes what all data share at some eta once: `At at(const Vector& eta, bool with_score) const`, which has
/// likelihood(form), and score(form) where the map has it (ScoredMap).
template <class M>
concept HasAt = requires(const M map, const prepared_t<M>& form, const Vector& eta, bool with_score) {
    map.at(eta, with_score).likelihood(form);
} && (!detail::ClaimsScore<M> || requires(const M map, const prepared_t<M>& form, const Vector& eta) {
                    map.at(eta, true).score(form);
                });

/// Carries moments to the fine scale, E x_i and E x_i x_j from E X_r and E X_r X_s:
/// `SiteMoments fine_moments(const SiteMoments&, const Vector& eta) const`.
template <class M>
concept CarriesMoments = requires(const M map, const SiteMoments& moments, const Vector& eta) {
    { map.fine_moments(moments, eta) } -> std::convertible_to<SiteMoments>;
};

/// Knows how many lags of X a band of so many lags of x needs: `Index coarse_lags(Index lags) const`.
template <class M>
concept HasCoarseLags = requires(const M map, Index lags) {
    { map.coarse_lags(lags) } -> std::convertible_to<Index>;
};

/// Knows the moments of x given X above so many coarse sites: `conditional_moments(Index coarse_sites, const
/// Vector& eta) const`, a ConditionalMoments.
template <class M>
concept HasConditionalMoments = requires(const M map, const Vector& eta) {
    { map.conditional_moments(Index{}, eta) } -> ConditionalMoments<typename M::coarse_type>;
};

/// Knows them of numbers that its fine letters stand for: `fine_letters() const`, a range, and
/// `conditional_moments(coarse_sites, eta, values) const`, a number for each letter.
template <class M>
concept HasConditionalLetterMoments = requires(const M map, const Vector& eta) {
    map.fine_letters();
    { map.conditional_moments(Index{}, eta, eta) } -> ConditionalMoments<typename M::coarse_type>;
};

/// A map whose statistic T has many components, counts of cells, of which covariances would cost too much:
/// it gives the derivatives of log p_cf by eta, too, as a statistic S(X; x, eta) of parameter_count()
/// components,
///     S = phi'(eta) . T + phi_0'(eta).
///
///     auto score(const Prepared& x, const Vector& eta) const;
template <class M>
concept ScoredMap =
    StatisticMap<M> && requires(const M map, const typename M::fine_type& x, const Vector& eta) {
        { map.score(detail::prepare(map, x), eta) } -> Statistic<typename M::coarse_type>;
    };

namespace detail {

/// A map at some eta, for all data of a batch: what a map makes once for them by its own `at(eta,
/// with_score)`, else the map and eta.
template <class M>
class MapAt {
public:
    MapAt(const M& map, Vector eta, bool) : map_(&map), eta_(std::move(eta)) {}
    auto likelihood(const prepared_t<M>& x) const { return map_->likelihood(x, eta_); }
    auto score(const prepared_t<M>& x) const { return map_->score(x, eta_); }

private:
    const M* map_;
    Vector eta_;
};
template <class M>
auto map_at(const M& map, const Vector& eta, [[maybe_unused]] bool with_score = false) {
    if constexpr (HasAt<M>)
        return map.at(eta, with_score);
    else
        return MapAt<M>(map, eta, with_score);
}

}  // namespace detail

}  // namespace predcg
