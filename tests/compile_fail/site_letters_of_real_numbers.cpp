// expect: predcg: a map to SiteLetters needs a finite coarse space
#include <predcg/core/space.hpp>
#include <predcg/relative_entropy/mapping_engine.hpp>

using namespace predcg;

#ifdef PREDCG_TWIN
using Space = LatticeSpace<double, 2>;
#else
using Space = RealSpace<>;
#endif

struct Sum {
    Index size() const { return 1; }
    Vector operator()(const configuration_t<Space>& X) const { return Vector::Constant(1, X[0] + X[1]); }
};

Vector averaged(const SiteLetters<double>& image, const Space& space) {
    return MappingEngine{}.average(image, space, Sum{});
}
