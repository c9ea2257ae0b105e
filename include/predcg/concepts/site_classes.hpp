#pragma once
#include <predcg/core/types.hpp>

#include <concepts>

namespace predcg {

/// A factor or a statistic of a datum that looks the same at many sites of many data: what it says of the
/// windows of site i, local_log_density(i, w) or local(i, w), depends on the datum and on i by a number
/// alone, site_class(i) of 0 .. class_count() - 1. Engines then compute it once for each class, not for each
/// site of each datum. Equal numbers mean the same for all data of a batch, which have their parameters in
/// common.
template <class F>
concept ClassifiedSites = requires(const F part, Index i) {
    { part.site_class(i) } -> std::convertible_to<Index>;
    { part.class_count() } -> std::convertible_to<Index>;
};

}  // namespace predcg
