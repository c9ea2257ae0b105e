#pragma once
// Several maps one above the other, as one.
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/learning/parameters.hpp>

#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
/// Adds a map's parameter names, as those of a level.
template <class Map>
void add_level_names(const Map& map, Index level, std::vector<std::string>& all) {
    for (const std::string& name : map_names_of(map)) all.push_back("level_" + to_text(level) + "." + name);
}

/// What the lowest of several maps draws; X without maps.
template <class X, class... Maps>
struct Lowest {
    using type = X;
};
template <class X, class First, class... Rest>
struct Lowest<X, First, Rest...> {
    using type = typename First::fine_type;
};
}  // namespace detail

/// From the coarsest configuration X to the finest, one map after the other; the lowest comes first. A
/// sampler: enough to predict with. Without maps it is the identity. eta holds the maps' parameters in the
/// same order, names are "level_k.name".
template <class X, class... Maps>
class StackedMap {
public:
    using coarse_type = X;
    using fine_type = typename detail::Lowest<X, Maps...>::type;

    /// `first` is the level of the lowest map, for the names.
    explicit StackedMap(Index first, Maps... maps) : first_(first), maps_(std::move(maps)...) {}

    Index parameter_count() const {
        return std::apply([](const auto&... map) { return (Index{0} + ... + Index(map.parameter_count())); },
                          maps_);
    }
    std::vector<std::string> parameter_names() const {
        std::vector<std::string> all;
        Index level = first_;
        std::apply([&](const auto&... map) { (detail::add_level_names(map, level++, all), ...); }, maps_);
        return all;
    }

    template <RandomBits R>
    auto sample(const X& coarse, const Vector& eta, R& rng) const {
        return down<sizeof...(Maps)>(coarse, eta, eta.size(), rng);
    }

private:
    /// Through the lowest `left` maps, whose parameters end before `end`.
    template <std::size_t left, class Y, class R>
    auto down(const Y& coarse, const Vector& eta, Index end, R& rng) const {
        if constexpr (left == 0) {
            return coarse;
        } else {
            const auto& map = std::get<left - 1>(maps_);
            const Index count = map.parameter_count();
            return down<left - 1>(map.sample(coarse, linalg::part(eta, end - count, count), rng), eta,
                                  end - count, rng);
        }
    }

    Index first_;
    std::tuple<Maps...> maps_;
};

/// The same for maps of one type, as many as there are.
template <class Map>
class StackOfMaps {
public:
    using coarse_type = typename Map::coarse_type;
    using fine_type = coarse_type;

    /// `first` is the level of the lowest map, for the names.
    explicit StackOfMaps(Index first, std::vector<Map> maps) : first_(first), maps_(std::move(maps)) {}

    /// The lowest first.
    const std::vector<Map>& maps() const { return maps_; }
    Index parameter_count() const {
        Index count = 0;
        for (const Map& map : maps_) count += map.parameter_count();
        return count;
    }
    std::vector<std::string> parameter_names() const {
        std::vector<std::string> all;
        Index level = first_;
        for (const Map& map : maps_) detail::add_level_names(map, level++, all);
        return all;
    }

    template <RandomBits R>
    fine_type sample(const coarse_type& coarse, const Vector& eta, R& rng) const {
        fine_type X = coarse;
        Index end = eta.size();
        for (auto map = maps_.rbegin(); map != maps_.rend(); ++map) {
            const Index count = map->parameter_count();
            X = map->sample(X, linalg::part(eta, end - count, count), rng);
            end -= count;
        }
        return X;
    }

private:
    Index first_;
    std::vector<Map> maps_;
};

}  // namespace predcg
