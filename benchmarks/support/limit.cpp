// The first experiment written by hand for its sizes alone, in the processor's widest vectors by the
// extensions of GCC and clang: what this model could take at best. Not code to copy, but a number to be
// measured against.
#include "first_experiment.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>

namespace {

constexpr std::size_t nc = 16;  // coarse spins, two fine ones each
constexpr std::size_t data_count = 50;

#if defined(__AVX512BW__)
#define PREDCG_VECTOR __attribute__((vector_size(64)))
#elif defined(__AVX2__)
#define PREDCG_VECTOR __attribute__((vector_size(32)))
#else
#define PREDCG_VECTOR __attribute__((vector_size(16)))
#endif
using Words = std::uint64_t PREDCG_VECTOR;
using Lanes = std::uint16_t PREDCG_VECTOR;  // chains; a spin is all ones or all zeros
using Doubles = double PREDCG_VECTOR;       // data
constexpr std::size_t lanes = sizeof(Lanes) / 2, data_lanes = sizeof(Doubles) / 8;
constexpr std::size_t half = 64 / lanes;  // vectors for the 64 chains of a datum

/// xoshiro256++, side by side.
class Xoshiro {
public:
    explicit Xoshiro(std::uint64_t seed) {
        std::mt19937_64 rng(seed);
        for (Words& word : state_)
            for (std::size_t l = 0; l < data_lanes; ++l) word[l] = rng();
    }
    Lanes operator()() {
        const Words sum = state_[0] + state_[3], shifted = state_[1] << 17;
        const Words result = (sum << 23 | sum >> 41) + state_[0];
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = state_[3] << 45 | state_[3] >> 19;
        return reinterpret_cast<Lanes>(result);
    }

private:
    std::array<Words, 4> state_;
};

/// Probabilities of spin up in units of 2^-32 for 0, 1, 2 neighbours up, in halves of 16 bits.
struct Thresholds {
    std::array<std::uint16_t, 3> high, low;

    Thresholds(double pair, double h) {
        for (std::size_t up = 0; up < 3; ++up) {
            const double p =
                1.0 / (1.0 + std::exp(-2.0 * (pair * (2.0 * static_cast<double>(up) - 2.0) + h)));
            const auto bits = static_cast<std::uint32_t>(std::min(4294967295.0, p * 4294967296.0));
            high[up] = static_cast<std::uint16_t>(bits >> 16);
            low[up] = static_cast<std::uint16_t>(bits);
        }
    }
};

Lanes all(std::uint16_t value) { return Lanes{} + value; }

Lanes by_neighbours(const std::array<std::uint16_t, 3>& of, Lanes left, Lanes right) {
    const Lanes both = left & right, one = left ^ right;
    return (both & all(of[2])) | (one & all(of[1])) | (~(both | one) & all(of[0]));
}

bool any(Lanes mask) {
    std::array<std::uint64_t, sizeof(Lanes) / 8> words;
    std::memcpy(words.data(), &mask, sizeof mask);
    std::uint64_t bits = 0;
    for (const std::uint64_t w : words) bits |= w;
    return bits != 0;
}

struct Generators {
    std::array<Xoshiro, 4> streams{Xoshiro{1}, Xoshiro{2}, Xoshiro{3}, Xoshiro{4}};
    Xoshiro ties{5};

    /// Draws one site of 128 chains, of which the first and the last 64 have tables of their own. 16 random
    /// bits, and 16 more where those are the threshold's.
    void draw(const Lanes* left, const Lanes* right, Lanes* site, const Thresholds& first,
              const Thresholds& last) {
        std::array<Lanes, 2 * half> tied;
        Lanes one_tied{};
        for (std::size_t v = 0; v < 2 * half; ++v) {
            const Lanes u = streams[v % 4]();
            const Lanes t = by_neighbours((v < half ? first : last).high, left[v], right[v]);
            site[v] = reinterpret_cast<Lanes>(u < t);
            tied[v] = reinterpret_cast<Lanes>(u == t);
            one_tied |= tied[v];
        }
        if (__builtin_expect(any(one_tied), 0))
            for (std::size_t v = 0; v < 2 * half; ++v)
                site[v] |=
                    tied[v] & reinterpret_cast<Lanes>(
                                  ties() < by_neighbours((v < half ? first : last).low, left[v], right[v]));
    }
};

/// Even sites, then odd ones.
std::size_t site_at(std::size_t k) { return k < nc / 2 ? 2 * k : 2 * (k - nc / 2) + 1; }

double sum(Lanes v) {
    double total = 0.0;
    for (std::size_t l = 0; l < lanes; ++l) total += static_cast<std::int16_t>(v[l]);
    return total;
}

using BlockSums = std::array<std::array<int, nc>, data_count>;

BlockSums block_sums(const bench::Data& data) {
    BlockSums sums;
    for (std::size_t k = 0; k < data_count; ++k)
        for (std::size_t r = 0; r < nc; ++r) sums[k][r] = data[k][2 * r] + data[k][2 * r + 1];
    return sums;
}

/// The mean of sum X_i X_{i+1} on the ring, and its derivative, from the eigenvalues of the transfer matrix.
struct CoarseMean {
    double value, derivative;

    CoarseMean(double pair, double field) : value(at(pair, field)) {
        constexpr double h = 1e-4;
        derivative = (at(pair + h, field) - at(pair - h, field)) / (2.0 * h);
    }
    static double at(double pair, double field) {
        const double s = std::sinh(field), e = std::exp(-4.0 * pair), root = std::sqrt(s * s + e);
        const double larger = std::cosh(field) + root, smaller = std::cosh(field) - root;
        const double slope = -2.0 * e / root;
        const double x = smaller / larger, x3 = x * x * x, x15 = x3 * x3 * x3 * x3 * x3;
        return nc * (1.0 + slope / larger * (1.0 - x15) / (1.0 + x15 * x));
    }
};

/// Sums of <sum X_i X_{i+1}> and of <sum X_r b_r> over the data of a vector under q(X|x), by forward and
/// backward recursions of all four corners of the ring. up, down: weights of a site's spin; b: block sums.
void e_step(double same, double other, const Doubles* up, const Doubles* down, const Doubles* b,
            Doubles& bonds, Doubles& agreement) {
    const Doubles p = Doubles{} + same, q = Doubles{} + other;
    std::array<std::array<Doubles, 4>, nc + 1> back;  // [site][2 spin + last spin]
    back[nc] = {p, q, q, p};
    for (std::size_t i = nc - 1; i >= 1; --i) {
        const auto& next = back[i + 1];
        const Doubles d0 = down[i] * next[0], d1 = down[i] * next[1], u0 = up[i] * next[2],
                      u1 = up[i] * next[3];
        back[i] = {p * d0 + q * u0, p * d1 + q * u1, q * d0 + p * u0, q * d1 + p * u1};
    }
    const Doubles z_up = up[0] * back[1][3], z_down = down[0] * back[1][0];
    const Doubles scale = 1.0 / (z_up + z_down);
    Doubles a00 = down[0], a01{}, a10{}, a11 = up[0];  // [spin, first spin]
    Doubles s{}, x = b[0] * (z_up - z_down);
    for (std::size_t i = 1; i < nc; ++i) {
        const auto& next = back[i + 1];
        const Doubles d0 = down[i] * next[0], d1 = down[i] * next[1], u0 = up[i] * next[2],
                      u1 = up[i] * next[3];
        const Doubles dd = p * (a00 * d0 + a01 * d1), du = q * (a00 * u0 + a01 * u1);
        const Doubles ud = q * (a10 * d0 + a11 * d1), uu = p * (a10 * u0 + a11 * u1);
        s += (dd + uu) - (du + ud);
        x += b[i] * ((du + uu) - (dd + ud));
        const Doubles b00 = down[i] * (p * a00 + q * a10), b01 = down[i] * (p * a01 + q * a11);
        a10 = up[i] * (q * a00 + p * a10);
        a11 = up[i] * (q * a01 + p * a11);
        a00 = b00;
        a01 = b01;
    }
    s += p * (a00 + a11) - q * (a01 + a10);
    bonds += s * scale;
    agreement += x * scale;
}

}  // namespace

/// 200 iterations of one sweep of 64 chains a datum and 256 of p_c. Averages over the second half.
bench::FirstExperiment bench::limit_monte_carlo_em(const Data& data, double field) {
    const BlockSums sums = block_sums(data);
    double data_sum = 0.0;
    for (const auto& of_datum : sums)
        for (const int b : of_datum) data_sum += b;
    Generators draw;
    static std::array<std::array<std::array<Lanes, 2 * half>, nc>, data_count / 2>
        latent;  // two data at once
    static std::array<std::array<Lanes, 4 * half>, nc> coarse;
    const auto begin = [&](auto& sites) {
        for (auto& site : sites)
            for (Lanes& v : site) v = reinterpret_cast<Lanes>(draw.ties() < all(0x8000));
    };
    for (auto& X : latent) begin(X);
    begin(coarse);
    double theta_cf = 0.8, pair = 0.0;
    FirstExperiment average;
    constexpr int iterations = 200;
    for (int t = 0; t < iterations; ++t) {
        const double lambda = 0.5 * std::log(theta_cf / (1.0 - theta_cf));
        const std::array<Thresholds, 3> tables{
            {{pair, field - 2.0 * lambda}, {pair, field}, {pair, field + 2.0 * lambda}}};
        const Thresholds alone(pair, field);
        Lanes unequal{}, up{};  // at most 25 x 16 x 2 half x 2 < 2^15 in a lane
        for (std::size_t k = 0; k < data_count / 2; ++k) {
            auto& X = latent[k];
            const auto &first = sums[2 * k], &last = sums[2 * k + 1];
            const auto of = [&](int b) -> const Thresholds& {
                return tables[static_cast<std::size_t>(b / 2 + 1)];
            };
            for (std::size_t j = 0; j < nc; ++j) {
                const std::size_t i = site_at(j);
                draw.draw(X[(i + nc - 1) % nc].data(), X[(i + 1) % nc].data(), X[i].data(), of(first[i]),
                          of(last[i]));
            }
            for (std::size_t i = 0; i < nc; ++i)
                for (std::size_t v = 0; v < 2 * half; ++v) {
                    unequal -= X[i][v] ^ X[(i + 1) % nc][v];
                    up += X[i][v] & all(static_cast<std::uint16_t>(v < half ? first[i] : last[i]));
                }
        }
        for (std::size_t j = 0; j < nc; ++j) {
            const std::size_t i = site_at(j);
            for (std::size_t v = 0; v < 4 * half; v += 2 * half)
                draw.draw(&coarse[(i + nc - 1) % nc][v], &coarse[(i + 1) % nc][v], &coarse[i][v], alone,
                          alone);
        }
        Lanes coarse_unequal{};
        for (std::size_t i = 0; i < nc; ++i)
            for (std::size_t v = 0; v < 4 * half; ++v)
                coarse_unequal -= coarse[i][v] ^ coarse[(i + 1) % nc][v];
        const double in_q = nc - 2.0 * sum(unequal) / (data_count * 64.0);
        const double in_c = nc - 2.0 * sum(coarse_unequal) / 256.0;
        const double agree = 0.5 + 0.5 * (2.0 * sum(up) / 64.0 - data_sum) / (data_count * 2.0 * nc);
        const double gain = 6.0 / std::pow(t + 10.0, 0.75);
        pair += gain * (in_q - in_c) / nc;
        theta_cf = std::clamp(theta_cf + std::min(1.0, gain) * (agree - theta_cf), 1e-4, 1.0 - 1e-4);
        if (2 * t >= iterations) {
            average.pair += 2.0 * pair / iterations;
            average.theta_cf += 2.0 * theta_cf / iterations;
        }
    }
    return average;
}

/// EM until both parameters move by less than 1e-8.
bench::FirstExperiment bench::limit_exact_em(const Data& data, double field) {
    constexpr std::size_t groups = (data_count + data_lanes - 1) / data_lanes;
    const BlockSums sums = block_sums(data);
    double theta_cf = 0.8, pair = 0.0;
    for (int t = 0; t < 200; ++t) {
        const double lambda = 0.5 * std::log(theta_cf / (1.0 - theta_cf));
        std::array<double, 3> weight;
        for (std::size_t k = 0; k < 3; ++k)
            weight[k] = std::exp(field + lambda * (2.0 * static_cast<double>(k) - 2.0));
        const std::array<double, 3> inverse{1.0 / weight[0], 1.0 / weight[1], 1.0 / weight[2]};
        double in_q = 0.0, agreement = 0.0;
        for (std::size_t g = 0; g < groups; ++g) {
            std::array<Doubles, nc> up, down, b;
            for (std::size_t l = 0; l < data_lanes; ++l) {
                const auto& of_datum = sums[std::min(data_lanes * g + l, data_count - 1)];
                for (std::size_t i = 0; i < nc; ++i) {
                    const auto k = static_cast<std::size_t>(of_datum[i] / 2 + 1);
                    up[i][l] = weight[k];
                    down[i][l] = inverse[k];
                    b[i][l] = of_datum[i];
                }
            }
            Doubles bonds{}, agree{};
            e_step(std::exp(pair), std::exp(-pair), up.data(), down.data(), b.data(), bonds, agree);
            for (std::size_t l = 0; l < std::min(data_lanes, data_count - data_lanes * g); ++l) {
                in_q += bonds[l];
                agreement += agree[l];
            }
        }
        in_q /= data_count;
        const double agree = std::min(0.5 + 0.5 * agreement / (data_count * 2.0 * nc), 1.0 - 1e-12);
        double next = pair;
        for (int k = 0; k < 50; ++k) {
            const CoarseMean mean(next, field);
            const double step = std::clamp((in_q - mean.value) / std::max(mean.derivative, 1e-9), -0.5, 0.5);
            next += step;
            if (std::abs(step) < 1e-9 || next > 8.0) break;
        }
        const double change = std::abs(next - pair) + std::abs(agree - theta_cf);
        pair = next;
        theta_cf = agree;
        if (change < 1e-8 || pair > 8.0) break;
    }
    return {pair, theta_cf};
}
