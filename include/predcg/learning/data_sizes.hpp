#pragma once
// Data that belong to another size of the models, or are of another type than the map's, are refused before
// the map sees them.
#include <predcg/concepts/fine_potential.hpp>
#include <predcg/concepts/model_parts.hpp>
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/error.hpp>

#include <concepts>
#include <exception>
#include <optional>

namespace predcg::detail {

/// Throws ArgumentError where the map knows that a prepared datum belongs to another number of coarse sites.
template <class Map, class Form>
void require_coarse_size(const Map& map, const Form& form, Index coarse_size, const char* function) {
    if constexpr (requires { map.coarse_size(form); })
        require_equal(map.coarse_size(form), coarse_size, function, "coarse size of a datum under the map",
                      "the size of the coarse potential");
}

template <class X>
std::optional<Index> size_of(const X& x) {
    if constexpr (requires {
                      { x.size() } -> std::convertible_to<Index>;
                  })
        return static_cast<Index>(x.size());
    else
        return std::nullopt;
}

/// Prepares data one by one for a coarse potential, after their size() was found to be that of what the map
/// draws from a configuration of the coarse space; afterwards map.coarse_size(form) is looked at. Each where
/// the types have it; draws of several sizes say that sizes are free, and a map that does not draw at its
/// start() says nothing. Making one costs four draws of the map.
template <class Map>
class DataSizes {
public:
    template <class Coarse>
    [[gnu::cold]] DataSizes(const Map& map, const Coarse& coarse, const char* function)
        : map_(&map), function_(function), coarse_size_(Index(coarse.space().size())) {
        if constexpr (FineSampler<Map>) {
            auto rng = make_stream(0, Purpose::blank, 1);
            const auto drawn = [&] {
                const typename Map::coarse_type X = coarse.space().random(rng);
                const typename Map::fine_type x = map.sample(X, start_of(map), rng);
                return size_of(x);
            };
            try {
                fine_size_ = drawn();
                for (int more = 0; more < 3 && fine_size_; ++more)
                    if (drawn() != fine_size_) fine_size_.reset();
            } catch (const ArgumentError&) {
                throw;                         // a size that the map does not take
            } catch (const std::exception&) {  // no draw where fits start: sizes are not known
                fine_size_.reset();
            }
        }
    }

    /// Throws ArgumentError for a fine potential of another size, where configurations have one.
    template <class Fine>
    [[gnu::cold]] void require_fine_model([[maybe_unused]] const Fine& fine) const {
        if constexpr (FinePotential<Fine>) {
            auto rng = make_stream(0, Purpose::blank, 2);
            const configuration_t<space_t<Fine>> x = fine.space().random(rng);
            require_fine_size(x, "size of the fine model's configurations");
        }
    }

    /// The prepared form of a datum. Throws ArgumentError for one of another size.
    template <class X>
    prepared_t<Map> operator()(const X& x) const {
        require_fine_size(x, "size of a datum");
        prepared_t<Map> form = prepare(*map_, x);
        require_coarse_size(*map_, form, coarse_size_, function_);
        return form;
    }

private:
    template <class X>
    void require_fine_size(const X& x, const char* what) const {
        if (const auto size = size_of(x); size && fine_size_)
            require_equal(*size, *fine_size_, function_, what,
                          "the size of what the map draws from the coarse potential's space");
    }

    const Map* map_;
    const char* function_;
    Index coarse_size_;
    std::optional<Index> fine_size_;
};

template <class X>
concept HasSize = requires(const X& x) { x.size(); };

/// A configuration as the map takes it. (Maps may prepare any type, and Eigen's conversions are
/// unconstrained: sizes and scalars are compared here.)
template <class X, class Map>
concept DatumOf = requires(const Map& map, const X& x) {
    { prepare(map, x) } -> std::convertible_to<prepared_t<Map>>;
} && (HasSize<X> || !HasSize<typename Map::fine_type>)&&!requires {
    requires !std::same_as<typename X::Scalar, typename Map::fine_type::Scalar>;
};

/// What fits ask of data, said in words.
template <class Map, class Range>
struct DataRequirements {
    static constexpr bool is_range = InputRange<const Range>;
    static_assert(is_range, "predcg: the data must be a range of configurations, with begin() and end()");
    template <bool holds>
    static constexpr bool elements_fit() {
        if constexpr (holds)
            return DatumOf<std::iter_value_t<iterator_of<const Range>>, Map>;
        else
            return true;
    }
    static constexpr bool elements_hold = elements_fit<is_range>();
    static_assert(
        elements_hold,
        "predcg: the data are no range of the map's fine_type: one element of the range is one fine "
        "configuration");
    static constexpr bool hold = is_range && elements_hold;
};

}  // namespace predcg::detail
