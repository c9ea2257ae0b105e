#pragma once
// Moments of numbers that letters stand for.
#include <predcg/core/error.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/window.hpp>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace predcg {

/// E[v(x_i)|X] and E[v(x_i) v(x_j)|X] of `level` letters x above each site of X that are drawn independently,
/// given the letter there (concept ChainConditionalMoments). v are numbers that the letters x stand for.
template <class Letter>
class LetterMoments {
public:
    /// For `sites` letters X of an alphabet, mean and mean square of v(x) given each of them. Throws
    /// ArgumentError for other numbers of these than letters.
    LetterMoments(std::vector<Letter> alphabet, Index sites, Index level, Vector mean, Vector square)
        : alphabet_(std::move(alphabet)), sites_(sites), level_(level), mean_(std::move(mean)),
          square_(std::move(square)) {
        for (const Vector* v : {&mean_, &square_})
            require_equal(v->size(), std::ssize(alphabet_), "LetterMoments", "numbers",
                          "the number of letters");
    }

    /// Of x = X: a number for each letter of the alphabet.
    LetterMoments(std::vector<Letter> alphabet, Index sites, const Vector& values)
        : LetterMoments(std::move(alphabet), sites, 1, values, squares_of(values)) {}

    /// How many numbers v(x) there are.
    Index size() const { return sites_ * level_; }
    Window window() const { return {}; }
    bool translation_invariant() const { return true; }

    SiteRange sites_of(Index i) const { return {i * level_, level_}; }
    /// Of the letters above site i.
    SiteMoments local(Index, std::span<const Letter> w) const { return joint(w); }
    /// Of all.
    template <class X>
    SiteMoments operator()(const X& configuration) const {
        return joint(configuration);
    }

private:
    static Vector squares_of(Vector values) {
        for (double& v : values) v *= v;
        return values;
    }

    template <class X>
    SiteMoments joint(const X& letters) const {
        const Index n = static_cast<Index>(letters.size()) * level_;
        Vector mean(n);
        for (Index i = 0; i < n; ++i) mean[i] = mean_[place(letters, i)];
        Matrix second(n, n);
        for (Index j = 0; j < n; ++j) {
            for (Index i = 0; i < n; ++i) second(i, j) = mean[i] * mean[j];
            second(j, j) = square_[place(letters, j)];
        }
        return {std::move(mean), std::move(second)};
    }
    /// Of the letter below x_i.
    template <class X>
    Index place(const X& letters, Index i) const {
        const auto at = std::ranges::find(alphabet_, letters[static_cast<std::size_t>(i / level_)]);
        return at - alphabet_.begin();
    }

    std::vector<Letter> alphabet_;
    Index sites_, level_;
    Vector mean_, square_;
};

}  // namespace predcg
