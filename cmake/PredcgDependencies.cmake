# What the headers include: Eigen, Boost's headers, threads.

# Asked for without a version and checked afterwards: Eigen 5 declares itself incompatible with a request for 3.4.
find_package(Eigen3 QUIET CONFIG)
if(NOT TARGET Eigen3::Eigen)
    message(FATAL_ERROR
        "predcg needs Eigen >= 3.4, which was not found. `sh cmake/setup.sh` installs it (Debian: libeigen3-dev); "
        "for a copy elsewhere set Eigen3_DIR or CMAKE_PREFIX_PATH.")
elseif(Eigen3_VERSION VERSION_LESS 3.4)
    message(FATAL_ERROR "predcg needs Eigen >= 3.4; found ${Eigen3_VERSION} in ${Eigen3_DIR}.")
endif()

# Headers only; in particular never Boost::random, which is a compiled library.
find_package(Boost QUIET)
if(NOT TARGET Boost::headers)
    message(FATAL_ERROR
        "predcg needs the Boost headers, which were not found. `sh cmake/setup.sh` installs them "
        "(Debian: libboost-dev); for a copy elsewhere set Boost_DIR, BOOST_ROOT or CMAKE_PREFIX_PATH.")
endif()

find_package(Threads REQUIRED)
