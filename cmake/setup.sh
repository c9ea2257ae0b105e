#!/bin/sh
# Installs what predcg needs and this machine lacks, with apt, dnf or brew.
#
#   sh cmake/setup.sh              to build, test and run the study
#   sh cmake/setup.sh --dev        also what .ci/run needs: clang with its sanitizers and libFuzzer, llvm-cov,
#                                  clang-format 16, clang-tidy 16, git, pkg-config, Python
#   sh cmake/setup.sh --mpi        also MPI, for predcg/mpi.hpp
#   sh cmake/setup.sh --hosts      also what examples/host_* run the library in: LAMMPS
#   sh cmake/setup.sh --molecules  also LAMMPS' program lmp, in which tests run tables of potentials
#   sh cmake/setup.sh --docs       also what the site is made with: Doxygen, doxygen-awesome-css, Python
#
# Options may be combined. With nothing missing it needs neither root nor network.
set -eu

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

dev=no mpi=no hosts=no molecules=no docs=no
for argument in "$@"; do
    case "$argument" in
        --dev) dev=yes ;;
        --mpi) mpi=yes ;;
        --hosts) hosts=yes ;;
        --molecules) molecules=yes ;;
        --docs) docs=yes ;;
        -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "unknown argument '$argument' (allowed: --dev, --mpi, --hosts, --molecules, --docs)" ;;
    esac
done

# One line per need: the tools of which one must exist (- if it is no tool: then the package is asked for), whether
# the library can do without it, and its package in each system.
#   tools           need      apt                 dnf                     brew
needs='
    g++,c++         must      g++                 gcc-c++                 gcc
    cmake           must      cmake               cmake                   cmake
    ninja           must      ninja-build         ninja-build             ninja
    -               must      libeigen3-dev       eigen3-devel            eigen
    -               must      libboost-dev        boost-devel             boost
    -               optional  libgtest-dev        gtest-devel             googletest
    -               optional  libbenchmark-dev    google-benchmark-devel  google-benchmark
    -               optional  nlohmann-json3-dev  json-devel              nlohmann-json
    -               optional  libcli11-dev        cli11-devel             cli11
    -               optional  zlib1g-dev          zlib-devel              zlib
    gnuplot         optional  gnuplot-nox         gnuplot                 gnuplot'
# The formatter and clang-tidy are asked for by package: other releases of the same tool lay out and warn differently.
dev_needs='
    clang++         must      clang               clang                   llvm
    -               must      clang-format-16     clang-tools-extra       llvm@16
    -               must      clang-tidy-16       clang-tools-extra       llvm@16
    -               must      libclang-rt-dev     compiler-rt             llvm
    -               must      llvm                llvm                    llvm
    bash            must      bash                bash                    bash
    git             must      git                 git                     git
    pkg-config      must      pkgconf             pkgconf                 pkgconf
    python3         must      python3             python3                 python3
    -               optional  locales             glibc-locale-source     -
    valgrind        optional  valgrind            valgrind                valgrind'
mpi_needs='
    -               must      openmpi-bin         openmpi                 open-mpi
    -               must      libopenmpi-dev      openmpi-devel           open-mpi'
hosts_needs='
    -               must      liblammps-dev       lammps-devel            lammps'
molecules_needs='
    lmp             must      lammps              lammps                  lammps'
docs_needs='
    doxygen         must      doxygen             doxygen                 doxygen
    -               optional  doxygen-awesome-css doxygen                 doxygen
    python3         must      python3             python3                 python3'
[ "$dev" = no ] || needs="$needs$dev_needs"
[ "$mpi" = no ] || needs="$needs$mpi_needs"
[ "$hosts" = no ] || needs="$needs$hosts_needs"
[ "$molecules" = no ] || needs="$needs$molecules_needs"
[ "$docs" = no ] || needs="$needs$docs_needs"

if have apt-get && have dpkg-query; then system=apt
elif have dnf && have rpm; then system=dnf
elif have brew; then system=brew
else system=none
fi

installed() {  # is package $1 there?
    case $system in
        apt) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
        dnf) rpm -q --quiet "$1" ;;
        brew) brew list --versions "$1" >/dev/null 2>&1 ;;
        none) true ;;  # cannot be asked; CMake will say what it does not find
    esac
}

has_tool() {  # is one of the tools in the comma-separated list $1 there?
    for tool in $(printf '%s' "$1" | tr ',' ' '); do
        if have "$tool"; then return 0; fi
    done
    return 1
}

missing='' missing_must=''
while read -r tools need apt dnf brew; do
    [ -n "$tools" ] || continue
    case $system in
        dnf) package=$dnf ;;
        brew) package=$brew ;;
        *) package=$apt ;;
    esac
    [ "$package" != - ] || continue  # that system has it in any case
    if [ "$tools" = - ]; then
        if installed "$package"; then continue; fi
    elif has_tool "$tools"; then
        continue
    fi
    missing="$missing $package"
    [ "$need" = optional ] || missing_must="$missing_must $package"
done <<END
$needs
END

give_up() {  # what is missing cannot be installed for reason $1
    if [ -n "$missing_must" ]; then
        die "$1. Please have these packages installed:$missing"
    fi
    say "$1. Going on without:$missing. What needs them is skipped."
}

install() {
    as_root=''
    if [ "$system" != brew ] && [ "$(id -u)" -ne 0 ]; then
        if ! have sudo; then
            give_up 'not root, and there is no sudo'
            return
        fi
        as_root=sudo
    fi
    say "installing:$missing"
    # shellcheck disable=SC2086  # a list of words
    case $system in
        apt)
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
                $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing
            ;;
        dnf) $as_root dnf install -qy $missing ;;
        brew) brew install $missing ;;
    esac >&2 || give_up "$system could not install them"
}

if [ -n "$missing" ]; then
    if [ "$system" = none ]; then
        give_up 'found none of apt, dnf and brew'
    else
        install
    fi
fi

cmake_version=$(cmake --version | sed -n '1s/^cmake version \([0-9]*\.[0-9]*\).*/\1/p')
if [ "${cmake_version%.*}" -lt 3 ] || { [ "${cmake_version%.*}" -eq 3 ] && [ "${cmake_version#*.}" -lt 25 ]; }; then
    die "CMake >= 3.25 is needed; $(command -v cmake) is $cmake_version"
fi
