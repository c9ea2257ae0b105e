#pragma once
// Maps to coarse vectors: from spins, and from letters that are such vectors themselves.
#include <predcg/models/letters/table_map.hpp>

#include <cstdint>
#include <vector>

namespace predcg::vectors {

/// Settings of vectors::spin_map and vectors::copy_map.
struct MapSettings {
    Index level = 2;  ///< l_c, fine sites for each coarse site
    Index axis = 0;   ///< of spin_map: the component that spins see, a column of the field table
};

/// Independent spins x_rs = -1, +1 that see a direction n of their coarse vector,
///     p(x_rs = +1 | X_r) = logistic(eta n . X_r),
/// n the x axis, or settings.axis ("O model": a coarse letter says how sure its spins are). `vectors` are the
/// coarse chain's tables. Without a field turning n changes no density of x: it is no parameter.
[[gnu::cold]] inline auto spin_map(const letters::Tables& vectors, MapSettings settings = {}) {
    require_range(settings.axis, 0, vectors.fields.cols() - 1, "vectors::spin_map", "axis");
    Matrix table(2, vectors.fields.rows());
    for (Index b = 0; b < table.cols(); ++b) {
        table(1, b) = 0.5 * vectors.fields(b, settings.axis);
        table(0, b) = -table(1, b);
    }
    return letters::table_map<std::vector<std::int8_t>>({.level = settings.level,
                                                         .tables = {std::move(table)},
                                                         .names = {"along"},
                                                         .fine_letters = {-1.0, 1.0}});
}

/// Independent fine vectors of the same letters as the coarse ones, around theirs,
///     p(x_rs | X_r) = exp(eta x_rs . X_r) / sum over letters (von Mises' density, Fisher's on the sphere).
[[gnu::cold]] inline auto copy_map(const letters::Tables& vectors, MapSettings settings = {}) {
    return letters::table_map(
        {.level = settings.level, .tables = {vectors.pair}, .names = {"concentration"}});
}

}  // namespace predcg::vectors
