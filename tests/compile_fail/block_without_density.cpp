// expect: predcg: a block needs level(), window(), parameter_count() and either given(w, eta)
#include <predcg/maps/autodiff_block.hpp>

#include <cmath>
#include <span>
#include <vector>

using namespace predcg;

/// One site with a field eta X.
struct Block {
    Index level() const { return 1; }
    BlockWindow window() const { return {}; }
    Index parameter_count() const { return 1; }
#ifdef PREDCG_TWIN
    template <class Scalar>
    Scalar log_density(std::span<const double> x, std::span<const double> w,
                       const VectorOf<Scalar>& eta) const
#else
    double log_density(std::span<const double> x, std::span<const double> w, const Vector& eta) const
#endif
    {
        using std::cosh;
        using std::log;
        return eta[0] * (x[0] * w[0]) - log(2.0 * cosh(eta[0]));
    }
};

void make() { (void)block_map<std::vector<signed char>, std::vector<signed char>>(Block{}); }
