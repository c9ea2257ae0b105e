// The version of predcg. This is the one place it stands: CMake reads the three numbers below.
#pragma once

#include <predcg/core/compiler.hpp>

#include <string_view>

#define PREDCG_VERSION_MAJOR 0
#define PREDCG_VERSION_MINOR 2
#define PREDCG_VERSION_PATCH 0

#define PREDCG_DETAIL_TEXT_OF(x) #x
#define PREDCG_DETAIL_TEXT(x) PREDCG_DETAIL_TEXT_OF(x)

// "major.minor.patch"
#define PREDCG_VERSION_STRING                                                                                \
    PREDCG_DETAIL_TEXT(PREDCG_VERSION_MAJOR)                                                                 \
    "." PREDCG_DETAIL_TEXT(PREDCG_VERSION_MINOR) "." PREDCG_DETAIL_TEXT(PREDCG_VERSION_PATCH)

namespace predcg {

inline constexpr int version_major = PREDCG_VERSION_MAJOR;                 ///< First number of the version.
inline constexpr int version_minor = PREDCG_VERSION_MINOR;                 ///< Second number of the version.
inline constexpr int version_patch = PREDCG_VERSION_PATCH;                 ///< Third number of the version.
inline constexpr std::string_view version_string = PREDCG_VERSION_STRING;  ///< "major.minor.patch".

}  // namespace predcg
