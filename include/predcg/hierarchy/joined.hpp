#pragma once
// Levels of a hierarchy as one: a chain of all coarse configurations.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/concepts/prior.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/hierarchy/hierarchy.hpp>
#include <predcg/hierarchy/hierarchy_of.hpp>
#include <predcg/maps/block_map.hpp>
#include <predcg/priors/prior_blocks.hpp>
#include <predcg/priors/priors.hpp>
#include <predcg/structure/potential_operations.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// A site of the joined chain: a letter of the top configuration, and what lies below it of the others. The
/// letters are numbers; of two levels, pattern of the lower block * (number of upper letters) + place of the
/// upper letter (JoinedLetters).
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

/// p(X_k|X_{k+1}, eta): a map between two levels of a joined chain, of any type.
struct JoinedStep {
    /// A block's log density.
    using Function = double(std::span<const double> w, std::span<const double> x, const Vector& eta);
    /// It with its derivatives by eta.
    using Derivatives = Expansion(std::span<const double> w, std::span<const double> x, const Vector& eta);

    detail::BlockGeometry geometry;
    std::vector<std::string> names;
    Vector start, scales;
    std::function<Function> log_density;   ///< of a block x in a window w
    std::function<Derivatives> expansion;  ///< the same with its derivatives by eta

    Index parameter_count() const { return start.size(); }

    /// Of a BlockMap. Throws ArgumentError for one on an open chain whose window begins before its block.
    template <class Map>
    static JoinedStep of(const Map& map) {
        static_assert(
            !ObservesLetter<std::remove_cvref_t<decltype(map.block())>>,
            "predcg: where an upper map says what X is, the greedy fit of a Hierarchy is the joint one");
        const auto& geometry = map.geometry();
        require(!geometry.is_open() || geometry.window().first == 0, "joined",
                "window of an upper map on an open chain", geometry.window().first,
                "one that begins at its block");
        const auto block = map.block();
        return {
            geometry,
            detail::map_names_of(map),
            start_of(map),
            scales_of(map),
            [block](auto w, auto x, const Vector& eta) { return double(block.given(w, eta).log_density(x)); },
            [block](auto w, auto x, const Vector& eta) {
                return Expansion(block.given(w, eta).expansion(x));
            }};
    }
};

/// What the letters of a joined chain say of its levels, X_1 .. X_top: level k = 0 is X_1, of which
/// sites(0) letters lie below a site; of the top, one.
class JoinedLetters {
public:
    /// The steps are p(X_1|X_2), p(X_2|X_3), ..; `top` is the alphabet of the last. Throws CostError for more
    /// than 4096 letters, which are q_top times q_k^sites(k) of every level below it.
    [[gnu::cold]] JoinedLetters(const std::vector<JoinedStep>& steps, const std::vector<double>& top)
        : sites_(steps.size() + 1, 1), values_(steps.size() + 1) {
        double q = static_cast<double>(top.size());
        for (std::size_t k = steps.size(); k-- > 0;) {
            sites_[k] = sites_[k + 1] * steps[k].geometry.level();
            q *= std::pow(static_cast<double>(steps[k].geometry.fine_letters().size()),
                          static_cast<double>(sites_[k]));
        }
        if (q > 4096.0)
            throw CostError("joined", q, 4096.0, "letters of the joined chain",
                            "join fewer levels, or levels of shorter blocks");
        count_ = static_cast<Index>(std::llround(q));
        for (std::size_t k = 0; k < values_.size(); ++k)
            values_[k].resize(static_cast<std::size_t>(count_ * sites_[k]));
        for (Index letter = 0; letter < count_; ++letter) {
            Index rest = letter;
            for (std::size_t k = values_.size(); k-- > 0;) {
                const auto& alphabet = k == steps.size() ? top : steps[k].geometry.fine_letters();
                for (Index s = sites_[k] - 1; s >= 0; --s, rest /= std::ssize(alphabet))
                    values_[k][static_cast<std::size_t>(letter * sites_[k] + s)] =
                        alphabet[static_cast<std::size_t>(rest % std::ssize(alphabet))];
            }
        }
    }

    Index count() const { return count_; }
    /// Letters of level k at a site of the joined chain.
    Index sites(std::size_t k) const { return sites_[k]; }
    /// Letter s of them.
    double value(Index letter, std::size_t k, Index s) const {
        return values_[k][static_cast<std::size_t>(letter * sites_[k] + s)];
    }

private:
    Index count_ = 0;
    std::vector<Index> sites_;
    std::vector<std::vector<double>> values_;
};

/// p(X_1|X_2, eta_2) .. p_c(X_top|theta) as a coarse potential of Y = (X_1, .., X_top), in the units of
/// 1/beta:
///     U(Y) = U_c(X_top, theta) - sum_k log p(X_k|X_{k+1}, eta_{k+1}) / beta.
/// Parameters are theta, and then eta_2, eta_3, .., with "level_2." and so on before their names; Z is that
/// of U_c. Not linear.
template <ChainCoarsePotential Top>
class JoinedPotential {
    using Letter = letter_t<space_t<Top>>;

public:
    /// Throws CostError for more letters than 4096, and ArgumentError for a beta that is not > 0.
    JoinedPotential(Top top, std::vector<JoinedStep> steps, double beta)
        : top_(std::move(top)), steps_(std::move(steps)), beta_(beta), letters_(steps_, alphabet(top_)) {
        require_positive(beta, "JoinedPotential", "beta");
        const auto& space = top_.space();  // may be a value
        for (const Letter& letter : space.values()) values_.push_back(letter);
        space_.sites = Index(space.size());
        for (Index k = 0; k < letters_.count(); ++k) space_.letters.push_back(k);
        begins_.push_back(top_.parameter_count());
        for (const JoinedStep& step : steps_) begins_.push_back(begins_.back() + step.parameter_count());
    }

    const JoinedSpace& space() const { return space_; }
    /// The potential of X_top.
    const Top& top() const { return top_; }
    const JoinedLetters& letters() const { return letters_; }
    double beta() const { return beta_; }
    Index parameter_count() const { return begins_.back(); }
    std::vector<std::string> parameter_names() const {
        std::vector<std::string> names = detail::coarse_names_of(top_);
        for (std::size_t k = 0; k < steps_.size(); ++k)
            for (const std::string& name : steps_[k].names)
                names.push_back("level_" + to_text(static_cast<Index>(k) + 2) + "." + name);
        return names;
    }
    Vector start() const {
        Vector all = start_of(top_);
        for (const JoinedStep& step : steps_) all = linalg::joined(all, step.start);
        return all;
    }
    /// So that the coordinates z are those of all levels.
    Vector scales() const {
        Vector all = scales_of(top_);
        for (const JoinedStep& step : steps_) {
            Vector own = step.scales;
            linalg::multiply(own, beta_);
            all = linalg::joined(all, own);
        }
        return all;
    }

    Window window() const {
        Window all = top_.window();
        for (std::size_t k = 0; k < steps_.size(); ++k) {
            const Window own = steps_[k].geometry.chain_window();
            const Index n = letters_.sites(k + 1);
            all = common_window(all, Window{(n - 1 + own.width - 1) / n + 1, own.boundary});
        }
        return all;
    }
    bool translation_invariant() const { return is_translation_invariant(top_); }

    double local_energy(Index i, std::span<const Index> w, const Vector& theta) const {
        double sum = predcg::local_energy(top_, i, top_window(w), theta_of(theta));
        for_each_block(w, theta, [&](const JoinedStep& step, auto around, auto x, const Vector& eta, Index) {
            sum -= step.log_density(around, x, eta) / beta_;
        });
        return sum;
    }
    Vector local_parameter_gradient(Index i, std::span<const Index> w, const Vector& theta) const {
        Vector all = Vector::Zero(parameter_count());
        const auto own = predcg::local_parameter_gradient(top_, i, top_window(w), theta_of(theta));
        for (Index k = 0; k < begins_[0]; ++k) all[k] = own[k];
        for_each_block(w, theta,
                       [&](const JoinedStep& step, auto around, auto x, const Vector& eta, Index at) {
                           const Expansion e = step.expansion(around, x, eta);
                           for (Index k = 0; k < e.gradient.size(); ++k) all[at + k] -= e.gradient[k] / beta_;
                       });
        return all;
    }
    Matrix local_parameter_hessian(Index i, std::span<const Index> w, const Vector& theta) const {
        Matrix all = Matrix::Zero(parameter_count(), parameter_count());
        if constexpr (!LinearCoarsePotential<Top>)
            all.topLeftCorner(begins_[0], begins_[0]) =
                predcg::local_parameter_hessian(top_, i, top_window(w), theta_of(theta));
        for_each_block(w, theta,
                       [&](const JoinedStep& step, auto around, auto x, const Vector& eta, Index at) {
                           const Expansion e = step.expansion(around, x, eta);
                           for (Index k = 0; k < e.gradient.size(); ++k)
                               for (Index l = 0; l < e.gradient.size(); ++l)
                                   all(at + l, at + k) -= e.hessian(l, k) / beta_;
                       });
        return all;
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
    static std::vector<double> alphabet(const Top& top) {
        std::vector<double> all;
        const auto& space = top.space();
        for (const Letter& letter : space.values()) all.push_back(static_cast<double>(letter));
        return all;
    }
    Vector theta_of(const Vector& all) const { return linalg::part(all, 0, begins_[0]); }
    struct TopWindow {
        std::vector<Letter> letters;
        operator std::span<const Letter>() const { return letters; }
    };
    /// The top letters of a window, as many as the top's potential looks at.
    TopWindow top_window(std::span<const Index> w) const {
        TopWindow own;
        for (const Index letter : detail::narrow(w, top_.window()))
            own.letters.push_back(values_[static_cast<std::size_t>(letter % std::ssize(values_))]);
        return own;
    }

    /// f(step, window, block, eta, where eta begins) of all blocks whose windows begin at w's first site.
    template <class F>
    void for_each_block(std::span<const Index> w, const Vector& theta, F&& f) const {
        std::vector<double> around, x;
        for (std::size_t k = 0; k < steps_.size(); ++k) {
            const JoinedStep& step = steps_[k];
            const Vector eta = linalg::part(theta, begins_[k], step.parameter_count());
            const Index n = letters_.sites(k + 1), l = step.geometry.level();
            around.resize(static_cast<std::size_t>(step.geometry.window().width()));
            x.resize(static_cast<std::size_t>(l));
            const auto letter_of = [&](Index site) { return w[static_cast<std::size_t>(site / n)]; };
            for (Index s = 0; s < n; ++s) {
                for (Index o = 0; o < std::ssize(around); ++o)
                    around[static_cast<std::size_t>(o)] =
                        s + o < n * std::ssize(w) ? letters_.value(letter_of(s + o), k + 1, (s + o) % n)
                                                  : 0.0;
                const Index block = s - step.geometry.window().first;
                for (Index t = 0; t < l; ++t)
                    x[static_cast<std::size_t>(t)] = letters_.value(letter_of(block), k, block % n * l + t);
                f(step, std::span<const double>(around), std::span<const double>(x), eta, begins_[k]);
            }
        }
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

    Top top_;
    std::vector<JoinedStep> steps_;  // the finest first
    double beta_;
    JoinedLetters letters_;
    std::vector<Letter> values_;
    std::vector<Index> begins_;  // of the steps' parameters
    JoinedSpace space_;
};

/// Of a joined configuration, that of one level: X_1, or a higher one of the same type.
template <class X>
class LowerLetters {
public:
    explicit LowerLetters(const JoinedLetters& joined, std::size_t k = 0) : level_(joined.sites(k)) {
        for (Index letter = 0; letter < joined.count(); ++letter)
            for (Index s = 0; s < level_; ++s)
                letters_.push_back(static_cast<Letter>(joined.value(letter, k, s)));
    }

    using Letter = std::remove_cvref_t<decltype(std::declval<const X&>()[0])>;
    Index level() const { return level_; }
    /// Letter s of those at a joined letter.
    Letter operator()(Index letter, Index s) const {
        return letters_[static_cast<std::size_t>(letter * level_ + s)];
    }
    X of(std::span<const Index> Y) const {
        X lower{};
        if constexpr (Resizable<X>) lower.resize(Y.size() * static_cast<std::size_t>(level_));
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

/// The lowest level's map as one from the joined chain: p(x|X_1, eta_1), whatever the other levels are.
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
    /// What X_1 of a joined configuration is.
    const LowerLetters<X>& letters() const { return letters_; }

private:
    Map map_;
    LowerLetters<X> letters_;
};

/// The map of a joined model that draws X_1, or a level above it, in the place of x; the parameters are the
/// same, and unused: predict(posterior.with_models(posterior.coarse, ReadLower(posterior.map)), observable)
/// is the level between.
template <class Map>
class ReadLower {
    using X = typename Map::coarse_type;

public:
    using coarse_type = typename JoinedMap<Map>::coarse_type;
    using fine_type = X;

    explicit ReadLower(JoinedMap<Map> map) : map_(std::move(map)), letters_(map_.letters()) {}
    /// X_{k+1}, of the type of X_1, in the joined chain's letters (potential.letters()).
    ReadLower(JoinedMap<Map> map, const JoinedLetters& joined, std::size_t k)
        : map_(std::move(map)), letters_(joined, k) {}
    Index parameter_count() const { return map_.parameter_count(); }
    std::vector<std::string> parameter_names() const { return map_.parameter_names(); }
    template <RandomBits R>
    fine_type sample(const coarse_type& Y, const Vector&, R&) const {
        return letters_.of(Y);
    }

private:
    JoinedMap<Map> map_;
    LowerLetters<X> letters_;
};

namespace detail {

/// The joined grainer of a lowest level, the steps above it, and the top.
template <class Lower, class Top>
auto join(const Lower& lower, const Top& top, std::vector<JoinedStep> steps, PriorBlocks prior, double beta) {
    using Map = std::remove_cvref_t<decltype(lower.map())>;
    static_assert(!ObservedFactor<typename Lower::Problem::LatentFactor>,
                  "predcg: where the lowest map says what X is, fit the levels above to that X");
    JoinedPotential potential(top.coarse(), std::move(steps), beta);
    JoinedMap<Map> map(lower.map(), LowerLetters<typename Map::coarse_type>(potential.letters()));
    const BlockPriors priors{std::move(prior), lower.prior().map};
    return EMCoarseGrainer{lower.fine(),   std::move(potential), std::move(map),
                           lower.engine(), lower.optimizer(),    priors};
}

/// (top's theta, eta_2, eta_3, ..; eta_1).
[[gnu::cold]] inline Parameters joined_parameters_of(const std::vector<const Estimate*>& levels) {
    Vector theta = levels.back()->parameters.theta;
    for (std::size_t k = 1; k < levels.size(); ++k) theta = linalg::joined(theta, levels[k]->parameters.eta);
    return {theta, levels[0]->parameters.eta};
}

}  // namespace detail

/// All levels of a hierarchy as one grainer, which learns them at once: the coarse variable is the chain of
/// Y = (X_1, .., X_top), and EM, Newton, posteriors, evidence and predictions are those of any grainer. Prior
/// and coordinates are those of all levels; engine and optimizer are the lowest level's.
///
/// Exact with TransferMatrix: Y is a chain of q letters, q_top times q_k^(sites of X_k below one of X_top) of
/// every level k below: 8 for two levels of spins and blocks of two, 128 for three. A ring costs q^(2 W - 1)
/// for each of its sites and data, W the window (mostly 2). Throws CostError for more than 4096 letters, and
/// the engine does before a call that would take too long. With MonteCarlo a move takes q energies.
///
/// All maps but the lowest are BlockMaps, and none is an ObservedMap: there the greedy fit is joint.
/// Parameters are (theta_top, eta_2, eta_3, ..) and eta_1.
template <class... Grainers>
auto joined(const Hierarchy<Grainers...>& hierarchy, double beta) {
    constexpr std::size_t count = sizeof...(Grainers);
    static_assert(count >= 2, "predcg: joined takes two levels or more");
    const auto& top = std::get<count - 1>(hierarchy.levels());
    std::vector<JoinedStep> steps;
    PriorBlocks prior;
    prior.add(top.prior().coarse, top.coarse().parameter_count());
    [&]<std::size_t... k>(std::index_sequence<k...>) {
        const auto add = [&](const auto& grainer) {
            steps.push_back(JoinedStep::of(grainer.map()));
            prior.add(grainer.prior().map, grainer.map().parameter_count());
        };
        (add(std::get<k + 1>(hierarchy.levels())), ...);
    }(std::make_index_sequence<count - 1>{});
    return detail::join(std::get<0>(hierarchy.levels()), top, std::move(steps), std::move(prior), beta);
}
/// The same for levels of one type. Throws ArgumentError for less than two.
template <class Grainer>
auto joined(const HierarchyOf<Grainer>& hierarchy, double beta) {
    const auto& levels = hierarchy.levels();
    require_range(std::ssize(levels), 2, std::numeric_limits<Index>::max(), "joined", "number of levels");
    const Grainer& top = levels.back();
    std::vector<JoinedStep> steps;
    PriorBlocks prior;
    prior.add(top.prior().coarse, top.coarse().parameter_count());
    for (std::size_t k = 1; k < levels.size(); ++k) {
        steps.push_back(JoinedStep::of(levels[k].map()));
        prior.add(levels[k].prior().map, levels[k].map().parameter_count());
    }
    return detail::join(levels[0], top, std::move(steps), std::move(prior), beta);
}
/// The same for two levels.
template <class Lower, class Upper>
auto joined(const Lower& lower, const Upper& upper, double beta) {
    return joined(Hierarchy<Lower, Upper>(lower, upper), beta);
}

/// The parameters of a joined grainer that are those of the levels' fits, where it begins:
/// FitSettings::start.
inline Parameters joined_parameters(const Estimate& lower, const Estimate& upper) {
    return detail::joined_parameters_of({&lower, &upper});
}
/// Those of a hierarchy's fit.
template <class HierarchyFits>
    requires detail::HasLevels<HierarchyFits>
Parameters joined_parameters(const HierarchyFits& fit) {
    std::vector<const Estimate*> levels;
    detail::for_each_of(fit.levels, [&](const auto& level) { levels.push_back(&level.fit); });
    return detail::joined_parameters_of(levels);
}

/// A posterior of the joined grainer as one of HierarchyFit::model(), whose estimate is `whole`: draws of
/// (theta_top; eta_1, eta_2, ..).
[[gnu::cold]] inline PosteriorResult unjoined(PosteriorResult joint, Estimate whole) {
    const Index p = whole.parameters.theta.size(), first = joint.fit.parameters.eta.size(),
                size = p + whole.parameters.eta.size();
    require_equal(joint.parameter_count(), size, "unjoined", "number of parameters", "that of the hierarchy");
    const auto place = [&](Index k) { return k < p ? k : k < p + first ? size - first + k - p : k - first; };
    PosteriorResult result = joint;
    for (Index k = 0; k < size; ++k) {
        for (Index d = 0; d < joint.draw_count(); ++d) result.draws(k, d) = joint.draws(place(k), d);
        result.mean[k] = joint.mean[place(k)];
        result.sd[k] = joint.sd[place(k)];
        for (Index l = 0; l < size; ++l) result.covariance(k, l) = joint.covariance(place(k), place(l));
        if (!joint.diagnostics.empty())
            result.diagnostics[static_cast<std::size_t>(k)] =
                joint.diagnostics[static_cast<std::size_t>(place(k))];
    }
    result.fit = std::move(whole);
    return result;
}

}  // namespace predcg
