// predcg-molecule info: the same of every format, and what is damaged.
#include "program.hpp"

namespace molecule_info_test {
namespace fs = cli_test::fs;

using cli_test::read_json;
using cli_test::read_text;

namespace {

class MoleculeInfo : public cli_test::MoleculeProgram {};

/// Two molecules of two atoms in two frames, the second of a larger box: the same in three formats.
constexpr const char* gro =
    "first t= 0.0\n    4\n    1AB       A    1   0.100   0.200   0.300\n"
    "    1AB       B    2   0.200   0.200   0.300\n    2AB       A    3   0.500   0.200   0.300\n"
    "    2AB       B    4   0.600   0.200   0.300\n   1.00000   2.00000   3.00000\n"
    "second t= 2.5\n    4\n    1AB       A    1   0.100   0.200   0.300\n"
    "    1AB       B    2   0.200   0.200   0.300\n    2AB       A    3   0.500   0.200   0.300\n"
    "    2AB       B    4   0.600   0.200   0.300\n   1.50000   2.00000   3.00000\n";
constexpr const char* xyz = "4\nLattice=\"10 0 0 0 20 0 0 0 30\"\nA 1 2 3\nB 2 2 3\nA 5 2 3\nB 6 2 3\n"
                            "4\nLattice=\"15 0 0 0 20 0 0 0 30\"\nA 1 2 3\nB 2 2 3\nA 5 2 3\nB 6 2 3\n";

std::string dump() {
    std::string text;
    for (const int frame : {0, 1})
        text += "ITEM: TIMESTEP\n" + std::to_string(frame) +
                "\nITEM: NUMBER OF ATOMS\n4\nITEM: BOX BOUNDS pp pp pp\n0 " + (frame == 0 ? "10" : "15") +
                "\n0 20\n0 30\nITEM: ATOMS id mol element x y z\n1 1 A 1 2 3\n2 1 B 2 2 3\n3 2 A 5 2 3\n4 2 "
                "B 6 2 3\n";
    return text;
}

TEST_F(MoleculeInfo, IsTheSameOfEveryFormat) {
    write("run.gro", gro);
    write("run.xyz", xyz);
    write("run.lammpstrj", dump());
    const auto info = [&](const std::string& arguments) {
        run_well("info " + arguments + " --out info.json");
        auto json = read_json(at("info.json"));
        json.erase("format");
        return json;
    };
    const auto expected = info("run.gro");
    EXPECT_EQ(expected["frames"], 2);
    EXPECT_EQ(expected["atoms"]["most"], 4);
    EXPECT_EQ(expected["time_ps"]["last"], 2.5);
    EXPECT_EQ(expected["time_ps"]["longest_step"], 2.5);
    EXPECT_EQ(expected["box_nm"]["shortest_edges"], (cli_test::Json{1.0, 2.0, 3.0}));
    EXPECT_EQ(expected["box_nm"]["longest_edges"], (cli_test::Json{1.5, 2.0, 3.0}));
    EXPECT_EQ(expected["molecules"],
              cli_test::Json::parse(R"([{"molecules": 2, "atoms": 2, "names": ["A", "B"]}])"));
    EXPECT_EQ(info("run.xyz --step-in-ps 2.5 --structure run.gro"), expected);
    EXPECT_EQ(info("run.lammpstrj --length-in-nm 0.1 --step-in-ps 2.5"), expected);
    const auto without = info("run.xyz");
    EXPECT_EQ(without["molecules"], nullptr);
    EXPECT_EQ(without["time_ps"]["last"], nullptr);
    write("frames", gro);
    EXPECT_EQ(info("frames --format gro"), expected);
}

#if PREDCG_WITH_ZLIB
TEST_F(MoleculeInfo, ReadsWhatIsPackedByGzip) {
    write("run.gro", gro);
    write("run.xyz", xyz);
    write("run.lammpstrj", dump());
    write("run.xtc", read_text(example_file("decane.xtc")));
    const auto info = [&](const std::string& arguments) {
        run_well("info " + arguments + " --out info.json");
        return read_json(at("info.json"));
    };
    const std::string lammps = " --length-in-nm 0.1 --step-in-ps 2.5";
    const auto of_gro = info("run.gro"), of_xyz = info("run.xyz --structure run.gro"),
               of_lammps = info("run.lammpstrj" + lammps), of_xtc = info("run.xtc");
    for (const char* name : {"run.gro", "run.xyz", "run.lammpstrj", "run.xtc"})
        ASSERT_EQ(std::system(("gzip '" + at(name).string() + "'").c_str()), 0) << name;
    EXPECT_EQ(info("run.gro.gz"), of_gro);
    EXPECT_EQ(info("run.xyz.gz --structure run.gro.gz"), of_xyz);
    EXPECT_EQ(info("run.lammpstrj.gz" + lammps), of_lammps);
    EXPECT_EQ(info("run.xtc.gz"), of_xtc);
    const std::string packed = read_text(at("run.gro.gz"));
    write("frames", packed);  // the bytes say that it is packed
    EXPECT_EQ(info("frames --format gro"), of_gro);
    write("cut.gro.gz", packed.substr(0, packed.size() - 9));
    expect_refused("info cut.gro.gz", {"cut.gro.gz, packed by gzip", "cut short", "a whole file"});
    std::string damaged = packed;
    damaged[damaged.size() - 5] ^= 1;
    write("damaged.gro.gz", damaged);
    expect_refused("info damaged.gro.gz", {"damaged: incorrect data check"});
    expect_refused("info frames.txt.gz --out info.json", {"frames.txt.gz"});
}
#endif

TEST_F(MoleculeInfo, SaysWhatTheExamplesHold) {
    const auto water =
        run_well("info " + example_file("water.xtc") + " --structure " + example_file("water.gro"));
    expect_contains(water.out, "frames            101\ntimes             0 to 500 ps, 5 ps apart\n");
    expect_contains(water.out, "molecules         216 of 3 atoms: OW HW1 HW2\n");
    const auto decane = run_well("info " + example_file("decane.xtc"));
    expect_contains(
        decane.out,
        "frames            501\ntimes             0 to 10000 ps, 20 ps apart\natoms             10\n");
    expect_contains(decane.out, "6 x 6 x 6 nm\nmolecules         not known; --structure");
}

TEST_F(MoleculeInfo, OfManyFramesEndsWhenItIsStopped) {
    std::string frames;
    for (int k = 0; k < 2'000'000; ++k) frames += "1\n\nC 0 0 0\n";
    write("long.xyz", frames);
    const auto outcome = run("info long.xyz --max-time 0.001 --out info.json");
    EXPECT_EQ(outcome.code, 3) << outcome.out;
    expect_contains(outcome.err, "stopped before there was a result; nothing was kept");
    EXPECT_FALSE(fs::exists(at("info.json")));
}

TEST_F(MoleculeInfo, RefusesWhatIsDamagedOrDoesNotFit) {
    const std::string bytes = read_text(example_file("decane.xtc"));
    write("cut.xtc", bytes.substr(0, 950));
    expect_refused("info cut.xtc --out info.json", {"frame 6, byte", "cut short"});
    write("run.lammpstrj", dump());
    expect_refused("info run.lammpstrj", {"unit of length", "--length-in-nm"});
    expect_refused("info missing.xtc", {"missing.xtc", "no such file"});
    expect_refused("info .", {"it is a directory"});
    write("frames.txt", "x");
    expect_refused("info frames.txt", {"frames.txt", ".lammpstrj", "--format"});
    expect_refused("info " + example_file("water.xtc") + " --structure " + example_file("decane.gro"),
                   {"--structure", "of 10 atoms", "648 atoms"});
    write("run.gro", gro);
    write("run.xyz", xyz);
    expect_refused("info run.gro --structure run.xyz", {"--structure", "run.xyz", "which molecule"});
    expect_refused("info run.gro --out run.gro", {"--out", "it is what is read"});
    expect_refused("info run.gro --length-in-nm -1", {"--length-in-nm", "'-1'", ">= 0"});
    expect_refused("info run.gro --format pdb", {"--format", "'pdb'", "xtc or gro or xyz or lammps"});
    expect_refused("inof run.gro", {"'inof'", "info"});
}

}  // namespace
}  // namespace molecule_info_test
