#pragma once
// Moments of fine sites given the coarse ones.
#include <predcg/core/moments.hpp>
#include <predcg/maps/block_window.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace predcg::detail {

/// E[x_i|X] and E[x_i x_j|X] of blocks that are independent given X (concept ChainConditionalMoments): m_s(w)
/// and c_ss'(w) of a block under its window, products of means between blocks. A view of the geometry.
class BlockMoments {
public:
    /// Of `coarse_sites` blocks, from the log density of every cell and the numbers that fine letters stand
    /// for. Costs l^2 operations a cell.
    [[gnu::cold]] BlockMoments(const BlockGeometry& geometry, Index coarse_sites,
                               std::span<const double> log_density, const std::vector<double>& values)
        : geometry_(&geometry), blocks_(coarse_sites),
          mean_(Matrix::Zero(geometry.level(), geometry.windows())),
          second_(Matrix::Zero(geometry.level() * geometry.level(), geometry.windows())) {
        const Index l = geometry.level(), windows = geometry.windows();
        std::vector<double> x(static_cast<std::size_t>(l)),
            w(static_cast<std::size_t>(geometry.window().width()));
        std::vector<bool> exists(static_cast<std::size_t>(windows));
        for (Index code = 0; code < windows; ++code)
            exists[static_cast<std::size_t>(code)] = geometry.decode_window(code, w);
        for (Index pattern = 0; pattern < geometry.patterns(); ++pattern) {
            geometry.decode(pattern, x, values);
            for (Index code = 0; code < windows; ++code) {
                if (!exists[static_cast<std::size_t>(code)]) continue;
                const double p = std::exp(log_density[static_cast<std::size_t>(pattern * windows + code)]);
                for (Index s = 0; s < l; ++s) {
                    const double part = p * x[static_cast<std::size_t>(s)];
                    mean_(s, code) += part;
                    for (Index t = 0; t < l; ++t)
                        second_(s * l + t, code) += part * x[static_cast<std::size_t>(t)];
                }
            }
        }
    }

    /// Fine sites.
    Index size() const { return blocks_ * geometry_->level(); }
    Window window() const { return geometry_->chain_window(); }
    bool translation_invariant() const { return !geometry_->is_open() || geometry_->window().first == 0; }

    /// The fine sites whose blocks belong to the window of site i.
    SiteRange sites_of(Index i) const {
        const SiteRange range = geometry_->blocks_of(blocks_, i);
        return {range.first * geometry_->level(), range.count * geometry_->level()};
    }
    /// Their moments, under the letters w.
    template <class Letter>
    SiteMoments local(Index i, std::span<const Letter> w) const {
        const SiteRange range = geometry_->blocks_of(blocks_, i);
        return joint(range.count, [&](Index k) { return geometry_->code_within(range.first + k, i, w); });
    }
    /// Those of all.
    template <class X>
    SiteMoments operator()(const X& configuration) const {
        return joint(blocks_, [&](Index r) { return geometry_->window_code(configuration, blocks_, r); });
    }

private:
    template <class CodeOf>
    SiteMoments joint(Index blocks, CodeOf&& code_of) const {
        const Index l = geometry_->level();
        Vector mean(blocks * l);
        Matrix second(blocks * l, blocks * l);
        for (Index r = 0; r < blocks; ++r) {
            const Index code = code_of(r);
            for (Index s = 0; s < l; ++s) mean[r * l + s] = mean_(s, code);
            for (Index i = 0; i < r * l; ++i)
                for (Index s = 0; s < l; ++s)
                    second(i, r * l + s) = second(r * l + s, i) = mean[i] * mean[r * l + s];
            for (Index s = 0; s < l; ++s)
                for (Index t = 0; t < l; ++t) second(r * l + s, r * l + t) = second_(s * l + t, code);
        }
        return {std::move(mean), std::move(second)};
    }

    const BlockGeometry* geometry_;
    Index blocks_;
    Matrix mean_;    // of site and window
    Matrix second_;  // of two sites and window
};

}  // namespace predcg::detail
