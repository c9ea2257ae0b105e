// expect: predcg: a site's density needs letters(), parameter_count(), statistic_count()
#include <predcg/maps/autodiff_site.hpp>

#include <predcg/core/random.hpp>

#include <span>
#include <vector>

using namespace predcg;

/// A number of variance 1 about eta, times the letter.
struct Density {
    Index letters() const { return 2; }
    Index parameter_count() const { return 1; }
    Index statistic_count() const { return 2; }
    void statistic(double x, std::span<double> t) const {
        t[0] = x;
        t[1] = x * x;
    }
#ifdef PREDCG_TWIN
    template <class Scalar>
    Scalar log_density(double count, std::span<const double> t, Index letter,
                       const VectorOf<Scalar>& eta) const
#else
    double log_density(double count, std::span<const double> t, Index letter, const Vector& eta) const
#endif
    {
        const auto mean = eta[0] * (letter == 0 ? -1.0 : 1.0);
        return mean * t[0] - 0.5 * t[1] - (0.5 * count) * mean * mean;
    }
    double draw(Index, const Vector& eta, auto&) const { return eta[0]; }
};

void make() { (void)site_map(Density{}); }
