// Killed at every system call that writes, in turn: the old or the new result is there, whole.
#include "basics/errors.hpp"
#include "files/manifest.hpp"
#include "files/result_directory.hpp"
#include "program.hpp"
#include "reports/report.hpp"

#include <algorithm>
#include <set>

namespace fault_test {
using namespace cli_test;

class Faults : public Program {
protected:
    /// Runs it until it ends well, killed at the first, the second.. system call that writes; look() after
    /// each. Returns how often it was killed.
    template <class Look>
    int kill_at_every_call(const std::string& arguments, Look&& look) const {
        for (int at = 1;; ++at) {
            const Outcome outcome =
                run(arguments, {.environment = "ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD='" +
                                               std::string(PREDCG_FAULT_PRELOAD) +
                                               "' PREDCG_FAULT_AT=" + std::to_string(at) + " PATH=/nowhere"});
            look(at);
            if (outcome.code == 0) return at - 1;
            EXPECT_EQ(outcome.code, 137) << outcome.err;
            if (outcome.code != 137) return at - 1;
        }
    }
};

TEST_F(Faults, AFileIsTheOldOneOrTheNewOne) {
    const std::string generate = "generate --sites 8 --samples 20 --out x.csv --seed ";
    ASSERT_EQ(run(generate + "1").code, 0);
    const std::string old = read_text(at("x.csv"));
    ASSERT_EQ(run(generate + "2").code, 0);
    const std::string later = read_text(at("x.csv"));
    ASSERT_NE(old, later);
    write("x.csv", old);
    const int kills = kill_at_every_call(generate + "2", [&](int at_call) {
        const std::string now = read_text(at("x.csv"));
        EXPECT_TRUE(now == old || now == later) << "killed at call " << at_call;
        if (now == later) write("x.csv", old);
    });
    EXPECT_GE(kills, 5);
    const std::string fit = "fit --data x.csv --prior weak --out fit.json";
    ASSERT_EQ(run(fit).code, 0);
    const std::string fitted = read_text(at("fit.json"));
    write("fit.json", "old");
    kill_at_every_call(fit, [&](int at_call) {
        const std::string now = read_text(at("fit.json"));
        EXPECT_TRUE(now == "old" || now == fitted) << "killed at call " << at_call;
        if (now == fitted) write("fit.json", "old");
    });
    // The last of them has swept what the others left.
    EXPECT_EQ(files(), (std::vector<std::string>{"fit.json", "x.csv"}));
}

TEST_F(Faults, ADirectoryIsTheOldOneOrTheNewOne) {
    const std::string calibrate = "calibrate coverage --sites 8 --data-sets 2 --samples 5 --draws 100 "
                                  "--posterior laplace-joint --out results --seed ";
    ASSERT_EQ(run(calibrate + "1", {.environment = "PATH=/nowhere"}).code, 0);
    write("results/notes.txt", "mine");
    const int kills = kill_at_every_call(calibrate + "2", [&](int at_call) {
        EXPECT_EQ(cli::study::damage_of(at("results")), "") << "killed at call " << at_call;
    });
    EXPECT_GE(kills, 30);
    EXPECT_EQ(read_text(at("results/notes.txt")), "mine");
    std::set<std::string> left;
    for (const std::string& name : files())
        if (name.starts_with(".results")) left.insert(name);
    EXPECT_TRUE(left.empty()) << *left.begin();
    // Its own checkpoint may stand beside it after a kill, and is used up by the last run.
    EXPECT_FALSE(fs::exists(at("results.checkpoint")));
}

/// The system gives no second thread, as where the number of processes is limited.
TEST_F(Faults, OneThreadWorksWhereNoOtherStarts) {
    for (const std::string& command :
         {"fit --data " + data_file("A") + " --field 0.3 --linear --posterior full --draws 200 --threads 3 ",
          "fit --data " + data_file("A") +
              " --field 0.3 --engine monte-carlo --iterations 100 --threads 3 "}) {
        ASSERT_EQ(run(command + "--out several.json").code, 0);
        const Outcome alone =
            run(command + "--out one.json",
                {.environment = "ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD='" +
                                std::string(PREDCG_FAULT_PRELOAD) + "' PREDCG_FAULT_THREADS=refused"});
        EXPECT_EQ(alone.code, 0) << alone.err;
        EXPECT_TRUE(fs::exists(at("refused"))) << "no thread was asked for";
        fs::remove(at("refused"));
        EXPECT_EQ(read_text(at("one.json")), read_text(at("several.json")));
    }
}

TEST_F(Faults, ResultsThatWereChangedAreKnown) {
    using cli::study::damage_of;
    const std::string calibrate =
        "calibrate coverage --sites 8 --data-sets 2 --samples 5 --draws 100 --posterior laplace-joint --out ";
    ASSERT_EQ(run(calibrate + "r", {.environment = "PATH=/nowhere"}).code, 0);
    EXPECT_EQ(damage_of(at("r")), "");
    EXPECT_NE(cli::study::missing_from(at("r")).find("gnuplot was not found"), std::string::npos);
    EXPECT_EQ(damage_of(at("elsewhere")), "it has no manifest");
    for (const std::string name : {"coverage.csv", "report.html"}) {
        const std::string whole = read_text(at("r/" + name));
        write("r/" + name, whole.substr(0, whole.size() - 1));
        EXPECT_EQ(damage_of(at("r")), name + " was changed");
        fs::remove(at("r/" + name));
        EXPECT_EQ(damage_of(at("r")), name + " is missing");
        write("r/" + name, whole);
    }
    // One that grew is not the one that was written, whatever its bytes are.
    write("r/coverage.csv", read_text(at("r/coverage.csv")) + "\n");
    EXPECT_EQ(damage_of(at("r")), "coverage.csv was changed");
    fs::remove_all(at("r"));
    ASSERT_EQ(run(calibrate + "r", {.environment = "PATH=/nowhere"}).code, 0);
    // The current directory cannot be replaced: its files are, one after the other.
    fs::create_directory(at("here"));
    ASSERT_EQ(run(calibrate + ". ", {.environment = "cd here && PATH=/nowhere"}).code, 0);
    EXPECT_EQ(damage_of(at("here")), "");
    EXPECT_EQ(files(), (std::vector<std::string>{"here", "r"}));
}

/// No name in a manifest or a report leads out of its directory.
TEST_F(Faults, NamesInResultsAreNoPaths) {
    using namespace cli::study;
    write("secret", "a");
    fs::create_directory(at("r"));
    const auto damage = [&](const std::string& name) {
        write("r/manifest.json", manifest_text({"", {{name, {1, hash_of("a")}}}}));
        return damage_of(at("r"));
    };
    EXPECT_EQ(damage("secret"), "secret is missing");
    for (const std::string& name : {std::string("../secret"), at("secret").string(), std::string("."),
                                    std::string(".."), std::string("")})
        EXPECT_EQ(damage(name), "it has no manifest") << name;

    Report report;
    report.title = "T";
    report.figures = {{"a", "", "", "", {"a.csv"}}};
    report.conclusions = {{"it is so", Verdict::in_part, "0.5", "a"}};
    const std::string text = report_text(report);
    EXPECT_EQ(report_text(read_report(text)), text);
    for (const bool of_figure : {false, true}) {
        Report other = report;
        (of_figure ? other.figures[0].name : other.figures[0].files[0]) = "../secret";
        EXPECT_THROW((void)read_report(report_text(other)), cli::InputError);
    }
    EXPECT_THROW((void)read_report("{}"), cli::InputError);
    EXPECT_THROW((void)read_report(text.substr(0, text.size() / 2)), cli::InputError);
}

}  // namespace fault_test
