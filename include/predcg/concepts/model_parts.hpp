#pragma once
// What models may say of themselves and need not: each with what stands in where they do not.
#include <predcg/concepts/prior.hpp>
#include <predcg/core/error.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <vector>

namespace predcg {

/// Parameters may be restricted to an open set (stiffness positive definite, ranges > 0).
template <class Model>
concept HasAdmissible = requires(const Model model, const Vector& theta) {
    { model.admissible(theta) } -> std::convertible_to<bool>;
};

/// Its parameters have names: `std::vector<std::string> parameter_names() const`, the first of p or all.
template <class Model>
concept HasParameterNames = requires(const Model model) {
    { model.parameter_names() } -> std::convertible_to<std::vector<std::string>>;
};

/// Says where fits begin: `Vector start() const`, p parameters.
template <class Model>
concept HasStart = requires(const Model model) {
    { model.start() } -> VectorLike;
};

/// Says where else fits may begin: `std::vector<Vector> more_starts() const`, p parameters each.
template <class Model>
concept HasMoreStarts = requires(const Model model) {
    { model.more_starts() } -> std::convertible_to<std::vector<Vector>>;
};

/// Knows natural sizes: `Vector scales() const`, of p parameters, or of the n coordinates of a space.
template <class Model>
concept HasScales = requires(const Model model) {
    { model.scales() } -> VectorLike;
};

/// Knows the parameters that mean the same with the sign of every coarse letter changed:
/// `std::optional<Vector> flipped(const Vector&) const`, absent where there are none (learning/labels.hpp).
template <class Model>
concept HasFlip = requires(const Model model, const Vector& parameters) {
    { model.flipped(parameters) } -> std::convertible_to<std::optional<Vector>>;
};

/// States the prior of its own parameters: `P weak_prior() const`, a BlockPrior.
template <class Model>
concept HasWeakPrior = requires(const Model model) {
    { model.weak_prior() } -> BlockPrior;
};

/// Says whether full windows of the same letters are worth the same at every site:
/// `bool translation_invariant() const`.
template <class T>
concept HasInvariance = requires(const T t) {
    { t.translation_invariant() } -> std::convertible_to<bool>;
};

/// False where theta lies outside the model's own domain; true where it has no such limit.
template <class Model>
bool is_admissible([[maybe_unused]] const Model& model, [[maybe_unused]] const Vector& theta) {
    if constexpr (HasAdmissible<Model>)
        return model.admissible(theta);
    else
        return true;
}

/// True where the object says so; absent means false.
template <class T>
bool is_translation_invariant([[maybe_unused]] const T& t) {
    if constexpr (HasInvariance<T>)
        return t.translation_invariant();
    else
        return false;
}

/// parameter_names() of a potential or a map, completed by prefix + number where it has none. Throws
/// ArgumentError for more names than parameters.
template <class Model>
[[gnu::cold]] std::vector<std::string> names_of(const Model& model, const char* prefix) {
    std::vector<std::string> names;
    if constexpr (HasParameterNames<Model>) names = model.parameter_names();
    if (static_cast<Index>(names.size()) > Index(model.parameter_count()))
        require_equal(static_cast<Index>(names.size()), Index(model.parameter_count()), "names",
                      "length of parameter_names()", "parameter_count()");
    for (Index k = static_cast<Index>(names.size()); k < Index(model.parameter_count()); ++k)
        names.push_back(prefix + to_text(k + 1));
    return names;
}

/// start() of a potential or a map, where fits begin; else zeros. Throws ArgumentError for another length.
template <class Model>
[[gnu::cold]] Vector start_of(const Model& model) {
    if constexpr (HasStart<Model>) {
        Vector start = model.start();
        require_equal(start.size(), Index(model.parameter_count()), "start", "length of start()",
                      "parameter_count()");
        return start;
    } else
        return Vector::Zero(model.parameter_count());
}

/// scales() of a potential or a map, the natural size of each parameter; else ones.
template <class Model>
Vector scales_of(const Model& model) {
    if constexpr (HasScales<Model>)
        return model.scales();
    else
        return Vector::Ones(model.parameter_count());
}

}  // namespace predcg
