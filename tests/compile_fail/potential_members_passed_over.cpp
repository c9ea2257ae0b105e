// expect: predcg: parameter_names() of a potential or a map would be passed over
// expect: predcg: start() of a potential or a map would be passed over
// expect: predcg: scales() of a potential or a map would be passed over
// expect: predcg: flipped(parameters) of a potential or a map would be passed over
// expect: predcg: translation_invariant() would be passed over
// expect: predcg: admissible(theta) of the coarse potential would be passed over
// expect: predcg: base_energy(X) of the coarse potential would be passed over
// expect: predcg: energy_laplacian(X, theta) of the coarse potential would be passed over
// expect: predcg: particle_moves(theta) of the coarse potential would be passed over
// expect: predcg: two_valued_terms() of the coarse potential would be passed over
// expect: predcg: the gradient by X of the coarse potential would be passed over
// expect: predcg: the quadratic form of the coarse potential would be passed over
// expect: predcg: neighbours() of the coarse potential would be passed over
// expect: predcg: local_features(i, w) of the coarse potential would be passed over
// expect: predcg: local_base_energy(i, w) of the coarse potential would be passed over
// expect: predcg: local_energy(i, w, theta) of the coarse potential would be passed over
// expect: predcg: energy_difference(X, i, v, theta) of the coarse potential would be passed over
// expect: predcg: parameter_hessian(X, theta) of the coarse potential would be passed over
// expect: predcg: local_parameter_gradient(i, w, theta) or local_parameter_hessian(i, w, theta) of the
#include <passed_over_form.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <tiny_models.hpp>

using namespace predcg;
using tiny::Spins;
using W = std::span<const ising::Spin>;

struct Moves {
    Index size() const { return 2; }
    void take(const Spins&) {}
    double energy_difference(Index, const std::array<double, 3>&) { return 0.0; }
    void accept() {}
    void give(Spins&) const {}
};

struct Names : tiny::Field {
    Form<std::vector<std::string>, std::string> parameter_names() const { return {}; }
};
struct Start : tiny::Field {
    Form<Eigen::Vector<double, 1>, std::vector<double>> start() const { return {}; }
};
struct Scales : tiny::Field {
    Form<Vector, double> scales() const { return {}; }
};
struct Flip : tiny::Field {
    Form<Vector, void*> flipped(const Vector&) const { return {}; }
};
struct Invariance : tiny::Field {
    Form<bool, Vector> translation_invariant() const { return {}; }
};
struct Admissible : tiny::Field {
    bool admissible(Form<const Vector&, double>) const { return true; }
};
struct Base : tiny::Field {
    double base_energy(Form<const Spins&, Index>) const { return 0.0; }
};
struct Laplacian : tiny::Field {
    double energy_laplacian(const Spins&, Form<const Vector&, Index>) const { return 0.0; }
};
struct Particles : tiny::Field {
    Form<Moves, Index> particle_moves(const Vector&) const { return {}; }
};
struct Terms : tiny::Field {
    Form<std::vector<TwoValuedTerms>, TwoValuedTerms> two_valued_terms() const { return {}; }
};
struct Gradient : tiny::Field {
    Form<Vector, double> energy_gradient(const Spins&, const Vector&) const { return {}; }
};
struct Quadratic : tiny::Field {
    QuadraticForm quadratic(const Vector&) const { return {}; }
    Form<QuadraticForm, Matrix> feature_quadratic(Index) const { return {}; }
};
struct Graph : tiny::Field {
    Form<NeighbourList, std::vector<Index>> neighbours() const { return {}; }
};
struct LocalFeatures : tiny::Field {
    Vector local_features(Index, Form<W, const Spins&>) const { return Vector::Zero(1); }
};
struct LocalBase : tiny::Field {
    double local_base_energy(Form<Index, W>, Form<W, Index>) const { return 0.0; }
};
struct LocalEnergy : tiny::Field {
    double local_energy(Form<Index, W>, Form<W, Index>, const Vector&) const { return 0.0; }
};
struct Difference : tiny::Field {
    double energy_difference(const Spins&, Index, Form<ising::Spin, Spins>, const Vector&) const {
        return 0.0;
    }
};
struct Hessian : tiny::SquaredField {
    Form<Matrix, double> parameter_hessian(const Spins&, const Vector&) const { return {}; }
};
struct LocalDerivatives : tiny::SquaredField {
    double local_energy(Index, W, const Vector&) const { return 0.0; }
    Form<Vector, double> local_parameter_gradient(Index, W, const Vector&) const { return {}; }
};

// Data of these names, and members that nobody but the type itself can call, are the user's own.
struct Own : tiny::Field {
    double scales = 1.0;
    std::string parameter_names{};

private:
    Index start() const { return 0; }
    int flipped = 0;
};
// Windows of any letters, before the site.
struct Swapped : tiny::SquaredField {
    double local_energy(auto, Index, const Vector&) const { return 0.0; }
};
static_assert(detail::WrongLocalEnergy<Swapped, W>);

using Grainer = decltype(EMCoarseGrainer{SamplesOnly<Spins>{}, Names{}, tiny::Noise{}, Enumeration{}});
template struct predcg::detail::CoarseRequirements<Start>;
template struct predcg::detail::CoarseRequirements<Scales>;
template struct predcg::detail::CoarseRequirements<Flip>;
template struct predcg::detail::CoarseRequirements<Invariance>;
template struct predcg::detail::CoarseRequirements<Admissible>;
template struct predcg::detail::CoarseRequirements<Base>;
template struct predcg::detail::CoarseRequirements<Laplacian>;
template struct predcg::detail::CoarseRequirements<Particles>;
template struct predcg::detail::CoarseRequirements<Terms>;
template struct predcg::detail::CoarseRequirements<Gradient>;
template struct predcg::detail::CoarseRequirements<Quadratic>;
template struct predcg::detail::CoarseRequirements<Graph>;
template struct predcg::detail::CoarseRequirements<LocalFeatures>;
template struct predcg::detail::CoarseRequirements<LocalBase>;
template struct predcg::detail::CoarseRequirements<LocalEnergy>;
template struct predcg::detail::CoarseRequirements<Difference>;
template struct predcg::detail::CoarseRequirements<Hessian>;
template struct predcg::detail::CoarseRequirements<LocalDerivatives>;
template struct predcg::detail::CoarseRequirements<Own>;
