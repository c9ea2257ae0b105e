// expect: predcg: an optional member of the coarse potential would be passed over: neighbours() returns a
// expect: predcg: an optional member of the map's likelihood would be passed over: neighbours() returns a
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <tiny_models.hpp>

using namespace predcg;
using tiny::Spins;
using W = std::span<const ising::Spin>;

#ifdef PREDCG_TWIN
using Neighbours = NeighbourList;
#define SITE_AND_WINDOW Index, W
#else
using Neighbours = std::vector<std::vector<Index>>;
#define SITE_AND_WINDOW W, Index
#endif

struct Graph : tiny::Field {
    Neighbours neighbours() const { return Neighbours(std::vector<std::vector<Index>>{{1}, {0}}); }
};
struct Coupling {
    double log_density(const Spins&) const { return 0.0; }
    Window window() const { return {}; }
    double local_log_density(SITE_AND_WINDOW) const { return 0.0; }
};
struct Map : tiny::Noise {
    Coupling likelihood(const Spins&, const Vector&) const { return {}; }
};

// The same of the others.
struct Swapped : tiny::Field {
    Vector local_features(SITE_AND_WINDOW) const { return Vector::Zero(1); }
};
struct OnGraph : Coupling {
    Neighbours neighbours() const { return {}; }
    double local_log_density(Index, W) const { return 0.0; }
};
struct MapOnGraph : tiny::Noise {
    OnGraph likelihood(const Spins&, const Vector&) const { return {}; }
};
#ifdef PREDCG_TWIN
constexpr bool passed_over = false;
#else
constexpr bool passed_over = true;
#endif
static_assert(detail::has_local_terms_the_wrong_way_round<Swapped>() == passed_over);
static_assert(detail::likelihood_passes_members_over<MapOnGraph>() == passed_over);

int main() {
    EMCoarseGrainer of_potential{SamplesOnly<Spins>{}, Graph{}, tiny::Noise{}, Enumeration{}};
    EMCoarseGrainer of_map{SamplesOnly<Spins>{}, tiny::Field{}, Map{}, Enumeration{}};
}
