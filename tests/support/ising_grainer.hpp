#pragma once
// One type of grainer for all Ising fits of the tests, so that it is compiled once a file: any prior, and
// Newton or plain EM, chosen at run time.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

#include <functional>
#include <memory>

namespace support {

using predcg::Index;
using predcg::Matrix;
using predcg::Vector;
using Spins = std::vector<predcg::ising::Spin>;

/// Any block prior.
class AnyBlock {
public:
    template <class P>
    AnyBlock(P prior)
        : log_density_([prior](const Vector& z) { return prior.log_density(z); }),
          gradient_([prior](const Vector& z) { return prior.gradient(z); }),
          hessian_([prior](const Vector& z) { return prior.hessian(z); }), proper_(prior.proper()),
          lower_(predcg::lower_bound(prior)) {}

    double log_density(const Vector& z) const { return log_density_(z); }
    Vector gradient(const Vector& z) const { return gradient_(z); }
    Matrix hessian(const Vector& z) const { return hessian_(z); }
    bool proper() const { return proper_; }
    double lower_bound() const { return lower_; }

private:
    std::function<double(const Vector&)> log_density_;
    std::function<Vector(const Vector&)> gradient_;
    std::function<Matrix(const Vector&)> hessian_;
    bool proper_;
    double lower_;
};

struct AnyPrior {
    AnyBlock coarse = predcg::Flat{};
    AnyBlock map = predcg::Flat{};
};

template <class P>
AnyPrior any_prior(const P& prior) {
    return {prior.coarse, prior.map};
}

/// Newton, or, switched off, an optimizer that never has a step to propose: then a fit is plain EM.
struct Switched {
    bool on = true;
    predcg::Newton newton{};

    using State = predcg::Newton::State;
    static constexpr bool is_quadratic = true;
    double tolerance() const { return newton.tolerance(); }
    std::optional<Vector> step(State& state, const Vector& at, const Vector& gradient,
                               const Matrix& information) const {
        if (!on) return std::nullopt;
        return newton.step(state, at, gradient, information);
    }
};

using IsingGrainer =
    predcg::EMCoarseGrainer<predcg::SamplesOnly<Spins>, predcg::ising::CoarseChain<>,
                            predcg::ising::BernoulliMap<>, predcg::TransferMatrix, Switched, AnyPrior>;

using IsingFit = predcg::Fit<predcg::ising::CoarseChain<>, predcg::ising::BernoulliMap<>,
                             predcg::TransferMatrix, predcg::ExactEstimate>;

inline IsingGrainer ising_grainer(const predcg::ising::CoarseChainSettings& model, Index level,
                                  AnyPrior prior = {}, Switched optimizer = {}) {
    return {{},
            predcg::ising::coarse_chain(model),
            predcg::ising::bernoulli_map({.level = level}),
            predcg::TransferMatrix{},
            optimizer,
            std::move(prior)};
}

/// (theta_c, eta) in one vector, and back.
inline Vector joined(const predcg::Parameters& p) {
    Vector all(p.theta.size() + p.eta.size());
    for (Index k = 0; k < p.theta.size(); ++k) all[k] = p.theta[k];
    for (Index k = 0; k < p.eta.size(); ++k) all[p.theta.size() + k] = p.eta[k];
    return all;
}
inline predcg::Parameters split(const Vector& all, Index map_parameters = 1) {
    return {all.head(all.size() - map_parameters), all.tail(map_parameters)};
}

}  // namespace support
