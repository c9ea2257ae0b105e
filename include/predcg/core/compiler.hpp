#pragma once
// What the library asks of compiler and flags. Every header includes this before anything else, so that who
// compiles otherwise reads one sentence. The file that does not exist ends the compilation there.
#if __cplusplus < 202002L
#error "predcg needs C++20: compile with -std=c++20 (CMake: target_compile_features(... cxx_std_20))"
#include <predcg/the_error_above_says_why>
#endif
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "predcg needs NaN and infinity, which -ffast-math and -Ofast take away: add -fno-finite-math-only"
#include <predcg/the_error_above_says_why>
#endif
