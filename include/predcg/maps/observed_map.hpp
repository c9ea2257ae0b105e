#pragma once
// Maps under which x says what X is: nothing is latent.
#include <predcg/maps/block_map.hpp>

#include <compare>
#include <cstdint>
#include <limits>
#include <utility>

namespace predcg {

/// A datum under an ObservedMap: its blocks, and the coarse configuration that they say.
template <class Coarse>
struct ObservedBlocks {
    BlockPatterns blocks;
    Coarse image;

    friend bool operator==(const ObservedBlocks& a, const ObservedBlocks& b) { return a.blocks == b.blocks; }
    friend auto operator<=>(const ObservedBlocks& a, const ObservedBlocks& b) {
        return a.blocks <=> b.blocks;
    }
    std::uint64_t hash() const { return blocks.hash(); }
};

namespace detail {
/// log p_cf(x | ., eta): -infinity for all X but one.
template <class Coarse>
class ObservedLikelihood : public BlockLikelihood {
public:
    ObservedLikelihood(const Coarse& image, BlockLikelihood likelihood)
        : BlockLikelihood(std::move(likelihood)), image_(&image) {}

    /// The X that the datum says.
    const Coarse& observed() const { return *image_; }

private:
    const Coarse* image_;
};
}  // namespace detail

/// A block map whose block says the coarse letter, block.observed(x) (a hard copy, such as decimation):
/// p_cf(x|X) is 0 for every X but one. X is then observed; there is nothing to be averaged over, and a fit
/// consists of two convex ones, of p_c and of the map. Learners do not ask their engine about q(X|x).
template <class Block, class Fine, class Coarse>
    requires BlockModel<Block> && ObservesLetter<Block>
class ObservedMap : public BlockMap<Block, Fine, Coarse> {
    using Base = BlockMap<Block, Fine, Coarse>;

public:
    using Form = ObservedBlocks<Coarse>;
    using Base::Base;

    template <class X>
    Form prepare(const X& x) const {
        Form form{Base::prepare(x), {}};
        const auto n = static_cast<std::size_t>(form.blocks.size());
        if constexpr (Resizable<Coarse>) form.image.resize(n);
        std::vector<double> block(static_cast<std::size_t>(this->level()));
        for (std::size_t r = 0; r < n; ++r) {
            this->geometry().decode(static_cast<Index>(form.blocks.patterns[r]), block);
            auto& to = form.image[r];
            to = static_cast<std::remove_reference_t<decltype(to)>>(this->block().observed(block));
        }
        return form;
    }
    Form prepare(const Form& form) const { return form; }
    Index coarse_size(const Form& form) const { return form.blocks.size(); }

    /// The map at some eta: tables that all data share.
    class At : public Base::At {
    public:
        using Base::At::At;
        detail::ObservedLikelihood<Coarse> likelihood(const Form& form) const {
            return {form.image, Base::At::likelihood(form.blocks)};
        }
        detail::BlockScore score(const Form& form) const { return Base::At::score(form.blocks); }
    };
    At at(const Vector& eta, bool with_score = false) const { return {*this, eta, with_score}; }

    detail::ObservedLikelihood<Coarse> likelihood(const Form& form, const Vector& eta) const {
        return {form.image, Base::likelihood(form.blocks, eta)};
    }
    detail::BlockScore score(const Form& form, const Vector& eta) const {
        return Base::score(form.blocks, eta);
    }
    detail::BlockCounts sufficient_statistic(const Form& form) const {
        return Base::sufficient_statistic(form.blocks);
    }
};

}  // namespace predcg
