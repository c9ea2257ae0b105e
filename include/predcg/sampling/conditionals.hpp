#pragma once
// What single-site kernels need of a target: the weights of a site's letters, given all other sites.
#include <predcg/concepts/target.hpp>
#include <predcg/core/error.hpp>
#include <predcg/engines/chain_problem.hpp>

#include <algorithm>
#include <cmath>
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

/// Any target on a finite space: from log_ratio where it has one, else from whole log densities.
template <FiniteTarget T>
class LocalConditionals {
    using Configuration = configuration_t<target_space_t<T>>;

public:
    explicit LocalConditionals(const T& target) : target_(&target) {}

    Index sites() const { return target_->space().size(); }
    Index letters() const { return static_cast<Index>(std::ranges::size(target_->space().values())); }
    /// Sites further apart than this do not see each other; -1: not known.
    Index range() const { return -1; }
    bool periodic() const { return true; }

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

    /// w[a] proportional to pi(X with X_i := a), the largest of order one.
    void weights(Index i, double* w) const {
        double top = -std::numeric_limits<double>::infinity();
        for (Index a = 0; a < letters(); ++a) top = std::max(top, w[a] = log_ratio(i, a));
        for (Index a = 0; a < letters(); ++a) w[a] = w[a] < top ? std::exp(w[a] - top) : 1.0;
    }

    /// pi(X with X_i := a) / pi(X).
    double ratio(Index i, Index a) const { return std::exp(log_ratio(i, a)); }

private:
    letter_t<target_space_t<T>> letter(Index a) const {
        const auto& letters = target_->space().values();
        return std::ranges::begin(letters)[a];
    }

    double log_ratio(Index i, Index a) const {
        if (a == place(i)) return 0.0;
        double value = 0.0;
        if constexpr (LocalTarget<T>) {
            value = target_->log_ratio(*X_, i, letter(a));
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
    Configuration* X_ = nullptr;
    std::vector<Index> places_;
};

/// A chain: products of tabulated window weights, no exponential in the sweep. Products of the weights of
/// up to `width` windows must not underflow: energy differences of up to about 700 / (beta width).
template <ChainTarget T>
class ChainConditionals {
    using Space = target_space_t<T>;

public:
    explicit ChainConditionals(const T& target)
        : space_(target.space()), shape_(chain_shape(space_, target.window(), "sampling")),
          tables_(shape_, target, "sampling") {
        for (Index k = shape_.width - 1, power = 1; k >= 0; --k, power *= shape_.letters)
            powers_.insert(powers_.begin(), power);
        padded_.assign(static_cast<std::size_t>(shape_.sites + 2 * (shape_.width - 1)), 0);
    }

    Index sites() const { return shape_.sites; }
    Index letters() const { return shape_.letters; }
    Index range() const { return shape_.width - 1; }
    bool periodic() const { return shape_.periodic; }

    void load(const configuration_t<Space>& X) {
        places_of(space_, X, places_);
        for (Index i = 0; i < shape_.sites; ++i) set(i, places_[static_cast<std::size_t>(i)]);
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

    void weights(Index i, double* w) const {
        std::fill(w, w + shape_.letters, 1.0);
        for_each_covering(i, [&](const double* table, Index base, Index step) {
            for (Index a = 0; a < shape_.letters; ++a) w[a] *= table[base + a * step];
        });
    }

    double ratio(Index i, Index a) const {
        double above = 1.0, below = 1.0;
        for_each_covering(i, [&](const double* table, Index base, Index step) {
            above *= table[base + a * step];
            below *= table[base + place(i) * step];
        });
        return above / below;
    }

private:
    /// Calls f(table, code with X_i = 0, code step of X_i) for every window that holds site i.
    template <class F>
    void for_each_covering(Index i, F&& f) const {
        const Index width = shape_.width;
        for (Index back = 0; back < width; ++back) {
            const Index j = i - back;  // first site of the window
            if (j < 0 && !shape_.periodic) break;
            const Index* window = padded_.data() + range() + j;
            Index base = 0;
            for (Index k = 0; k < width; ++k)
                if (k != back) base += window[k] * powers_[static_cast<std::size_t>(k)];
            f(tables_.at(j < 0 ? j + shape_.sites : j), base, powers_[static_cast<std::size_t>(back)]);
        }
    }

    Space space_;
    ChainShape shape_;
    WeightTables tables_;
    std::vector<Index> powers_;
    std::vector<Index> places_;
    std::vector<Index> padded_;  // `range` letters more on both sides: the ring's, or letter 0
};

template <FiniteTarget T>
auto conditionals(const T& target) {
    if constexpr (ChainTarget<T>)
        return ChainConditionals<T>(target);
    else
        return LocalConditionals<T>(target);
}

}  // namespace predcg::detail
