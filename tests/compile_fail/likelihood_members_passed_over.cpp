// expect: predcg: neighbours() of the map's likelihood would be passed over
// expect: predcg: local_log_density(i, w) of the map's likelihood would be passed over
// expect: predcg: log_density_difference(X, i, v) of the map's likelihood would be passed over
// expect: predcg: log_density_gradient(X) of the map's likelihood would be passed over
// expect: predcg: quadratic() of the map's likelihood would be passed over
// expect: predcg: site_class(i) and class_count() of the map's likelihood would be passed over
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <tiny_models.hpp>

using namespace predcg;
using tiny::Spins;

struct Coupling {
    double log_density(const Spins&) const { return 0.0; }
#ifdef PREDCG_TWIN
    NeighbourList neighbours() const { return NeighbourList({{1}, {0}}); }
    Window window() const { return {}; }
    double local_log_density(Index, std::span<const ising::Spin>) const { return 0.0; }
    double log_density_difference(const Spins&, Index, ising::Spin) const { return 0.0; }
    Vector log_density_gradient(const Spins&) const { return Vector::Zero(2); }
    QuadraticForm quadratic() const { return {}; }
    Index site_class(Index) const { return 0; }
    Index class_count() const { return 1; }
#else
    std::vector<std::vector<Index>> neighbours() const { return {{1}, {0}}; }
    double local_log_density(Index, std::span<const ising::Spin>) const { return 0.0; }  // of which window?
    double log_density_difference(const Spins&, const Spins&) const { return 0.0; }
    double log_density_gradient(const Spins&) const { return 0.0; }
    Matrix quadratic() const { return {}; }
    Index site_class(Index) const { return 0; }
#endif
};
struct Map : tiny::Noise {
    Coupling likelihood(const Spins&, const Vector&) const { return {}; }
};

// Windows of any letters, before the site.
struct Swapped {
    double log_density(const Spins&) const { return 0.0; }
    Window window() const { return {}; }
    double local_log_density(auto, Index) const { return 0.0; }
};
static_assert(detail::WrongLocalLogDensity<Swapped, ising::Spin>);

int main() { EMCoarseGrainer grainer{SamplesOnly<Spins>{}, tiny::Field{}, Map{}, Enumeration{}}; }
