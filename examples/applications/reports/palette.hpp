#pragma once
// One colour for each method, in every figure of every study (Okabe and Ito, 2008: told apart with any
// colour vision), and what the report shows instead on a dark page.
#include <array>
#include <string>

namespace cli::study {

struct Colour {
    const char* name;   ///< its variable in gnuplot scripts
    const char* light;  ///< as figures have it, #rrggbb
    const char* dark;   ///< on a dark page
};

inline constexpr std::array<Colour, 10> palette{{
    {"truth", "#000000", "#f0f0f0"},
    {"data", "#8a5a00", "#d9a441"},
    {"predcg", "#0072b2", "#58b4f0"},
    {"predcg_linear", "#009e73", "#2fcf9f"},
    {"monte_carlo", "#cc79a7", "#e39ac4"},
    {"relative_entropy", "#d55e00", "#ff8c3a"},
    {"stochastic_newton", "#6f5fc0", "#a99bf0"},
    {"joint_laplace", "#56b4e9", "#8fd0f5"},
    {"other", "#e69f00", "#ffc04d"},
    {"grid", "#d8d8d8", "#444444"},
}};

}  // namespace cli::study
