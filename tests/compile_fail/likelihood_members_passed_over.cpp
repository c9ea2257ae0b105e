// expect: predcg: neighbours() of the map's likelihood would be passed over
// expect: predcg: local_log_density(i, w) of the map's likelihood would be passed over
// expect: predcg: log_density_difference(X, i, v) of the map's likelihood would be passed over
// expect: predcg: log_density_gradient(X) of the map's likelihood would be passed over
// expect: predcg: quadratic() of the map's likelihood would be passed over
// expect: predcg: site_class(i) and class_count() of the map's likelihood would be passed over
#include <passed_over_form.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <tiny_models.hpp>

using namespace predcg;
using tiny::Spins;

struct Graph : NeutralFactor {
    Form<NeighbourList, std::vector<Index>> neighbours() const { return {}; }
};
struct Local : NeutralFactor {
    Form<Window, Index> window() const { return {}; }
    double local_log_density(Index, std::span<const ising::Spin>) const { return 0.0; }
};
struct Difference : NeutralFactor {
    double log_density_difference(const Spins&, Index, Form<ising::Spin, Spins>) const { return 0.0; }
};
struct Gradient : NeutralFactor {
    Form<Vector, double> log_density_gradient(const Spins&) const { return {}; }
};
struct Quadratic : NeutralFactor {
    Form<QuadraticForm, Matrix> quadratic() const { return {}; }
};
struct Classes : NeutralFactor {
    Index site_class(Index) const { return 0; }
    Form<Index, Vector> class_count() const { return {}; }
};
template <class Likelihood>
struct Map : tiny::Noise {
    Likelihood likelihood(const Spins&, const Vector&) const { return {}; }
};

// Windows of any letters, before the site.
struct Swapped {
    double log_density(const Spins&) const { return 0.0; }
    Window window() const { return {}; }
    double local_log_density(auto, Index) const { return 0.0; }
};
static_assert(detail::WrongLocalLogDensity<Swapped, ising::Spin>);

using Grainer = decltype(EMCoarseGrainer{SamplesOnly<Spins>{}, tiny::Field{}, Map<Graph>{}, Enumeration{}});
template struct predcg::detail::MapRequirements<Map<Local>, Flat>;
template struct predcg::detail::MapRequirements<Map<Difference>, Flat>;
template struct predcg::detail::MapRequirements<Map<Gradient>, Flat>;
template struct predcg::detail::MapRequirements<Map<Quadratic>, Flat>;
template struct predcg::detail::MapRequirements<Map<Classes>, Flat>;
