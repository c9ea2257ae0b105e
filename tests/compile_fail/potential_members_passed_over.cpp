// expect: predcg: parameter_names() of a potential or a map would be passed over
// expect: predcg: start() of a potential or a map would be passed over
// expect: predcg: scales() of a potential or a map would be passed over
// expect: predcg: flipped(parameters) of a potential or a map would be passed over
// expect: predcg: translation_invariant() would be passed over
// expect: predcg: admissible(theta) of the coarse potential would be passed over
// expect: predcg: base_energy(X) of the coarse potential would be passed over
// expect: predcg: energy_laplacian(X, theta) of the coarse potential would be passed over
// expect: predcg: particle_moves(theta) of the coarse potential would be passed over
// expect: predcg: parameter_hessian(X, theta) of the coarse potential would be passed over
// expect: predcg: the gradient by X of the coarse potential would be passed over
// expect: predcg: the quadratic form of the coarse potential would be passed over
// expect: predcg: neighbours() of the coarse potential would be passed over
// expect: predcg: local_features(i, w) of the coarse potential would be passed over
// expect: predcg: local_base_energy(i, w) of the coarse potential would be passed over
// expect: predcg: local_energy(i, w, theta) of the coarse potential would be passed over
// expect: predcg: local_parameter_gradient(i, w, theta) or local_parameter_hessian(i, w, theta) of the
// expect: predcg: energy_difference(X, i, v, theta) of the coarse potential would be passed over
// expect: predcg: two_valued_terms() of the coarse potential would be passed over
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

struct Field : tiny::Field {
#ifdef PREDCG_TWIN
    std::vector<std::string> parameter_names() const { return {"field"}; }
    Eigen::Vector<double, 1> start() const { return Eigen::Vector<double, 1>(0.1); }
    Vector scales() const { return Vector::Ones(1); }
    Vector flipped(const Vector& theta) const { return -theta; }
    bool translation_invariant() const { return true; }
    bool admissible(const Vector&) const { return true; }
    double base_energy(const Spins&) const { return 0.0; }
    double energy_laplacian(const Spins&, const Vector&) const { return 0.0; }
    Moves particle_moves(const Vector&) const { return {}; }
    std::vector<TwoValuedTerms> two_valued_terms() const { return {}; }
    double energy(const Spins& X, const Vector& theta) const { return theta.dot(features(X)); }
    Vector parameter_gradient(const Spins& X, const Vector&) const { return features(X); }
    Matrix parameter_hessian(const Spins&, const Vector&) const { return Matrix::Zero(1, 1); }
    QuadraticForm quadratic(const Vector&) const { return {}; }
    QuadraticForm feature_quadratic(Index) const { return {}; }
    NeighbourList neighbours() const {
        return NeighbourList({{1}, { 0 }});
    }
    Vector local_features(Index, W) const { return Vector::Zero(1); }
    double local_base_energy(Index, W) const { return 0.0; }
    double local_energy(Index, W, const Vector&) const { return 0.0; }
    Vector local_parameter_gradient(Index, W, const Vector&) const { return Vector::Zero(1); }
    double energy_difference(const Spins&, Index, ising::Spin, const Vector&) const { return 0.0; }
#else
    std::string parameter_names() const { return "field"; }
    std::vector<double> start() const { return {0.1}; }
    double scales() const { return 1.0; }
    Vector flipped() const { return Vector::Zero(1); }
    bool translation_invariant(Index) const { return true; }
    bool admissible(double) const { return true; }
    double base_energy(const Spins&, const Vector&) const { return 0.0; }
    double energy_laplacian(const Spins&) const { return 0.0; }
    Moves particle_moves() const { return {}; }
    TwoValuedTerms two_valued_terms() const { return {}; }
    Matrix parameter_hessian(const Spins&) const { return Matrix::Zero(1, 1); }
    double energy_gradient(const Spins&) const { return 0.0; }
    QuadraticForm quadratic(const Vector&) const { return {}; }  // and those of the features?
    std::vector<std::vector<Index>> neighbours() const { return {{1}, {0}}; }
    Vector local_features(Index, const Spins&) const { return Vector::Zero(1); }
    double local_base_energy(auto, Index) const { return 0.0; }  // for any letters, before the site
    double local_energy(W, Index, const Vector&) const { return 0.0; }
    Vector local_parameter_gradient(Index, W, const Vector&) const { return Vector::Zero(1); }
    double energy_difference(const Spins&, Index, const Vector&) const { return 0.0; }
#endif
};

// Data of these names, and members that nobody but the type itself can call, are the user's own.
struct Private : tiny::Field {
    double scales = 1.0;
    std::string parameter_names{};

private:
    Index start() const { return 0; }
    int flipped = 0;
};

int main() {
    EMCoarseGrainer grainer{SamplesOnly<Spins>{}, Field{}, tiny::Noise{}, Enumeration{}};
    EMCoarseGrainer other{SamplesOnly<Spins>{}, Private{}, tiny::Noise{}, Enumeration{}};
}
