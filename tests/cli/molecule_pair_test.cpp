// predcg-molecule pair: fits of few frames, tables that read back, checks, what is refused.
#include "program.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

namespace molecule_pair_test {

using cli_test::Json;
using cli_test::numbers;
using cli_test::read_json;
using cli_test::read_table;
using cli_test::read_text;

namespace {

class Pair : public cli_test::MoleculeProgram {
protected:
    /// Quick and coarse: five frames, wide knots, few samples.
    static std::string quick_fit() {
        return "pair fit" + water() +
               " --temperature 300 --every 20 --frames 5 --knot-distance 0.1 --samples 100 --draws 50 "
               "--checks "
               "none --out pair.json";
    }
};

TEST_F(Pair, FitOfFiveFramesIsWrittenAndExported) {
    const auto outcome = run(quick_fit());  // may warn of few samples
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const std::string once = read_text(at("pair.json"));
    const Json fit = Json::parse(once);
    EXPECT_EQ(fit["frames"], 5);
    const auto theta = fit["theta"].get<std::vector<double>>(),
               knots = fit["knots"].get<std::vector<double>>();
    EXPECT_EQ(theta.size() + 1, knots.size());
    EXPECT_EQ(fit["theta_sd"].size(), theta.size());
    EXPECT_EQ(knots.back(), 0.9);
    const auto r = fit["r"].get<std::vector<double>>(), u = fit["u"].get<std::vector<double>>();
    ASSERT_EQ(fit["u_lower"].size(), r.size());
    double deepest = 0.0;
    for (std::size_t k = 0; k < r.size(); ++k) {
        EXPECT_LE(double(fit["u_lower"][k]), double(fit["u_upper"][k])) << r[k];
        if (r[k] < 0.5) deepest = std::min(deepest, u[k]);
    }
    EXPECT_GT(u.front(), 5.0) << "a core";
    EXPECT_LT(deepest, -0.2) << "and an attraction";
    EXPECT_EQ(u.back(), 0.0);
    EXPECT_FALSE(fit.contains("rdf")) << "no checks were asked for";

    // u(r) comes back from a table of it, and from a table of that.
    run_well("pair export --fit pair.json --format csv --points 800 --out first.csv");
    run_well("pair export --table first.csv --format csv --points 800 --out second.csv");
    const auto first = read_table(at("first.csv")), second = read_table(at("second.csv"));
    const auto x = numbers(first.at("x")), of_fit = numbers(first.at("u")), again = numbers(second.at("u"));
    ASSERT_EQ(x.size(), 800u);
    ASSERT_EQ(again.size(), 800u);
    EXPECT_EQ(of_fit.back(), 0.0);
    for (std::size_t k = 0; k < x.size(); ++k)
        EXPECT_NEAR(again[k], of_fit[k], 1e-6 * (1.0 + std::abs(of_fit[k])));
    for (std::size_t k = 0; k < r.size(); ++k) {  // the fit's own grid, between rows of the table
        const auto after = static_cast<std::size_t>(std::upper_bound(x.begin(), x.end(), r[k]) - x.begin());
        if (after == x.size() || u[k] > 20.0) continue;
        const double t = (r[k] - x[after - 1]) / (x[after] - x[after - 1]);
        EXPECT_NEAR((1.0 - t) * of_fit[after - 1] + t * of_fit[after], u[k], 0.02) << r[k];
    }
    run_well("pair export --fit pair.json --format json --points 800 --out table.json");
    EXPECT_EQ(read_json(at("table.json"))["u"].get<std::vector<double>>(), of_fit);
    run_well("pair export --fit pair.json --name WATER --out water.table");
    const std::string table = read_text(at("water.table"));
    expect_contains(table, "\nWATER\nN 2000 R 0.1 9 FPRIME ");
    expect_contains(table, "\n2000 9 0 0\n");
    run_well("pair export --fit pair.json --format gromacs --step 0.005 --out water.xvg");
    EXPECT_EQ(read_text(at("water.xvg")).find("# r f -f' g -g' h -h'"), 0u);
}

TEST_F(Pair, FitsDependOnTheSeedAlone) {
    write("lattice.gro", cli_test::lattice_frames());
    const auto fit = [&](const std::string& more) {
        const auto outcome =
            run("pair fit --trajectory lattice.gro --temperature 90 --cutoff 0.6 --knot-distance 0.05 "
                "--samples 200 --draws 50 --check-draws 10 --check-samples 80 --bins 20 --out fit.json" +
                more);
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return read_text(at("fit.json"));
    };
    const std::string once = fit("");
    EXPECT_EQ(fit(" --threads 1"), once);
    EXPECT_NE(fit(" --seed 2"), once);
    const Json json = Json::parse(once);
    EXPECT_EQ(json["model"]["masses"], Json{1.0});
    EXPECT_EQ(json["rdf"]["data"].size(), 20u);
    EXPECT_TRUE(json["site_rdf"].empty()) << "molecules of one site";
    ASSERT_EQ(json["checks"].size(), 3u) << "tetrahedral order, pressure, g(r)";
    EXPECT_EQ(json["pressure"]["data"], nullptr) << "positions do not tell it";

    // The same frames, and what was read back: the same checks.
    fit("");
    const std::string check =
        "pair check --fit fit.json --trajectory lattice.gro --check-draws 10 --check-samples 80 "
        "--bins 20 --out checks.json";
    ASSERT_EQ(run(check).code, 0);
    const Json again = read_json(at("checks.json"));
    for (const char* part : {"rdf", "checks", "pressure", "score_test"})
        EXPECT_EQ(again[part], json[part]) << part;
    ASSERT_EQ(run(check + " --pressure 5 --pressure-error 2").code, 0);
    EXPECT_EQ(read_json(at("checks.json"))["pressure"]["data"], 5.0);
    expect_refused("pair check --fit fit.json" + water() + " --out checks.json", {"216 molecules", "27"});

    // A posterior that is not normal has no draws.
    Json without = read_json(at("fit.json"));
    without.erase("checksum");
    without["posterior"]["diagnostics"]["reliable"] = false;
    for (Json& row : without["posterior"]["draws"]) row = Json::array();
    write("fit.json", without.dump());
    expect_refused(check, {"--fit: value 'fit.json', whose posterior has no draws", "more frames"});
}

/// Two configurations, six times each, are few: the posterior is not normal, and has no draws.
TEST_F(Pair, SaysThatThereAreNoChecksWithoutDraws) {
    std::istringstream lines(cli_test::lattice_frames());
    std::string text;
    for (int frame = 0; frame < 2; ++frame) {
        std::string one, line;
        for (int k = 0; k < 30 && std::getline(lines, line); ++k) one += line + "\n";
        for (int k = 0; k < 6; ++k) text += one;
    }
    write("lattice.gro", text);
    const auto outcome =
        run("pair fit --trajectory lattice.gro --temperature 90 --cutoff 0.6 --knot-distance 0.05 "
            "--samples 100 --draws 50 --check-draws 10 --check-samples 80 --bins 20 --out fit.json");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    expect_contains(outcome.err, "no checks, as the posterior has no draws");
    EXPECT_FALSE(read_json(at("fit.json")).contains("checks"));
}

TEST_F(Pair, RefusesDataThatDoNotFit) {
    const std::string fit = "pair fit" + water() + " --temperature 300 --checks none --out pair.json";
    expect_refused(fit + " --cutoff 1", {"cutoff", "half the shortest edge"});
    expect_refused(fit + " --masses 16,1", {"--masses", "3 sites"});
    expect_refused(fit + " --masses 16,1,-1", {"--masses", "> 0"});
    expect_refused(fit + " --check-draws 20", {"--check-draws", "--checks full"});
    expect_refused("pair fit" + water() + " --temperature 300 --frames 5 --out pair.json",
                   {"5 frames", "at least 10", "--checks none"});
    expect_refused("pair fit" + decane() + " --temperature 400 --checks none --out pair.json",
                   {"--structure", "two molecules or more"});
    const auto gro = [](const std::string& box) {
        std::string text = "two\n    2\n    1AR      AR    1   0.100   0.200   0.300\n"
                           "    2AR      AR    2   0.500   0.200   0.300\n";
        return text + box + "\n";
    };
    const std::string with = " --temperature 90 --checks none --cutoff 0.4 --out pair.json";
    write("tilted.gro", gro("   1.0 1.0 1.0 0.0 0.0 0.2 0.0 0.0 0.0"));
    expect_refused("pair fit --trajectory tilted.gro" + with, {"triclinic", "rectangular"});
    write("grows.gro", gro("   1.0 1.0 1.0") + gro("   1.1 1.0 1.0"));
    expect_refused("pair fit --trajectory grows.gro" + with, {"changes from 1 to 1.1", "constant volume"});
    write("open.gro", gro("   0.0 0.0 0.0"));
    expect_refused("pair fit --trajectory open.gro" + with, {"does not repeat"});
}

TEST_F(Pair, RefusesTablesAndFilesThatAreNone) {
    write("ibi.txt",
          "0.25 9.0 o\n0.28 -1.0 i\n0.32 -0.6 i\n0.40 0.3 i\n0.50 -0.2 i\n0.70 0.1 i\n0.90 0.0 i\n");
    const std::string of_table = "pair export --out new.table --table ";
    expect_refused(of_table + "ibi.txt", {"slope just below the cut-off", "--switch-from"});
    run_well("pair export --table ibi.txt --switch-from 0.8 --out ended.table");
    expect_contains(read_text(at("ended.table")), " 9 FPRIME ");
    run_well("pair export --table ibi.txt --length-in-nm 0.1 --energy-in-kj 4.184 --format csv "
             "--first 0.005 --switch-from 0.08 --out small.csv");
    EXPECT_NEAR(numbers(read_table(at("small.csv")).at("x")).back(), 0.09, 1e-15);
    write("bad.txt", "0.25 9.0\n0.28 x\n");
    expect_refused(of_table + "bad.txt", {"bad.txt", "line 2", "'x'"});
    write("flat.txt", "0.2 1\n0.3 1\n0.4 0\n0.9 0\n");
    expect_refused(of_table + "flat.txt", {"flat.txt", "slope at the first distance"});
    expect_refused(of_table + "none.txt", {"--table", "none.txt"});
    expect_refused("pair export --out new.table", {"--fit and --table", "one of them"});
    expect_refused("pair export --table ibi.txt --fit ibi.txt --out new.table", {"--fit and --table"});
    expect_refused("pair export --fit ibi.txt --out new.table", {"ibi.txt", "pair fit wrote"});
    expect_refused("pair export --fit ibi.txt --length-in-nm 2 --out new.table",
                   {"--length-in-nm", "--table"});
    expect_refused("pair export --table ibi.txt --switch-from 0.8 --name 'A B' --out new.table", {"'A B'"});
    expect_refused("pair export --table ibi.txt --switch-from 0.8 --points 5 --out new.table",
                   {"--most-error"});
    expect_refused("pair export --table ibi.txt --switch-from 0.8 --out ibi.txt", {"it is what is read"});

    const auto refused = [&](const Json& json, const std::vector<std::string>& parts) {
        write("bad.json", json.dump());
        expect_refused("pair export --fit bad.json --out new.table", parts);
    };
    const Json good{{"model",
                     {{"cutoff", 0.9},
                      {"core", 0.25},
                      {"core_stiffness", 5e4},
                      {"intervals", 4},
                      {"molecules", 2},
                      {"temperature", 300.0},
                      {"box", {2.0, 2.0, 2.0}},
                      {"masses", {1.0}},
                      {"sites", {{0.0, 0.0, 0.0}}}}},
                    {"theta", {20.0, 1.0, -0.5, 0.1}}};
    write("good.json", good.dump());
    run_well("pair export --fit good.json --out good.table");
    const auto with = [&](const char* key, const Json& value) {
        Json bad = good;
        bad["model"][key] = value;
        return bad;
    };
    refused(with("intervals", 1'000'000'000), {"bad.json", "intervals", "4 to 4096"});
    refused(with("cutoff", -1), {"cutoff"});
    refused(with("core", 2.0), {"core"});
    refused(with("box", {2.0, 2.0}), {"box", "2 numbers"});
    refused(with("box", {1.0, 2.0, 2.0}), {"half the shortest edge"});
    refused(with("molecules", "two"), {"bad.json", "pair fit wrote"});
    Json bad = good;
    bad["theta"] = {1.0, 2.0};
    refused(bad, {"theta", "2 numbers", "4"});
    bad["theta"] = {1.0, 2.0, nullptr, 0.0};
    refused(bad, {"bad.json"});
}

}  // namespace
}  // namespace molecule_pair_test
