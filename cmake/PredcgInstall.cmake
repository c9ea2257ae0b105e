# `cmake --install`: the headers, a package that find_package(predcg) finds, and one for pkg-config.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(predcg_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/predcg")

target_include_directories(predcg INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/predcg" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.hpp")
install(TARGETS predcg predcg_same_bytes EXPORT predcgTargets)
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

# For pkg-config. Its prefix follows from where the file lies, so that an installed tree can be moved.
set(predcg_pkgconfig_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")
file(RELATIVE_PATH predcg_pc_prefix "/prefix/${predcg_pkgconfig_dir}" "/prefix")
string(REGEX REPLACE "/$" "" predcg_pc_prefix "${predcg_pc_prefix}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/predcg.pc.in" "${PROJECT_BINARY_DIR}/predcg.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/predcg.pc" DESTINATION "${predcg_pkgconfig_dir}")
