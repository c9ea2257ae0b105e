#pragma once
// A block map with some of its parameters only.
#include <predcg/maps/observed_map.hpp>
#include <predcg/structure/with_terms.hpp>

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// A block with the parameters `kept` alone, the others fixed at 0:
///     log p'(x | w, eta') = log p(x | w, eta),   eta_{kept[k]} = eta'_k, zero elsewhere.
/// It has what the block has else (names, starts, draws, the letter that is observed), and costs what the
/// block costs.
template <BlockModel Block>
class BlockWithTerms {
public:
    /// Throws ArgumentError unless `kept` are indices of parameters, each once and in order.
    BlockWithTerms(Block block, std::vector<Index> kept) : block_(std::move(block)), kept_(std::move(kept)) {
        detail::require_terms(kept_, block_.parameter_count(), "BlockWithTerms");
    }

    const Block& block() const { return block_; }
    /// Indices of the parameters that stay.
    const std::vector<Index>& kept() const { return kept_; }
    /// eta of the block.
    Vector all(const Vector& eta) const { return linalg::scattered(eta, kept_, block_.parameter_count()); }

    Index level() const { return block_.level(); }
    BlockWindow window() const { return block_.window(); }
    Index parameter_count() const { return std::ssize(kept_); }
    [[gnu::cold]] std::vector<std::string> parameter_names() const {
        return detail::chosen_names(names_of(block_, "eta_"), kept_);
    }
    Vector start() const
        requires HasStart<Block>
    {
        return linalg::selected(Vector(block_.start()), kept_);
    }
    Vector scales() const
        requires HasScales<Block>
    {
        return linalg::selected(Vector(block_.scales()), kept_);
    }
    std::vector<Vector> more_starts() const
        requires HasMoreStarts<Block>
    {
        std::vector<Vector> starts = block_.more_starts();
        for (Vector& eta : starts) eta = linalg::selected(eta, kept_);
        return starts;
    }
    /// Of the parameters that stay.
    Vector prior_mean() const
        requires HasPriorMean<Block>
    {
        return linalg::selected(Vector(block_.prior_mean()), kept_);
    }
    /// Absent where the flip needs a parameter that is fixed at 0.
    std::optional<Vector> flipped(const Vector& eta) const
        requires HasFlip<Block>
    {
        return detail::chosen_if_all(block_.flipped(all(eta)), kept_);
    }
    double observed(std::span<const double> x) const
        requires ObservesLetter<Block>
    {
        return block_.observed(x);
    }
    /// Fills x, as the block does.
    template <RandomBits R>
        requires SamplesBlocks<Block, R>
    void sample(std::span<const double> w, const Vector& eta, R& rng, std::span<double> x) const {
        block_.sample(w, all(eta), rng, x);
    }

    /// The density at a window and eta. A view of the block, and of the window.
    class Given {
    public:
        Given(const BlockWithTerms& block, std::span<const double> w, const Vector& eta)
            : kept_(&block.kept_), eta_(block.all(eta)), given_(block.block_.given(w, eta_)) {}
        Given(const Given&) = delete;  // given_ may refer to eta_
        Given& operator=(const Given&) = delete;
        ~Given() = default;
        double log_density(std::span<const double> x) const { return given_.log_density(x); }
        Expansion expansion(std::span<const double> x) const {
            const Expansion e = given_.expansion(x);
            return {e.value, linalg::selected(e.gradient, *kept_), linalg::selected(e.hessian, *kept_)};
        }

    private:
        const std::vector<Index>* kept_;
        Vector eta_;
        decltype(std::declval<const Block&>().given(std::span<const double>{},
                                                    std::declval<const Vector&>())) given_;
    };
    Given given(std::span<const double> w, const Vector& eta) const { return {*this, w, eta}; }

private:
    Block block_;
    std::vector<Index> kept_;
};

/// The map with the parameters at these places alone.
template <class Block, class Fine, class Coarse>
auto with_terms(const BlockMap<Block, Fine, Coarse>& map, std::vector<Index> kept) {
    using Part = BlockWithTerms<Block>;
    return BlockMap<Part, Fine, Coarse>(Part(map.block(), std::move(kept)), map.geometry());
}
/// The same of a map under which X is observed.
template <class Block, class Fine, class Coarse>
auto with_terms(const ObservedMap<Block, Fine, Coarse>& map, std::vector<Index> kept) {
    using Part = BlockWithTerms<Block>;
    return ObservedMap<Part, Fine, Coarse>(Part(map.block(), std::move(kept)), map.geometry());
}

}  // namespace predcg
