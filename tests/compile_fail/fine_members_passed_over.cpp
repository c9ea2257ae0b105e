// expect: predcg: neighbours() of the fine model would be passed over
// expect: predcg: the gradient by x of the fine model would be passed over
// expect: predcg: quadratic() of the fine model would be passed over
// expect: predcg: particle_moves() of the fine model would be passed over
// expect: predcg: local_energy(i, w) of the fine model would be passed over
// expect: predcg: energy_difference(x, i, v) of the fine model would be passed over
#include <passed_over_form.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <tiny_models.hpp>

using namespace predcg;
using tiny::Spins;

struct Moves {
    Index size() const { return 2; }
    void take(const Spins&) {}
    double energy_difference(Index, const std::array<double, 3>&) { return 0.0; }
    void accept() {}
    void give(Spins&) const {}
};
struct Free {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
    double energy(const Spins&) const { return 0.0; }
};
struct Graph : Free {
    Form<NeighbourList, std::vector<Index>> neighbours() const { return {}; }
};
struct Gradient : Free {
    Form<Vector, double> energy_gradient(const Spins&) const { return {}; }
};
struct Quadratic : Free {
    Form<QuadraticForm, Matrix> quadratic() const { return {}; }
};
struct Particles : Free {
    Form<Moves, Index> particle_moves() const { return {}; }
};
struct Local : Free {
    Form<Window, Index> window() const { return {}; }
    double local_energy(Index, std::span<const ising::Spin>) const { return 0.0; }
};
struct Difference : Free {
    double energy_difference(const Spins&, Index, Form<ising::Spin, Spins>) const { return 0.0; }
};

using Grainer = decltype(EMCoarseGrainer{Graph{}, tiny::Field{}, tiny::Noise{}, Enumeration{}});
template struct predcg::detail::FineRequirements<Gradient>;
template struct predcg::detail::FineRequirements<Quadratic>;
template struct predcg::detail::FineRequirements<Particles>;
template struct predcg::detail::FineRequirements<Local>;
template struct predcg::detail::FineRequirements<Difference>;
