# `cmake --install`: the headers and a package that find_package(predcg) finds.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(predcg_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/predcg")

install(TARGETS predcg EXPORT predcgTargets FILE_SET HEADERS)
install(EXPORT predcgTargets NAMESPACE predcg:: DESTINATION "${predcg_package_dir}")

configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/predcgConfig.cmake.in" "${PROJECT_BINARY_DIR}/predcgConfig.cmake"
    INSTALL_DESTINATION "${predcg_package_dir}"
    NO_SET_AND_CHECK_MACRO)
# Below 1.0 a minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/predcgConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/predcgConfig.cmake" "${PROJECT_BINARY_DIR}/predcgConfigVersion.cmake"
    DESTINATION "${predcg_package_dir}")
