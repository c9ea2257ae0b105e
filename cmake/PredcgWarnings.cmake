# predcg_warnings: the warnings of this project's own tests, examples and benchmarks, and what compiles them sooner. Never
# exported.
add_library(predcg_warnings INTERFACE)
target_compile_options(predcg_warnings INTERFACE
    $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-Wall -Wextra -Wpedantic -Wconversion -Wshadow>
    # clang counts signed <-> unsigned to -Wconversion, g++ does not; Eigen's sizes are signed, the standard
    # library's are not, so this one would hit every loop.
    $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wno-sign-conversion>
    # A failed constraint names the requirement inside a nested concept.
    $<$<CXX_COMPILER_ID:GNU>:-fconcepts-diagnostics-depth=3>
    # g++ 12 reports these inside inlined Eigen code from -O2 on, although Eigen is a system header; -Wuninitialized
    # inside its own AVX-512 intrinsics (GCC bug 105593).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-restrict>
    # g++ looks for garbage again and again in files as large as these: a tenth to a fifth of its time, for
    # half a gigabyte of memory at most.
    $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=500000>
    $<$<BOOL:${PREDCG_WARNINGS_AS_ERRORS}>:-Werror>)
