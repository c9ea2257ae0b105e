#pragma once
// Two levels of a hierarchy as one: a chain of both coarse configurations.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/concepts/prior.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/hierarchy/hierarchy.hpp>
#include <predcg/maps/block_map.hpp>
#include <predcg/priors/priors.hpp>
#include <predcg/structure/potential_operations.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// A site of the joined chain: a letter of the upper configuration, and the block of the lower one below it.
/// letter = pattern of the block * (number of upper letters) + place of the upper letter.
struct JoinedSpace {
    using configuration_type = std::vector<Index>;

    Index sites = 0;
    std::vector<Index> letters{};  ///< 0, 1, ..

    Index size() const { return sites; }
    const std::vector<Index>& values() const { return letters; }
    template <RandomBits R>
    configuration_type random(R& rng) const {
        configuration_type Y(static_cast<std::size_t>(sites));
        for (Index& letter : Y) letter = uniform_index(rng, std::ssize(letters));
        return Y;
    }
};

/// p(X_1|X_2, eta_2) p_c(X_2|theta) as a coarse potential of the pairs Y = (X_1, X_2), in the units of
/// 1/beta:
///     U(Y) = U_c(X_2, theta) - log p(X_1|X_2, eta_2) / beta.
/// Parameters are theta, and eta_2 with "upper." before its names; Z is that of U_c. Not linear.
template <ChainCoarsePotential Upper, class Map>
class JoinedPotential {
    using Letter = letter_t<space_t<Upper>>;

public:
    using UpperType = Upper;
    using MapType = Map;

    /// Throws ArgumentError for a map on an open chain whose window begins before its block, and more than
    /// 4096 pairs of a block and a letter.
    JoinedPotential(Upper upper, Map map, double beta)
        : upper_(std::move(upper)), map_(std::move(map)), beta_(beta) {
        static_assert(
            !requires(std::span<const double> x) { map.block().observed(x); },
            "predcg: where the upper map says what X is, the greedy fit of a Hierarchy is the joint one");
        require_positive(beta, "JoinedPotential", "beta");
        const auto& geometry = map_.geometry();
        require(!geometry.is_open() || geometry.window().first == 0, "JoinedPotential",
                "window of the upper map on an open chain", geometry.window().first,
                "one that begins at its block");
        for (const Letter& letter : upper_.space().values()) values_.push_back(letter);
        const Index q = geometry.patterns() * std::ssize(values_);
        require(q <= 4096, "JoinedPotential", "letters of the joined chain", q, "at most 4096");
        space_.sites = Index(upper_.space().size());
        for (Index k = 0; k < q; ++k) space_.letters.push_back(k);
    }

    const JoinedSpace& space() const { return space_; }
    const Upper& upper() const { return upper_; }
    const Map& map() const { return map_; }
    double beta() const { return beta_; }
    Index parameter_count() const { return upper_count() + map_.parameter_count(); }
    std::vector<std::string> parameter_names() const {
        std::vector<std::string> names = detail::coarse_names_of(upper_);
        for (const std::string& name : detail::map_names_of(map_)) names.push_back("upper." + name);
        return names;
    }
    Vector start() const { return both(start_of(upper_), start_of(map_)); }
    /// So that the coordinates z are those of both levels.
    Vector scales() const {
        Vector of_map = scales_of(map_);
        linalg::multiply(of_map, beta_);
        return both(scales_of(upper_), of_map);
    }

    Window window() const { return common_window(upper_.window(), map_.geometry().chain_window()); }
    bool translation_invariant() const { return is_translation_invariant(upper_); }

    double local_energy(Index i, std::span<const Index> w, const Vector& theta) const {
        double sum = predcg::local_energy(upper_, i, upper_window(w), theta_of(theta));
        with_block(w, eta_of(theta),
                   [&](const auto& given, const auto& x) { sum -= given.log_density(x) / beta_; });
        return sum;
    }
    Vector local_parameter_gradient(Index i, std::span<const Index> w, const Vector& theta) const {
        Vector own;
        with_block(w, eta_of(theta),
                   [&](const auto& given, const auto& x) { own = given.expansion(x).gradient; });
        linalg::multiply(own, -1.0 / beta_);
        return both(predcg::local_parameter_gradient(upper_, i, upper_window(w), theta_of(theta)), own);
    }
    Matrix local_parameter_hessian(Index i, std::span<const Index> w, const Vector& theta) const {
        const Index p = upper_count();
        Matrix sum = Matrix::Zero(parameter_count(), parameter_count());
        if constexpr (!LinearCoarsePotential<Upper>)
            sum.topLeftCorner(p, p) =
                predcg::local_parameter_hessian(upper_, i, upper_window(w), theta_of(theta));
        with_block(w, eta_of(theta), [&](const auto& given, const auto& x) {
            const Expansion e = given.expansion(x);
            for (Index k = 0; k < e.gradient.size(); ++k)
                for (Index l = 0; l < e.gradient.size(); ++l) sum(p + l, p + k) -= e.hessian(l, k) / beta_;
        });
        return sum;
    }

    double energy(const std::vector<Index>& Y, const Vector& theta) const {
        double sum = 0.0;
        for_each_window(Y, [&](Index i, std::span<const Index> w) { sum += local_energy(i, w, theta); });
        return sum;
    }
    Vector parameter_gradient(const std::vector<Index>& Y, const Vector& theta) const {
        Vector sum = Vector::Zero(parameter_count());
        for_each_window(Y, [&](Index i, std::span<const Index> w) {
            linalg::add(sum, local_parameter_gradient(i, w, theta));
        });
        return sum;
    }

private:
    Index upper_count() const { return upper_.parameter_count(); }
    Vector theta_of(const Vector& all) const { return linalg::part(all, 0, upper_count()); }
    Vector eta_of(const Vector& all) const {
        return linalg::part(all, upper_count(), map_.parameter_count());
    }
    template <class A>
    static Vector both(const A& a, const Vector& b) {
        Vector all(a.size() + b.size());
        for (Index k = 0; k < a.size(); ++k) all[k] = a[k];
        for (Index k = 0; k < b.size(); ++k) all[a.size() + k] = b[k];
        return all;
    }
    Letter upper_letter(Index letter) const {
        return values_[static_cast<std::size_t>(letter % std::ssize(values_))];
    }
    /// The upper letters of a window, as many as the upper potential looks at.
    std::vector<Letter> upper_letters(std::span<const Index> w) const {
        std::vector<Letter> letters;
        for (const Index letter : detail::narrow(w, upper_.window())) letters.push_back(upper_letter(letter));
        return letters;
    }
    struct UpperWindow {
        std::vector<Letter> letters;
        operator std::span<const Letter>() const { return letters; }
    };
    UpperWindow upper_window(std::span<const Index> w) const { return {upper_letters(w)}; }

    /// f(density, letters) of the block whose window begins at w.
    template <class F>
    void with_block(std::span<const Index> w, const Vector& eta, F&& f) const {
        const auto& geometry = map_.geometry();
        std::vector<double> around(static_cast<std::size_t>(geometry.window().width()), 0.0);
        for (std::size_t k = 0; k < std::min(around.size(), w.size()); ++k)
            around[k] = static_cast<double>(upper_letter(w[k]));
        std::vector<double> x(static_cast<std::size_t>(map_.level()));
        geometry.decode(w[static_cast<std::size_t>(-geometry.window().first)] / std::ssize(values_), x);
        f(map_.block().given(std::span<const double>(around), eta), std::span<const double>(x));
    }
    template <class F>
    void for_each_window(const std::vector<Index>& Y, F&& f) const {
        const Window reach = window();
        const auto n = std::ssize(Y);
        std::vector<Index> w;
        for (Index i = 0; i < n; ++i) {
            w.clear();
            for (Index k = i; k < i + reach.width && (k < n || reach.boundary == Boundary::periodic); ++k)
                w.push_back(Y[static_cast<std::size_t>(k % n)]);
            f(i, std::span<const Index>(w));
        }
    }

    Upper upper_;
    Map map_;
    double beta_;
    std::vector<Letter> values_;
    JoinedSpace space_;
};

/// Of a joined configuration, the lower one: X_1.
template <class X>
class LowerLetters {
public:
    LowerLetters(const detail::BlockGeometry& upper, Index upper_letters) : level_(upper.level()) {
        std::vector<double> x(static_cast<std::size_t>(level_));
        for (Index letter = 0; letter < upper.patterns() * upper_letters; ++letter) {
            upper.decode(letter / upper_letters, x);
            for (const double value : x) letters_.push_back(static_cast<Letter>(value));
        }
    }

    using Letter = std::remove_cvref_t<decltype(std::declval<const X&>()[0])>;
    Index level() const { return level_; }
    /// Letter s of the block at a joined letter.
    Letter operator()(Index letter, Index s) const {
        return letters_[static_cast<std::size_t>(letter * level_ + s)];
    }
    X of(std::span<const Index> Y) const {
        X lower{};
        if constexpr (requires { lower.resize(Y.size()); })
            lower.resize(Y.size() * static_cast<std::size_t>(level_));
        for (std::size_t r = 0; r < Y.size(); ++r)
            for (Index s = 0; s < level_; ++s)
                lower[r * static_cast<std::size_t>(level_) + static_cast<std::size_t>(s)] = (*this)(Y[r], s);
        return lower;
    }

private:
    Index level_;
    std::vector<Letter> letters_;
};

namespace detail {

/// A sum over windows of the lower chain, as one over those of the joined chain. Keeps the part; a view of
/// the letters.
template <class Part, class X>
class OnLower {
    using Letter = typename LowerLetters<X>::Letter;

public:
    OnLower(Part part, const LowerLetters<X>& letters) : part_(std::move(part)), letters_(&letters) {}

    Window window() const {
        const Window lower = part_.window();
        const Index l = letters_->level();
        return {(l - 1 + lower.width - 1) / l + 1, lower.boundary};
    }
    double log_density(const std::vector<Index>& Y) const { return part_.log_density(letters_->of(Y)); }
    double local_log_density(Index i, std::span<const Index> w) const {
        double sum = 0.0;
        visit(i, w, [&](Index j, std::span<const Letter> v) { sum += part_.local_log_density(j, v); });
        return sum;
    }

    Index size() const { return part_.size(); }
    Vector operator()(const std::vector<Index>& Y) const { return part_(letters_->of(Y)); }
    Vector local(Index i, std::span<const Index> w) const {
        Vector sum = Vector::Zero(size());
        visit(i, w, [&](Index j, std::span<const Letter> v) { linalg::add(sum, part_.local(j, v)); });
        return sum;
    }

private:
    template <class F>
    void visit(Index i, std::span<const Index> w, F&& f) const {
        const std::vector<Letter> lower = [&] {
            std::vector<Letter> all;
            for (const Index letter : w)
                for (Index s = 0; s < letters_->level(); ++s) all.push_back((*letters_)(letter, s));
            return all;
        }();
        const std::span<const Letter> all(lower);
        for (Index s = 0; s < letters_->level(); ++s)
            f(i * letters_->level() + s, narrow(all.subspan(static_cast<std::size_t>(s)), part_.window()));
    }

    Part part_;
    const LowerLetters<X>* letters_;
};

}  // namespace detail

/// The lower level's map as one from the joined chain: p(x|X_1, eta_1), whatever X_2 is.
template <class Map>
class JoinedMap {
    using X = typename Map::coarse_type;

public:
    using fine_type = typename Map::fine_type;
    using coarse_type = std::vector<Index>;

    JoinedMap(Map map, LowerLetters<X> letters) : map_(std::move(map)), letters_(std::move(letters)) {}

    const Map& map() const { return map_; }
    Index parameter_count() const { return map_.parameter_count(); }
    std::vector<std::string> parameter_names() const { return detail::map_names_of(map_); }
    Vector start() const { return start_of(map_); }
    Vector scales() const { return scales_of(map_); }

    prepared_t<Map> prepare(const fine_type& x) const { return detail::prepare(map_, x); }
    auto likelihood(const prepared_t<Map>& x, const Vector& eta) const {
        return detail::OnLower<decltype(map_.likelihood(x, eta)), X>(map_.likelihood(x, eta), letters_);
    }
    auto sufficient_statistic(const prepared_t<Map>& x) const
        requires StatisticMap<Map>
    {
        return detail::OnLower<decltype(map_.sufficient_statistic(x)), X>(map_.sufficient_statistic(x),
                                                                          letters_);
    }
    Expansion expected_log_density(const Vector& T, double count, const Vector& eta) const
        requires StatisticMap<Map>
    {
        return map_.expected_log_density(T, count, eta);
    }
    auto score(const prepared_t<Map>& x, const Vector& eta) const
        requires ScoredMap<Map>
    {
        return detail::OnLower<decltype(map_.score(x, eta)), X>(map_.score(x, eta), letters_);
    }
    /// The map at some eta, for all data.
    class At {
    public:
        At(const JoinedMap& map, const Vector& eta, bool with_score)
            : letters_(&map.letters_), at_(detail::map_at(map.map_, eta, with_score)) {}
        auto likelihood(const prepared_t<Map>& x) const {
            return detail::OnLower<decltype(at_.likelihood(x)), X>(at_.likelihood(x), *letters_);
        }
        auto score(const prepared_t<Map>& x) const
            requires ScoredMap<Map>
        {
            return detail::OnLower<decltype(at_.score(x)), X>(at_.score(x), *letters_);
        }

    private:
        const LowerLetters<X>* letters_;
        decltype(detail::map_at(std::declval<const Map&>(), std::declval<const Vector&>())) at_;
    };
    At at(const Vector& eta, bool with_score = false) const { return {*this, eta, with_score}; }

    template <RandomBits R>
    fine_type sample(const coarse_type& Y, const Vector& eta, R& rng) const {
        return map_.sample(letters_.of(Y), eta, rng);
    }
    /// X_1 of a joined configuration.
    X lower(const coarse_type& Y) const { return letters_.of(Y); }

private:
    Map map_;
    LowerLetters<X> letters_;
};

/// The map of a joined model that draws X_1 in the place of x; the parameters are the same, and unused:
/// predict(posterior.with_models(posterior.coarse, ReadLower(posterior.map)), observable) is the level
/// between.
template <class Map>
class ReadLower {
public:
    using coarse_type = typename JoinedMap<Map>::coarse_type;
    using fine_type = typename Map::coarse_type;

    explicit ReadLower(JoinedMap<Map> map) : map_(std::move(map)) {}
    Index parameter_count() const { return map_.parameter_count(); }
    std::vector<std::string> parameter_names() const { return map_.parameter_names(); }
    template <RandomBits R>
    fine_type sample(const coarse_type& Y, const Vector&, R&) const {
        return map_.lower(Y);
    }

private:
    JoinedMap<Map> map_;
};

/// The priors of two blocks as one: the first `count` coordinates belong to `first`.
template <BlockPrior First, BlockPrior Second>
struct TwoBlocks {
    First first;
    Second second;
    Index count;

    double log_density(const Vector& z) const {
        return first.log_density(head(z)) + second.log_density(tail(z));
    }
    Vector gradient(const Vector& z) const {
        Vector both(z.size());
        both << first.gradient(head(z)), second.gradient(tail(z));
        return both;
    }
    Matrix hessian(const Vector& z) const {
        Matrix both = Matrix::Zero(z.size(), z.size());
        both.topLeftCorner(count, count) = first.hessian(head(z));
        both.bottomRightCorner(z.size() - count, z.size() - count) = second.hessian(tail(z));
        return both;
    }
    bool proper() const { return first.proper() && second.proper(); }

private:
    Vector head(const Vector& z) const { return z.head(count); }
    Vector tail(const Vector& z) const { return z.tail(z.size() - count); }
};
/// The types of the blocks follow.
template <class First, class Second>
TwoBlocks(First, Second, Index) -> TwoBlocks<First, Second>;

/// Two levels as one grainer, which learns both at once: the coarse variable is the chain of pairs Y = (X_1,
/// X_2), and EM, Newton, posteriors, evidence and predictions are those of any grainer. Exact with
/// TransferMatrix: the pairs are a chain of q = q_1^l q_2 letters (l fine sites in a block of the upper map),
/// cost q^(window) for each of its sites. Prior and coordinates are those of both levels. `upper` needs a
/// BlockMap and a potential of a chain; neither map may be an ObservedMap (greedy is joint there).
template <class Lower, class Upper>
auto joined(const Lower& lower, const Upper& upper, double beta) {
    using Map = std::remove_cvref_t<decltype(lower.map())>;
    JoinedPotential potential(upper.coarse(), upper.map(), beta);
    const auto& space = upper.coarse().space();  // may be a value
    const auto& letters = space.values();
    JoinedMap<Map> map(
        lower.map(), LowerLetters<typename Map::coarse_type>(upper.map().geometry(),
                                                             static_cast<Index>(std::ranges::size(letters))));
    const BlockPriors prior{
        TwoBlocks{upper.prior().coarse, upper.prior().map, Index(upper.coarse().parameter_count())},
        lower.prior().map};
    return EMCoarseGrainer{lower.fine(),   std::move(potential), std::move(map),
                           lower.engine(), lower.optimizer(),    prior};
}

/// The parameters of a joined grainer that are those of two levels' fits, where it begins:
/// FitSettings::start.
inline Parameters joined_parameters(const Estimate& lower, const Estimate& upper) {
    Vector theta(upper.parameters.theta.size() + upper.parameters.eta.size());
    theta << upper.parameters.theta, upper.parameters.eta;
    return {theta, lower.parameters.eta};
}

}  // namespace predcg
