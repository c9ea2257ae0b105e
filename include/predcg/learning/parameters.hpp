#pragma once
// Parameters, their names, and what a model says of them.
#include <predcg/concepts/model_parts.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace predcg {

/// The parameters of a coarse potential and a map.
struct Parameters {
    Vector theta;  ///< theta_c, in energy units
    Vector eta;    ///< unconstrained parameters of the map

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.theta, self.eta);
    }
};

namespace detail {

template <class Coarse>
std::vector<std::string> coarse_names_of(const Coarse& coarse) {
    return names_of(coarse, "theta_");
}
template <class Map>
std::vector<std::string> map_names_of(const Map& map) {
    return names_of(map, "eta_");
}

/// scales_of, checked. Throws ArgumentError for another length, or a scale that is not a finite number > 0.
template <class Model>
[[gnu::cold]] Vector checked_scales_of(const Model& model) {
    Vector scales = scales_of(model);
    require_equal(scales.size(), model.parameter_count(), "scales", "length of scales()",
                  "the number of parameters");
    for (const double s : scales) require_positive(s, "scales", "a scale");
    return scales;
}

/// Throws ArgumentError where two parameters have one name.
[[gnu::cold]] inline void require_different_names(const std::vector<std::string>& names) {
    for (std::size_t k = 0; k < names.size(); ++k)
        if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(k), names[k]) !=
            names.begin() + static_cast<std::ptrdiff_t>(k))
            argument_error("names", "parameter name", "'" + names[k] + "' twice",
                           "names that differ, in potential and map together");
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

}  // namespace detail

}  // namespace predcg
