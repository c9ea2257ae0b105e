#pragma once
// Types that meet the concepts and no more: if an algorithm compiles with them, it uses nothing that its
// concepts do not promise. A world of words over a three-letter alphabet, as far as enumeration needs it.
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/random.hpp>

#include <cmath>
#include <cstddef>
#include <deque>
#include <optional>

namespace archetype {

using predcg::Index;
using predcg::Matrix;
using predcg::Philox4x32;
using predcg::Vector;

/// A result that converts to a number, and does nothing else.
template <class T>
class Only {
public:
    Only(T value) : value_(value) {}
    operator T() const { return value_; }

private:
    T value_;
};
using Real = Only<double>;
using Count = Only<Index>;

/// Letters are copied and compared; they have no order, and are no numbers.
class Letter {
public:
    Letter() = default;
    explicit Letter(int place) : place_(place) {}
    friend bool operator==(const Letter&, const Letter&) = default;

private:
    int place_ = 0;
};
inline const Letter a{0}, b{1}, c{2};

/// Copied, and read and set letter by letter; no default, no size, no iterators, no comparison. The sites of
/// coarse and fine words are different types.
template <class Tag>
class WordOf {
public:
    explicit WordOf(std::size_t length) : letters_(length) {}
    Letter operator[](std::size_t i) const { return letters_[i]; }

    class Site {
    public:
        void operator=(const Letter& letter) && { *letter_ = letter; }

    private:
        friend WordOf;
        explicit Site(Letter* letter) : letter_(letter) {}
        Letter* letter_;
    };
    Site operator[](std::size_t i) { return Site(&letters_[i]); }

private:
    std::deque<Letter> letters_;
};
using Word = WordOf<struct CoarseTag>;
using Sentence = WordOf<struct FineTag>;

template <class Configuration, Index sites>
class SpaceOf {
public:
    using configuration_type = Configuration;
    Count size() const { return sites; }
    Configuration random(Philox4x32& rng) const {
        Configuration X(sites);
        for (std::size_t i = 0; i < sites; ++i)
            X[i] = letters_[static_cast<std::size_t>(predcg::uniform_index(rng, 3))];
        return X;
    }
    const std::deque<Letter>& values() const { return letters_; }  // random access, but not contiguous

private:
    std::deque<Letter> letters_{a, b, c};
};
inline constexpr Index words = 3, level = 2, sentences = words * level;
using WordSpace = SpaceOf<Word, words>;
using SentenceSpace = SpaceOf<Sentence, sentences>;

/// U(x) = - number of equal neighbours on the ring - 0.4 number of letters a.
class Fine {
public:
    SentenceSpace space() const { return {}; }
    Real energy(const Sentence& x) const {
        double U = 0.0;
        for (std::size_t i = 0; i < sentences; ++i) U += bond(x[i], x[(i + 1) % sentences]);
        return U;
    }

protected:
    static double bond(const Letter& here, const Letter& next) {
        return (here == next ? -1.0 : 0.0) + (here == a ? -0.4 : 0.0);
    }
};

/// Features: - number of equal neighbours on the ring, - number of letters a.
class Linear {
public:
    WordSpace space() const { return {}; }
    Count parameter_count() const { return 2; }
    Eigen::Vector2d features(const Word& X) const {
        Eigen::Vector2d f = Eigen::Vector2d::Zero();
        for (std::size_t i = 0; i < words; ++i) f += bond(X[i], X[(i + 1) % words]);
        return f;
    }

protected:
    static Eigen::Vector2d bond(const Letter& here, const Letter& next) {
        return {here == next ? -1.0 : 0.0, here == a ? -1.0 : 0.0};
    }
};

/// The same family in other coordinates, and without saying that it is linear:
/// energy = sinh(theta_0) f_0 + (theta_0 + theta_1) f_1.
class NonLinear {
public:
    WordSpace space() const { return {}; }
    Count parameter_count() const { return 2; }
    Real energy(const Word& X, const Vector& theta) const {
        const Eigen::Vector2d f = Linear().features(X);
        return std::sinh(theta[0]) * f[0] + (theta[0] + theta[1]) * f[1];
    }
    Eigen::Vector2d parameter_gradient(const Word& X, const Vector& theta) const {
        const Eigen::Vector2d f = Linear().features(X);
        return {std::cosh(theta[0]) * f[0] + f[1], f[1]};
    }
};

inline double probability(const Vector& eta) { return 1.0 / (1.0 + std::exp(-eta[0])); }

/// Every letter of a sentence copies its word's letter with probability p, else it is one of the two
/// others; eta = logit p.
class Map {
public:
    using fine_type = Sentence;
    using coarse_type = Word;
    Count parameter_count() const { return 1; }

    class Likelihood {
    public:
        Likelihood(const Sentence& x, const Vector& eta) : x_(x), p_(probability(eta)) {}
        Real log_density(const Word& X) const {
            double sum = 0.0;
            for (std::size_t r = 0; r < words; ++r) sum += weight(r, X[r]);
            return sum;
        }

    protected:
        double weight(std::size_t r, const Letter& letter) const {
            double sum = 0.0;
            for (std::size_t s = 0; s < level; ++s)
                sum += std::log(x_[r * level + s] == letter ? p_ : 0.5 * (1.0 - p_));
            return sum;
        }

    private:
        Sentence x_;
        double p_;
    };
    Likelihood likelihood(const Sentence& x, const Vector& eta) const { return {x, eta}; }

    /// Letters that agree with their word's, and letters that do not.
    class Agreement {
    public:
        explicit Agreement(const Sentence& x) : x_(x) {}
        Count size() const { return 2; }
        Eigen::Vector2d operator()(const Word& X) const {
            Eigen::Vector2d sum = Eigen::Vector2d::Zero();
            for (std::size_t r = 0; r < words; ++r) sum += counts(r, X[r]);
            return sum;
        }

    protected:
        Eigen::Vector2d counts(std::size_t r, const Letter& letter) const {
            Eigen::Vector2d sum = Eigen::Vector2d::Zero();
            for (std::size_t s = 0; s < level; ++s) sum[x_[r * level + s] == letter ? 0 : 1] += 1.0;
            return sum;
        }

    private:
        Sentence x_;
    };
    Agreement sufficient_statistic(const Sentence& x) const { return Agreement(x); }

    predcg::Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const double p = probability(eta);
        return {T[0] * std::log(p) + T[1] * std::log(0.5 * (1.0 - p)),
                Vector::Constant(1, T[0] * (1.0 - p) - T[1] * p),
                Matrix::Constant(1, 1, -(T[0] + T[1]) * p * (1.0 - p))};
    }

    Sentence sample(const Word& X, const Vector& eta, Philox4x32& rng) const {
        Sentence x(sentences);
        for (std::size_t i = 0; i < sentences; ++i) {
            const Letter letter = X[i / level];
            if (predcg::uniform(rng) < probability(eta)) {
                x[i] = letter;
            } else {
                const bool first = predcg::uniform(rng) < 0.5;
                x[i] = letter == a ? (first ? b : c) : letter == b ? (first ? a : c) : (first ? a : b);
            }
        }
        return x;
    }
};

/// A map with nothing to learn.
class FixedMap {
public:
    using fine_type = Sentence;
    using coarse_type = Word;
    Count parameter_count() const { return 0; }
    Map::Likelihood likelihood(const Sentence& x, const Vector&) const { return {x, eta()}; }
    Sentence sample(const Word& X, const Vector&, Philox4x32& rng) const {
        return Map().sample(X, eta(), rng);
    }
    static Vector eta() { return Vector::Constant(1, 1.3); }
};

/// Fraction of letters a.
class FractionOfA {
public:
    Real operator()(const Sentence& x) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < sentences; ++i) sum += x[i] == a ? 1.0 / sentences : 0.0;
        return sum;
    }
};

}  // namespace archetype
