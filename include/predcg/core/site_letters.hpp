#pragma once
#include <predcg/core/error.hpp>

#include <array>
#include <cmath>
#include <compare>
#include <cstddef>
#include <span>
#include <vector>

namespace predcg {

/// Letters at the sites of a finite space, independent of each other: what a deterministic map says of X
/// where several letters fit a site equally well (a tie).
template <class Letter>
class SiteLetters {
public:
    /// The next site has this letter.
    void add(const Letter& letter) { add(std::span(&letter, 1), std::array{1.0}); }

    /// The next site has one of these, each as likely as the others.
    void add_tie(std::span<const Letter> letters) {
        const std::vector<double> fair(letters.size(), 1.0 / static_cast<double>(letters.size()));
        add(letters, fair);
    }

    /// The next site has one of these, with these probabilities. Throws ArgumentError for no letter, another
    /// number of probabilities, or such that are not > 0 or do not sum to 1 (to 1e-12).
    void add(std::span<const Letter> letters, std::span<const double> probabilities) {
        require(!letters.empty(), "SiteLetters::add", "number of letters", Index{0}, "at least one");
        require_equal(std::ssize(probabilities), std::ssize(letters), "SiteLetters::add",
                      "number of probabilities", "the number of letters");
        double sum = 0.0;
        for (const double p : probabilities) {
            require_positive(p, "SiteLetters::add", "probability");
            sum += p;
        }
        require(std::abs(sum - 1.0) <= 1e-12, "SiteLetters::add", "sum of probabilities", sum, "1");
        letters_.insert(letters_.end(), letters.begin(), letters.end());
        probabilities_.insert(probabilities_.end(), probabilities.begin(), probabilities.end());
        ends_.push_back(letters_.size());
    }

    Index size() const { return std::ssize(ends_); }
    /// Letters that the site may have.
    std::span<const Letter> letters(Index site) const { return cut(letters_, site); }
    /// Their probabilities, in the same order.
    std::span<const double> probabilities(Index site) const { return cut(probabilities_, site); }

    friend bool operator==(const SiteLetters&, const SiteLetters&) = default;
    friend auto operator<=>(const SiteLetters&, const SiteLetters&) = default;

private:
    template <class T>
    std::span<const T> cut(const std::vector<T>& all, Index site) const {
        const auto i = static_cast<std::size_t>(site);
        const std::size_t first = i == 0 ? 0 : ends_[i - 1];
        return std::span(all).subspan(first, ends_[i] - first);
    }

    std::vector<Letter> letters_;
    std::vector<double> probabilities_;
    std::vector<std::size_t> ends_;
};

namespace detail {
template <class T>
inline constexpr bool is_site_letters = false;
template <class Letter>
inline constexpr bool is_site_letters<SiteLetters<Letter>> = true;
}  // namespace detail

}  // namespace predcg
