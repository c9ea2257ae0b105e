#pragma once
// Random chains with a weight for every site and window, and their moments by summing over all
// configurations in long double: nothing of the library but its vectors and window descriptions.
#include <predcg/core/types.hpp>
#include <predcg/core/window.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace support {

using predcg::Boundary;
using predcg::Index;
using predcg::Matrix;
using predcg::Vector;
using predcg::Window;

/// n sites with the same letters, numbers, each.
struct NumberSpace {
    using configuration_type = std::vector<double>;
    Index sites = 1;
    std::vector<double> letters;

    Index size() const { return sites; }
    const std::vector<double>& values() const { return letters; }
    template <class R>
    configuration_type random(R&) const {
        return configuration_type(static_cast<std::size_t>(sites), letters[0]);
    }
    Index place(double letter) const {
        for (std::size_t k = 0; k < letters.size(); ++k)
            if (letters[k] == letter) return static_cast<Index>(k);
        return -1;
    }
};

/// The window of site i of a configuration: round the ring, or cut at the end.
template <class X>
std::vector<double> window_of(const X& x, Index sites, Window window, Index i) {
    std::vector<double> w;
    for (Index k = 0; k < window.width; ++k) {
        const Index j = i + k;
        if (window.boundary == Boundary::open && j >= sites) break;
        w.push_back(x[static_cast<std::size_t>(j % sites)]);
    }
    return w;
}

/// A number for every site and window, drawn when first asked for: the same for every site of a
/// homogeneous table.
class WindowTable {
public:
    WindowTable() = default;

    template <class Draw>
    WindowTable(const NumberSpace& space, Window window, bool homogeneous, Draw&& draw)
        : space_(space), homogeneous_(homogeneous), width_(window.width) {
        const Index q = static_cast<Index>(space.letters.size());
        values_.resize(static_cast<std::size_t>(homogeneous ? 1 : space.sites));
        for (auto& of_site : values_) {
            of_site.resize(static_cast<std::size_t>(width_) + 1);
            Index count = 1;
            for (Index length = 1; length <= width_; ++length) {
                count *= q;
                for (Index code = 0; code < count; ++code)
                    of_site[static_cast<std::size_t>(length)].push_back(draw());
            }
        }
    }

    template <class W>
    double& at(Index i, const W& w) {
        Index code = 0;
        for (const double letter : w)
            code = code * static_cast<Index>(space_.letters.size()) + space_.place(letter);
        return values_[homogeneous_ ? 0 : static_cast<std::size_t>(i)][w.size()]
                      [static_cast<std::size_t>(code)];
    }
    template <class W>
    double at(Index i, const W& w) const {
        return const_cast<WindowTable&>(*this).at(i, w);
    }

private:
    NumberSpace space_;
    bool homogeneous_ = false;
    Index width_ = 0;
    std::vector<std::vector<std::vector<double>>> values_;  // site, letters in the window, code
};

/// The target with log density sum_i table(i, window of i).
struct TableTarget {
    NumberSpace chain;
    Window reach;
    bool homogeneous = false;
    WindowTable table;

    const NumberSpace& space() const { return chain; }
    Window window() const { return reach; }
    double local_log_density(Index i, std::span<const double> w) const { return table.at(i, w); }
    bool translation_invariant() const { return homogeneous; }
    double log_density(const std::vector<double>& X) const {
        double sum = 0.0;
        for (Index i = 0; i < chain.sites; ++i) sum += table.at(i, window_of(X, chain.sites, reach, i));
        return sum;
    }
};

/// A vector of such sums, as a statistic.
struct TableStatistic {
    NumberSpace chain;
    Window reach;
    bool homogeneous = false;
    std::vector<WindowTable> tables;

    Index size() const { return static_cast<Index>(tables.size()); }
    Window window() const { return reach; }
    bool translation_invariant() const { return homogeneous; }
    template <class W>
    Vector local(Index i, const W& w) const {
        Vector value(size());
        for (Index k = 0; k < size(); ++k) value[k] = tables[static_cast<std::size_t>(k)].at(i, w);
        return value;
    }
    Vector operator()(const std::vector<double>& X) const {
        Vector sum = Vector::Zero(size());
        for (Index i = 0; i < chain.sites; ++i) sum += local(i, window_of(X, chain.sites, reach, i));
        return sum;
    }
};

struct RandomChain {
    TableTarget target;
    TableStatistic statistic;
    std::string what;
};

/// Up to 12 sites of 2 letters or 8 of 3, both boundaries, windows of 1 to 4 letters; weights that depend on
/// the site or do not, of order one or ten, with or without forbidden windows (some configuration is
/// allowed); a statistic of 1 to 3 components with a window of its own.
template <class R>
RandomChain random_chain(R& rng) {
    const auto integer = [&](Index from, Index to) {
        return std::uniform_int_distribution<Index>(from, to)(rng);
    };
    const auto coin = [&](double p) { return std::bernoulli_distribution(p)(rng); };
    std::normal_distribution<double> normal;
    RandomChain chain;
    TableTarget& target = chain.target;
    NumberSpace& space = target.chain;
    const bool three = coin(0.4);
    space.letters = three ? std::vector<double>{-1.0, 0.5, 2.0} : std::vector<double>{-1.0, 1.0};
    space.sites = integer(1, three ? 8 : 12);
    const Boundary boundary = coin(0.5) ? Boundary::periodic : Boundary::open;
    const auto width = [&] {
        return integer(1, boundary == Boundary::periodic ? std::min<Index>(4, space.sites) : 4);
    };
    target.reach = {width(), boundary};
    target.homogeneous = coin(0.3);
    const double strength = coin(0.2) ? 10.0 : 1.0, forbidden = coin(0.3) ? 0.2 : 0.0;
    target.table = WindowTable(space, target.reach, target.homogeneous, [&] {
        return coin(forbidden) ? -std::numeric_limits<double>::infinity() : strength * normal(rng);
    });
    std::vector<double> allowed;
    for (Index i = 0; i < space.sites; ++i)
        allowed.push_back(space.letters[static_cast<std::size_t>(integer(0, three ? 2 : 1))]);
    for (Index i = 0; i < space.sites; ++i) {
        double& weight = target.table.at(i, window_of(allowed, space.sites, target.reach, i));
        if (std::isinf(weight)) weight = strength * normal(rng);
    }
    TableStatistic& statistic = chain.statistic;
    statistic.chain = space;
    statistic.reach = {width(), boundary};
    statistic.homogeneous = coin(0.5);
    for (Index k = integer(1, 3); k > 0; --k)
        statistic.tables.emplace_back(space, statistic.reach, statistic.homogeneous,
                                      [&] { return normal(rng); });
    chain.what = std::to_string(space.letters.size()) + " letters, " + std::to_string(space.sites) +
                 " sites, window " + std::to_string(target.reach.width) +
                 (boundary == Boundary::periodic ? " on a ring" : " on an open chain") +
                 (target.homogeneous ? ", homogeneous" : "") +
                 (forbidden > 0.0 ? ", with forbidden windows" : "") + (strength > 1.0 ? ", strong" : "") +
                 "; statistic of window " + std::to_string(statistic.reach.width) +
                 (statistic.homogeneous ? ", homogeneous" : "");
    return chain;
}

/// Everything the engines can be asked for.
struct ExactChain {
    double log_partition = 0.0;
    Vector mean;                             // of the statistic
    Matrix covariance;                       // of the statistic
    Vector site_mean;                        // E[x_i]
    Matrix site_second;                      // E[x_i x_j]
    std::vector<std::vector<Matrix>> pairs;  // P(X_i = a, X_j = b)
    std::vector<Vector> windows;             // P(w_i), first letter most significant
};

/// By summing over all configurations.
template <class Target, class Statistic>
ExactChain sum_over_all(const Target& target, const Statistic& statistic, const NumberSpace& space) {
    using Real = long double;
    const auto n = static_cast<std::size_t>(space.sites), q = space.letters.size();
    const auto d = static_cast<std::size_t>(statistic.size());
    std::size_t count = 1;
    for (std::size_t i = 0; i < n; ++i) count *= q;
    const auto places_of = [&](std::size_t number) {
        std::vector<std::size_t> places(n);
        for (auto& place : places) place = number % q, number /= q;
        return places;
    };
    const auto configuration_of = [&](const std::vector<std::size_t>& places) {
        std::vector<double> X;
        for (const std::size_t place : places) X.push_back(space.letters[place]);
        return X;
    };
    std::vector<Real> probability(count);
    Real largest = -std::numeric_limits<Real>::infinity(), sum = 0.0L;
    for (std::size_t c = 0; c < count; ++c) {
        probability[c] = target.log_density(configuration_of(places_of(c)));
        largest = std::max(largest, probability[c]);
    }
    for (Real& p : probability) sum += p = std::exp(p - largest);

    ExactChain exact;
    exact.log_partition = static_cast<double>(largest + std::log(sum));
    std::vector<Real> mean(d), second(d * d), pairs(n * n * q * q);
    std::vector<std::vector<Real>> windows(n);
    for (std::size_t c = 0; c < count; ++c) {
        const Real p = probability[c] / sum;
        if (p == 0.0L) continue;
        const auto places = places_of(c);
        const auto X = configuration_of(places);
        const Vector s = statistic(X);
        for (std::size_t k = 0; k < d; ++k) mean[k] += p * s[static_cast<Index>(k)];
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) pairs[((i * n + j) * q + places[i]) * q + places[j]] += p;
            const auto w = window_of(X, space.sites, target.window(), static_cast<Index>(i));
            std::size_t code = 0, codes = 1;
            for (const double letter : w) {
                code = code * q + static_cast<std::size_t>(space.place(letter));
                codes *= q;
            }
            windows[i].resize(codes);
            windows[i][code] += p;
        }
    }
    for (std::size_t c = 0; c < count; ++c) {  // centred: nothing cancels
        if (probability[c] == 0.0L) continue;
        const Vector s = statistic(configuration_of(places_of(c)));
        for (std::size_t k = 0; k < d; ++k)
            for (std::size_t l = 0; l < d; ++l)
                second[k * d + l] += probability[c] / sum * (s[static_cast<Index>(k)] - mean[k]) *
                                     (s[static_cast<Index>(l)] - mean[l]);
    }
    const auto to_double = [](const std::vector<Real>& from, Index rows, Index cols) {
        Matrix m(rows, cols);
        for (Index i = 0; i < rows; ++i)
            for (Index j = 0; j < cols; ++j)
                m(i, j) = static_cast<double>(from[static_cast<std::size_t>(i * cols + j)]);
        return m;
    };
    exact.mean = to_double(mean, statistic.size(), 1);
    exact.covariance = to_double(second, statistic.size(), statistic.size());
    for (const auto& w : windows) exact.windows.push_back(to_double(w, static_cast<Index>(w.size()), 1));
    exact.site_mean = Vector::Zero(space.sites);
    exact.site_second = Matrix::Zero(space.sites, space.sites);
    exact.pairs.assign(n, {});
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            Matrix joint(q, q);
            for (std::size_t a = 0; a < q; ++a)
                for (std::size_t b = 0; b < q; ++b) {
                    const double p = static_cast<double>(pairs[((i * n + j) * q + a) * q + b]);
                    const auto I = static_cast<Index>(i), J = static_cast<Index>(j);
                    joint(static_cast<Index>(a), static_cast<Index>(b)) = p;
                    exact.site_second(I, J) += p * space.letters[a] * space.letters[b];
                    if (i == j) exact.site_mean[I] += p * space.letters[a];
                }
            exact.pairs[i].push_back(joint);
        }
    return exact;
}

}  // namespace support
