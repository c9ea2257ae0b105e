// expect: predcg: bind(models, parameters, beta) of an observable would be passed over
// expect: predcg: from_moments(m) of an observable would be passed over
// expect: predcg: from_letter_moments(m) of an observable would be passed over
// expect: predcg: letter_values(letters) of an observable would be passed over
// expect: predcg: lags() of an observable would be passed over
// expect: predcg: mean(data) of an observable would be passed over
#include <passed_over_form.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/checks.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/predict/predict.hpp>
#include <tiny_models.hpp>

using namespace predcg;
using tiny::Spins;

struct AtBeta : tiny::First {
    tiny::First bind(const Fit<ising::CoarseChain<>, ising::BernoulliMap<>, TransferMatrix>&,
                     Form<const Parameters&, Spins>, double) const {
        return {};
    }
};
struct OfMoments : tiny::First {
    int order() const { return 1; }
    double from_moments(const Form<SiteMoments, Spins>&) const { return 0.0; }
};
struct OfLetters : tiny::First {
    int order() const { return 1; }
    double from_letter_moments(const Form<std::vector<SiteMoments>, SiteMoments>&) const { return 0.0; }
};
struct Values : tiny::First {
    int order() const { return 1; }
    Form<Matrix, std::vector<double>> letter_values(const auto&) const { return {}; }
    double from_letter_moments(const std::vector<SiteMoments>&) const { return 0.0; }
};
struct Lags : tiny::First {
    Form<Index, Vector> lags() const { return {}; }
};
struct WithMean : tiny::First {
    Form<Vector, double> mean(const auto&) const { return {}; }
};

int main() {
    const Fit fit(Estimate{}, ising::coarse_chain({.sites = 2}), ising::bernoulli_map(), TransferMatrix{});
    (void)predict(fit, AtBeta{});
    (void)predict(fit, OfMoments{});
    (void)expectation(TransferMatrix{}, boltzmann(fit.coarse, Vector::Zero(2), 1.0), OfLetters{});
    (void)expectation(TransferMatrix{}, boltzmann(fit.coarse, Vector::Zero(2), 1.0), Values{});
    (void)detail::ObservableParts<Lags>::asked;
    (void)detail::selected_mean(WithMean{}, {}, std::vector<Spins>{});
}
