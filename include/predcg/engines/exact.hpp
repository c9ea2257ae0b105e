#pragma once
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/gaussian.hpp>
#include <predcg/engines/transfer_matrix.hpp>

#include <type_traits>

namespace predcg {

namespace detail {
template <class T>
auto exact_engine() {
    if constexpr (ChainTarget<T>)
        return TransferMatrix{};
    else if constexpr (GaussianTarget<T>)
        return GaussianEngine{};
    else
        return Enumeration{};
}
}  // namespace detail

/// The exact engine that suits a target's structure: TransferMatrix for chains, GaussianEngine for
/// quadratic log densities, Enumeration else.
template <class T>
using exact_engine_t = decltype(detail::exact_engine<T>());

}  // namespace predcg
