#pragma once
#include <predcg/core/types.hpp>

#include <concepts>
#include <optional>

namespace predcg {

/// Proposes a displacement of the parameters that should raise the objective.
///
/// gradient and information (minus the Hessian) are those of the objective at the point. No value means
/// that the optimizer has no ascent direction here; the fit then makes an EM step instead. With an exact
/// engine it asks first for `indefinite_step(gradient, information, complete)`, if the optimizer has it, with
/// the information of the complete data.
template <class O>
concept Optimizer =
    std::copyable<O> && requires { typename O::State; } &&  // e.g. a step counter; persists in the fit
    std::default_initializable<typename O::State> &&
    requires(const O optimizer, typename O::State& state, const Vector& point, const Vector& gradient,
             const Matrix& information) {
        { optimizer.step(state, point, gradient, information) } -> std::convertible_to<std::optional<Vector>>;
        { optimizer.tolerance() } -> std::convertible_to<double>;  // on the step: the test of convergence
    };

namespace detail {
/// Knows a step where the information is not positive definite:
/// `std::optional<Vector> indefinite_step(gradient, information, complete) const`.
template <class O>
concept StepsWhereIndefinite =
    requires(const O optimizer, const Vector& gradient, const Matrix& information) {
        {
            optimizer.indefinite_step(gradient, information, information)
        } -> std::convertible_to<std::optional<Vector>>;
    };
/// Its steps end at the maximum of the quadratic that gradient and information make:
/// `static constexpr bool is_quadratic = true`.
template <class O>
concept IsQuadratic = requires { requires O::is_quadratic; };
/// Wants the information of the complete data, as if X had been seen:
/// `static constexpr bool complete_information = true`.
template <class O>
concept WantsCompleteInformation = requires { requires O::complete_information; };
}  // namespace detail

}  // namespace predcg
