// expect: predcg: fine_moments(moments, eta) of the map would be passed over
// expect: predcg: conditional_moments(coarse_sites, eta) of the map would be passed over
// expect: predcg: coarse_lags(lags) of the map would be passed over
// expect: predcg: more_starts() of the map would be passed over
// expect: predcg: weak_prior() of the map would be passed over
// expect: predcg: prepare(x) of the map would be passed over
// expect: predcg: coarse_size(form) of the map would be passed over
// expect: predcg: takes(letter) of the map would be passed over
// expect: predcg: maximiser(T, count, prior) of the map would be passed over
// expect: predcg: at(eta, with_score) of the map would be passed over
// expect: predcg: natural values of the map would be passed over
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <tiny_models.hpp>

using namespace predcg;
using tiny::Spins;

struct At {
    NeutralFactor likelihood(const Spins&) const { return {}; }
};
struct Given {
    Index size() const { return 2; }
    SiteMoments operator()(const Spins&) const { return {}; }
};

struct Map : tiny::Noise {
#ifdef PREDCG_TWIN
    SiteMoments fine_moments(const SiteMoments& m, const Vector&) const { return m; }
    Given conditional_moments(Index, const Vector&) const { return {}; }
    Index coarse_lags(Index lags) const { return lags; }
    std::vector<Vector> more_starts() const { return {}; }
    Flat weak_prior() const { return {}; }
    Spins prepare(const Spins& x) const { return x; }
    Index coarse_size(const Spins& x) const { return std::ssize(x); }
    bool takes(ising::Spin) const { return true; }
    std::optional<Vector> maximiser(const Vector&, double, const auto&) const { return {}; }
    At at(const Vector&, bool) const { return {}; }
    NaturalParameter natural(Index, double) const { return {}; }
    double unconstrained(Index, double eta) const { return eta; }
    std::vector<std::string> natural_names() const { return {}; }
#else
    SiteMoments fine_moments(const SiteMoments& m) const { return m; }
    SiteMoments conditional_moments(Index, const Vector&) const { return {}; }
    Index coarse_lags() const { return 0; }
    Vector more_starts() const { return {}; }
    Vector weak_prior() const { return {}; }
    Spins prepare(const std::vector<double>& x) const { return Spins(x.size()); }
    Index coarse_size() const { return 2; }
    bool takes(const Spins&) const { return true; }
    bool maximiser(const Vector&, double, const auto&) const { return false; }
    At at(const Vector&) const { return {}; }
    NaturalParameter natural(Index, double) const { return {}; }
#endif
};

int main() { EMCoarseGrainer grainer{SamplesOnly<Spins>{}, tiny::Field{}, Map{}, Enumeration{}}; }
