#!/usr/bin/env bash
# Every way to get the library, each with a small user's program: `bash tests/consumer/ways.sh [chroot]`.
# With `chroot`, for root, also the Debian package in a Debian that has nothing but what it depends on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
version=$(sed -n 's/^#define PREDCG_VERSION_\(MAJOR\|MINOR\|PATCH\) //p' include/predcg/version.hpp | paste -sd.)

way() { printf '\n--- %s\n' "$*"; }

runs() {  # the program $1 says that it works
    "$@" | tee "$scratch/output"
    [ "$(cat "$scratch/output")" = "predcg $version, works" ]
}

# the consumer project in a directory of its own, configured with the given arguments
consumer() {
    rm -rf "$scratch/consumer"
    cmake -S tests/consumer -B "$scratch/consumer" -G Ninja -DCMAKE_BUILD_TYPE=Debug "$@" >"$scratch/log" 2>&1 ||
        { cat "$scratch/log"; return 1; }
    cmake --build "$scratch/consumer"
    runs "$scratch/consumer/consumer"
}

# the same program by a command line as of a Makefile, with the package in prefix $1
by_pkg_config() {
    export PKG_CONFIG_PATH=$1/share/pkgconfig
    [ "$(pkg-config --modversion predcg)" = "$version" ]
    # shellcheck disable=SC2046  # flags are words
    g++ -std=c++20 $(pkg-config --cflags predcg) tests/consumer/main.cpp $(pkg-config --libs predcg) \
        -o "$scratch/by_pkg_config"
    runs "$scratch/by_pkg_config"
}

way 'what a release has: a Debian package and one header'
cmake --workflow --preset package >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
package=build/package/libpredcg-dev_${version}_all.deb

way 'installed, by find_package'
cmake --install build/package --prefix "$scratch/prefix" >"$scratch/log"
mv "$scratch/prefix" "$scratch/moved"  # an installed tree knows no absolute paths
consumer -DCMAKE_PREFIX_PATH="$scratch/moved"

way 'installed without presets, by find_package'
cmake -S . -B "$scratch/plain" -DPREDCG_BUILD_TESTS=OFF -DPREDCG_BUILD_EXAMPLES=OFF -DPREDCG_BUILD_BENCHMARKS=OFF >"$scratch/log"
cmake --install "$scratch/plain" --prefix "$scratch/plain_prefix" >"$scratch/log"
consumer -DCMAKE_PREFIX_PATH="$scratch/plain_prefix"

way 'installed, by pkg-config'
by_pkg_config "$scratch/moved"

way 'the source tree, by add_subdirectory'
consumer -DPREDCG_SOURCE_DIR="$root"

way 'the version is the same wherever it stands'
bash packaging/release.sh check

way "a release's archive of the sources, by FetchContent"
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    # two people make it: other times, time zones, modes, languages, settings of git
    git clone -q . "$scratch/one"
    (umask 077 && git clone -q . "$scratch/other" && find "$scratch/other" -exec touch -h -d '2001-02-03 04:05' {} +)
    bash "$scratch/one/packaging/release.sh" archive "$scratch/release" >/dev/null
    (umask 077 && cd "$scratch/other" && git config tar.umask user && git config core.autocrlf true &&
        TZ=Asia/Tokyo LC_ALL=C.UTF-8 bash packaging/release.sh archive "$scratch/again") >/dev/null
    cmp "$scratch/release/predcg-$version.tar.gz" "$scratch/again/predcg-$version.tar.gz"
    cmp "$scratch/release/SHA256SUMS" "$scratch/again/SHA256SUMS"
    (cd "$scratch/release" && sha256sum -c --quiet SHA256SUMS)
    echo changed >>"$scratch/one/LICENSE"
    ! bash "$scratch/one/packaging/release.sh" archive "$scratch/never" >/dev/null  # what nobody could make again
    archive=$scratch/release/predcg-$version.tar.gz
else  # an unpacked archive
    archive=$scratch/predcg.tar.gz
    tar -czf "$archive" CMakeLists.txt LICENSE cmake include
fi
consumer -DPREDCG_URL="file://$archive"

way 'what users see needs no CMake newer than 3.22'
# By names alone, since no such CMake is at hand: FILE_SET came with 3.23; GLOBAL and OVERRIDE_FIND_PACKAGE with 3.24;
# block, SYSTEM and PROPAGATE with 3.25.
if grep -nE 'FILE_SET|OVERRIDE_FIND_PACKAGE|PROPAGATE|\<block\(|(find_package|add_subdirectory)\(.*(GLOBAL|SYSTEM)' \
    CMakeLists.txt cmake/PredcgDependencies.cmake cmake/PredcgInstall.cmake cmake/PredcgPackage.cmake cmake/PredcgVersion.cmake \
    cmake/predcgConfig.cmake.in "$scratch"/moved/share/cmake/predcg/*.cmake; then
    exit 1
fi
[ "$(sed -n 's/^cmake_minimum_required(VERSION \([0-9.]*\)\.\.\..*/\1/p' CMakeLists.txt)" = 3.22 ]

if command -v dpkg-deb >/dev/null; then
    way 'the Debian package, unpacked'
    dpkg-deb -x "$package" "$scratch/deb"
    [ "$(dpkg-deb -f "$package" Architecture)" = all ]
    consumer -DCMAKE_PREFIX_PATH="$scratch/deb/usr"
    by_pkg_config "$scratch/deb/usr"
fi
if command -v lintian >/dev/null; then
    way 'the Debian package, by lintian'
    # the address is set by who publishes; the licence names no year
    lintian --allow-root --fail-on error,warning \
        --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog,copyright-without-copyright-notice "$package"
fi

way 'one header, with the quick start'
mkdir -p "$scratch/single/predcg"
cp build/package/predcg.hpp "$scratch/single/predcg/"
grep -q "^// predcg $version," "$scratch/single/predcg/predcg.hpp"
sed 's|^#include <predcg/.*>|#include <predcg/predcg.hpp>|' examples/quickstart.cpp >"$scratch/quickstart.cpp"
for compiler in g++ clang++; do
    command -v $compiler >/dev/null || { echo "no $compiler"; continue; }
    # shellcheck disable=SC2046  # flags are words
    $compiler -std=c++20 -O0 -Wall -Wextra -Wpedantic -Werror -I"$scratch/single" \
        $(pkg-config --cflags eigen3 | sed 's/-I/-isystem /g') "$scratch/quickstart.cpp" -o "$scratch/quickstart"
    "$scratch/quickstart" | tee "$scratch/output"
    grep -q '^R_1  data 0.297, prediction 0.297 ' "$scratch/output"
done

way 'recipes'
python3 - "$version" <<'END'
import ast, json, pathlib, sys
version = sys.argv[1]
for path in sorted(pathlib.Path("packaging").glob("*/*")):
    text = path.read_text()
    if path.suffix == ".py":
        ast.parse(text, str(path))
    elif path.suffix == ".json":
        json.loads(text)
    assert path.name == "portfile.cmake" or version in text, f"{path} is not of version {version}"
    print(path, "can be read")
END

if [ "${1-}" = chroot ]; then
    way 'the Debian package in a clean Debian'
    debian=$scratch/debian
    debootstrap --variant=minbase --include=g++,make,cmake,pkgconf bookworm "$debian" >"$scratch/log" 2>&1 ||
        { tail "$scratch/log"; exit 1; }
    cp "$package" tests/consumer/CMakeLists.txt tests/consumer/main.cpp "$debian/root/"
    chroot "$debian" sh -euc '
        cd /root
        apt-get install -qy --no-install-recommends ./libpredcg-dev_*.deb >/dev/null
        cmake -S . -B build >/dev/null && cmake --build build && build/consumer
        g++ -std=c++20 $(pkg-config --cflags predcg) main.cpp $(pkg-config --libs predcg) -o main && ./main
        dpkg --remove libpredcg-dev && [ ! -e /usr/include/predcg ]'
fi
printf '\nall ways work\n'
