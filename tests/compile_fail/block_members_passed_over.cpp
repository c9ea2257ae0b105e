// expect: predcg: more_starts() of a block would be passed over
// expect: predcg: prior_mean() of a block would be passed over
// expect: predcg: observed(x) of a block would be passed over
// expect: predcg: sample(w, eta, rng, x) of a block would be passed over
#include <passed_over_form.hpp>
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
};
struct Starts : Fair {
    Form<std::vector<Vector>, Vector> more_starts() const { return {}; }
};
struct Mean : Fair {
    Form<Vector, double> prior_mean() const { return {}; }
};
struct Observed : Fair {
    double observed(std::span<const Form<double, int>> x) const { return x[0]; }
};
struct Sampled : Fair {
    void sample(Numbers, const Vector&, Philox4x32&, Form<std::span<double>, Index>) const {}
};

int main() {
    (void)block_map<tiny::Spins, tiny::Spins>(Starts{});
    (void)block_map<tiny::Spins, tiny::Spins>(Mean{});
    (void)block_map<tiny::Spins, tiny::Spins>(Observed{});
    (void)block_map<tiny::Spins, tiny::Spins>(Sampled{});
}
