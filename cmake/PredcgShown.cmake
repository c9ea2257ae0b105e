# predcg_shown_program(<test> <name> <command>...): the test runs the command and keeps what it prints, for the tests of the pages
# that quote it: these require the fixture printed_<name> and read <build>/printed/<name>.
function(predcg_shown_program test name)
    add_test(NAME ${test}
        COMMAND sh -c "printed=$1; shift; \"$@\" >\"$printed\"; code=$?; cat \"$printed\"; exit $code"
            sh "${PROJECT_BINARY_DIR}/printed/${name}" ${ARGN})
    set_tests_properties(${test} PROPERTIES FIXTURES_SETUP printed_${name})
endfunction()
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/printed")
