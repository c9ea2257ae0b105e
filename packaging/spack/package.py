from spack.package import *


class Predcg(CMakePackage):
    """Predictive coarse-graining, a header-only C++20 library."""

    # A checkout: `spack dev-build predcg@0.2.0` in it. A release adds url and sha256 here.
    license("MIT")

    version("0.2.0")

    depends_on("cxx", type="build")
    depends_on("cmake@3.22:", type="build")
    depends_on("eigen@3.4:")
    depends_on("boost@1.74:")

    def cmake_args(self):
        return [
            self.define("PREDCG_BUILD_TESTS", False),
            self.define("PREDCG_BUILD_EXAMPLES", False),
            self.define("PREDCG_BUILD_BENCHMARKS", False),
        ]
