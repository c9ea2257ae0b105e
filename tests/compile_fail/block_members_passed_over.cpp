// expect: predcg: more_starts() of a block would be passed over
// expect: predcg: prior_mean() of a block would be passed over
// expect: predcg: observed(x) of a block would be passed over
// expect: predcg: sample(w, eta, rng, x) of a block would be passed over
#include <predcg/maps/autodiff_block.hpp>
#include <tiny_models.hpp>

using namespace predcg;

using Numbers = std::span<const double>;
struct Fair {
    Index level() const { return 1; }
    BlockWindow window() const { return {}; }
    Index parameter_count() const { return 1; }
    template <class S>
    S log_density(Numbers x, Numbers w, const VectorOf<S>& eta) const {
        return -log(1.0 + exp(-2.0 * x[0] * w[0] * eta[0]));
    }
#ifdef PREDCG_TWIN
    std::vector<Vector> more_starts() const { return {}; }
    Vector prior_mean() const { return Vector::Ones(1); }
    double observed(Numbers x) const { return x[0]; }
    void sample(Numbers, const Vector&, auto&, std::span<double>) const {}
#else
    Vector more_starts() const { return {}; }
    double prior_mean() const { return 1.0; }
    double observed(std::span<const int> x) const { return x[0]; }
    std::vector<double> sample(Numbers, const Vector&, Philox4x32&) const { return {}; }
#endif
};

int main() { (void)block_map<tiny::Spins, tiny::Spins>(Fair{}); }
