# Must-not-compile tests: see compile_fail_run.cmake for what a file in tests/compile_fail/ looks like.
add_library(predcg_compile_fail_settings OBJECT EXCLUDE_FROM_ALL compile_fail_selftest/good.cpp)
target_link_libraries(predcg_compile_fail_settings PRIVATE predcg_test_base)

# What nearly all of them include, compiled once: half the time that one takes.
set(compile_fail_precompiled "${CMAKE_CURRENT_BINARY_DIR}/compile_fail/precompiled.hpp")
file(CONFIGURE OUTPUT "${compile_fail_precompiled}" CONTENT "#include <predcg/predcg.hpp>\n")

set(compile_fail_command "${CMAKE_COMMAND}"
    "-DPRECOMPILED=${compile_fail_precompiled}"
    "-DCOMPILER=${CMAKE_CXX_COMPILER}"
    "-DCOMPILER_ID=${CMAKE_CXX_COMPILER_ID}"
    "-DINCLUDES=$<JOIN:$<TARGET_PROPERTY:predcg_compile_fail_settings,INCLUDE_DIRECTORIES>,|>")

add_test(NAME compile_fail.precompile
    COMMAND ${compile_fail_command} -DPRECOMPILE=ON -P "${CMAKE_CURRENT_SOURCE_DIR}/compile_fail_run.cmake")
set_tests_properties(compile_fail.precompile PROPERTIES LABELS compile_fail TIMEOUT 600
    FIXTURES_SETUP compile_fail_precompiled)

file(GLOB compile_fail_tests CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/compile_fail/*.cpp")
foreach(source IN LISTS compile_fail_tests)
    cmake_path(GET source STEM name)
    add_test(NAME compile_fail.${name}
        COMMAND ${compile_fail_command} "-DSOURCE=${source}" -P "${CMAKE_CURRENT_SOURCE_DIR}/compile_fail_run.cmake")
    set_tests_properties(compile_fail.${name} PROPERTIES LABELS compile_fail TIMEOUT 600
        FIXTURES_REQUIRED compile_fail_precompiled)
endforeach()

# Every static_assert is seen by one of them.
add_test(NAME compile_fail.static_asserts
    COMMAND "${CMAKE_COMMAND}" "-DHEADER_DIR=${PROJECT_SOURCE_DIR}/include"
        "-DTEST_DIR=${CMAKE_CURRENT_SOURCE_DIR}/compile_fail" -P "${CMAKE_CURRENT_SOURCE_DIR}/static_asserts.cmake")
set_tests_properties(compile_fail.static_asserts PROPERTIES LABELS compile_fail TIMEOUT 600)

# Flags that the library refuses.
add_test(NAME compile_fail.flags
    COMMAND ${compile_fail_command} "-DHEADER_DIR=${PROJECT_SOURCE_DIR}/include"
        -P "${CMAKE_CURRENT_SOURCE_DIR}/refused_flags.cmake")
set_tests_properties(compile_fail.flags PROPERTIES LABELS compile_fail TIMEOUT 600)

# The machinery itself: each fixture must give exactly the verdict written here.
function(predcg_compile_fail_selftest name verdict)
    add_test(NAME compile_fail_selftest.${name}
        COMMAND ${compile_fail_command}
            "-DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}/compile_fail_selftest/${name}.cpp" "-DVERDICT=${verdict}"
            -P "${CMAKE_CURRENT_SOURCE_DIR}/compile_fail_selftest/run.cmake")
    set_tests_properties(compile_fail_selftest.${name} PROPERTIES LABELS compile_fail TIMEOUT 600)
endfunction()
predcg_compile_fail_selftest(good "ok:")
predcg_compile_fail_selftest(compiles "compiles, but must not")
predcg_compile_fail_selftest(other_message "fails, but not with the expected message")
predcg_compile_fail_selftest(one_of_two_messages "fails, but not with the expected message")
predcg_compile_fail_selftest(another_error_first "fails, but first with another error")
predcg_compile_fail_selftest(only_quoted "fails, but not with the expected message")
predcg_compile_fail_selftest(broken_twin "the twin does not compile")
predcg_compile_fail_selftest(no_expectation "has no line '// expect: <text>' at its top")
predcg_compile_fail_selftest(no_twin "has no twin")
