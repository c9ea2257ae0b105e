#pragma once
#include <predcg/core/error.hpp>
#include <predcg/core/expansion.hpp>
#include <predcg/maps/block_map.hpp>
#include <predcg/models/letters/coarse_chain.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace predcg::potts {

using letters::Letter;

/// The density of a block of l letters, of q, whose majority is the coarse letter,
///     p(x_r|X_r) = q^(1-l) / (number of letters that stand most often in x_r)  if X_r is one of them, else
///     0:
/// of all that relative entropy with S_map assumes, p(x|X) = q(X|x) / sum_x q(X|x). No parameters.
class MajorityBlock {
public:
    /// Throws ArgumentError for a level < 1.
    MajorityBlock(Index letters, Index level) : letters_(letters), level_(level) {
        require(level >= 1, "potts::majority_reconstruction", "level", level, "an integer >= 1");
    }

    Index level() const { return level_; }
    BlockWindow window() const { return {}; }
    Index parameter_count() const { return 0; }

    /// The density at a letter.
    class Given {
    public:
        Given(Index letters, Index letter) : letters_(letters), letter_(letter) {}

        double log_density(std::span<const double> x) const {
            std::vector<int> counts(static_cast<std::size_t>(letters_), 0);
            for (const double letter : x) ++counts[static_cast<std::size_t>(letter)];
            const int most = *std::ranges::max_element(counts);
            if (counts[static_cast<std::size_t>(letter_)] < most)
                return -std::numeric_limits<double>::infinity();
            return -static_cast<double>(x.size() - 1) * std::log(static_cast<double>(letters_)) -
                   std::log(static_cast<double>(std::ranges::count(counts, most)));
        }
        Expansion expansion(std::span<const double> x) const { return {log_density(x), Vector(), Matrix()}; }

    private:
        Index letters_, letter_;
    };
    Given given(std::span<const double> w, const Vector&) const {
        return {letters_, static_cast<Index>(w[0])};
    }

private:
    Index letters_, level_;
};

/// Settings of potts::majority_reconstruction.
struct ReconstructionSettings {
    Index level = 2;  ///< l_c, fine sites for each coarse site
};

/// The way back from potts::majority_map: fit.reconstructed(potts::majority_reconstruction<q>({.level = l})).
/// Expectations of moments are exact; a draw goes through the q^l patterns of each block.
template <std::size_t Q>
BlockMap<MajorityBlock, std::vector<Letter>, std::vector<Letter>>
majority_reconstruction(ReconstructionSettings settings = {}) {
    BlockMapSettings alphabets{.coarse_letters = {}, .fine_letters = {}};
    for (std::size_t a = 0; a < Q; ++a) alphabets.fine_letters.push_back(static_cast<double>(a));
    alphabets.coarse_letters = alphabets.fine_letters;
    return BlockMap<MajorityBlock, std::vector<Letter>, std::vector<Letter>>(
        MajorityBlock(static_cast<Index>(Q), settings.level), alphabets);
}

}  // namespace predcg::potts
