#pragma once
#include <predcg/core/error.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace predcg::detail {

/// parameter_names() of a model, completed by prefix + number where it has none.
template <class Model>
[[gnu::cold]] std::vector<std::string> names_of(const Model& model, Index size, const char* prefix) {
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

[[gnu::cold]] inline void require_same_names(const std::vector<std::string>& names,
                                             const std::vector<std::string>& expected,
                                             std::string_view function, std::string_view argument) {
    const auto joined = [](const std::vector<std::string>& all) {
        std::string text = "{";
        for (const std::string& name : all) text += (text.size() == 1 ? "" : ", ") + name;
        return text + "}";
    };
    if (names != expected)
        argument_error(function, argument, joined(names), joined(expected) + ", those of the models");
}

}  // namespace predcg::detail
