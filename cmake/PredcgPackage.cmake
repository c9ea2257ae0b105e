# What is made for a release, by `cmake --workflow --preset package` in build/package: the library as one header,
# predcg.hpp, and a Debian package.
find_package(Python3 QUIET COMPONENTS Interpreter)
if(Python3_Interpreter_FOUND)
    add_custom_target(single_header
        COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/cmake/single_header.py"
            -o "${PROJECT_BINARY_DIR}/predcg.hpp"
        COMMENT "Writing predcg.hpp" VERBATIM)
endif()

set(PREDCG_PACKAGE_MAINTAINER "predcg authors <predcg@localhost>" CACHE STRING
    "Name and address in the Debian package; whoever publishes it sets theirs")

# What Debian wants beside the library.
set(debian_doc_dir "share/doc/libpredcg-dev")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${debian_doc_dir}" RENAME copyright
    COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES "${PROJECT_SOURCE_DIR}/README.md" DESTINATION "${debian_doc_dir}" COMPONENT debian EXCLUDE_FROM_ALL)
find_program(PREDCG_GZIP gzip)
mark_as_advanced(PREDCG_GZIP)
set(maintainer "${PREDCG_PACKAGE_MAINTAINER}")
if(PREDCG_GZIP)
    string(TIMESTAMP today "%a, %d %b %Y %H:%M:%S +0000" UTC)
    file(WRITE "${PROJECT_BINARY_DIR}/changelog"
        "predcg (${PROJECT_VERSION}) unstable; urgency=medium\n\n  * As CHANGELOG.md of the sources says.\n\n"
        " -- ${maintainer}  ${today}\n")
    execute_process(COMMAND "${PREDCG_GZIP}" -9 -n -f "${PROJECT_BINARY_DIR}/changelog" COMMAND_ERROR_IS_FATAL ANY)
    install(FILES "${PROJECT_BINARY_DIR}/changelog.gz" DESTINATION "${debian_doc_dir}"
        COMPONENT debian EXCLUDE_FROM_ALL)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME libpredcg-dev)
set(CPACK_PACKAGE_VENDOR "predcg authors")
set(CPACK_PACKAGE_CONTACT "${maintainer}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "predictive coarse-graining, C++20 headers")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_CMAKE_PROJECTS
    "${PROJECT_BINARY_DIR};predcg;Unspecified;/" "${PROJECT_BINARY_DIR};predcg;debian;/")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libeigen3-dev (>= 3.4), libboost-dev")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Learns a coarse model and a probabilistic map back to the fine scale from
configurations of a fine-scale model, and predicts fine-scale observables.
Spaces, potentials, maps, priors and engines are C++ concepts: simulation
codes include the headers and use types of their own.")
include(CPack)
