# Every public header stands alone: for each, a source that includes it twice and nothing else. These are linked with
# one more source that includes all headers, so every header is in two translation units of one program, and a
# function that lacks `inline` is defined twice.
set(generated_dir "${CMAKE_CURRENT_BINARY_DIR}/headers")
set(header_sources)
set(all_includes "")
foreach(header IN LISTS predcg_headers)
    if(header MATCHES "/mpi.hpp$" AND NOT PREDCG_MPI)
        continue()
    endif()
    cmake_path(RELATIVE_PATH header BASE_DIRECTORY "${PROJECT_SOURCE_DIR}/include" OUTPUT_VARIABLE name)
    string(REPLACE "/" "_" file "${name}")
    string(REPLACE ".hpp" ".cpp" file "${file}")
    file(CONFIGURE OUTPUT "${generated_dir}/${file}" CONTENT "#include <@name@>\n#include <@name@>\n" @ONLY)
    list(APPEND header_sources "${generated_dir}/${file}")
    string(APPEND all_includes "#include <${name}>\n")
endforeach()
file(CONFIGURE OUTPUT "${generated_dir}/main.cpp" CONTENT "@all_includes@int main() {}\n" @ONLY)

add_executable(header_checks ${header_sources} "${generated_dir}/main.cpp")
target_link_libraries(header_checks PRIVATE predcg_test_base)
target_compile_options(header_checks PRIVATE -O0)
add_test(NAME headers.link COMMAND header_checks)
set_tests_properties(headers.link PROPERTIES LABELS headers TIMEOUT 600)
