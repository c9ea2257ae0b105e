# Runs compile_fail_run.cmake on a fixture: it must print VERDICT, and fail unless VERDICT is "ok:".
execute_process(
    COMMAND "${CMAKE_COMMAND}" "-DCOMPILER=${COMPILER}" "-DCOMPILER_ID=${COMPILER_ID}" "-DINCLUDES=${INCLUDES}"
        "-DSOURCE=${SOURCE}" -P "${CMAKE_CURRENT_LIST_DIR}/../compile_fail_run.cmake"
    RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
# message(FATAL_ERROR) wraps long lines
string(REGEX REPLACE "[ \n]+" " " output "${out}${err}")
string(FIND "${output}" "${VERDICT}" position)
if(position EQUAL -1)
    message(FATAL_ERROR "expected the verdict '${VERDICT}', got (${result}): ${out}${err}")
endif()
if(VERDICT STREQUAL "ok:" AND NOT result EQUAL 0 OR NOT VERDICT STREQUAL "ok:" AND result EQUAL 0)
    message(FATAL_ERROR "the verdict is '${VERDICT}', but the exit status is ${result}")
endif()
