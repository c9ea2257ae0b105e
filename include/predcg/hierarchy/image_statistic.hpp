#pragma once
// What the level above counts in a configuration that it observes.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/maps/observed_map.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace predcg::detail {

/// A level whose map says what X is (ObservedMap), with a linear potential of a chain.
template <class Coarse, class Map>
concept ObservedLevel =
    detail::HasLocalFeatures<Coarse> && ChainCoarsePotential<Coarse> && requires(const Map map) {
        requires ObservesLetter<std::remove_cvref_t<decltype(map.block())>>;
        map.geometry();
    };

/// (G, T) of a datum under such a level, as a statistic of the datum: features of its image, and counts of
/// cells. A sum over windows of as many blocks as either looks at.
template <class Coarse, class Map>
class ImageStatistic {
    using Letter = letter_t<space_t<Coarse>>;

public:
    /// A view. Throws ArgumentError on open chains where the map's window begins before its block.
    ImageStatistic(const Coarse& coarse, const Map& map) : coarse_(&coarse), map_(&map) {
        require(!map.geometry().is_open() || map.geometry().window().first == 0, "Hierarchy",
                "window of an observed map on an open chain", map.geometry().window().first,
                "one that begins at its block");
    }

    Index size() const { return coarse_->parameter_count() + map_->geometry().cells(); }
    Window window() const {
        const Window both = common_window(coarse_->window(), map_->geometry().chain_window());
        return {both.width * map_->level(), both.boundary};
    }
    /// Zero but for the first site of a block.
    template <class X>
    Vector local(Index i, std::span<const X> w) const {
        Vector sum = Vector::Zero(size());
        const Index l = map_->level(), p = coarse_->parameter_count();
        if (i % l != 0) return sum;
        const auto& geometry = map_->geometry();
        const BlockPatterns blocks = geometry.encode(w, "Hierarchy");
        std::vector<Letter> image;
        std::vector<double> x(static_cast<std::size_t>(l));
        for (const auto pattern : blocks.patterns) {
            geometry.decode(static_cast<Index>(pattern), x);
            image.push_back(static_cast<Letter>(map_->block().observed(x)));
        }
        const Vector features =
            coarse_->local_features(i / l, narrow(std::span<const Letter>(image), coarse_->window()));
        for (Index k = 0; k < p; ++k) sum[k] = features[k];
        const Index r = -geometry.window().first;  // the block whose window begins here
        const auto pattern = static_cast<Index>(blocks.patterns[static_cast<std::size_t>(r)]);
        sum[p + pattern * geometry.windows() + geometry.window_code(image, blocks.size(), r)] += 1.0;
        return sum;
    }
    template <class X>
    Vector operator()(const X& configuration) const {
        const auto n = static_cast<Index>(configuration.size());
        const Window reach = window();
        Vector sum = Vector::Zero(size());
        std::vector<std::remove_cvref_t<decltype(configuration[0])>> w;
        for (Index i = 0; i < n; i += map_->level()) {
            w.clear();
            for (Index k = i; k < i + reach.width && (k < n || reach.boundary == Boundary::periodic); ++k)
                w.push_back(configuration[static_cast<std::size_t>(k % n)]);
            sum += local(i, std::span(std::as_const(w)));
        }
        return sum;
    }

private:
    const Coarse* coarse_;
    const Map* map_;
};

}  // namespace predcg::detail
