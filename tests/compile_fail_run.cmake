# A must-not-compile test:
#     cmake -DCOMPILER=... -DCOMPILER_ID=... -DINCLUDES=dir|dir -DSOURCE=file.cpp -P compile_fail_run.cmake
#
# The source begins with one or more lines `// expect: <text>` and holds, under `#ifdef PREDCG_TWIN`, the small
# correction that makes it compile. It passes if
#   * without PREDCG_TWIN the compiler fails and its messages hold every expected text (as it stands, no pattern),
#     the first text in the first error: who reads from the top finds the reason there;
#   * with -DPREDCG_TWIN it compiles, so the error is the one meant and not a slip elsewhere in the file.
# The compiler quotes no source lines, so an expected text is found in a message or not at all.

set(command "${COMPILER}" -std=c++20 -fsyntax-only)
if(COMPILER_ID STREQUAL "GNU")
    list(APPEND command -fconcepts-diagnostics-depth=3 -fno-diagnostics-show-caret)
else()
    list(APPEND command -fno-caret-diagnostics -ferror-limit=0)
endif()
string(REPLACE "|" ";" include_dirs "${INCLUDES}")
foreach(dir IN LISTS include_dirs)
    list(APPEND command "-I${dir}")
endforeach()
set(ENV{LC_ALL} C)

# The headers of PRECOMPILED are there without being read again.
if(COMPILER_ID STREQUAL "GNU")
    set(binary "${PRECOMPILED}.gch")
else()
    set(binary "${PRECOMPILED}.pch")
endif()
if(PRECOMPILE)
    list(REMOVE_ITEM command -fsyntax-only)
    execute_process(COMMAND ${command} -x c++-header "${PRECOMPILED}" -o "${binary}" COMMAND_ERROR_IS_FATAL ANY)
    return()
endif()
if(EXISTS "${binary}")
    if(COMPILER_ID STREQUAL "GNU")
        list(APPEND command -include "${PRECOMPILED}")
    else()
        list(APPEND command -include-pch "${binary}")
    endif()
endif()

file(READ "${SOURCE}" content)
string(REPLACE "\r\n" "\n" content "${content}")

# The leading `// expect:` lines, one at a time: the texts may hold any character, so no CMake lists.
set(messages "")
set(expected_count 0)
while(content MATCHES "^// expect:([^\n]*)\n")
    string(LENGTH "${CMAKE_MATCH_0}" length)
    string(STRIP "${CMAKE_MATCH_1}" text)
    if(text STREQUAL "")
        message(FATAL_ERROR "compile_fail: ${SOURCE} has an empty '// expect:' line")
    endif()
    set(expected_${expected_count} "${text}")
    math(EXPR expected_count "${expected_count} + 1")
    string(SUBSTRING "${content}" ${length} -1 content)
endwhile()
if(expected_count EQUAL 0)
    message(FATAL_ERROR "compile_fail: ${SOURCE} has no line '// expect: <text>' at its top")
endif()
# passed_over_form.hpp has the #ifdef for the files that write their members' types by it
if(NOT "\n${content}" MATCHES "\n *# *if[^\n]*PREDCG_TWIN" AND NOT content MATCHES "[^A-Za-z]Form<")
    message(FATAL_ERROR "compile_fail: ${SOURCE} has no twin: no '#ifdef PREDCG_TWIN', no Form<Right, Wrong>")
endif()

execute_process(COMMAND ${command} "${SOURCE}" RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
set(messages "${out}${err}")
if(result EQUAL 0)
    message(FATAL_ERROR "compile_fail: ${SOURCE} compiles, but must not")
endif()
math(EXPR last "${expected_count} - 1")
foreach(i RANGE ${last})
    string(FIND "${messages}" "${expected_${i}}" position)
    if(position EQUAL -1)
        message("${messages}")
        message(FATAL_ERROR "compile_fail: ${SOURCE} fails, but not with the expected message: ${expected_${i}}")
    endif()
endforeach()
string(REGEX MATCH "error: [^\n]*" first_error "${messages}")
string(FIND "${first_error}" "${expected_0}" position)
if(position EQUAL -1)
    message("${messages}")
    message(FATAL_ERROR "compile_fail: ${SOURCE} fails, but first with another error: ${first_error}")
endif()

execute_process(COMMAND ${command} -DPREDCG_TWIN "${SOURCE}" RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(NOT result EQUAL 0)
    message("${out}${err}")
    message(FATAL_ERROR "compile_fail: ${SOURCE}: the twin does not compile")
endif()
message(STATUS "ok: ${SOURCE}")
