#pragma once
// Maps between chains of spins that look at more than one coarse letter.
#include <predcg/maps/block_map.hpp>
#include <predcg/maps/observed_map.hpp>
#include <predcg/models/ising/link_block.hpp>
#include <predcg/models/ising/logistic_block.hpp>
#include <predcg/models/ising/spin.hpp>

#include <utility>
#include <vector>

namespace predcg::ising {

/// A map of spins from the density of a block.
template <BlockModel Block, class Fine = std::vector<Spin>, class Coarse = std::vector<Spin>>
using SpinBlockMap = BlockMap<Block, Fine, Coarse>;

/// Spins that are logistic (or probit) in a window of coarse letters, and in the spin before them.
inline SpinBlockMap<LogisticBlock> logistic_map(LogisticMapSettings settings = {}) {
    const LogisticBlock block(settings);
    return SpinBlockMap<LogisticBlock>(
        block, {.boundary = settings.boundary, .coarse_letters = std::move(settings.coarse_letters)});
}

/// A Gibbs density of each block, between two or four coarse letters.
inline SpinBlockMap<LinkBlock> link_map(LinkMapSettings settings = {}) {
    const LinkBlock block(settings);
    return SpinBlockMap<LinkBlock>(
        block, {.boundary = settings.boundary, .coarse_letters = std::move(settings.coarse_letters)});
}

/// Settings of ising::decimation_map.
struct DecimationMapSettings {
    Index level = 2;  ///< l_c, fine sites for each coarse site
    Boundary boundary = Boundary::periodic;
};

/// X_r = x_{r,0}, and the spins between two coarse ones are drawn one after the other:
///     p(x_rs = +1 | ..) = logistic(b_s + g_s x_{r,s-1} + d_s X_{r+1}),   s >= 1.
/// Parameters intercept_s, fine_s, next_s. For chains with couplings of neighbours alone it loses nothing.
class DecimationBlock : public LogisticBlock {
public:
    explicit DecimationBlock(const DecimationMapSettings& settings)
        : LogisticBlock({.level = settings.level,
                         .window = {0, 1},
                         .autoregressive = true,
                         .boundary = settings.boundary},
                        true) {}
    double observed(std::span<const double> x) const { return x[0]; }
    Vector flipped(Vector) const = delete;  // x says what X is: no label is free
};

/// The map of these settings.
inline ObservedMap<DecimationBlock, std::vector<Spin>, std::vector<Spin>>
decimation_map(DecimationMapSettings settings = {}) {
    return ObservedMap<DecimationBlock, std::vector<Spin>, std::vector<Spin>>(
        DecimationBlock(settings), {.boundary = settings.boundary});
}

}  // namespace predcg::ising
