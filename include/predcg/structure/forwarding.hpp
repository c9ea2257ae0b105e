#pragma once
// What functions of X that are made of parts have because their parts have it: window, neighbours and
// translation invariance. The rest (terms of a window, differences of one site, gradients, quadratic forms)
// an adaptor writes under its own names, one formula each; tests/unit/structure_forwarding_test.cpp holds the
// table.
#include <predcg/concepts/factor.hpp>
#include <predcg/core/neighbours.hpp>

#include <type_traits>
#include <utility>

namespace predcg::detail {

/// A function of one part, kept by value (Held = Part) or referred to (Held = const Part*).
template <class Held>
class OfPart {
public:
    using Part = std::remove_cv_t<std::remove_pointer_t<Held>>;

    Window window() const
        requires HasWindow<Part>
    {
        return part().window();
    }
    NeighbourList neighbours() const
        requires HasNeighbours<Part>
    {
        return part().neighbours();
    }
    bool translation_invariant() const { return is_translation_invariant(part()); }

protected:
    explicit OfPart(Held held) : held_(std::move(held)) {}

    const Part& part() const {
        if constexpr (std::is_pointer_v<Held>)
            return *held_;
        else
            return held_;
    }

private:
    Held held_;
};

/// A potential at fixed theta. A view: the potential must outlive it.
template <class U>
class AtTheta : public OfPart<const U*> {
protected:
    AtTheta(const U& potential, Vector theta) : OfPart<const U*>(&potential), theta_(std::move(theta)) {}

    Vector theta_;
};

/// A function of two parts. Its window holds both windows; boundaries that differ are an ArgumentError.
template <class A, class B>
class OfParts {
public:
    Window window() const
        requires HasWindow<A> && HasWindow<B>
    {
        return window_;
    }
    bool translation_invariant() const {
        return is_translation_invariant(first_) && is_translation_invariant(second_);
    }

protected:
    OfParts(A first, B second) : first_(std::move(first)), second_(std::move(second)) {
        if constexpr (HasWindow<A> && HasWindow<B>)
            window_ = common_window(first_.window(), second_.window());
    }

    A first_;
    B second_;

private:
    Window window_{};
};

}  // namespace predcg::detail
