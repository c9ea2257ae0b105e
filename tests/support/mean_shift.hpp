#pragma once
// A world whose evidence is known in closed form: coarse beads in a harmonic well that terms move, seen
// through noise of known size. Given z = beta theta,
//     x = W X + noise,  X ~ N(A z / (beta well), I / (beta well)),  noise ~ N(0, sigma^2 I),
// so that with z ~ N(0, diag(1/alpha)) all data together are one normal vector.
#include <predcg/engines/gaussian.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/gaussian/linear_map.hpp>

#include "gaussian_by_hand.hpp"

#include <string>
#include <vector>

namespace support {

/// U = well/2 |X|^2 - sum_k theta_k a_k . X, a_k the columns of A.
struct MovedWell {
    predcg::Matrix A;
    double well = 1.0;

    predcg::RealSpace<> space() const { return predcg::RealSpace<>(A.rows()); }
    predcg::Index parameter_count() const { return A.cols(); }
    predcg::Vector features(const predcg::Vector& X) const {
        predcg::Vector f(A.cols());
        for (predcg::Index k = 0; k < A.cols(); ++k) f[k] = -A.col(k).dot(X);
        return f;
    }
    double base_energy(const predcg::Vector& X) const { return 0.5 * well * X.squaredNorm(); }
    predcg::QuadraticForm quadratic(const predcg::Vector& theta) const {
        auto form = predcg::QuadraticForm::zero(A.rows());
        for (predcg::Index k = 0; k < A.cols(); ++k) form.b -= theta[k] * A.col(k);
        for (predcg::Index i = 0; i < A.rows(); ++i) form.A(i, i) = well;
        return form;
    }
    predcg::QuadraticForm feature_quadratic(predcg::Index k) const {
        auto form = predcg::QuadraticForm::zero(A.rows());
        form.b = -A.col(k);
        return form;
    }
};

/// gaussian::LinearMap with a noise that is known.
struct KnownNoise {
    using fine_type = predcg::Vector;
    using coarse_type = predcg::Vector;
    predcg::gaussian::LinearMap map;
    double sigma;

    predcg::Index parameter_count() const { return 0; }
    auto prepare(const predcg::Vector& x) const { return map.prepare(x); }
    auto likelihood(const predcg::gaussian::LinearMap::Prepared& x, const predcg::Vector&) const {
        return map.likelihood(x, predcg::Vector::Constant(1, std::log(sigma)));
    }
    predcg::Vector sample(const predcg::Vector& X, const predcg::Vector&, auto& rng) const {
        return map.sample(X, predcg::Vector::Constant(1, std::log(sigma)), rng);
    }
};

struct MeanShift {
    static constexpr double beta = 0.7, well = 2.0, sigma = 0.5;
    predcg::Matrix A;
    std::vector<predcg::Vector> data;

    /// `shift` is z = beta theta of the data.
    template <class R>
    MeanShift(R& rng, predcg::Matrix terms, const predcg::Vector& shift, int count) : A(std::move(terms)) {
        std::normal_distribution<double> normal;
        const auto W = map().map.W();
        for (int i = 0; i < count; ++i) {
            predcg::Vector X = by_hand::times(A, shift) / (beta * well);
            for (double& coordinate : X) coordinate += normal(rng) / std::sqrt(beta * well);
            predcg::Vector x = by_hand::times(W, X);
            for (double& coordinate : x) coordinate += sigma * normal(rng);
            data.push_back(x);
        }
    }

    KnownNoise map() const {
        return {predcg::gaussian::block_map({.coarse_beads = A.rows(), .level = 2}), sigma};
    }

    template <class P>
    auto grainer(const P& prior) const {
        return predcg::EMCoarseGrainer{predcg::SamplesOnly<predcg::Vector>{},
                                       MovedWell{A, well},
                                       map(),
                                       predcg::GaussianEngine{},
                                       predcg::Newton{},
                                       predcg::BlockPriors{prior, predcg::Flat{}}};
    }

    /// log p(data) with prior precisions alpha of the terms `kept`, without datum `left_out`.
    double log_evidence(const std::vector<predcg::Index>& kept, const predcg::Vector& alpha,
                        predcg::Index left_out = -1) const {
        const predcg::Matrix W = map().map.W();
        const predcg::Index n = W.rows();
        std::vector<predcg::Vector> in;
        for (std::size_t i = 0; i < data.size(); ++i)
            if (static_cast<predcg::Index>(i) != left_out) in.push_back(data[i]);
        const auto N = static_cast<predcg::Index>(in.size());
        predcg::Matrix one = by_hand::times(W, by_hand::transposed(W)) / (beta * well);
        for (predcg::Index i = 0; i < n; ++i) one(i, i) += sigma * sigma;
        predcg::Matrix common = predcg::Matrix::Zero(n, n);
        for (std::size_t k = 0; k < kept.size(); ++k) {
            const predcg::Vector shift = by_hand::times(W, A.col(kept[k])) / (beta * well);
            common += by_hand::outer(shift, shift) / alpha[static_cast<predcg::Index>(k)];
        }
        predcg::Matrix C(N * n, N * n);
        predcg::Vector all(N * n);
        for (predcg::Index i = 0; i < N; ++i) {
            all.segment(i * n, n) = in[static_cast<std::size_t>(i)];
            for (predcg::Index j = 0; j < N; ++j)
                C.block(i * n, j * n, n, n) = i == j ? predcg::Matrix(one + common) : common;
        }
        return by_hand::log_normal_density(all, predcg::Vector::Zero(N * n), C);
    }
};

}  // namespace support
