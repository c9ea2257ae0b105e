#pragma once
// Names for the parts of what has an entry for each parameter.
#include <predcg/core/types.hpp>

namespace predcg::detail {

/// A vector over (theta_c, eta) by its blocks: coarse(k) is the entry of parameter k of theta_c, map(k) that
/// of parameter k of eta. Of a matrix coarse(k, l) and map(k, l). Refers to it.
template <class All>
class Blocks {
public:
    Blocks(All& all, Index coarse_count) : all_(&all), coarse_count_(coarse_count) {}

    template <class... At>
    decltype(auto) coarse(At... at) const {
        return (*all_)(at...);
    }
    template <class... At>
    decltype(auto) map(At... at) const {
        return (*all_)((coarse_count_ + at)...);
    }

private:
    All* all_;
    Index coarse_count_;
};

}  // namespace predcg::detail
