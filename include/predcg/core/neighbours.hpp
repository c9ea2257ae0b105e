#pragma once
// Which sites see each other: lists of neighbours, of any graph or lattice.
#include <predcg/core/box_window.hpp>
#include <predcg/core/error.hpp>

#include <algorithm>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace predcg {

/// The neighbours of every site, in an order of the user's: log pi(X with X_i := v) - log pi(X) depends on
/// X_i and on the letters of the neighbours of i alone. A value that is cheap to copy: copies share the
/// lists. Memory: 8 bytes a site and 8 for every neighbour of each.
class NeighbourList {
public:
    /// No sites; as a factor's list it means that its sites do not see each other.
    NeighbourList() : lists_(none()) {}

    /// lists[i]: the neighbours of site i. Throws ArgumentError unless all are other sites, each once, and j
    /// is a neighbour of i where i is one of j.
    explicit NeighbourList(const std::vector<std::vector<Index>>& lists) : NeighbourList() {
        auto made = std::make_shared<Lists>();
        for (const std::vector<Index>& list : lists) {
            made->sites.insert(made->sites.end(), list.begin(), list.end());
            made->ends.push_back(std::ssize(made->sites));
            made->most = std::max(made->most, std::ssize(list));
        }
        lists_ = std::move(made);
        check();
    }

    /// Of bonds between sites, each written once.
    static NeighbourList of_bonds(Index sites, std::span<const std::pair<Index, Index>> bonds) {
        std::vector<std::vector<Index>> lists(static_cast<std::size_t>(sites));
        for (const auto& [a, b] : bonds) {
            require_range(std::min(a, b), 0, sites - 1, "NeighbourList", "site of a bond");
            require_range(std::max(a, b), 0, sites - 1, "NeighbourList", "site of a bond");
            lists[static_cast<std::size_t>(a)].push_back(b);
            lists[static_cast<std::size_t>(b)].push_back(a);
        }
        return NeighbourList(lists);
    }

    Index size() const { return std::ssize(lists_->ends) - 1; }
    /// The neighbours of site i.
    std::span<const Index> operator[](Index i) const {
        const Index* ends = lists_->ends.data() + i;
        return {lists_->sites.data() + ends[0], lists_->sites.data() + ends[1]};
    }
    /// Neighbours of the site that has most.
    Index most() const { return lists_->most; }

    /// All sites in groups whose members do not see each other: a checkerboard, where the lists have one.
    /// Every site takes the first group where it has no neighbour. Cost: one pass through the lists.
    std::vector<Index> coloured_order() const {
        std::vector<Index> colour(static_cast<std::size_t>(size()), -1), order(colour.size());
        std::vector<bool> taken;
        for (Index i = 0; i < size(); ++i) {
            taken.assign(static_cast<std::size_t>(most() + 2), false);
            for (const Index j : (*this)[i])
                if (const Index c = colour[static_cast<std::size_t>(j)]; c >= 0)
                    taken[static_cast<std::size_t>(c)] = true;
            colour[static_cast<std::size_t>(i)] =
                std::find(taken.begin(), taken.end(), false) - taken.begin();
        }
        std::iota(order.begin(), order.end(), Index{0});
        std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
            return colour[static_cast<std::size_t>(a)] < colour[static_cast<std::size_t>(b)];
        });
        return order;
    }

private:
    struct Lists {
        std::vector<Index> ends{0}, sites;  // the list of site i ends before ends[i + 1]
        Index most = 0;
    };

    static const std::shared_ptr<const Lists>& none() {
        static const std::shared_ptr<const Lists> lists = std::make_shared<Lists>();
        return lists;
    }

    void check() const {
        std::vector<std::vector<Index>> sorted(static_cast<std::size_t>(size()));
        for (Index i = 0; i < size(); ++i) {
            for (const Index j : (*this)[i]) require_range(j, 0, size() - 1, "NeighbourList", "neighbour");
            auto& list = sorted[static_cast<std::size_t>(i)];
            list.assign((*this)[i].begin(), (*this)[i].end());
            std::sort(list.begin(), list.end());
        }
        for (Index i = 0; i < size(); ++i) {
            const auto& list = sorted[static_cast<std::size_t>(i)];
            for (std::size_t k = 0; k < list.size(); ++k) {
                const auto& back = sorted[static_cast<std::size_t>(list[k])];
                if (list[k] == i || (k > 0 && list[k] == list[k - 1]) ||
                    !std::binary_search(back.begin(), back.end(), i))
                    require(false, "NeighbourList", "neighbour of site " + to_text(i), list[k],
                            "another site, once, that has this one as its neighbour");
            }
        }
    }

    std::shared_ptr<const Lists> lists_;
};

/// The nearest neighbours on a lattice: for each axis the site above and the one below; sites at an open end
/// have fewer. Axes of 2 sites with a periodic boundary have one. Throws ArgumentError for extents < 1.
template <std::size_t Dim>
NeighbourList lattice_neighbours(const Extents<Dim>& extents, Boundary boundary = Boundary::periodic) {
    for (const Index n : extents)
        require_range(n, 1, std::numeric_limits<Index>::max(), "lattice_neighbours", "extent");
    std::vector<std::vector<Index>> lists(static_cast<std::size_t>(site_count(extents)));
    for (std::size_t i = 0; i < lists.size(); ++i) {
        Index stride = 1;
        for (const Index n : extents) {
            const Index x = static_cast<Index>(i) / stride % n;
            for (const Index step : {Index{1}, Index{-1}}) {
                const Index y = (x + step + n) % n, j = static_cast<Index>(i) + (y - x) * stride;
                const bool is_end = boundary == Boundary::open && y != x + step;
                if (!is_end && y != x && std::find(lists[i].begin(), lists[i].end(), j) == lists[i].end())
                    lists[i].push_back(j);
            }
            stride *= n;
        }
    }
    return NeighbourList(lists);
}

/// The sites that share a window with each, from left to right.
inline NeighbourList chain_neighbours(const Window& window, Index sites) {
    std::vector<std::vector<Index>> lists(static_cast<std::size_t>(sites));
    for (Index i = 0; i < sites; ++i)
        for (Index k = 1 - window.width; k < window.width; ++k) {
            auto& list = lists[static_cast<std::size_t>(i)];
            const bool is_ring = window.boundary == Boundary::periodic;
            const Index j = is_ring ? ((i + k) % sites + sites) % sites : i + k;
            if (j != i && j >= 0 && j < sites && std::find(list.begin(), list.end(), j) == list.end())
                list.push_back(j);
        }
    return NeighbourList(lists);
}

/// The neighbours in one list or the other.
inline NeighbourList common_neighbours(const NeighbourList& a, const NeighbourList& b) {
    if (a.most() == 0) return b;
    if (b.most() == 0) return a;
    require_equal(a.size(), b.size(), "common_neighbours", "sites of a list", "those of the other");
    std::vector<std::vector<Index>> lists(static_cast<std::size_t>(a.size()));
    for (Index i = 0; i < a.size(); ++i) {
        auto& list = lists[static_cast<std::size_t>(i)];
        list.assign(a[i].begin(), a[i].end());
        for (const Index j : b[i])
            if (std::find(list.begin(), list.end(), j) == list.end()) list.push_back(j);
    }
    return NeighbourList(lists);
}

/// Says which sites see each other.
template <class F>
concept HasNeighbours = requires(const F f) {
    { f.neighbours() } -> std::convertible_to<NeighbourList>;
};

namespace detail {

/// Neighbours can be told: by a list, or from windows.
template <class F>
concept NeighboursKnown = HasNeighbours<F> || HasWindow<F>;

template <NeighboursKnown F>
NeighbourList neighbours_of(const F& part, Index sites) {
    if constexpr (HasNeighbours<F>)
        return part.neighbours();
    else if (const Window window = part.window(); window.width > 1)
        return chain_neighbours(window, sites);
    else
        return {};
}

}  // namespace detail

}  // namespace predcg
