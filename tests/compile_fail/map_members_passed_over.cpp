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
#include <passed_over_form.hpp>
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

struct FineMoments : tiny::Noise {
    Form<SiteMoments, Vector> fine_moments(const SiteMoments&, const Vector&) const { return {}; }
};
struct Conditional : tiny::Noise {
    Form<Given, SiteMoments> conditional_moments(Index, const Vector&) const { return {}; }
};
struct Lags : tiny::Noise {
    Form<Index, Vector> coarse_lags(Index) const { return {}; }
};
struct Starts : tiny::Noise {
    Form<std::vector<Vector>, Vector> more_starts() const { return {}; }
};
struct Weak : tiny::Noise {
    Form<Flat, Vector> weak_prior() const { return {}; }
};
struct Prepared : tiny::Noise {
    Spins prepare(const Form<Spins, std::vector<std::string>>&) const { return {}; }
};
struct Size : tiny::Noise {
    Index coarse_size(const Form<Spins, std::string>&) const { return 2; }
};
struct Taken : tiny::Noise {
    bool takes(Form<ising::Spin, Spins>) const { return true; }
};
struct Maximised : tiny::Noise {
    Form<std::optional<Vector>, bool> maximiser(const Vector&, double, const auto&) const { return {}; }
};
struct Made : tiny::Noise {
    Form<At, Index> at(const Vector&, bool) const { return {}; }
};
struct Natural : tiny::Noise {
    NaturalParameter natural(Index, double) const { return {}; }
    double unconstrained(Index, double) const { return 0.0; }
    Form<std::vector<std::string>, std::string> natural_names() const { return {}; }
};

using Grainer = decltype(EMCoarseGrainer{SamplesOnly<Spins>{}, tiny::Field{}, FineMoments{}, Enumeration{}});
template struct predcg::detail::MapRequirements<Conditional, Flat>;
template struct predcg::detail::MapRequirements<Lags, Flat>;
template struct predcg::detail::MapRequirements<Starts, Flat>;
template struct predcg::detail::MapRequirements<Weak, Flat>;
template struct predcg::detail::MapRequirements<Prepared, Flat>;
template struct predcg::detail::MapRequirements<Size, Flat>;
template struct predcg::detail::MapRequirements<Taken, Flat>;
template struct predcg::detail::MapRequirements<Maximised, Flat>;
template struct predcg::detail::MapRequirements<Made, Flat>;
template struct predcg::detail::MapRequirements<Natural, Flat>;
