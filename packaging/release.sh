#!/usr/bin/env bash
# What a release is made of, from a checkout: bash packaging/release.sh COMMAND
#   check              the version is the same wherever it stands, and there are changes to release
#   version X.Y.Z      writes it wherever it stands
#   archive DIRECTORY  predcg-X.Y.Z.tar.gz of the commit that is checked out, and SHA256SUMS: the same bytes whoever makes
#                      them, when and where; refuses a checkout with changes that are not committed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C TZ=UTC

current() {
    sed -n 's/^#define PREDCG_VERSION_\(MAJOR\|MINOR\|PATCH\) //p' include/predcg/version.hpp | paste -sd.
}

# The files that name the version, and how: %v is where it stands. CMake reads the first.
places() {
    cat <<'END'
CITATION.cff|version: %v
README.md|libpredcg-dev_%v_all.deb
packaging/README.md|predcg@%v
packaging/conan/conanfile.py|version = "%v"
packaging/spack/package.py|version("%v")
packaging/spack/package.py|predcg@%v
packaging/vcpkg/vcpkg.json|"version": "%v"
END
}

check() {
    local version file form bad=0
    version=$(current)
    while IFS='|' read -r file form; do
        grep -qF "${form//%v/$version}" "$file" || { echo "$file does not have: ${form//%v/$version}"; bad=1; }
    done < <(places)
    # Before the tag changes stand under Unreleased, after it under the version.
    grep -qE "^## \[(Unreleased|${version//./\\.}\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$)" CHANGELOG.md ||
        { echo "CHANGELOG.md has neither [Unreleased] nor [$version] - date"; bad=1; }
    return $bad
}

set_version() {
    [[ $1 =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || { echo "a version is three numbers, as 0.2.0; not '$1'"; return 2; }
    local old file form
    old=$(current)
    while IFS='|' read -r file form; do
        sed -i "s/${form//%v/${old//./\\.}}/${form//%v/$1}/g" "$file"
    done < <(places)
    local IFS=. part names=(MAJOR MINOR PATCH) numbers
    read -ra numbers <<<"$1"
    for part in 0 1 2; do
        sed -i "s/^#define PREDCG_VERSION_${names[part]} .*/#define PREDCG_VERSION_${names[part]} ${numbers[part]}/" \
            include/predcg/version.hpp
    done
}

archive() {
    local name
    name=predcg-$(current)
    [ -z "$(git status --porcelain)" ] || { echo "there are changes that are not committed"; return 1; }
    mkdir -p "$1"
    # Times are the commit's, owners root's, the order is git's.
    git -c core.autocrlf=false -c core.eol=lf -c tar.umask=0022 archive --format=tar --prefix="$name/" HEAD |
        gzip -9 -n >"$1/$name.tar.gz"
    (cd "$1" && sha256sum "$name.tar.gz" >SHA256SUMS && cat SHA256SUMS)
}

case "${1-}" in
check) check ;;
version) set_version "${2-}" && check ;;
archive) archive "${2:?a directory}" ;;
*) sed -n '2,6s/^# //p' "${BASH_SOURCE[0]}" && exit 2 ;;
esac
