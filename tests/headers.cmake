# Every public header stands alone: for each, a source that includes it twice and nothing else. All these are then
# linked into one program together with a second source that includes the umbrella, so a function that lacks
# `inline` is defined twice and the link fails.
set(generated_dir "${CMAKE_CURRENT_BINARY_DIR}/headers")
set(header_sources)
foreach(header IN LISTS predcg_headers)
    cmake_path(RELATIVE_PATH header BASE_DIRECTORY "${PROJECT_SOURCE_DIR}/include" OUTPUT_VARIABLE name)
    string(REPLACE "/" "_" file "${name}")
    string(REPLACE ".hpp" ".cpp" file "${file}")
    file(CONFIGURE OUTPUT "${generated_dir}/${file}" CONTENT "#include <@name@>\n#include <@name@>\n" @ONLY)
    list(APPEND header_sources "${generated_dir}/${file}")
endforeach()

add_library(predcg_header_checks OBJECT ${header_sources})
target_link_libraries(predcg_header_checks PRIVATE predcg_test_base)
target_compile_options(predcg_header_checks PRIVATE -O0)

if(EXISTS "${PROJECT_SOURCE_DIR}/include/predcg/predcg.hpp")
    set(umbrella "predcg/predcg.hpp")
else()
    set(umbrella "predcg/version.hpp")
endif()
foreach(number IN ITEMS 1 2)
    file(CONFIGURE OUTPUT "${generated_dir}/two_units_${number}.cpp" @ONLY CONTENT
"#include <@umbrella@>
int two_units_@number@() { return static_cast<int>(predcg::version_string.size()); }
")
endforeach()
file(CONFIGURE OUTPUT "${generated_dir}/two_units_main.cpp" @ONLY CONTENT
"int two_units_1();
int two_units_2();
int main() { return two_units_1() == two_units_2() ? 0 : 1; }
")
add_executable(header_link
    "${generated_dir}/two_units_1.cpp" "${generated_dir}/two_units_2.cpp" "${generated_dir}/two_units_main.cpp"
    $<TARGET_OBJECTS:predcg_header_checks>)
target_link_libraries(header_link PRIVATE predcg_test_base)
target_compile_options(header_link PRIVATE -O0)
add_test(NAME headers.link COMMAND header_link)
set_tests_properties(headers.link PROPERTIES LABELS headers TIMEOUT 60)
