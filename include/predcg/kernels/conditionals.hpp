#pragma once
// What single-site kernels need of a target: the weights of a site's letters, given all other sites.
#include <predcg/chains/tables.hpp>
#include <predcg/concepts/site_classes.hpp>
#include <predcg/concepts/target.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/neighbours.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace predcg::detail {

/// The place of every letter of X in the alphabet.
template <FiniteSpace S>
void places_of(const S& space, const configuration_t<S>& X, std::vector<Index>& places) {
    const auto& letters = space.values();
    const auto q = static_cast<Index>(std::ranges::size(letters));
    places.resize(static_cast<std::size_t>(space.size()));
    for (std::size_t i = 0; i < places.size(); ++i) {
        Index a = 0;
        while (a < q && !(std::ranges::begin(letters)[a] == X[i])) ++a;
        require(a < q, "sampling", "letter at site", static_cast<Index>(i), "a letter of the alphabet");
        places[i] = a;
    }
}

/// Weights of q letters into the probabilities of the first 1, 2, ..., q: 1 from the last possible one on.
inline void cumulate(double* w, Index q) {
    Index last = 0;
    double sum = 0.0;
    for (Index a = 0; a < q; ++a) {
        if (w[a] > 0.0) last = a;
        sum += w[a];
    }
    double below = 0.0;
    for (Index a = 0; a < q; ++a) {
        below += w[a];
        w[a] = a < last ? below / sum : 1.0;
    }
}

/// Neighbourhoods of the sites of a list, as numbers: letters of the neighbours as digits.
class Neighbourhoods {
public:
    Neighbourhoods() = default;
    /// Throws ArgumentError unless the list is empty or of so many sites.
    Neighbourhoods(NeighbourList list, Index sites, Index letters)
        : list_(std::move(list)), sites_(sites), letters_(letters) {
        if (list_.size() > 0)
            require_equal(list_.size(), sites, "sampling", "sites of neighbours()", "the space's");
    }

    Index most() const { return list_.most(); }
    std::span<const Index> of(Index i) const {
        return list_.size() > 0 ? list_[i] : std::span<const Index>{};
    }
    /// How many a site may have, all sites together: a double, since it may be any number.
    double count() const { return std::pow(static_cast<double>(letters_), static_cast<double>(most())); }
    /// Of site i, given the places of all letters.
    Index code(Index i, const std::vector<Index>& places) const {
        Index code = 0;
        for (const Index j : of(i)) code = code * letters_ + places[static_cast<std::size_t>(j)];
        return code;
    }
    /// Sites that do not see each other one after the other.
    const std::vector<Index>& coloured_order() const {
        if (order_.empty()) {
            order_ = list_.size() > 0 ? list_.coloured_order()
                                      : std::vector<Index>(static_cast<std::size_t>(sites_));
            if (list_.size() == 0) std::iota(order_.begin(), order_.end(), Index{0});
        }
        return order_;
    }

private:
    NeighbourList list_;
    Index sites_ = 0, letters_ = 0;
    mutable std::vector<Index> order_;  // once it was asked for
};

/// Numbers of the sites' kinds: sites of a kind have the same conditional probabilities, given the letters of
/// their neighbours in the order of the list.
template <class T>
std::vector<Index> site_kinds(const T& target, const Neighbourhoods& around, Index sites) {
    std::vector<Index> kinds(static_cast<std::size_t>(sites));
    std::iota(kinds.begin(), kinds.end(), Index{0});
    const bool invariant = is_translation_invariant(target);
    if (!invariant && !ClassifiedSites<T>) return kinds;
    std::map<std::pair<Index, Index>, Index> numbers;  // of classes and numbers of neighbours
    for (Index i = 0; i < sites; ++i) {
        Index site_class = 0;
        if constexpr (ClassifiedSites<T>)
            if (!invariant) site_class = target.site_class(i);
        const auto found =
            numbers.try_emplace({site_class, std::ssize(around.of(i))}, std::ssize(numbers)).first;
        kinds[static_cast<std::size_t>(i)] = found->second;
    }
    return kinds;
}

/// Any target on a finite space: from log_density_difference where it has one, else from whole log densities.
/// Where it says which sites see each other, what follows from a neighbourhood is kept: a site's conditional
/// probabilities are computed where it meets a neighbourhood first.
template <FiniteTarget T>
class LocalConditionals {
    using Configuration = configuration_t<space_t<T>>;
    static constexpr bool knows_neighbours = LocalTarget<T> && HasNeighbours<T>;

public:
    explicit LocalConditionals(const T& target)
        : target_(&target), sites_(target.space().size()),
          letters_(static_cast<Index>(std::ranges::size(target.space().values()))),
          row_(static_cast<std::size_t>(letters_)) {
        if constexpr (knows_neighbours) {
            around_ = Neighbourhoods(target.neighbours(), sites_, letters_);
            kinds_ = site_kinds(target, around_, sites_);
            const double count = around_.count();
            const Index kinds = 1 + *std::max_element(kinds_.begin(), kinds_.end());
            if (count * static_cast<double>(kinds * letters_) <= most_kept &&
                count * static_cast<double>(kinds) <= 64.0 * static_cast<double>(sites_)) {
                neighbourhoods_ = static_cast<Index>(count);
                kept_.assign(static_cast<std::size_t>(neighbourhoods_ * kinds * letters_),
                             std::numeric_limits<double>::quiet_NaN());
            }
        }
    }

    Index sites() const { return sites_; }
    Index letters() const { return letters_; }
    /// Sites further apart than this do not see each other; -1: not known.
    Index range() const { return -1; }
    bool periodic() const { return true; }
    const std::vector<Index>& coloured_order() const
        requires knows_neighbours
    {
        return around_.coloured_order();
    }

    void load(Configuration& X) {
        X_ = &X;
        places_of(target_->space(), X, places_);
    }
    void store(Configuration&) {}

    Index place(Index i) const { return places_[static_cast<std::size_t>(i)]; }
    void set(Index i, Index a) {
        places_[static_cast<std::size_t>(i)] = a;
        (*X_)[static_cast<std::size_t>(i)] = letter(a);
    }

    /// P(X_i <= a | all others), letters in the order of the alphabet.
    const double* cumulative(Index i) {
        return kept(i, [&](double* row) {
            weigh(i, row);
            cumulate(row, letters_);
        });
    }

    /// u < pi(X with X_i := a) / pi(X).
    bool accepts(Index i, Index a, double u) {
        if (neighbourhoods_ == 0) return u < std::exp(log_ratio(i, a));
        const double* row = kept(i, [&](double* weights) { weigh(i, weights); });
        return u * row[place(i)] < row[a];
    }

private:
    static constexpr double most_kept = 1 << 20;  // numbers

    letter_t<space_t<T>> letter(Index a) const {
        const auto& space = target_->space();  // may be a value
        const auto& letters = space.values();
        return std::ranges::begin(letters)[a];
    }

    /// What make writes of site i in its neighbourhood. A sampler asks for cumulative or for accepts, not
    /// both.
    template <class Make>
    const double* kept(Index i, Make&& make) {
        if (neighbourhoods_ == 0) {
            make(row_.data());
            return row_.data();
        }
        const Index kind = kinds_[static_cast<std::size_t>(i)];
        double* row = kept_.data() + (kind * neighbourhoods_ + around_.code(i, places_)) * letters_;
        if (std::isnan(*row)) [[unlikely]]
            make(row);
        return row;
    }

    /// Weights of the letters of site i; the largest is 1.
    void weigh(Index i, double* w) {
        constexpr double infinity = std::numeric_limits<double>::infinity();
        const auto ratios = [&] {
            for (Index a = 0; a < letters_; ++a) w[a] = log_ratio(i, a);
            return *std::max_element(w, w + letters_);
        };
        double top = ratios();
        if (top == infinity) {  // X_i is impossible here: from a letter that is not
            const Index here = place(i);
            set(i, std::max_element(w, w + letters_) - w);
            top = ratios();
            set(i, here);
        }
        for (Index a = 0; a < letters_; ++a) w[a] = w[a] < top ? std::exp(w[a] - top) : 1.0;
    }

    double log_ratio(Index i, Index a) const {
        if (a == place(i)) return 0.0;
        double value = 0.0;
        if constexpr (LocalTarget<T>) {
            value = target_->log_density_difference(*X_, i, letter(a));
        } else {
            Configuration other = *X_;
            other[static_cast<std::size_t>(i)] = letter(a);
            value = target_->log_density(other);
            if (value > -std::numeric_limits<double>::infinity()) value -= target_->log_density(*X_);
        }
        if (std::isnan(value)) throw NumericalError("sampling: the log density is NaN");
        return value;
    }

    const T* target_;
    Index sites_, letters_;
    Configuration* X_ = nullptr;
    std::vector<Index> places_;
    Neighbourhoods around_;
    std::vector<Index> kinds_;  // of the sites
    Index neighbourhoods_ = 0;  // of a kind, where rows are kept
    std::vector<double> kept_, row_;
};

/// A chain: products of tabulated window weights, no exponential in the sweep; sums of their logarithms where
/// such products could underflow. Where a site's neighbourhoods are few, what follows from them is tabulated,
/// too.
template <ChainTarget T>
class ChainConditionals {
    using Space = space_t<T>;

public:
    explicit ChainConditionals(const T& target)
        : space_(target.space()), shape_(chain_shape(space_, target.window(), "sampling")),
          tables_(shape_, target, "sampling") {
        for (Index k = shape_.width - 1, power = 1; k >= 0; --k, power *= shape_.letters)
            powers_.insert(powers_.begin(), power);
        padded_.assign(static_cast<std::size_t>(shape_.sites + 2 * (shape_.width - 1)), 0);
        cumulative_.resize(static_cast<std::size_t>(shape_.letters));
        const double neighbourhoods =
            std::pow(static_cast<double>(shape_.letters), 2.0 * static_cast<double>(range()));
        if (neighbourhoods <= most_neighbourhoods && shape_.sites > 2 * range())
            tabulate_conditionals(static_cast<Index>(neighbourhoods));
    }

    Index sites() const { return shape_.sites; }
    Index letters() const { return shape_.letters; }
    Index range() const { return shape_.width - 1; }
    bool periodic() const { return shape_.periodic; }

    void load(const configuration_t<Space>& X) {
        const auto& letters = space_.values();
        Index i = 0;
        while (i < shape_.sites && std::ranges::begin(letters)[place(i)] == X[static_cast<std::size_t>(i)])
            ++i;
        if (i == shape_.sites) return;  // as the last sweep left it
        places_of(space_, X, places_);
        for (i = 0; i < shape_.sites; ++i) set(i, places_[static_cast<std::size_t>(i)]);
    }
    void store(configuration_t<Space>& X) const {
        const auto& letters = space_.values();
        for (Index i = 0; i < shape_.sites; ++i)
            X[static_cast<std::size_t>(i)] = std::ranges::begin(letters)[place(i)];
    }

    Index place(Index i) const { return padded_[static_cast<std::size_t>(i + range())]; }
    void set(Index i, Index a) {
        Index* at = padded_.data() + range() + i;
        *at = a;
        if (!shape_.periodic) return;
        if (i < range()) at[shape_.sites] = a;
        if (i >= shape_.sites - range()) at[-shape_.sites] = a;
    }

    /// P(X_i <= a | all others), letters in the order of the alphabet.
    const double* cumulative(Index i) {
        if (neighbourhoods_ > 0) return row(cumulatives_, i);
        weights(i, cumulative_.data());
        cumulate(cumulative_.data(), shape_.letters);
        return cumulative_.data();
    }

    /// u < pi(X with X_i := a) / pi(X).
    bool accepts(Index i, Index a, double u) const {
        if (neighbourhoods_ > 0) {
            const double* w = row(weights_, i);
            return u * w[place(i)] < w[a];
        }
        if (tables_.may_need_balance()) {
            double change = 0.0, below = 0.0;  // an impossible letter is left for any that is possible
            for_each_covering<true>(i, [&](const double* table, Index base, Index step) {
                const double here = table[base + place(i) * step];
                below += here;
                change += table[base + a * step] - (here > impossible ? here : 0.0);
            });
            return change > impossible && (below == impossible || u < std::exp(change));
        }
        double above = 1.0, below = 1.0;
        for_each_covering(i, [&](const double* table, Index base, Index step) {
            above *= table[base + a * step];
            below *= table[base + place(i) * step];
        });
        return u * below < above;
    }

private:
    static constexpr double most_neighbourhoods = 16.0;
    static constexpr double impossible = -std::numeric_limits<double>::infinity();

    /// The largest is 1 where products could underflow.
    void weights(Index i, double* w) const {
        if (tables_.may_need_balance()) {
            std::fill(w, w + shape_.letters, 0.0);
            for_each_covering<true>(i, [&](const double* table, Index base, Index step) {
                for (Index a = 0; a < shape_.letters; ++a) w[a] += table[base + a * step];
            });
            const double top = *std::max_element(w, w + shape_.letters);
            for (Index a = 0; a < shape_.letters; ++a) w[a] = w[a] > impossible ? std::exp(w[a] - top) : 0.0;
            return;
        }
        std::fill(w, w + shape_.letters, 1.0);
        for_each_covering(i, [&](const double* table, Index base, Index step) {
            for (Index a = 0; a < shape_.letters; ++a) w[a] *= table[base + a * step];
        });
    }

    /// The entries of site i's letters in its present neighbourhood.
    const double* row(const std::vector<double>& table, Index i) const {
        const Index* at = padded_.data() + range() + i;
        const Index q = shape_.letters;
        const double* first = table.data() + i * neighbourhoods_ * q;
        if (range() == 1) return first + at[1] * q + at[-1] * neighbourhoods_;  // q^2 of them
        Index code = 0;
        for (Index k = -range(); k <= range(); ++k)
            if (k != 0) code = code * q + at[k];
        return first + code * q;
    }

    void tabulate_conditionals(Index neighbourhoods) {
        const Index q = shape_.letters, n = shape_.sites;
        weights_.resize(static_cast<std::size_t>(n * neighbourhoods * q));
        for (Index i = 0; i < n; ++i)
            for (Index code = 0; code < neighbourhoods; ++code) {
                Index rest = code;
                Index* at = padded_.data() + range() + i;
                for (Index k = range(); k >= -range(); --k)
                    if (k != 0) {
                        at[k] = rest % q;
                        rest /= q;
                    }
                weights(i, weights_.data() + (i * neighbourhoods + code) * q);
            }
        std::fill(padded_.begin(), padded_.end(), 0);
        cumulatives_ = weights_;
        for (Index k = 0; k < n * neighbourhoods; ++k) cumulate(cumulatives_.data() + k * q, q);
        neighbourhoods_ = neighbourhoods;
    }

    /// Calls f(table of weights, or of their logarithms, code with X_i = 0, code step of X_i) for every
    /// window that holds site i.
    template <bool logs = false, class F>
    void for_each_covering(Index i, F&& f) const {
        const Index width = shape_.width;
        for (Index back = 0; back < width; ++back) {
            const Index j = i - back;  // first site of the window
            if (j < 0 && !shape_.periodic) break;
            const Index* window = padded_.data() + range() + j;
            Index base = 0;
            for (Index k = 0; k < width; ++k)
                if (k != back) base += window[k] * powers_[static_cast<std::size_t>(k)];
            const Index site = j < 0 ? j + shape_.sites : j;
            f(logs ? tables_.logs_at(site) : tables_.at(site), base, powers_[static_cast<std::size_t>(back)]);
        }
    }

    Space space_;
    ChainShape shape_;
    WeightTables tables_;
    std::vector<Index> powers_;
    std::vector<Index> places_;
    std::vector<Index> padded_;  // `range` letters more on both sides: the ring's, or letter 0
    Index neighbourhoods_ = 0;   // of a site, where they are tabulated
    std::vector<double> weights_, cumulatives_, cumulative_;
};

template <FiniteTarget T>
auto conditionals(const T& target) {
    if constexpr (ChainTarget<T>)
        return ChainConditionals<T>(target);
    else
        return LocalConditionals<T>(target);
}

}  // namespace predcg::detail
