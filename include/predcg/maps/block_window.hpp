#pragma once
// What a block of fine sites sees of the coarse chain, and how blocks are numbered.
#include <predcg/core/error.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/types.hpp>
#include <predcg/core/window.hpp>

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace predcg {

/// The coarse letters that block r depends on: X_{r+first} .. X_{r+last}, first <= 0 <= last.
struct BlockWindow {
    Index first = 0;
    Index last = 0;

    Index width() const { return last - first + 1; }
    friend bool operator==(const BlockWindow&, const BlockWindow&) = default;
};

/// The blocks of a datum by number: pattern = sum_s place(x_rs) q^(l-1-s), with the places of the fine
/// letters in their alphabet of q. All that q(X|x) needs of a datum; data with equal patterns are one.
struct BlockPatterns {
    std::vector<std::uint32_t> patterns;  ///< one for each coarse site

    Index size() const { return std::ssize(patterns); }
    friend auto operator<=>(const BlockPatterns&, const BlockPatterns&) = default;

    /// Equal for equal patterns, and seldom else: prepare_data finds equal data by it.
    std::uint64_t hash() const {
        std::uint64_t h = 0;
        for (const std::uint32_t pattern : patterns) h = (h ^ pattern) * 0x9E3779B97F4A7C15u;
        return h ^ (h >> 32);
    }
};

namespace detail {

/// Blocks and windows as numbers. A cell is a pattern and a window, pattern * windows() + code; a window's
/// code is the base-q number of its letters' places, the first most significant. Open chains have one more
/// letter, a neighbour that is missing at an end, which counts as X = 0.
class BlockGeometry {
public:
    static constexpr Index most_cells = 1 << 20;
    static constexpr Index most_places = 20;  // two letters at each of them fill most_cells

    /// Throws ArgumentError for a level < 1, a window that does not hold its own site, an alphabet of fewer
    /// than two letters or with equal ones, or more than 2^20 cells.
    [[gnu::cold]] BlockGeometry(Index level, BlockWindow window, Boundary boundary,
                                std::vector<double> fine_letters, std::vector<double> coarse_letters,
                                std::string_view function)
        : level_(level), window_(window), boundary_(window.width() > 1 ? boundary : Boundary::periodic),
          fine_(std::move(fine_letters)), coarse_(std::move(coarse_letters)) {
        require(level >= 1, function, "level", level, "an integer >= 1");
        require(window.first <= 0 && window.last >= 0, function, "window",
                to_text(window.first) + " to " + to_text(window.last), "one that holds offset 0");
        require_alphabet(fine_, function, "fine letters");
        require_alphabet(coarse_, function, "coarse letters");
        const double q = static_cast<double>(fine_.size());
        const double patterns = std::pow(q, static_cast<double>(level));
        const double windows = std::pow(static_cast<double>(base()), static_cast<double>(window.width()));
        require(patterns * windows <= double{most_cells}, function, "patterns of a block times windows",
                patterns * windows, "at most 2^20");
        patterns_ = static_cast<Index>(std::llround(patterns));
        windows_ = static_cast<Index>(std::llround(windows));
        if (!is_open() || window.first == 0) return;
        const double joint = std::pow(patterns, 1.0 - static_cast<double>(window.first));
        require(joint <= 16.0 * most_cells, function, "patterns of the blocks at an open end", joint,
                "at most 2^24");
        joint_ = static_cast<Index>(std::llround(joint));
    }

    Index level() const { return level_; }
    BlockWindow window() const { return window_; }
    bool is_open() const { return boundary_ == Boundary::open; }
    /// The same as a window of the chain.
    Window chain_window() const { return {window_.width(), boundary_}; }
    const std::vector<double>& fine_letters() const { return fine_; }
    const std::vector<double>& coarse_letters() const { return coarse_; }
    bool is_coarse_letter(double value) const { return place_of(coarse_, value) >= 0; }
    Index patterns() const { return patterns_; }
    Index windows() const { return windows_; }
    Index cells() const { return patterns_ * windows_; }
    /// Blocks whose windows begin at a site, at most: more than one at an open end alone.
    Index blocks_at_a_site() const { return is_open() ? 1 - window_.first : 1; }

    /// The blocks of a configuration. Throws ArgumentError where the level does not divide its size, or a
    /// letter is none of the alphabet's.
    template <class X>
    BlockPatterns encode(const X& x, std::string_view function) const {
        const auto n = static_cast<Index>(x.size());
        if (n <= 0 || n % level_ != 0)
            argument_error(function, "number of fine sites", to_text(n),
                           "a positive multiple of the level " + to_text(level_));
        BlockPatterns blocks{std::vector<std::uint32_t>(static_cast<std::size_t>(n / level_), 0)};
        for (Index i = 0; i < n; ++i) {
            const auto value = static_cast<double>(x[static_cast<std::size_t>(i)]);
            const Index place = place_of(fine_, value);
            if (place < 0)
                argument_error(function, "letter at site " + to_text(i), to_text(value), text(fine_));
            auto& pattern = blocks.patterns[static_cast<std::size_t>(i / level_)];
            pattern = pattern * static_cast<std::uint32_t>(fine_.size()) + static_cast<std::uint32_t>(place);
        }
        return blocks;
    }

    /// The letters of a block.
    void decode(Index pattern, std::span<double> x) const { decode(pattern, x, fine_); }
    /// The same, a value in the place of each letter.
    void decode(Index pattern, std::span<double> x, const std::vector<double>& values) const {
        const auto q = static_cast<Index>(fine_.size());
        for (Index s = level_ - 1; s >= 0; --s, pattern /= q)
            x[static_cast<std::size_t>(s)] = values[static_cast<std::size_t>(pattern % q)];
    }
    /// The letters of a window, 0 where they are missing. False for a window that no block has: with
    /// something missing within.
    bool decode_window(Index code, std::span<double> w) const {
        const Index q = base(), absent = static_cast<Index>(coarse_.size());
        bool left = false, right = false;  // of the site itself and beyond
        for (Index k = window_.width() - 1; k >= 0; --k, code /= q) {
            const bool missing = code % q == absent;
            const Index offset = window_.first + k;
            if (missing && offset == 0) return false;
            if (!missing && offset > 0) right = true;
            if (missing && offset > 0 && right) return false;  // nearer to the site than one that is there
            if (missing && offset < 0) left = true;
            if (!missing && offset < 0 && left) return false;
            w[static_cast<std::size_t>(k)] = missing ? 0.0 : coarse_[static_cast<std::size_t>(code % q)];
        }
        return true;
    }

    /// The blocks, of n, that belong to the window of site i.
    SiteRange blocks_of(Index n, Index i) const {
        if (!is_open()) return {behind(i, n), 1};
        const Index first = i == 0 ? 0 : i - window_.first, last = std::min(i - window_.first, n - 1);
        return {first, std::max<Index>(0, last - first + 1)};
    }
    /// The window code of block r, from the letters w of the window of site i, to which it belongs.
    template <class Letter>
    Index code_within(Index r, Index i, std::span<const Letter> w) const {
        Index code = 0;
        if (!is_open()) {
            for (const Letter& letter : w) code = code * base() + place(letter);
            return code;
        }
        for (Index k = r + window_.first - i; k <= r + window_.last - i; ++k)
            code = code * base() + (k < 0 || k >= std::ssize(w) ? static_cast<Index>(coarse_.size())
                                                                : place(w[static_cast<std::size_t>(k)]));
        return code;
    }
    /// Calls f(pattern, window code) for every block that belongs to the window of site i, with letters w.
    template <class Letter, class F>
    void visit(const BlockPatterns& blocks, Index i, std::span<const Letter> w, F&& f) const {
        const SiteRange range = blocks_of(blocks.size(), i);
        for (Index r = range.first; r < range.first + range.count; ++r)
            f(pattern(blocks, r), code_within(r, i, w));
    }
    /// The same for all blocks of a configuration.
    template <class X, class F>
    void visit_all(const BlockPatterns& blocks, const X& configuration, F&& f) const {
        require_equal(static_cast<Index>(configuration.size()), blocks.size(), "BlockMap",
                      "number of coarse sites", "the number of blocks of the datum");
        for (Index r = 0; r < blocks.size(); ++r)
            f(pattern(blocks, r), window_code(configuration, blocks.size(), r));
    }
    /// The code of block r's window, of a configuration of n coarse sites.
    template <class X>
    Index window_code(const X& configuration, Index n, Index r) const {
        Index code = 0;
        for (Index o = window_.first; o <= window_.last; ++o) {
            Index site = r + o;
            if (!is_open()) site = (site % n + n) % n;
            code = code * base() + (site < 0 || site >= n
                                        ? static_cast<Index>(coarse_.size())
                                        : place(configuration[static_cast<std::size_t>(site)]));
        }
        return code;
    }

    /// What the windows of site i depend on (concept ClassifiedSites): the patterns of its blocks.
    Index site_class(const BlockPatterns& blocks, Index i) const {
        const Index n = blocks.size();
        if (!is_open()) return pattern(blocks, behind(i, n));
        if (window_.first == 0) return pattern(blocks, i);
        if (i > 0) return i - window_.first < n ? pattern(blocks, i - window_.first) : patterns_;
        Index joint = 0;
        for (Index r = 0; r <= std::min(-window_.first, n - 1); ++r)
            joint = joint * patterns_ + pattern(blocks, r);
        return patterns_ + 1 + joint;
    }
    Index class_count() const { return is_open() && window_.first < 0 ? patterns_ + 1 + joint_ : patterns_; }

private:
    Index base() const { return static_cast<Index>(coarse_.size()) + (is_open() ? 1 : 0); }
    static Index pattern(const BlockPatterns& blocks, Index r) {
        return static_cast<Index>(blocks.patterns[static_cast<std::size_t>(r)]);
    }
    /// The block whose window begins at site i of a ring of n.
    Index behind(Index i, Index n) const {
        Index r = i - window_.first;
        while (r >= n) r -= n;
        return r;
    }
    template <class Letter>
    Index place(const Letter& letter) const {
        const auto value = static_cast<double>(letter);
        const Index at = place_of(coarse_, value);
        if (at < 0) argument_error("BlockMap", "coarse letter", to_text(value), text(coarse_));
        return at;
    }
    static Index place_of(const std::vector<double>& letters, double value) {
        for (std::size_t k = 0; k < letters.size(); ++k)
            if (letters[k] == value) return static_cast<Index>(k);
        return -1;
    }
    static std::string text(const std::vector<double>& letters) {
        std::string all;
        for (const double letter : letters) all += (all.empty() ? "" : ", ") + to_text(letter);
        return "one of " + all;
    }
    static void require_alphabet(const std::vector<double>& letters, std::string_view function,
                                 const char* what) {
        require(letters.size() >= 2, function, what, static_cast<Index>(letters.size()), "two or more");
        for (std::size_t k = 0; k < letters.size(); ++k) {
            require_finite(letters[k], function, what);
            for (std::size_t l = 0; l < k; ++l)
                require(letters[k] != letters[l], function, what, letters[k], "different from each other");
        }
    }

    Index level_;
    BlockWindow window_;
    Boundary boundary_;
    std::vector<double> fine_, coarse_;
    Index patterns_ = 0, windows_ = 0, joint_ = 0;
};

}  // namespace detail

}  // namespace predcg
