#pragma once
// Coordinate ascent of the evidence lower bound over products of site distributions, on window tables.
#include <predcg/chains/tables.hpp>
#include <predcg/concepts/target.hpp>
#include <predcg/core/linalg.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace predcg::detail {

/// A product of site distributions as a target: chain of windows of one site.
template <FiniteSpace Space>
class ProductTarget {
public:
    ProductTarget(Space space, Matrix probabilities)
        : space_(std::move(space)), logs_(std::move(probabilities)) {
        for (Index k = 0; k < logs_.size(); ++k) logs_.data()[k] = std::log(logs_.data()[k]);
    }

    const Space& space() const { return space_; }
    Window window() const { return {}; }

    double local_log_density(Index i, std::span<const letter_t<Space>> w) const {
        Index place = 0;
        for (const auto& letter : space_.values()) {
            if (letter == w[0]) break;
            ++place;
        }
        return logs_(place, i);
    }

    double log_density(const configuration_t<Space>& X) const {
        double sum = 0.0;
        for (Index i = 0; i < logs_.cols(); ++i) {
            const letter_t<Space> letter = X[static_cast<std::size_t>(i)];
            sum += local_log_density(i, std::span(&letter, 1));
        }
        return sum;
    }

private:
    Space space_;
    Matrix logs_;
};

/// The bound sum_i E_q[w_i] + entropy of q, and its ascent; q as letters x sites.
class ProductAscent {
public:
    template <ChainTarget T>
    ProductAscent(const T& target, double cost_limit)
        : shape_(chain_shape(target.space(), target.window(), "MeanField")),
          translation_invariant_(is_translation_invariant(target)) {
        const auto width = static_cast<double>(shape_.width);
        const double cost =
            static_cast<double>(shape_.codes()) * static_cast<double>(shape_.sites) * width * width;
        if (!(cost <= cost_limit))
            throw CostError("MeanField", cost, cost_limit, "operations for a sweep",
                            "shorten the interactions, or raise MeanField::cost_limit");
        logs_ = Matrix::Zero(shape_.codes(), shape_.table_count(translation_invariant_));
        letters_.resize(static_cast<std::size_t>(shape_.codes() * shape_.width));
        for (Index code = 0; code < shape_.codes(); ++code)
            for (Index k = shape_.width, rest = code; k > 0; --k, rest /= shape_.letters)
                letters_[static_cast<std::size_t>(code * shape_.width + k - 1)] = rest % shape_.letters;
        const Index reach = Window(target.window()).width;
        tabulate(shape_, target.space(), translation_invariant_,
                 [&](Index t, Index code, auto window, Index site) {
                     const double value = target.local_log_density(site, narrow(window, reach));
                     if (!std::isfinite(value))
                         throw NumericalError("MeanField: the log weight of a window is " + to_text(value) +
                                              "; allowed: finite numbers");
                     logs_(code, t) = value;
                 });
    }

    /// Uniform, leaning to each letter, alternating, drawn. One is enough where sites do not interact.
    std::vector<Matrix> starts(Index random, std::uint64_t seed) const {
        const Index q = shape_.letters, n = shape_.sites;
        const double even = 1.0 / static_cast<double>(q);
        std::vector<Matrix> all{Matrix::Constant(q, n, even)};
        if (shape_.width == 1) return all;
        for (Index a = 0; a <= q; ++a) {
            all.push_back(Matrix::Constant(q, n, 0.5 * even));
            for (Index i = 0; i < n; ++i) all.back()(a < q ? a : i % q, i) += 0.5;
        }
        for (Index k = 0; k < random; ++k) {
            Philox4x32 rng = make_stream(seed, Purpose::mean_field, static_cast<std::uint64_t>(k));
            Matrix p(q, n);
            for (Index i = 0; i < n; ++i) {  // uniform on the simplex, but for zeros
                double sum = 0.0;
                for (Index a = 0; a < q; ++a) {
                    p(a, i) = 1e-6 - std::log1p(-uniform(rng));
                    sum += p(a, i);
                }
                for (Index a = 0; a < q; ++a) p(a, i) /= sum;
            }
            all.push_back(std::move(p));
        }
        return all;
    }

    /// Makes every q_j the best for the others, j = 0, 1, ...; the largest change of a probability.
    double sweep(Matrix& q) const {
        double change = 0.0;
        Vector field(shape_.letters);
        for (Index j = 0; j < shape_.sites; ++j) {
            field.setZero();
            for (Index k = 0; k < shape_.width; ++k) {
                Index site = j - k;
                if (site < 0 && !shape_.periodic) break;
                if (site < 0) site += shape_.sites;
                add_field(site, k, q, field);
            }
            double top = field[0], sum = 0.0;
            for (const double x : field) top = std::max(top, x);
            for (double& x : field) {
                x = std::exp(x - top);
                sum += x;
            }
            for (Index a = 0; a < field.size(); ++a) {
                const double p = field[a] / sum;
                change = std::max(change, std::abs(p - q(a, j)));
                q(a, j) = p;
            }
        }
        return change;
    }

    double bound(const Matrix& q) const {
        double sum = 0.0;
        for (Index i = 0; i < shape_.sites; ++i) {
            for (Index a = 0; a < shape_.letters; ++a)
                if (q(a, i) > 0.0) sum -= q(a, i) * std::log(q(a, i));
            Vector energy = Vector::Zero(shape_.letters);
            add_field(i, 0, q, energy);
            sum += linalg::dot(energy, q.col(i));
        }
        return sum;
    }

private:
    /// Adds E_q[w | the window's letter at `place` is a] to field[a], for the window of a site.
    void add_field(Index site, Index place, const Matrix& q, Vector& field) const {
        const Index length = shape_.window_length(site), step = shape_.code_step(site);
        const Index table = shape_.table_of(site, translation_invariant_);
        for (Index code = 0; code < shape_.codes(); code += step) {
            const Index* letters = letters_.data() + code * shape_.width;
            double value = logs_(code, table);
            for (Index k = 0, i = site; k < length; ++k, i = i + 1 < shape_.sites ? i + 1 : 0)
                if (k != place) value *= q(letters[k], i);
            field[letters[place]] += value;
        }
    }

    ChainShape shape_;
    bool translation_invariant_;
    Matrix logs_;                 // window code x table
    std::vector<Index> letters_;  // of the windows, code after code
};

}  // namespace predcg::detail
