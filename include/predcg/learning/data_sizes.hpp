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
    if constexpr (HasCoarseSize<Map>)
        require_equal(map.coarse_size(form), coarse_size, function, "coarse size of a datum under the map",
                      "the size of the coarse potential");
}

/// Throws ArgumentError where the map says that it has no density under a letter of the coarse space.
template <class Map, class Coarse>
[[gnu::cold]] void require_letters(const Map& map, const Coarse& coarse, const char* function) {
    if constexpr (FiniteSpace<space_t<Coarse>>) {
        const auto& space = coarse.space();  // may be a value
        for (const auto letter : space.values())
            if constexpr (TakesLetters<Map, letter_t<space_t<Coarse>>>)
                if (!map.takes(letter))
                    argument_error(function, "letter of the coarse potential's space",
                                   to_text(static_cast<double>(letter)), "one that the map takes");
    }
}

template <class X>
concept HasSize = requires(const X& x) { x.size(); };
/// size() is an integer.
template <class X>
concept HasIntegralSize = requires(const X& x) {
    { x.size() } -> std::convertible_to<Index>;
};

/// Numbers of a configuration that has coordinates, whatever it is made of; else its size().
template <class X>
std::optional<Index> size_of(const X& x) {
    if constexpr (ReadableCoordinates<X>)
        return coordinate_count(x);
    else if constexpr (HasIntegralSize<X>)
        return static_cast<Index>(x.size());
    else
        return std::nullopt;
}

/// Converts to X, and as an argument to nothing else.
template <class X>
struct OnlyAs {
    operator const X&() const;
};
struct NoDatum {};

/// The map has an overload prepare(const X&), not one that takes any type or what X converts to.
template <class X, class Map>
concept PreparesExactly = PreparesData<Map, OnlyAs<X>> && !PreparesData<Map, OnlyAs<NoDatum>>;

/// Prepares data one by one for a coarse potential, after their size() was found to be that of what the map
/// draws from a configuration of the coarse space; afterwards map.coarse_size(form) is looked at. Each where
/// the types have it; draws of several sizes say that sizes are free, and a map that does not draw at its
/// start() says nothing. Making one costs two draws of the map. Before a datum is refused 256 more are
/// drawn: maps whose draws seldom differ in size are found.
template <class Map, class Coarse>
class DataSizes {
public:
    [[gnu::cold]] DataSizes(const Map& map, const Coarse& coarse, const char* function)
        : map_(&map), coarse_(&coarse), function_(function) {
        require_letters(map, coarse, function);
        fine_size_ = drawn_size(2);
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
        require_datum(x);
        prepared_t<Map> form = prepare(*map_, x);
        require_coarse_size(*map_, form, Index(coarse_->space().size()), function_);
        return form;
    }

    /// The same in the place of the form of an earlier datum: by map.prepare(x, form) where the map has it.
    template <class X>
    void operator()(const X& x, prepared_t<Map>& form) const {
        if constexpr (PreparesInPlace<Map, X>) {
            require_datum(x);
            map_->prepare(x, form);
            require_coarse_size(*map_, form, Index(coarse_->space().size()), function_);
        } else {
            form = (*this)(x);
        }
    }

    /// The size of what the map draws; nothing where sizes are free or not known.
    std::optional<Index> fine_size() const { return fine_size_; }
    /// The same of a copy of map and potential. Draws nothing.
    DataSizes of_copy(const Map& map, const Coarse& coarse) const {
        DataSizes other = *this;
        other.map_ = &map;
        other.coarse_ = &coarse;
        return other;
    }

private:
    template <class X>
    void require_datum([[maybe_unused]] const X& x) const {
        // What the map has an overload for may count otherwise.
        if constexpr (std::same_as<X, typename Map::fine_type> || !PreparesExactly<X, Map>)
            require_fine_size(x, "size of a datum");
    }

    template <class X>
    void require_fine_size(const X& x, const char* what) const {
        const auto size = size_of(x);
        if (size && fine_size_ && *size != *fine_size_ && drawn_size(256))
            require_equal(*size, *fine_size_, function_, what,
                          "the size of what the map draws from the coarse potential's space");
    }

    /// The size of so many draws of the map; nothing where they differ, or the map does not draw where fits
    /// start. Throws ArgumentError for a size that the map does not take.
    [[gnu::cold]] std::optional<Index> drawn_size([[maybe_unused]] int draws) const {
        std::optional<Index> size;
        if constexpr (FineSampler<Map>) {
            auto rng = make_stream(0, Purpose::blank, 1);
            try {
                for (int k = 0; k < draws; ++k) {
                    const typename Map::coarse_type X = coarse_->space().random(rng);
                    const typename Map::fine_type x = map_->sample(X, start_of(*map_), rng);
                    const auto drawn = size_of(x);
                    if (!drawn || (k > 0 && drawn != size)) return {};
                    size = drawn;
                }
            } catch (const ArgumentError&) {
                throw;
            } catch (const std::exception&) {
                return {};
            }
        }
        return size;
    }

    const Map* map_;
    const Coarse* coarse_;
    const char* function_;
    std::optional<Index> fine_size_;
};

/// A configuration as the map takes it. (Maps may prepare any type, and Eigen's conversions are
/// unconstrained: sizes and scalars are compared here, where no overload of prepare is for the type.)
template <class X, class Map>
concept DatumOf = requires(const Map& map, const X& x) {
    { prepare(map, x) } -> std::convertible_to<prepared_t<Map>>;
} && (PreparesExactly<X, Map> || ((HasSize<X> || !HasSize<typename Map::fine_type>)&&!requires {
                      requires !std::same_as<typename X::Scalar, typename Map::fine_type::Scalar>;
                  }));

/// Prepared forms that refer to the data say so: `static constexpr bool refers_to_data = true`.
template <class Form>
concept RefersToData = requires { requires Form::refers_to_data; };

/// Data that prepared forms would refer to after a temporary range is gone. A form itself refers to something
/// else, and so do the elements of a view.
template <class Form, class Range>
concept Dangles = InputRange<const Range> && RefersToData<Form> &&
                  !std::same_as<std::iter_value_t<iterator_of<const Range>>, Form> &&
                  !std::ranges::enable_borrowed_range<Range>;
/// Instantiated where such a range is prepared.
template <class Form, class Range>
struct RefusedTemporary {
    static constexpr bool data_stay = !Dangles<Form, Range>;
    static_assert(data_stay,
                  "predcg: prepared data of this map refer to the configurations, and this range of them "
                  "is a temporary: keep it in a variable");
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
