# cmake -Dmpirun=... -Dmode=same|fails "-Dprogram=PROGRAM;ARGUMENTS" [-Dmessage=REGEX] -P run.cmake
#
# same: 1, 2, 3 and 4 processes with 1, 2 and 3 threads each write the same bytes.
# fails: 3 processes end, not by a time limit, with an error and a message.
cmake_minimum_required(VERSION 3.25)

set(ENV{OMPI_ALLOW_RUN_AS_ROOT} 1)
set(ENV{OMPI_ALLOW_RUN_AS_ROOT_CONFIRM} 1)
set(ENV{OMPI_MCA_rmaps_base_oversubscribe} 1)  # more processes than processors

macro(run processes threads)
    set(ENV{PREDCG_THREADS} ${threads})
    execute_process(COMMAND "${mpirun}" -np ${processes} ${program} TIMEOUT 300
        RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
endmacro()

if(mode STREQUAL "same")
    unset(expected)
    foreach(processes IN ITEMS 1 2 3 4)
        foreach(threads IN ITEMS 1 2 3)
            run(${processes} ${threads})
            if(NOT status EQUAL 0 OR output STREQUAL "")
                message(FATAL_ERROR "${processes} processes: ${status}\n${output}\n${errors}")
            endif()
            if(NOT DEFINED expected)
                set(expected "${output}")
                message(STATUS "${output}")
            elseif(NOT output STREQUAL expected)
                message(FATAL_ERROR "${processes} processes of ${threads} threads write\n${output}\nnot\n${expected}")
            endif()
        endforeach()
    endforeach()
else()
    run(3 1)
    if(status EQUAL 0 OR status MATCHES "timeout" OR NOT errors MATCHES "${message}")
        message(FATAL_ERROR "status ${status}, wanted an error with '${message}'; ${output}\n${errors}")
    endif()
endif()
