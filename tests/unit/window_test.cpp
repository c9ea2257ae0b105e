// Windows on lattices of one, two and three dimensions, against index arithmetic written out.
#include <predcg/core/box_window.hpp>

#include <gtest/gtest.h>

#include <span>

namespace window_test {
using namespace predcg;

namespace {

using Sites = std::vector<Index>;
constexpr Boundary ring = Boundary::periodic, open_end = Boundary::open;

TEST(BoxWindow, OfOneDimensionIsAChains) {
    for (const Boundary boundary : {ring, open_end})
        for (Index n = 1; n <= 5; ++n)
            for (Index width = 1; width <= n; ++width)
                for (Index i = 0; i < n; ++i) {
                    Sites expected;
                    for (Index k = 0; k < width && (boundary == ring || i + k < n); ++k)
                        expected.push_back((i + k) % n);
                    EXPECT_EQ(window_sites(BoxWindow{Window{width, boundary}}, {n}, i), expected);
                }
}

TEST(BoxWindow, OfTwoDimensions) {
    // x closes, y does not. Site x + 4 y of a lattice of 4 x 3.
    const BoxWindow window{Window{2, ring}, Window{2, open_end}};
    const Extents<2> lattice{4, 3};
    EXPECT_EQ(site_count(lattice), 12);
    EXPECT_EQ(window_sites(window, lattice, 1), (Sites{1, 2, 5, 6}));
    EXPECT_EQ(window_sites(window, lattice, 3), (Sites{3, 0, 7, 4}));
    EXPECT_EQ(window_sites(window, lattice, 9), (Sites{9, 10}));
    EXPECT_EQ(window_sites(window, lattice, 11), (Sites{11, 8}));
    EXPECT_EQ(window_extents(window, lattice, 3), (Extents<2>{2, 2}));
    EXPECT_EQ(window_extents(window, lattice, 11), (Extents<2>{2, 1}));
}

TEST(BoxWindow, OfThreeDimensions) {
    const BoxWindow window{Window{2, open_end}, Window{1, ring}, Window{3, ring}};
    const Extents<3> lattice{3, 2, 4};
    for (Index z = 0; z < 4; ++z)
        for (Index y = 0; y < 2; ++y)
            for (Index x = 0; x < 3; ++x) {
                Sites expected;
                for (Index c = 0; c < 3; ++c)
                    for (Index a = 0; a < 2 && x + a < 3; ++a)
                        expected.push_back(x + a + 3 * y + 6 * ((z + c) % 4));
                EXPECT_EQ(window_sites(window, lattice, x + 3 * y + 6 * z), expected);
            }
}

TEST(BoxWindow, CommonOneHoldsBothAxisByAxis) {
    const BoxWindow a{Window{2, open_end}, Window{1, ring}}, b{Window{1, ring}, Window{3, ring}};
    EXPECT_EQ(common_window(a, b), (BoxWindow{Window{2, open_end}, Window{3, ring}}));
    EXPECT_THROW(common_window(a, BoxWindow{Window{2, ring}, Window{1, ring}}), ArgumentError);
}

// The letters of a narrower box are found in those of a wider one, cut or whole.
TEST(BoxWindow, NarrowsToABoxWithin) {
    const std::vector<char> letters{'a', 'b', 'c'};
    EXPECT_EQ(detail::narrow(std::span<const char>(letters), Window{2, ring}).size(), 2u);
    EXPECT_EQ(detail::narrow(std::span<const char>(letters), Window{4, open_end}).size(), 3u);
    EXPECT_EQ(detail::narrow_places({3, 2}, BoxWindow{Window{2, ring}, Window{2, ring}}),
              (Sites{0, 1, 3, 4}));
    EXPECT_EQ(detail::narrow_places({1, 2}, BoxWindow{Window{2, open_end}, Window{1, ring}}), (Sites{0}));
    const Extents<3> lattice{3, 4, 2};
    const BoxWindow narrow{Window{2, ring}, Window{1, ring}, Window{2, open_end}},
        wide{Window{3, ring}, Window{2, open_end}, Window{2, open_end}};
    for (Index site = 0; site < site_count(lattice); ++site) {
        const Sites all = window_sites(wide, lattice, site);
        Sites found;
        for (const Index place : detail::narrow_places(window_extents(wide, lattice, site), narrow))
            found.push_back(all[static_cast<std::size_t>(place)]);
        EXPECT_EQ(found, window_sites(narrow, lattice, site));
    }
}

}  // namespace
}  // namespace window_test
