#pragma once
// Parameters, their names, and what a model says of them.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace predcg {

/// The parameters of a coarse potential and a map.
struct Parameters {
    Vector theta;  ///< theta_c, in energy units
    Vector eta;    ///< unconstrained parameters of the map
};

namespace detail {

/// parameter_names() of a model, completed by prefix + number where it has none.
template <class Model>
std::vector<std::string> names_of(const Model& model, Index size, const char* prefix) {
    std::vector<std::string> names;
    if constexpr (requires {
                      { model.parameter_names() } -> std::convertible_to<std::vector<std::string>>;
                  })
        names = model.parameter_names();
    for (Index k = static_cast<Index>(names.size()); k < size; ++k) names.push_back(prefix + to_text(k + 1));
    return names;
}

template <class Coarse>
std::vector<std::string> coarse_names_of(const Coarse& coarse) {
    return names_of(coarse, coarse.parameter_count(), "theta_");
}
template <class Map>
std::vector<std::string> map_names_of(const Map& map) {
    return names_of(map, map.parameter_count(), "eta_");
}

/// start() of a model, or zeros.
template <class Model>
Vector start_of(const Model& model) {
    if constexpr (requires {
                      { model.start() } -> VectorLike;
                  })
        return model.start();
    else
        return Vector::Zero(model.parameter_count());
}

/// scales() of a model, or ones. Throws ArgumentError for another length, or a scale that is not a finite
/// number > 0.
template <class Model>
Vector scales_of(const Model& model) {
    if constexpr (requires {
                      { model.scales() } -> VectorLike;
                  }) {
        const Vector scales = model.scales();
        require_equal(scales.size(), model.parameter_count(), "scales", "length of scales()",
                      "the number of parameters");
        for (const double s : scales) require_positive(s, "scales", "a scale");
        return scales;
    } else {
        return Vector::Ones(model.parameter_count());
    }
}

inline void require_same_names(const std::vector<std::string>& names,
                               const std::vector<std::string>& expected, std::string_view function,
                               std::string_view argument) {
    const auto joined = [](const std::vector<std::string>& all) {
        std::string text = "{";
        for (const std::string& name : all) text += (text.size() == 1 ? "" : ", ") + name;
        return text + "}";
    };
    if (names != expected)
        argument_error(function, argument, joined(names), joined(expected) + ", those of the models");
}

}  // namespace detail

}  // namespace predcg
