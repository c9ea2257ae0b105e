# cmake -Dpage=<file.md> -Dsource_dir=<project> -Dprinted_dir=<what programs printed> -P check_quotes.cmake
#
# A block of the page is checked by the comment on the line before it:
#     <!-- quote: path -->       its lines stand in that file of the project, one after another
#     <!-- output: program -->   it is all that this program prints
#     <!-- lines: program -->    this program prints these lines, one after another
# Every block marked cpp needs a quote. Links to files of the project must lead somewhere.
cmake_minimum_required(VERSION 3.25)

file(READ "${page}" rest)
cmake_path(RELATIVE_PATH page BASE_DIRECTORY "${source_dir}" OUTPUT_VARIABLE page_name)
set(failed FALSE)
set(checked 0)
function(problem text)
    message(SEND_ERROR "${page_name}: ${text}")
    set(failed TRUE PARENT_SCOPE)
endfunction()

while(TRUE)
    string(FIND "${rest}" "\n```" open)
    if(open EQUAL -1)
        break()
    endif()
    string(SUBSTRING "${rest}" 0 ${open} before)
    math(EXPR open "${open} + 4")
    string(SUBSTRING "${rest}" ${open} -1 rest)
    string(FIND "${rest}" "\n" end_of_line)
    string(SUBSTRING "${rest}" 0 ${end_of_line} language)
    string(SUBSTRING "${rest}" ${end_of_line} -1 rest)
    string(FIND "${rest}" "\n```" close)
    if(close EQUAL -1)
        message(FATAL_ERROR "${page_name}: a block is not closed")
    endif()
    math(EXPR after "${close} + 4")
    math(EXPR length "${close} + 1")
    string(SUBSTRING "${rest}" 0 ${length} block)  # "\n", the lines, "\n"
    string(SUBSTRING "${rest}" ${after} -1 rest)
    string(REGEX MATCH "^\n[^\n]*" first_line "${block}")

    if(before MATCHES "<!-- quote: ([^ ]+) -->$")
        set(quoted "${CMAKE_MATCH_1}")
        file(READ "${source_dir}/${quoted}" source)
        string(FIND "\n${source}" "${block}" at)
        if(at EQUAL -1)
            problem("the block that begins '${first_line}' is not in ${quoted}")
        endif()
        math(EXPR checked "${checked} + 1")
    elseif(before MATCHES "<!-- (output|lines): ([^ ]+) -->$")
        set(kind "${CMAKE_MATCH_1}")
        set(program "${CMAKE_MATCH_2}")
        file(READ "${printed_dir}/${program}" output)
        string(FIND "\n${output}" "${block}" at)
        if(at EQUAL -1 OR (kind STREQUAL "output" AND NOT "\n${output}" STREQUAL "${block}"))
            problem("${program} does not print the block that begins '${first_line}', but:\n${output}")
        endif()
        math(EXPR checked "${checked} + 1")
    elseif(language STREQUAL "cpp")
        problem("the C++ block that begins '${first_line}' quotes no file")
    endif()
endwhile()

# Links relative to the page.
file(READ "${page}" text)
cmake_path(GET page PARENT_PATH directory)
string(REPLACE "](" "<link>" text "${text}")  # a bracket would keep CMake from splitting the list
string(REGEX MATCHALL "<link>[^)# ]+[)#]" links "${text}")
foreach(link IN LISTS links)
    string(REGEX REPLACE "^<link>([^)#]+)[)#]$" "\\1" target "${link}")
    if(NOT target MATCHES "^[a-z]+:" AND NOT EXISTS "${directory}/${target}")
        problem("there is no ${target}")
    endif()
endforeach()

if(NOT failed)
    message(STATUS "${page_name}: ${checked} blocks are what they quote")
endif()
