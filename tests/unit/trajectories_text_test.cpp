// GRO, XYZ and LAMMPS dumps: what is read, and what is refused in which words.
#include <predcg/trajectories/trajectory.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "thrown.hpp"

namespace trajectories_text_test {
using namespace predcg;
using support::thrown;
using enum TrajectoryFormat;

namespace {

std::vector<Frame> frames_of(TrajectoryFormat format, const std::string& bytes,
                             const ReadSettings& settings = {}) {
    std::istringstream in(bytes);
    std::vector<Frame> frames;
    for (const Frame& frame : Trajectory(in, format, settings)) frames.push_back(frame);
    return frames;
}

void expect_point(const Point& x, const Point& expected) {
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(x[c], expected[c], 1e-14) << c;
}

TEST(Gro, PositionsNamesAndTimes) {
    const auto frames =
        frames_of(gro, "Water t= 12.5 step= 25\n 3\n"
                       "    1SOL     OW    1   0.100  -0.200   0.300  0.1  0.2  0.3\n"
                       "    1SOL    HW1    2   0.110   0.210   0.310\r\n"
                       "    2SOL     OW    3  10.120   0.220   0.320\n"
                       "  1.0 2.0 3.0\n"
                       "more decimals, at= 3\n1\n"
                       "99999ALK     C1    1   1.00001  -2.00002   3.00003   0.1   0.1   0.1\n"
                       "1 2 3 0.4 0.5 0.6 0.7 0.8 0.9\n\n");
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_EQ(frames[0].time, 12.5);
    EXPECT_EQ(frames[0].step, 25);
    ASSERT_EQ(frames[0].positions.size(), 3u);
    expect_point(frames[0].positions[0], {0.1, -0.2, 0.3});
    expect_point(frames[0].positions[2], {10.12, 0.22, 0.32});
    EXPECT_EQ(frames[0].names, (std::vector<std::string>{"OW", "HW1", "OW"}));
    EXPECT_EQ(frames[0].molecules, (std::vector<Index>{0, 0, 1}));
    EXPECT_EQ(frames[0].box, Box::orthorhombic(1.0, 2.0, 3.0));
    EXPECT_TRUE(std::isnan(frames[1].time));
    EXPECT_EQ(frames[1].step, 1);
    expect_point(frames[1].positions[0], {1.00001, -2.00002, 3.00003});
    EXPECT_EQ(frames[1].names, (std::vector<std::string>{"C1"}));
    EXPECT_EQ(frames[1].box.edges[0], (Point{1.0, 0.4, 0.5}));
    EXPECT_EQ(frames[1].box.edges[1], (Point{0.6, 2.0, 0.7}));
    EXPECT_EQ(frames[1].box.edges[2], (Point{0.8, 0.9, 3.0}));
    EXPECT_FALSE(frames[1].box.is_orthorhombic());
}

TEST(Gro, AgreesWithXtcOfTheSameRun) {
    const std::string folder = std::string(PREDCG_EXAMPLE_DATA) + "/";
    Frame text, packed;
    ASSERT_TRUE(Trajectory(folder + "decane.gro").next(text));
    ASSERT_TRUE(Trajectory(folder + "decane.xtc").next(packed));
    ASSERT_EQ(text.positions.size(), packed.positions.size());
    for (std::size_t i = 0; i < text.positions.size(); ++i)
        for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(text.positions[i][c], packed.positions[i][c], 5e-4);
}

TEST(ExtendedXyz, ColumnsLatticeAndUnits) {
    const std::string file = "2\n"
                             "energy=-1.5 Lattice=\"10 0 0 1 20 0 2 3 30\" note='pbc=\"F F F\" b' flag "
                             "Properties=id:I:1:pos:R:3:species:S:1:force:R:3 pbc=\"T F T\"\n"
                             "1 1.0 -2.0 +3.5e0 O 0 0 0\n2 4 5 6 H 0 0 0\n"
                             "\n1\n\nC 7 8 9\n";
    const auto frames = frames_of(extended_xyz, file, {.step_in_ps = 0.5});
    ASSERT_EQ(frames.size(), 2u);
    expect_point(frames[0].positions[0], {0.1, -0.2, 0.35});
    EXPECT_EQ(frames[0].names, (std::vector<std::string>{"O", "H"}));
    expect_point(frames[0].box.edges[0], {1.0, 0.0, 0.0});
    EXPECT_FALSE(frames[0].box.repeats(1));
    expect_point(frames[0].box.edges[2], {0.2, 0.3, 3.0});
    EXPECT_EQ(frames[0].time, 0.0);
    EXPECT_EQ(frames[1].time, 0.5);
    expect_point(frames[1].positions[0], {0.7, 0.8, 0.9});
    EXPECT_EQ(frames[1].box, Box{}) << "plain XYZ has no box";
    EXPECT_TRUE(std::isnan(frames_of(extended_xyz, file).back().time));
    expect_point(frames_of(extended_xyz, file, {.length_in_nm = 1.0})[1].positions[0], {7.0, 8.0, 9.0});
}

const std::string dump_head = "ITEM: TIMESTEP\n100\nITEM: NUMBER OF ATOMS\n2\n";

TEST(LammpsDump, SortedByIdInNm) {
    const auto frames = frames_of(lammps_dump,
                                  dump_head + "ITEM: BOX BOUNDS pp pp ff\n-1 9\n0 20\n0 30\n"
                                              "ITEM: ATOMS id mol type xs ys zs vx\n"
                                              "7 3 1 0.5 0.25 1.5 0\n3 2 2 0 0 0 0\n",
                                  {.length_in_nm = 0.1, .step_in_ps = 0.002});
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0].step, 100);
    EXPECT_DOUBLE_EQ(frames[0].time, 0.2);
    EXPECT_EQ(frames[0].names, (std::vector<std::string>{"2", "1"}));
    EXPECT_EQ(frames[0].molecules, (std::vector<Index>{2, 3}));
    expect_point(frames[0].positions[0], {-0.1, 0.0, 0.0});
    expect_point(frames[0].positions[1], {0.4, 0.5, 4.5});
    EXPECT_EQ(frames[0].box, Box::orthorhombic(1.0, 2.0, 0.0)) << "what does not repeat has no edge";
}

TEST(LammpsDump, UnwrappedPositionsComeFirst) {
    const std::string box = "ITEM: BOX BOUNDS pp pp pp\n0 10\n0 10\n0 10\n";
    for (const char* columns : {"id x y z xu yu zu", "id xs ys zs xu yu zu"}) {
        const auto frames =
            frames_of(lammps_dump,
                      dump_head + box + "ITEM: ATOMS " + columns + "\n1 0 0 0 11 12 13\n2 0 0 0 -1 -2 -3\n",
                      {.length_in_nm = 1.0});
        expect_point(frames[0].positions[0], {11.0, 12.0, 13.0});
    }
    const auto scaled =
        frames_of(lammps_dump, dump_head + box + "ITEM: ATOMS id xsu ysu zsu x\n1 1.1 0 0 0\n2 0 0 0 0\n",
                  {.length_in_nm = 1.0});
    expect_point(scaled[0].positions[0], {11.0, 0.0, 0.0});
}

TEST(LammpsDump, TriclinicBoxesAndUnitsOfTheFile) {
    // The bounds are those of the parallelepiped: 0 + min(0, xy, xz, xy + xz) and so on.
    const auto frames =
        frames_of(lammps_dump, "ITEM: UNITS\nreal\nITEM: TIME\n2500\n" + dump_head +
                                   "ITEM: BOX BOUNDS xy xz yz pp pp pp\n-2 11 1\n0 20.5 -2\n0 30 0.5\n"
                                   "ITEM: ATOMS id xs ys zs\n1 0 1 0\n2 0.5 0.5 1\n");
    EXPECT_DOUBLE_EQ(frames[0].time, 2.5) << "fs";
    expect_point(frames[0].box.edges[0], {1.0, 0.0, 0.0});
    expect_point(frames[0].box.edges[1], {0.1, 2.0, 0.0});
    expect_point(frames[0].box.edges[2], {-0.2, 0.05, 3.0});
    expect_point(frames[0].positions[0], {0.1, 2.0, 0.0});
    expect_point(frames[0].positions[1], {0.5 + 0.05 - 0.2, 1.0 + 0.05, 3.0});
    const auto nano = frames_of(lammps_dump, "ITEM: UNITS\nnano\n" + dump_head +
                                                 "ITEM: BOX BOUNDS pp pp pp\n0 10\n0 10\n0 10\n"
                                                 "ITEM: ATOMS id x y z\n1 1 2 3\n2 4 5 6\n");
    expect_point(nano[0].positions[1], {4.0, 5.0, 6.0});
}

TEST(TextTrajectories, RefuseInWordsWithTheLine) {
    struct Case {
        TrajectoryFormat format;
        std::string bytes;
        std::uint64_t byte;
        std::string what, value;
    };
    const std::string box = "ITEM: BOX BOUNDS pp pp pp\n0 10\n0 10\n0 10\n", head = dump_head + box;
    const std::uint64_t atoms_at = head.size();
    const std::string gro_head = "t\n2\n", atom = "    1SOL     OW    1   0.100   0.200   0.300\n";
    for (const Case& one : std::vector<Case>{
             {gro, "t\nmany\n", 2, "number of atoms", "'many'"},
             {gro, "t\n-1\n", 2, "number of atoms", "-1"},
             {gro, "t\n10000001\n", 2, "number of atoms", "10000001"},
             {gro, gro_head + atom, 4 + atom.size(), "line of an atom", "cut short"},
             {gro, gro_head + atom + "    1SOL     OW    1   0.100   0.2x0   0.300\n1 1 1\n", 4 + atom.size(),
              "position", "'0.2x0'"},
             {gro, gro_head + atom + "    1SOL     OW    1   0.100\n1 1 1\n", 4 + atom.size(),
              "line of an atom", "'    1SOL     OW    1   0.100'"},
             {gro, "t\n1\n" + atom + "1 1\n", 4 + atom.size(), "line of the box", "'2 numbers'"},
             {extended_xyz, "1\nLattice=\"1 0 0 0 1 0 0 0\"\nC 1 1 1\n", 2, "number of Lattice", "''"},
             {extended_xyz, "1\nProperties=species:S:1\nC 1 1 1\n", 2, "Properties", "'species:S:1'"},
             {extended_xyz, "1\nProperties=a:R:2000:pos:R:3\nC 1 1 1\n", 2, "number of columns of Properties",
              "'2000'"},
             {extended_xyz, "1\n\nC 1 nan 1\n", 3, "position", "'nan'"},
             {extended_xyz, "1\n\nC 1 1\n", 3, "line of an atom", "'3 columns'"},
             {lammps_dump, head + "ITEM: ATOMS id x y z\n", atoms_at, "unit of length", "'unknown'"},
             {lammps_dump, "ITEM: UNITS\nlj\n" + head + "ITEM: ATOMS id x y z\n", 15 + atoms_at,
              "unit of length", "'lj'"},
             {lammps_dump, "ITEM: UNITS\nmetal\n" + head + "ITEM: ATOMS x y z\n", 18 + atoms_at, "columns",
              "' x y z'"},
             {lammps_dump, "ITEM: UNITS\nmetal\n" + head + "ITEM: ATOMS id x y\n", 18 + atoms_at, "columns",
              "' id x y'"},
             {lammps_dump, "ITEM: UNITS\nmetal\n" + head + "ITEM: ATOMS id x y z\n1 0 0 0\n1 1 1 1\n",
              18 + atoms_at + 29, "id of an atom", "'1'"},
             {lammps_dump, "ITEM: BOX BOUNDS abc origin\n", 0, "box", "'general triclinic'"},
             {lammps_dump, "hello\n", 0, "line of a dump", "'hello'"},
         }) {
        const auto error = thrown<TrajectoryError>([&] { frames_of(one.format, one.bytes); });
        EXPECT_EQ(error.byte(), one.byte) << error.what();
        EXPECT_EQ(error.value(), one.value) << error.what();
        EXPECT_EQ(error.argument().substr(0, error.argument().find(" (frame 0")), one.what) << error.what();
    }
}

TEST(TextTrajectories, LinesHaveALimitAndMayBeLongerThanOnePiece) {
    const std::string comment(200'000, 'c');  // more than what is read at once
    const std::string file = "1\n" + comment + "\nC 1 2 3\n1\nend\nC 4 5 6";
    const auto frames = frames_of(extended_xyz, file, {.length_in_nm = 1.0});
    ASSERT_EQ(frames.size(), 2u);
    expect_point(frames[0].positions[0], {1.0, 2.0, 3.0});
    expect_point(frames[1].positions[0], {4.0, 5.0, 6.0});
    const auto error =
        thrown<TrajectoryError>([&] { frames_of(extended_xyz, file, {.most_bytes = 199'999}); });
    EXPECT_EQ(error.byte(), 2u);
    EXPECT_EQ(error.allowed(), "at most 199999 bytes, ReadSettings::most_bytes");
}

TEST(TextTrajectories, ABlankTitleStaysBlankWhenReadingGoesOn) {
    // 64 KiB are read at once: the second title is the last line of a piece, and " t= 7" stands at its place
    // in the next one.
    constexpr std::size_t piece = 65536;
    const std::string rest = "\n    1\n    1SOL     OW    1   0.100   0.200   0.300\n1 1 1\n", blank(8, ' ');
    std::string file = std::string(piece - rest.size() - blank.size() - 1, 'c') + rest + blank;
    ASSERT_EQ(file.size(), piece - 1);
    file += rest;
    file.resize(2 * piece - 1 - blank.size(), 'c');
    file += "  t= 7  ";
    file += rest;
    const auto frames = frames_of(gro, file);
    ASSERT_EQ(frames.size(), 3u);
    EXPECT_TRUE(std::isnan(frames[1].time));
    EXPECT_EQ(frames[2].time, 7.0);
}

TEST(TextTrajectories, OverflowOfAProductIsFound) {
    const auto error = thrown<TrajectoryError>(
        [] { frames_of(extended_xyz, "1\n\nC 1e300 0 0\n", {.length_in_nm = 1e10}); });
    EXPECT_EQ(error.value(), "not finite");
}

}  // namespace
}  // namespace trajectories_text_test
