#pragma once
// Molecules that a periodic box has cut, put together again.
#include <predcg/geometry/box.hpp>

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace predcg {

/// A pair of sites.
using Bond = std::array<Index, 2>;

/// The bonds 0-1, 1-2, .. of chains that stand one after the other, of so many sites each.
inline std::vector<Bond> chain_bonds(Index sites, Index chains = 1) {
    require(sites >= 1, "chain_bonds", "sites", sites, "an integer >= 1");
    require(chains >= 0, "chain_bonds", "chains", chains, "an integer >= 0");
    std::vector<Bond> bonds;
    bonds.reserve(static_cast<std::size_t>((sites - 1) * chains));
    for (Index chain = 0; chain < chains; ++chain)
        for (Index i = 1; i < sites; ++i) bonds.push_back({chain * sites + i - 1, chain * sites + i});
    return bonds;
}

/// Puts molecules together: what bonds connect is moved by whole edges of the box so that both ends of a
/// bond are nearest images. The bonds are walked once when it is made; every later call costs O(n).
///
/// Right where bonds are shorter than half the shortest edge, however long the molecule. The site of a
/// molecule that has the smallest number stays where it is. Of rings the bonds that close them are not
/// looked at: a polymer that is bonded to its own image has no whole form.
class WholeMolecules {
public:
    /// n sites. Throws ArgumentError for bonds to sites that are not there.
    WholeMolecules(Index sites, const std::vector<Bond>& bonds) : sites_(sites) {
        require(sites >= 0, "WholeMolecules", "sites", sites, "an integer >= 0");
        const auto n = static_cast<std::size_t>(sites);
        std::vector<std::size_t> first(n + 1, 0);
        for (const Bond& bond : bonds)
            for (const Index end : bond) {
                require_range(end, 0, sites - 1, "WholeMolecules", "site of a bond", "one of the sites");
                ++first[static_cast<std::size_t>(end) + 1];
            }
        for (std::size_t i = 0; i < n; ++i) first[i + 1] += first[i];
        std::vector<std::size_t> partners(2 * bonds.size()), next(first.begin(), first.end());
        for (const Bond& bond : bonds)
            for (std::size_t k = 0; k < 2; ++k)
                partners[next[static_cast<std::size_t>(bond[k])]++] = static_cast<std::size_t>(bond[1 - k]);
        molecule_.assign(n, -1);
        std::vector<std::size_t> open;
        for (std::size_t root = 0; root < n; ++root) {
            if (molecule_[root] >= 0) continue;
            molecule_[root] = molecules_;
            open.assign(1, root);
            while (!open.empty()) {
                const std::size_t from = open.back();
                open.pop_back();
                for (std::size_t k = first[from]; k < first[from + 1]; ++k) {
                    const std::size_t to = partners[k];
                    if (molecule_[to] >= 0) continue;
                    molecule_[to] = molecules_;
                    steps_.emplace_back(from, to);
                    open.push_back(to);
                }
            }
            ++molecules_;
        }
    }

    /// Of the chains 0-1-2-.. of so many sites each.
    static WholeMolecules chains(Index sites, Index chains = 1) {
        return {sites * chains, chain_bonds(sites, chains)};
    }

    /// Number of molecules: what is bonded to nothing is one, too.
    Index molecules() const { return molecules_; }

    /// The molecule of each site, numbered by their first sites.
    const std::vector<Index>& molecule_of() const { return molecule_; }

    /// x with whole molecules. Throws ArgumentError for another number of sites and for a triclinic box.
    Points operator()(Points x, const Box& box) const {
        require_equal(static_cast<Index>(x.size()), sites_, "WholeMolecules", "number of sites");
        const MinimumImage image(box);
        for (const auto& [from, to] : steps_) x[to] = detail::plus(x[from], image.difference(x[from], x[to]));
        return x;
    }

private:
    Index sites_, molecules_ = 0;
    std::vector<Index> molecule_;
    std::vector<std::pair<std::size_t, std::size_t>> steps_;
};

/// Centres of mass, one for each of n / m molecules of m sites that stand one after the other. Molecules
/// must be whole. Throws ArgumentError for a number of sites that m, the number of masses, does not divide,
/// and for masses that are not positive.
inline Points centres_of_mass(const Points& x, const std::vector<double>& masses) {
    const std::size_t m = masses.size();
    require(m > 0 && x.size() % m == 0, "centres_of_mass", "number of sites", static_cast<Index>(x.size()),
            "a multiple of the number of masses");
    double total = 0.0;
    for (const double mass : masses) {
        require_positive(mass, "centres_of_mass", "mass");
        total += mass;
    }
    Points centres(x.size() / m, Point{});
    for (std::size_t i = 0; i < x.size(); ++i)
        centres[i / m] = detail::plus(centres[i / m], detail::times(masses[i % m] / total, x[i]));
    return centres;
}

}  // namespace predcg
