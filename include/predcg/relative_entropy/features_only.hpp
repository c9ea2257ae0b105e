#pragma once
// Configurations that are known by their features alone.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/core/space.hpp>
#include <predcg/learning/parameters.hpp>

#include <concepts>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// U(s, theta) = theta . s on R^p, where s = dU_c/dtheta are the features of a configuration of another
/// potential. What is known of a configuration in p numbers is all that a likelihood linear in theta takes.
class FeaturesOnly {
public:
    /// Names and scales are those of the potential. Throws ArgumentError for one without parameters.
    template <class U>
        requires(!std::same_as<U, FeaturesOnly>)
    explicit FeaturesOnly(const U& of)
        : space_(of.parameter_count()), names_(detail::coarse_names_of(of)),
          scales_(detail::checked_scales_of(of)) {}

    const RealSpace<>& space() const { return space_; }
    Index parameter_count() const { return space_.size(); }
    const std::vector<std::string>& parameter_names() const { return names_; }
    const Vector& scales() const { return scales_; }
    const Vector& features(const Vector& s) const { return s; }

private:
    RealSpace<> space_;
    std::vector<std::string> names_;
    Vector scales_;
};

/// The deterministic map of data that are X already.
template <class X>
struct IdentityMap {
    using fine_type = X;
    using coarse_type = X;
    /// x.
    const X& operator()(const X& x) const { return x; }
};

}  // namespace predcg
