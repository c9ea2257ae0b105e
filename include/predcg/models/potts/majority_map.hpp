#pragma once
#include <predcg/concepts/deterministic_map.hpp>
#include <predcg/models/potts/letter_counts.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace predcg::potts {

/// Settings of potts::majority_map.
struct MajorityMapSettings {
    Index level = 2;  ///< l_c, fine sites for each coarse site
};

/// X_r = the letter that stands most often in block r; where several do, a fair tie between them.
template <std::size_t Q>
class MajorityMap {
public:
    using fine_type = std::vector<Letter>;
    using coarse_type = std::vector<Letter>;

    /// Throws ArgumentError for a level < 1.
    explicit MajorityMap(MajorityMapSettings settings) : level_(settings.level) {
        require(level_ >= 1, "potts::majority_map", "level", level_, "an integer >= 1");
    }

    Index level() const { return level_; }

    /// Throws ArgumentError if the level does not divide the number of sites or a value is no letter.
    template <class X>
    SiteLetters<Letter> operator()(const X& x) const {
        const LetterCounts counts = letter_counts(x, static_cast<Index>(Q), level_, "potts::MajorityMap");
        SiteLetters<Letter> image;
        for (Index r = 0; r < counts.blocks(); ++r) {
            int most = 0;
            for (Index a = 0; a < counts.letters; ++a) most = std::max(most, counts.at(r, a));
            std::vector<Letter> best;
            for (Index a = 0; a < counts.letters; ++a)
                if (counts.at(r, a) == most) best.push_back(static_cast<Letter>(a));
            image.add_tie(best);
        }
        return image;
    }

    /// log of the number of x with xi(x) = X, ties shared: n_c (l_c - 1) log q for every X, as letters are
    /// alike.
    double log_preimages(const coarse_type& X) const {
        return static_cast<double>(X.size()) * static_cast<double>(level_ - 1) *
               std::log(static_cast<double>(Q));
    }

private:
    Index level_;
};

/// The map of these settings.
template <std::size_t Q>
MajorityMap<Q> majority_map(MajorityMapSettings settings = {}) {
    return MajorityMap<Q>(settings);
}

}  // namespace predcg::potts
