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
class BlockWithTerms : public detail::KeptTerms<Block> {
    using Base = detail::KeptTerms<Block>;

public:
    using Base::all;

    /// Throws ArgumentError unless `kept` are indices of parameters, each once and in order.
    BlockWithTerms(Block block, std::vector<Index> kept)
        : Base(std::move(block), std::move(kept), "BlockWithTerms") {}

    const Block& block() const { return this->part(); }

    Index level() const { return block().level(); }
    BlockWindow window() const { return block().window(); }
    [[gnu::cold]] std::vector<std::string> parameter_names() const {
        return detail::chosen_names(names_of(block(), "eta_"), this->kept());
    }
    std::vector<Vector> more_starts() const
        requires HasMoreStarts<Block>
    {
        std::vector<Vector> starts = block().more_starts();
        for (Vector& eta : starts) eta = this->chosen(eta);
        return starts;
    }
    /// Of the parameters that stay.
    Vector prior_mean() const
        requires HasPriorMean<Block>
    {
        return this->chosen(Vector(block().prior_mean()));
    }
    double observed(std::span<const double> x) const
        requires ObservesLetter<Block>
    {
        return block().observed(x);
    }
    /// Fills x, as the block does.
    template <RandomBits R>
        requires SamplesBlocks<Block, R>
    void sample(std::span<const double> w, const Vector& eta, R& rng, std::span<double> x) const {
        block().sample(w, all(eta), rng, x);
    }

    /// The density at a window and eta. A view of the block, and of the window.
    class Given {
    public:
        Given(const BlockWithTerms& block, std::span<const double> w, const Vector& eta)
            : kept_(&block.kept()), eta_(block.all(eta)), given_(block.block().given(w, eta_)) {}
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
