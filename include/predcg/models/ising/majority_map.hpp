#pragma once
#include <predcg/concepts/deterministic_map.hpp>
#include <predcg/models/ising/block_sums.hpp>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace predcg::ising {

/// Settings of ising::majority_map.
struct MajorityMapSettings {
    Index level = 2;  ///< l_c, fine sites for each coarse site
};

/// X_r = sign(sum_s x_rs), block r = fine sites r l_c .. r l_c + l_c - 1; where the sum is 0, a fair tie.
/// Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 3.1.
template <class Fine = std::vector<Spin>, class Coarse = std::vector<Spin>>
class MajorityMap {
public:
    using fine_type = Fine;
    using coarse_type = Coarse;

    /// Throws ArgumentError for a level that is not 1 to 32767.
    explicit MajorityMap(MajorityMapSettings settings) : level_(settings.level) {
        detail::require_level(level_, "ising::majority_map");
    }

    Index level() const { return level_; }

    /// Throws ArgumentError if the level does not divide the number of sites or a value is not -1 or +1.
    template <class X>
    SiteLetters<Spin> operator()(const X& x) const {
        constexpr std::array<Spin, 2> either{Spin{-1}, Spin{+1}};
        SiteLetters<Spin> image;
        for (const int sum : block_sums(x, level_, "ising::MajorityMap").sums)
            if (sum == 0)
                image.add_tie(either);
            else
                image.add(either[sum > 0 ? 1 : 0]);
        return image;
    }

    /// log of the number of x with xi(x) = X, a tied block counting half: n_c (l_c - 1) log 2 for every X.
    double log_preimages(const Coarse& X) const {
        return static_cast<double>(X.size()) * static_cast<double>(level_ - 1) * std::numbers::ln2;
    }

private:
    Index level_;
};

/// The map of these settings.
inline MajorityMap<> majority_map(MajorityMapSettings settings = {}) { return MajorityMap<>(settings); }

}  // namespace predcg::ising
