#pragma once
// A block's derivatives by eta, that the user does not write.
#include <predcg/maps/observed_map.hpp>
#include <predcg/structure/autodiff.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// The density of a block by one function, templated on its scalar:
///
///     template <class S>
///     S log_density(std::span<const double> x, std::span<const double> w, const VectorOf<S>& eta) const;
template <class B>
concept BlockFunction =
    requires(const B block, std::span<const double> x, const Vector& eta, const VectorOf<Dual2>& dual) {
        { block.log_density(x, x, eta) } -> std::convertible_to<double>;
        { block.log_density(x, x, dual) } -> std::same_as<Dual2>;
    };

/// A BlockModel from level(), window(), parameter_count() and log_density(x, w, eta), with whatever the block
/// has else. Cost: a gradient p/4 + 1 calls, a Hessian one call for every two pairs of parameters.
template <BlockFunction Block>
class AutoDiffBlock : public Block {
public:
    explicit AutoDiffBlock(Block block) : Block(std::move(block)) {}

    /// The density at a window and eta. A view of both, and of the block.
    class Given {
    public:
        Given(const Block& block, std::span<const double> w, const Vector& eta)
            : block_(&block), w_(w), eta_(&eta) {}
        double log_density(std::span<const double> x) const { return block_->log_density(x, w_, *eta_); }
        Expansion expansion(std::span<const double> x) const {
            const auto f = [&](const auto& eta) { return block_->log_density(x, w_, eta); };
            return {log_density(x), detail::dual_gradient(*eta_, f), detail::dual_hessian(*eta_, f)};
        }

    private:
        const Block* block_;
        std::span<const double> w_;
        const Vector* eta_;
    };
    Given given(std::span<const double> w, const Vector& eta) const { return {*this, w, eta}; }
};

/// A block of a user's own as a map: derivatives come by themselves where it gives none. With observed(x),
/// the coarse letter that a block says, it is an ObservedMap.
///
///     const auto map = predcg::block_map<std::vector<Spin>, std::vector<Spin>>(MyBlock{});
template <class Fine, class Coarse, class Block>
auto block_map(Block block, BlockMapSettings settings = {}) {
    static_assert(BlockModel<Block> || BlockFunction<Block>,
                  "predcg: a block needs level(), window(), parameter_count() and either given(w, eta) "
                  "(concept BlockModel) or a template log_density(x, w, eta) that returns eta's scalar "
                  "(concept BlockFunction)");
    const auto map_of = [&]<class B>(B model) {
        if constexpr (ObservesLetter<B>)
            return ObservedMap<B, Fine, Coarse>(std::move(model), std::move(settings));
        else
            return BlockMap<B, Fine, Coarse>(std::move(model), std::move(settings));
    };
    if constexpr (BlockModel<Block>)
        return map_of(std::move(block));
    else if constexpr (BlockFunction<Block>)
        return map_of(AutoDiffBlock<Block>(std::move(block)));
}

}  // namespace predcg
