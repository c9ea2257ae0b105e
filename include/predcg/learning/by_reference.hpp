#pragma once
// Data that stay where they are.
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/error.hpp>

#include <concepts>
#include <utility>

namespace predcg {

/// A configuration of the caller's, by its address.
template <class X>
struct Reference {
    static constexpr bool refers_to_data = true;  ///< data that are made anew are refused
    const X* configuration;                       ///< where it is
};

namespace detail {
/// A map at some eta, of configurations by their addresses.
template <class At, class Fine>
class AtReferences {
public:
    explicit AtReferences(At at) : at_(std::move(at)) {}
    auto likelihood(const Reference<Fine>& x) const { return at_.likelihood(*x.configuration); }
    auto score(const Reference<Fine>& x) const { return at_.score(*x.configuration); }

private:
    At at_;
};
}  // namespace detail

/// A map without prepare(x), whose data are not copied: prepared data hold the addresses of the caller's
/// configurations, which must outlive them, unchanged, and stay where they are. Equal configurations are not
/// sought. fit(data) needs them until it returns, prepare(data) as long as what it returns is used.
///
///     EMCoarseGrainer{fine, coarse, by_reference(map), engine}
///
/// A fine_type may itself be a view (std::span, or a type of the host's with size() and []) of the host's
/// arrays: such data are copied as cheaply as a Reference, and need no by_reference.
template <class Map>
class ByReference : public Map {
    using Fine = typename Map::fine_type;

public:
    /// Of a map without prepare(x).
    explicit ByReference(Map map) : Map(std::move(map)) {}

    /// Of configurations themselves, and of nothing that converts to them.
    template <std::same_as<Fine> X>
    Reference<Fine> prepare(const X& x) const {
        return {&x};
    }
    auto likelihood(const Reference<Fine>& x, const Vector& eta) const {
        return Map::likelihood(*x.configuration, eta);
    }
    auto sufficient_statistic(const Reference<Fine>& x) const
        requires detail::ClaimsStatistic<Map>
    {
        return Map::sufficient_statistic(*x.configuration);
    }
    auto score(const Reference<Fine>& x, const Vector& eta) const
        requires detail::ClaimsScore<Map>
    {
        return Map::score(*x.configuration, eta);
    }
    /// What the map makes once for all data.
    auto at(const Vector& eta, bool with_score = false) const
        requires HasAt<Map>
    {
        return detail::AtReferences<decltype(Map::at(eta, with_score)), Fine>(Map::at(eta, with_score));
    }
    Index coarse_size(const Reference<Fine>& x) const
        requires HasCoarseSize<Map>
    {
        return Map::coarse_size(*x.configuration);
    }
};

/// The map, with data that are not copied: see ByReference.
template <class Map>
ByReference<Map> by_reference(Map map) {
    static_assert(!PreparesData<Map, typename Map::fine_type>,
                  "predcg: by_reference is for maps without prepare(x); this one makes a form of its own of "
                  "each datum, and keeps only that");
    return ByReference<Map>(std::move(map));
}

}  // namespace predcg
