// What a fit to N data loses beyond its model's best, (KL - KL*) 2N / p, by map: chains of 12 spins coupled
// to their neighbours. A study, not a test: run once, its table stands in docs/validation.md.
//     validation_map_efficiency SEEDS FIRST_SEED weak|flat
// p is the number of parameters without the directions that change no prediction at the population's optimum;
// "trace" what the mean of the ratio tends to, tr(H^-1 J) / p with H the information of a datum and J the
// covariance of its score there, which is 1 where the model holds the truth.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/select_map.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <Eigen/Eigenvalues>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

namespace {

using Spins = std::vector<ising::Spin>;
constexpr Index n = 12;

struct Case {
    const char* name;
    double beta, field;
};

/// The best a model can do, and how its parameters are told there.
struct Best {
    double divergence;
    Index parameters, flat;
    double trace;  ///< tr(H^-1 J) over the directions that are not flat
};

template <class Learner>
Best best_of(const Learner& learner, const Population<Spins>& truth, double beta) {
    std::vector<double> weights = truth.probabilities;
    for (double& w : weights) w *= 1e6;
    const auto fit = learner.fit_prepared(learner.prepare(truth.configurations, beta, weights));
    const auto once = learner.prepare(truth.configurations, beta, truth.probabilities);
    const auto problem = learner.problem(once);
    const Coordinates& c = problem.coordinates();
    const Vector z = c.z(fit.parameters);
    Matrix scores(once.weights.size(), c.size());
    constexpr double h = 1e-4;
    for (Index k = 0; k < c.size(); ++k) {
        const Vector step = h * Vector::Unit(c.size(), k);
        scores.col(k) = (problem.log_likelihoods(c.parameters(z + step)) -
                         problem.log_likelihoods(c.parameters(z - step))) /
                        (2.0 * h);
    }
    Matrix J = Matrix::Zero(c.size(), c.size());
    for (Index i = 0; i < scores.rows(); ++i)
        J += once.weights[static_cast<std::size_t>(i)] * scores.row(i).transpose() * scores.row(i);
    const Eigen::SelfAdjointEigenSolver<Matrix> eigen(problem.point(z).posterior_information);
    Best best{divergence_from(truth, learner, fit.parameters, beta), c.size(), 0, 0.0};
    std::fprintf(stderr, "information of a datum:");
    for (Index k = 0; k < c.size(); ++k) {
        const double information = eigen.eigenvalues()[k];
        std::fprintf(stderr, " %.2e", information);
        if (information < 1e-6)
            ++best.flat;
        else
            best.trace += eigen.eigenvectors().col(k).dot(J * eigen.eigenvectors().col(k)) / information;
    }
    std::fprintf(stderr, "\n");
    return best;
}

struct Study {
    Index seeds;
    std::uint64_t first;

    template <class Map, class Prior>
    void rows(const char* name, const Map& map, const Prior& prior, const Population<Spins>& truth,
              const Case& of) const {
        const auto fine = ising::chain({.sites = n, .field = of.field});
        const auto coarse =
            ising::coarse_chain({.sites = n / 2, .linear = true, .pair_range = 1, .field = of.field});
        const EMCoarseGrainer learner{fine, coarse, map, TransferMatrix{}, Newton{}, prior};
        const Best best =
            best_of(EMCoarseGrainer{fine, coarse, map, TransferMatrix{}, Newton{}}, truth, of.beta);
        const auto p = static_cast<double>(best.parameters - best.flat);
        for (const Index count : {500, 5000}) {
            double sum = 0.0, squares = 0.0, loss = 0.0;
            for (Index s = 0; s < seeds; ++s) {
                const std::uint64_t seed = first + static_cast<std::uint64_t>(s);
                const auto data = generate(fine, {.beta = of.beta, .samples = count, .seed = seed});
                const auto fit = learner.fit(data, {.seed = seed});
                const double kl = divergence_from(truth, learner, fit.parameters, of.beta);
                const double ratio = (kl - best.divergence) * 2.0 * static_cast<double>(count) / p;
                if (!(std::abs(ratio) < 10.0))
                    std::fprintf(stderr, "%s %s %td seed %td: ratio %g\n", of.name, name, count, s, ratio);
                loss += kl;
                sum += ratio;
                squares += ratio * ratio;
            }
            const auto S = static_cast<double>(seeds);
            const double mean = sum / S, error = std::sqrt((squares / S - mean * mean) / (S - 1.0));
            std::printf("| %s | %s | %td - %td | %.2e | %.3f | %td | %.4f | %.3f ± %.3f |\n", of.name, name,
                        best.parameters, best.flat, best.divergence, best.trace / p, count, loss / S, mean,
                        error);
            std::fflush(stdout);
        }
    }
};

}  // namespace

int main(int count, char** words) {
    const std::string prior = count == 4 ? words[3] : "";
    if (prior != "weak" && prior != "flat") {
        std::fputs("usage: validation_map_efficiency SEEDS FIRST_SEED weak|flat\n", stderr);
        return 2;
    }
    const Study study{std::stol(words[1]), std::stoull(words[2])};
    std::printf("| | map | p | KL* | trace | N | mean KL | ratio |\n|---|---|---|---|---|---|---|---|\n");
    for (const Case& of : {Case{"S1", 0.3, 0.3}, Case{"S2", 1.0, 0.0}}) {
        const auto truth = population(ising::chain({.sites = n, .field = of.field}), of.beta);
        const auto rows = [&](const char* name, const auto& map) {
            if (prior == "weak")
                study.rows(name, map, weak_prior(map), truth, of);
            else
                study.rows(name, map, flat_prior(), truth, of);
        };
        rows("bernoulli", ising::bernoulli_map({.level = 2}));
        rows("logistic", ising::logistic_map({.level = 2, .window = {-1, 1}, .reflect = true}));
        rows("autoregressive", ising::logistic_map({.level = 2, .window = {0, 1}, .autoregressive = true}));
        rows("link2", ising::link_map({.level = 2}));
        rows("decimation", ising::decimation_map({.level = 2}));
    }
}
