// expect: predcg: more_starts() of a density would be passed over
// expect: predcg: weak_prior() of a density would be passed over
// expect: predcg: takes(x) of a density would be passed over
// expect: predcg: moments(a, eta) of a density would be passed over
// expect: predcg: natural values of a density would be passed over
#include <predcg/maps/site_map.hpp>
#include <predcg/priors/priors.hpp>

using namespace predcg;

struct Exponential {
    Index letters() const { return 2; }
    Index parameter_count() const { return 0; }
    Index statistic_count() const { return 1; }
    void statistic(double x, std::span<double> t) const { t[0] = x; }
    Expansion expansion(double, std::span<const double> t, Index, const Vector&) const {
        return {-t[0], Vector(0), Matrix(0, 0)};
    }
    double draw(Index, const Vector&, auto& rng) const { return -std::log(uniform(rng)); }
#ifdef PREDCG_TWIN
    std::vector<Vector> more_starts() const { return {}; }
    Flat weak_prior() const { return {}; }
    bool takes(double x) const { return x >= 0.0; }
    std::pair<double, double> moments(Index, const Vector&) const { return {1.0, 2.0}; }
    NaturalParameter natural(Index, double) const { return {}; }
    double unconstrained(Index, double eta) const { return eta; }
    std::vector<std::string> natural_names() const { return {}; }
#else
    std::vector<double> more_starts() const { return {}; }
    void weak_prior() const {}
    bool takes() const { return true; }
    double moments(Index, const Vector&) const { return 1.0; }
    std::vector<std::string> natural_names() const { return {}; }
#endif
};

int main() { const SiteMap map(Exponential{}); }
