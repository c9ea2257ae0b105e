#pragma once
// A deterministic map in the place of a probabilistic one: q(X|x) is what the map says of X.
#include <predcg/concepts/deterministic_map.hpp>
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/random.hpp>
#include <predcg/core/real_coordinates.hpp>
#include <predcg/learning/data_sizes.hpp>

#include <compare>
#include <cstdint>
#include <utility>
#include <vector>

namespace predcg {

/// The image of a datum under a deterministic map. Data with equal images are one.
template <class X>
struct Mapped {
    X image;  ///< X, or SiteLetters where there are ties.

    friend bool operator==(const Mapped&, const Mapped&)
        requires std::equality_comparable<X>
    = default;
    friend auto operator<=>(const Mapped&, const Mapped&)
        requires std::three_way_comparable<X>
    = default;
};

/// q(X|x) = what xi says of X, in the place of a likelihood. It has no density: its averages are known
/// (MappingEngine). A view.
template <class X>
class MappedFactor {
public:
    /// Refers to the image.
    explicit MappedFactor(const Mapped<X>& mapped) : image_(&mapped.image) {}
    /// The image of the datum.
    const X& image() const { return *image_; }

private:
    const X* image_;
};

/// The latent half of a map (concept LatentMap) that a deterministic map makes, without parameters: for
/// learning p_c from mapped data. The other half, draws of x, is what a reconstruction does.
template <DeterministicMap Xi>
class MappedData {
public:
    using fine_type = typename Xi::fine_type;
    using coarse_type = typename Xi::coarse_type;
    using Form = Mapped<image_t<Xi>>;  ///< The image of a datum.

    /// Keeps the map.
    explicit MappedData(Xi xi) : xi_(std::move(xi)) {}

    /// The deterministic map.
    const Xi& xi() const { return xi_; }
    Index parameter_count() const { return 0; }

    Form prepare(const fine_type& x) const { return {xi_(x)}; }
    Form prepare(const Form& mapped) const { return mapped; }

    /// Where the image knows it; of real coordinates, their number.
    Index coarse_size(const Form& mapped) const
        requires RealConfiguration<image_t<Xi>> || detail::HasIntegralSize<image_t<Xi>>
    {
        if constexpr (RealConfiguration<image_t<Xi>>)
            return coordinate_count(mapped.image);
        else
            return static_cast<Index>(mapped.image.size());
    }

    MappedFactor<image_t<Xi>> likelihood(const Form& mapped, const Vector&) const {
        return MappedFactor<image_t<Xi>>(mapped);
    }

private:
    Xi xi_;
};

/// What is done with ties.
enum class Ties {
    average,  ///< expectations over all their outcomes
    draw,     ///< one outcome for each datum, drawn once: datum k by stream (seed, tie, k)
};

namespace detail {
/// An image with its ties drawn.
template <class Letter, RandomBits R>
SiteLetters<Letter> drawn(const SiteLetters<Letter>& image, R& rng) {
    SiteLetters<Letter> result;
    for (Index i = 0; i < image.size(); ++i) {
        const auto p = image.probabilities(i);
        std::size_t k = 0;
        if (p.size() > 1)
            for (double u = uniform(rng); k + 1 < p.size() && u >= p[k]; ++k) u -= p[k];
        result.add(image.letters(i)[k]);
    }
    return result;
}

/// Draws the ties of all data, datum k by the stream (seed, tie, k); images without ties stay.
template <class Image>
void draw_ties(std::vector<Mapped<Image>>& images, std::uint64_t seed) {
    if constexpr (is_site_letters<Image>)
        for (std::size_t k = 0; k < images.size(); ++k) {
            auto rng = make_stream(seed, Purpose::tie, k);
            images[k].image = drawn(images[k].image, rng);
        }
}
}  // namespace detail

}  // namespace predcg
