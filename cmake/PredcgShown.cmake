# predcg_shown_program(<test> <target>): the test runs the program and keeps what it prints, for the tests of the pages that quote
# it: these require the fixture printed_<target> and read <build>/printed/<target>.
function(predcg_shown_program test target)
    add_test(NAME ${test}
        COMMAND sh -c "\"$0\" >\"$1\"; code=$?; cat \"$1\"; exit $code"
            "$<TARGET_FILE:${target}>" "${PROJECT_BINARY_DIR}/printed/${target}")
    set_tests_properties(${test} PROPERTIES FIXTURES_SETUP printed_${target})
endfunction()
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/printed")
