#pragma once
// Two or three particles in a cubic box, integrated by the trapezoidal rule on a grid that repeats with the
// box. Distances come from differences of grid indices: nothing of the library is asked but u(r).
#include <predcg/geometry/box.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace support {

/// Particle 0 is at the origin; the places of the others are k L / m. Coincident places are left out:
/// densities there are to be negligible.
class BoxGrid {
public:
    BoxGrid(int particles, int points, double length) : particles_(particles), m_(points), length_(length) {}

    /// f(X, weight) of all configurations: of those that a symmetry of the cube turns into each other one,
    /// with their number as weight. For functions of X that do not depend on where the axes point.
    template <class F>
    void visit(F&& f) const {
        visit_indices([&](const std::vector<std::array<int, 3>>& at, double weight) {
            predcg::Points x(at.size());
            for (std::size_t i = 0; i < at.size(); ++i)
                for (std::size_t c = 0; c < 3; ++c) x[i][c] = at[i][c] * length_ / m_;
            f(x, weight);
        });
    }

    /// log of Z = integral over all places of exp(-beta sum_{i<j} u(r_ij)), r of nearest images.
    template <class U>
    double log_z(U&& u, double beta) const {
        std::vector<double> table(
            static_cast<std::size_t>(m_ * m_ * m_));  // beta u of a difference of places
        for (int i = 0; i < m_; ++i)
            for (int j = 0; j < m_; ++j)
                for (int k = 0; k < m_; ++k) {
                    const double square =
                        folded(i) * folded(i) + folded(j) * folded(j) + folded(k) * folded(k);
                    table[at(i, j, k)] = square > 0 ? beta * u(std::sqrt(square) * length_ / m_) : 0.0;
                }
        double sum = 0.0;
        visit_indices([&](const std::vector<std::array<int, 3>>& x, double weight) {
            double energy = 0.0;
            for (std::size_t i = 0; i < x.size(); ++i)
                for (std::size_t j = 0; j < i; ++j)
                    energy += table[at(x[i][0] - x[j][0], x[i][1] - x[j][1], x[i][2] - x[j][2])];
            sum += weight * std::exp(-energy);
        });
        return std::log(sum) + log_cell();
    }

    /// log of what a configuration stands for: L^3 (L / m)^3 of each further particle.
    double log_cell() const {
        return 3.0 * particles_ * std::log(length_) - 3.0 * (particles_ - 1) * std::log(double(m_));
    }

private:
    double folded(int k) const { return std::min(k, m_ - k); }
    std::size_t at(int i, int j, int k) const {
        const auto wrap = [this](int a) { return ((a % m_) + m_) % m_; };
        return static_cast<std::size_t>((wrap(i) * m_ + wrap(j)) * m_ + wrap(k));
    }

    template <class F>
    void visit_indices(F&& f) const {
        const int half = m_ / 2;
        std::vector<std::array<int, 3>> x(static_cast<std::size_t>(particles_), std::array{0, 0, 0});
        for (int i = 0; i <= half; ++i)
            for (int j = 0; j <= i; ++j)
                for (int k = 0; k <= j; ++k) {
                    if (i == 0) continue;
                    double weight = i == j && j == k ? 1.0 : i == j || j == k ? 3.0 : 6.0;
                    for (const int a : {i, j, k}) weight *= a == 0 || 2 * a == m_ ? 1.0 : 2.0;
                    x[1] = {i, j, k};
                    if (particles_ == 2) {
                        f(x, weight);
                        continue;
                    }
                    for (int a = 0; a < m_; ++a)
                        for (int b = 0; b < m_; ++b)
                            for (int c = 0; c < m_; ++c) {
                                x[2] = {a, b, c};
                                if (x[2] != x[0] && x[2] != x[1]) f(x, weight);
                            }
                }
    }

    int particles_, m_;
    double length_;
};

}  // namespace support
