// expect: predcg: bind(models, parameters, beta) of an observable would be passed over
// expect: predcg: from_moments(m) of an observable would be passed over
// expect: predcg: from_letter_moments(m) of an observable would be passed over
// expect: predcg: lags() of an observable would be passed over
// expect: predcg: mean(data) of an observable would be passed over
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/checks.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/predict/predict.hpp>
#include <tiny_models.hpp>

using namespace predcg;
using tiny::Spins;

struct Mean : tiny::First {
#ifdef PREDCG_TWIN
    int order() const { return 1; }
    double from_moments(const SiteMoments& m) const { return m.mean[0]; }
    double from_letter_moments(const std::vector<SiteMoments>& m) const { return m[0].mean[0]; }
    Index lags() const { return 0; }
#else
    double from_moments(const SiteMoments& m) const { return m.mean[0]; }  // of which order?
    double from_letter_moments(const SiteMoments& m) const { return m.mean[0]; }
    void lags() const {}
#endif
};
struct AtBeta : tiny::First {
#ifdef PREDCG_TWIN
    tiny::First bind(const auto&, const Parameters&, double) const { return {}; }
#else
    tiny::First bind(double) const { return {}; }
#endif
};
struct WithMean : tiny::First {
#ifdef PREDCG_TWIN
    Vector mean(const auto&) const { return Vector::Zero(1); }
#else
    double mean(const auto&) const { return 0.0; }
#endif
};

int main() {
    const Fit fit(Estimate{}, ising::coarse_chain({.sites = 2}), ising::bernoulli_map(), TransferMatrix{});
    (void)predict(fit, Mean{});
    (void)predict(fit, AtBeta{});
    (void)detail::selected_mean(WithMean{}, {}, std::vector<Spins>{});
}
