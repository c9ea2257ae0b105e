#pragma once
// Maps that draw a number at every site, given the letter there: hidden chains with densities.
#include <predcg/concepts/model_parts.hpp>
#include <predcg/concepts/passed_over.hpp>
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/expansion.hpp>
#include <predcg/core/letter_moments.hpp>
#include <predcg/core/random.hpp>
#include <predcg/core/window.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// The density of a number x given a letter a = 0..q-1, of the exponential family,
///     log p(x | a, eta) = phi_0(a, eta) + sum_j phi_j(a, eta) t_j(x),
/// normalised in x for every a and eta. A factor of x alone is a t_j with phi_j = 1.
///
///     struct MyDensity {
///         Index letters() const;            // q
///         Index parameter_count() const;    // length of eta
///         Index statistic_count() const;    // number of t_j
///         void statistic(double x, std::span<double> t) const;    // t(x)
///         // count phi_0 + phi . t, the log density of `count` numbers whose t add up to t, by eta:
///         Expansion expansion(double count, std::span<const double> t, Index a, const Vector& eta) const;
///         double draw(Index a, const Vector& eta, auto& rng) const;
///     };
///
/// In the place of expansion a template log_density(count, t, a, eta) that returns eta's scalar will do
/// (site_map, maps/autodiff_site.hpp). Optional: takes(x), whether x has a density at all;
/// parameter_names(), start(), more_starts(), scales(), weak_prior(), natural(k, eta_k) + unconstrained(k,
/// value) + natural_names(), and moments(a, eta) = {E x, E x^2}, which makes predictions exact.
template <class D>
concept SiteDensity =
    std::copyable<D> && requires(const D density, double x, std::span<double> t, std::span<const double> sums,
                                 Index letter, const Vector& eta, Philox4x32& rng) {
        { density.letters() } -> std::convertible_to<Index>;
        { density.parameter_count() } -> std::convertible_to<Index>;
        { density.statistic_count() } -> std::convertible_to<Index>;
        density.statistic(x, t);
        { density.expansion(x, sums, letter, eta) } -> std::convertible_to<Expansion>;
        { density.draw(letter, eta, rng) } -> std::convertible_to<double>;
    };

/// Knows E x and E x^2 under a letter: `std::pair<double, double> moments(Index a, const Vector& eta) const`,
/// or another pair of numbers.
template <class D>
concept HasSiteMoments = requires(const D density, Index letter, const Vector& eta) {
    { density.moments(letter, eta) } -> std::convertible_to<std::pair<double, double>>;
};

namespace detail {
template <class D>
concept WrongSiteMoments = requires { requires FunctionMember<decltype(&D::moments)>; } && !HasSiteMoments<D>;
/// Optional members of a density that are there, but not as they are asked for.
template <class D>
struct DensityParts : ModelParts<D> {
    static_assert(!WrongMoreStarts<D>,
                  "predcg: more_starts() of a density would be passed over: it takes nothing, and returns "
                  "std::vector<predcg::Vector>");
    static_assert(
        !WrongWeakPrior<D>,
        "predcg: weak_prior() of a density would be passed over: it takes nothing, and returns a block "
        "with log_density, gradient, hessian and proper() (concept BlockPrior)");
    static_assert(!WrongTakes<D, double>,
                  "predcg: takes(x) of a density would be passed over: it takes a double, and returns bool");
    static_assert(!WrongSiteMoments<D>,
                  "predcg: moments(a, eta) of a density would be passed over: it takes a predcg::Index and a "
                  "predcg::Vector, and returns std::pair<double, double>");
    static_assert(!WrongNaturalValues<D>,
                  "predcg: natural values of a density would be passed over: natural(k, eta_k) -> "
                  "predcg::NaturalParameter, unconstrained(k, value) -> double and natural_names() -> "
                  "std::vector<std::string> go together");
};
}  // namespace detail

/// A datum under a SiteMap: (1, t(x_i)) of every site.
struct SiteStatistics {
    Index width = 1;          ///< 1 + number of t_j
    std::vector<double> t{};  ///< site after site

    /// Number of sites.
    Index size() const { return std::ssize(t) / width; }
    std::span<const double> at(Index i) const {
        return std::span(t).subspan(static_cast<std::size_t>(i * width), static_cast<std::size_t>(width));
    }
};

namespace detail {

/// A density at some eta: phi of every letter, and its derivatives.
struct SiteTables {
    Matrix coefficients;  ///< (1 + t) x letters
    Matrix slopes;        ///< parameters x ((1 + t) letters), where it was asked for
};

/// What likelihood, score and statistic of a datum have in common. A view of the datum.
class OfSites {
public:
    explicit OfSites(const SiteStatistics& x) : x_(&x) {}
    Window window() const { return {}; }

protected:
    /// f(site, its letter) of all.
    template <class X, class F>
    void for_each(const X& configuration, F&& f) const {
        require_equal(static_cast<Index>(configuration.size()), x_->size(), "SiteMap",
                      "number of coarse sites", "the number of sites of the datum");
        for (Index i = 0; i < x_->size(); ++i)
            f(i, static_cast<Index>(configuration[static_cast<std::size_t>(i)]));
    }
    const SiteStatistics* x_;
};

/// log p_cf(x | ., eta) as a factor in X.
class SiteLikelihood : public OfSites {
public:
    SiteLikelihood(const SiteStatistics& x, std::shared_ptr<const SiteTables> tables)
        : OfSites(x), tables_(std::move(tables)) {}

    template <class X>
    double log_density(const X& configuration) const {
        double sum = 0.0;
        for_each(configuration, [&](Index i, Index a) { sum += at(i, a); });
        return sum;
    }
    template <class Letter>
    double local_log_density(Index i, std::span<const Letter> w) const {
        return at(i, static_cast<Index>(w[0]));
    }
    template <class X, class Letter>
    double log_density_difference(const X& configuration, Index i, Letter v) const {
        return at(i, static_cast<Index>(v)) -
               at(i, static_cast<Index>(configuration[static_cast<std::size_t>(i)]));
    }

private:
    double at(Index i, Index a) const {
        const double* phi = tables_->coefficients.data() + a * tables_->coefficients.rows();
        double sum = 0.0;
        for (const double t : x_->at(i)) sum += *phi++ * t;
        return sum;
    }
    std::shared_ptr<const SiteTables> tables_;
};

/// A sum over sites: S has size() and add(i, a, sum), what site i adds where its letter is a.
template <class S>
class SumOverSites : public OfSites {
public:
    using OfSites::OfSites;

    template <class X>
    Vector operator()(const X& configuration) const {
        Vector sum = Vector::Zero(own().size());
        for_each(configuration, [&](Index i, Index a) { own().add(i, a, sum); });
        return sum;
    }
    template <class Letter>
    Vector local(Index i, std::span<const Letter> w) const {
        Vector sum = Vector::Zero(own().size());
        own().add(i, static_cast<Index>(w[0]), sum);
        return sum;
    }

private:
    const S& own() const { return static_cast<const S&>(*this); }
};

/// Its derivatives by eta, as a statistic in X.
class SiteScore : public SumOverSites<SiteScore> {
public:
    SiteScore(const SiteStatistics& x, std::shared_ptr<const SiteTables> tables)
        : SumOverSites(x), tables_(std::move(tables)) {}

    Index size() const { return tables_->slopes.rows(); }
    void add(Index i, Index a, Vector& sum) const {
        Index column = a * x_->width;
        for (const double t : x_->at(i)) {
            for (Index k = 0; k < sum.size(); ++k) sum[k] += tables_->slopes(k, column) * t;
            ++column;
        }
    }

private:
    std::shared_ptr<const SiteTables> tables_;
};

/// T: how many sites have a letter, and the sums of t there; letter after letter.
class SiteSums : public SumOverSites<SiteSums> {
public:
    SiteSums(const SiteStatistics& x, Index letters) : SumOverSites(x), letters_(letters) {}

    Index size() const { return letters_ * x_->width; }
    void add(Index i, Index a, Vector& sum) const {
        Index at = a * x_->width;
        for (const double t : x_->at(i)) sum[at++] += t;
    }

private:
    Index letters_;
};

}  // namespace detail

/// The map of a density of single sites,
///     log p_cf(x | X, eta) = sum_i log p(x_i | X_i, eta),
/// with one fine number for each coarse letter: with a chain of letters a hidden Markov chain (L. E. Baum et
/// al., Ann. Math. Stat. 41 (1970) 164). Windows of one letter, so that q(X|x) has the chain's own. Fine is
/// any container of numbers with size() and [], letters are numbers 0..q-1. The M-step is a Newton iteration
/// on sums of t; steps rise or are shortened, whatever the coordinates of eta.
template <SiteDensity Density, class Fine = Vector, class Coarse = std::vector<std::uint8_t>>
class SiteMap : detail::DensityParts<Density> {
public:
    using fine_type = Fine;
    using coarse_type = Coarse;
    using DensityType = Density;  ///< The density of a site.

    /// Throws ArgumentError for a density without letters.
    explicit SiteMap(Density density) : density_(std::move(density)) {
        require(density_.letters() >= 1, "SiteMap", "letters", Index(density_.letters()), "an integer >= 1");
    }

    /// Of a site.
    const Density& density() const { return density_; }
    Index parameter_count() const { return density_.parameter_count(); }
    std::vector<std::string> parameter_names() const { return names_of(density_, "eta_"); }
    Vector start() const { return start_of(density_); }
    Vector scales() const { return scales_of(density_); }
    std::vector<Vector> more_starts() const
        requires HasMoreStarts<Density>
    {
        return density_.more_starts();
    }
    /// The density's own.
    auto weak_prior() const
        requires HasWeakPrior<Density>
    {
        return density_.weak_prior();
    }
    auto natural_names() const
        requires detail::HasNaturalValues<Density>
    {
        return density_.natural_names();
    }
    NaturalParameter natural(Index k, double eta) const
        requires detail::HasNaturalValues<Density>
    {
        return density_.natural(k, eta);
    }
    double unconstrained(Index k, double value) const
        requires detail::HasNaturalValues<Density>
    {
        return density_.unconstrained(k, value);
    }

    /// Throws ArgumentError for no sites, and numbers that are not finite or have no density.
    template <class X>
    SiteStatistics prepare(const X& x) const {
        constexpr auto function = "SiteMap::prepare";
        const auto n = static_cast<Index>(x.size());
        require(n >= 1, function, "number of sites", n, "an integer >= 1");
        SiteStatistics form{1 + density_.statistic_count(), {}};
        form.t.resize(static_cast<std::size_t>(n * form.width));
        double* t = form.t.data();
        for (Index i = 0; i < n; ++i, t += form.width) {
            const auto value = static_cast<double>(at_site(x, i));
            if (!std::isfinite(value))
                detail::argument_error(function, "number at site " + to_text(i), to_text(value),
                                       "a finite number");
            if constexpr (TakesLetters<Density, double>)
                if (!density_.takes(value))
                    detail::argument_error(function, "number at site " + to_text(i), to_text(value),
                                           "a number that the density takes");
            t[0] = 1.0;
            density_.statistic(value, std::span(t + 1, static_cast<std::size_t>(form.width - 1)));
        }
        return form;
    }
    /// What was prepared before. Throws ArgumentError for that of another density.
    SiteStatistics prepare(const SiteStatistics& form) const {
        require_equal(form.width, 1 + density_.statistic_count(), "SiteMap::prepare", "width",
                      "1 + number of statistics");
        return form;
    }

    /// Whether a coarse letter is one of the density's.
    bool takes(double letter) const {
        return letter >= 0.0 && letter < static_cast<double>(density_.letters()) &&
               letter == std::floor(letter);
    }
    /// Number of coarse sites a prepared datum belongs to.
    Index coarse_size(const SiteStatistics& form) const { return form.size(); }

    /// The map at some eta: tables that all data share.
    class At {
    public:
        At(const SiteMap& map, const Vector& eta, bool with_score) : tables_(map.tables(eta, with_score)) {}
        detail::SiteLikelihood likelihood(const SiteStatistics& x) const { return {x, tables_}; }
        detail::SiteScore score(const SiteStatistics& x) const { return {x, tables_}; }

    private:
        std::shared_ptr<const detail::SiteTables> tables_;
    };
    At at(const Vector& eta, bool with_score = false) const { return {*this, eta, with_score}; }

    /// A view of the datum.
    detail::SiteLikelihood likelihood(const SiteStatistics& x, const Vector& eta) const {
        return {x, tables(eta, false)};
    }
    /// d log p_cf / d eta, a statistic in X.
    detail::SiteScore score(const SiteStatistics& x, const Vector& eta) const {
        return {x, tables(eta, true)};
    }
    detail::SiteSums sufficient_statistic(const SiteStatistics& x) const { return {x, density_.letters()}; }

    /// Sum over the letters of the density's expansion at their part of T.
    [[gnu::cold]] Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const Index p = parameter_count(), width = 1 + density_.statistic_count(), q = density_.letters();
        require_equal(T.size(), width * q, "SiteMap::expected_log_density", "length of T",
                      "1 + statistics for each letter");
        require_eta(eta);
        Expansion sum{0.0, Vector::Zero(p), Matrix::Zero(p, p)};
        for (Index a = 0; a < q; ++a) {
            const double* of_letter = T.data() + a * width;
            const Expansion e = density_.expansion(
                of_letter[0], {of_letter + 1, static_cast<std::size_t>(width - 1)}, a, eta);
            sum.value += e.value;
            for (Index k = 0; k < p; ++k) {
                sum.gradient[k] += e.gradient[k];
                for (Index l = 0; l < p; ++l) sum.hessian(l, k) += e.hessian(l, k);
            }
        }
        return sum;
    }

    /// E[x_i|X] and E[x_i x_j|X] above so many coarse sites: exact predictions, where the density has
    /// moments.
    [[gnu::cold]] auto conditional_moments(Index coarse_sites, const Vector& eta) const
        requires HasSiteMoments<Density>
    {
        using Letter = std::remove_cvref_t<decltype(std::declval<const Coarse&>()[0])>;
        require_eta(eta);
        std::vector<Letter> alphabet;
        Vector mean(density_.letters()), square(density_.letters());
        for (Index a = 0; a < density_.letters(); ++a) {
            alphabet.push_back(static_cast<Letter>(a));
            const auto [first, second] = density_.moments(a, eta);
            mean[a] = first;
            square[a] = second;
        }
        return LetterMoments<Letter>(std::move(alphabet), coarse_sites, 1, std::move(mean),
                                     std::move(square));
    }

    template <RandomBits R>
    Fine sample(const Coarse& X, const Vector& eta, R& rng) const {
        require_eta(eta);
        Fine x{};
        if constexpr (Resizable<Fine>)
            x.resize(static_cast<decltype(x.size())>(X.size()));
        else
            require_equal(static_cast<Index>(X.size()), static_cast<Index>(x.size()), "SiteMap::sample",
                          "number of coarse sites", "that of the fine configuration");
        for (Index i = 0; i < static_cast<Index>(X.size()); ++i) {
            auto& to = at_site(x, i);
            to = static_cast<std::remove_reference_t<decltype(to)>>(
                density_.draw(static_cast<Index>(X[static_cast<std::size_t>(i)]), eta, rng));
        }
        return x;
    }

private:
    /// Containers index by signed or unsigned numbers.
    template <class X>
    static decltype(auto) at_site(X& x, Index i) {
        return x[static_cast<decltype(x.size())>(i)];
    }
    void require_eta(const Vector& eta) const {
        require_equal(eta.size(), parameter_count(), "SiteMap", "length of eta", "the number of parameters");
    }

    /// phi is what the density says of one number without t, and of none with a unit of one t_j.
    [[gnu::cold]] std::shared_ptr<const detail::SiteTables> tables(const Vector& eta, bool with_score) const {
        require_eta(eta);
        const Index width = 1 + density_.statistic_count(), q = density_.letters();
        detail::SiteTables tables{Matrix(width, q), {}};
        if (with_score) tables.slopes.resize(parameter_count(), width * q);
        for (Index a = 0; a < q; ++a)
            for (Index j = 0; j < width; ++j) {
                std::vector<double> unit(static_cast<std::size_t>(width), 0.0);
                unit[static_cast<std::size_t>(j)] = 1.0;
                const Expansion e =
                    density_.expansion(unit[0], std::span<const double>(unit).subspan(1), a, eta);
                tables.coefficients(j, a) = e.value;
                for (Index k = 0; k < tables.slopes.rows(); ++k)
                    tables.slopes(k, a * width + j) = e.gradient[k];
            }
        return std::make_shared<const detail::SiteTables>(std::move(tables));
    }

    Density density_;
};

}  // namespace predcg
