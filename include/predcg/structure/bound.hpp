#pragma once
#include <predcg/structure/forwarding.hpp>

#include <utility>

namespace predcg {

/// A coarse potential at fixed parameters: a parameter-free potential with the same structure.
///
/// A view: the potential must outlive it.
template <CoarsePotential U>
class Bound : public detail::OfPotential<detail::AtTheta<U>> {
    using Base = detail::OfPotential<detail::AtTheta<U>>;

public:
    /// U(., theta) as a potential without parameters; refers to U.
    Bound(const U& potential, Vector theta) : Base(potential, std::move(theta)) {
        require_equal(this->theta_.size(), potential.parameter_count(), "Bound", "length of theta",
                      "the number of parameters");
    }

    const Vector& theta() const { return this->theta_; }
};

}  // namespace predcg
