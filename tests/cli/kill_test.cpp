// Work that is killed or stopped at any moment, and called again, gives the bytes of work that was not.
#include "program.hpp"

#include <predcg/core/random.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "test_seed.hpp"

namespace kill_test {
using namespace cli_test;
using namespace predcg;
using namespace std::chrono_literals;

/// A program and its arguments, which write "out": a file or a directory.
struct Command {
    std::vector<std::string> arguments;
    std::string program = PREDCG_ISING_PROGRAM;
    std::string every = "--every";  ///< the option's name
    std::string part{};             ///< of the checkpoint, which is there once this is

    Command with(const std::vector<std::string>& more) const {
        Command command = *this;
        command.arguments.insert(command.arguments.end(), more.begin(), more.end());
        return command;
    }
    Command saving_every(const std::string& seconds) const { return with({every, seconds}); }
};

class Killed : public Program {
protected:
    /// Starts a program, with its words in the file "said", and without gnuplot.
    pid_t start(const Command& command) const {
        const pid_t child = ::fork();
        if (child != 0) return child;
        std::vector<char*> words{const_cast<char*>(command.program.c_str())};
        for (const std::string& argument : command.arguments)
            words.push_back(const_cast<char*>(argument.c_str()));
        words.push_back(nullptr);
        const int said = ::open((directory() / "said").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
        if (::chdir(directory().c_str()) != 0 || said < 0) ::_exit(126);
        ::dup2(said, 1);
        ::dup2(said, 2);
        ::setenv("PATH", "/nowhere", 1);
        ::execv(command.program.c_str(), words.data());
        ::_exit(127);
    }
    /// Its exit code, or -1 where a signal ended it.
    static int end_of(pid_t child) {
        int status = 0;
        ::waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    static bool has_ended(pid_t child) {
        siginfo_t info{};
        return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
               info.si_pid != 0;
    }
    /// To the program's end where there is none: then false.
    bool wait_for_checkpoint(pid_t child, const std::string& part) const {
        const auto is_there = [&] {
            std::ifstream in(at("out.checkpoint"), std::ios::binary);
            return in && std::string(std::istreambuf_iterator<char>(in), {}).find(part) != std::string::npos;
        };
        while (!is_there()) {
            if (has_ended(child)) return false;
            std::this_thread::sleep_for(1ms);
        }
        return true;
    }
    std::string said() const { return read_text(at("said")); }

    /// Bytes of "out", or of all tables in it: times are in reports alone.
    std::string result() const {
        if (!fs::is_directory(at("out"))) return read_text(at("out"));
        std::vector<fs::path> tables;
        for (const auto& entry : fs::directory_iterator(at("out")))
            if (entry.path().extension() == ".csv") tables.push_back(entry.path());
        std::sort(tables.begin(), tables.end());
        std::string bytes;
        for (const fs::path& table : tables) bytes += table.filename().string() + "\n" + read_text(table);
        return bytes;
    }
    void remove_result() const { fs::remove_all(at("out")); }

    /// The result without a disturbance.
    std::string undisturbed(const Command& command) const {
        EXPECT_EQ(end_of(start(command)), 0) << said();
        std::string bytes = result();
        EXPECT_NE(bytes, "");
        remove_result();
        return bytes;
    }

    /// PREDCG_KILLS in the place of `few`, where it is set.
    static int kills_or(int few) {
        const char* const many = std::getenv("PREDCG_KILLS");
        return many == nullptr ? few : std::atoi(many);
    }

    /// Kills the program `kills` times, within so many seconds, and compares what it writes when it ends;
    /// look() after every end. What is killed saves whenever it can, which takes up to fifty times the work's
    /// time; what goes on to the end after the last kill saves each hundredth of a second.
    template <class Look>
    void expect_survival(const Command& command, const std::string& expected, int kills, double seconds,
                         std::uint64_t seed, Look&& look) const {
        Philox4x32 rng = make_stream(test_seed() + seed, Purpose::check);
        const Command saving = command.saving_every("0");
        int resumed = 0, without = 0;  // runs
        for (int killed = 0; killed < kills;) {
            const pid_t child = start(saving);
            if (killed == 0 && !wait_for_checkpoint(child, command.part)) {
                ASSERT_LT(++without, 5) << "no checkpoint was ever found; " << said();
            }
            std::this_thread::sleep_for(std::chrono::duration<double>(seconds * uniform(rng)));
            ::kill(child, SIGKILL);
            const int code = end_of(child);
            look();
            resumed += said().find("goes on from") != std::string::npos;
            if (code < 0) {
                ++killed;
                continue;
            }
            ASSERT_EQ(code, 0) << said();
            ASSERT_EQ(result(), expected) << "after " << killed << " kills";
            EXPECT_FALSE(fs::exists(at("out.checkpoint")));
            remove_result();
        }
        ASSERT_EQ(end_of(start(command.saving_every("0.01"))), 0) << said();
        resumed += said().find("goes on from") != std::string::npos;
        EXPECT_EQ(result(), expected) << "after all kills";
        EXPECT_GT(resumed, 0) << "no checkpoint was ever found";
        look();
        remove_result();
        fs::remove(at("said"));
    }
    void expect_survival(const Command& command, int kills, double seconds, std::uint64_t seed) const {
        expect_survival(command, undisturbed(command), kills, seconds, seed, [] {});
        EXPECT_EQ(files(), std::vector<std::string>{});
    }

    /// SIGINT and SIGTERM end it in good order once there is a checkpoint, and the same command goes on.
    /// `look` looks at what the stop has left.
    void expect_to_stop_in_good_order(const Command& command, const auto& look) const {
        const std::string expected = undisturbed(command);
        for (const int signal : {SIGINT, SIGTERM}) {
            const pid_t child = start(command.saving_every("0.02"));
            ASSERT_TRUE(wait_for_checkpoint(child, command.part)) << said();
            ::kill(child, signal);
            ASSERT_EQ(end_of(child), 3) << said();
            expect_contains(said(), "the same command goes on from 'out.checkpoint'");
            look();
            ASSERT_EQ(end_of(start(command)), 0) << said();
            expect_contains(said(), "goes on from 'out.checkpoint'");
            EXPECT_EQ(result(), expected);
            EXPECT_FALSE(fs::exists(at("out.checkpoint")));
            remove_result();
        }
    }
    void expect_to_stop_in_good_order(const Command& command) const {
        expect_to_stop_in_good_order(command, [] {});
    }

    Command fit(const std::vector<std::string>& more) const {
        return Command{{"fit", "--data", data_file("A"), "--field", "0.3", "--linear", "--out", "out"}}.with(
            more);
    }
    /// Commands that are not killed as often, short ones.
    Command hierarchy() const {
        return {{"hierarchy", "--data", data_file("A"), "--map", "link2", "--field", "0.3", "--linear",
                 "--posterior", "full", "--draws", "25", "--mode", "distilled", "--samples", "2", "--out",
                 "out"}};
    }
    static Command study(const std::string& name, const std::vector<std::string>& more) {
        return Command{{"study", name, "--out", "out"}}.with(more);
    }
    static Command molecule(const std::vector<std::string>& words, const std::string& data,
                            const std::vector<std::string>& more) {
        const std::string file = std::string(PREDCG_EXAMPLE_DATA) + "/" + data;
        return Command{words, PREDCG_MOLECULE_PROGRAM, "--save-every"}
            .with({"--trajectory", file + ".xtc", "--structure", file + ".gro", "--out", "out"})
            .with(more);
    }
    static Command states() {
        return molecule({"states", "fit"}, "decane",
                        {"--temperature", "400", "--frames", "20", "--posterior", "full", "--draws", "100"});
    }
    static Command pair() {
        return molecule({"pair", "fit"}, "water",
                        {"--temperature", "300", "--frames", "3", "--samples", "100", "--draws", "50",
                         "--knot-distance", "0.1", "--checks", "none"});
    }
    /// Of a fit of one frame, "pair.json", which is made first: its posterior is so wide that draws have
    /// chains of their own.
    Command pair_check() const {
        write("lattice.gro", lattice_frames());
        const std::string lattice = at("lattice.gro").string(), fit = at("pair.json").string();
        EXPECT_EQ(end_of(start({{"pair",      "fit", "--trajectory",    lattice, "--temperature", "90",
                                 "--cutoff",  "0.6", "--knot-distance", "0.05",  "--frames",      "1",
                                 "--samples", "200", "--draws",         "50",    "--checks",      "none",
                                 "--out",     fit},
                                PREDCG_MOLECULE_PROGRAM})),
                  0)
            << said();
        return {{"pair", "check", "--fit", fit, "--trajectory", lattice, "--check-draws", "50",
                 "--check-samples", "200", "--bins", "20", "--out", "out"},
                PREDCG_MOLECULE_PROGRAM,
                "--save-every",
                "/checks/draws"};
    }
    void remove_inputs() const {
        for (const char* name : {"lattice.gro", "pair.json"}) fs::remove(at(name));
    }
};

TEST_F(Killed, FitsAndPosteriorsGoOnToTheSameBytes) {
    expect_survival(fit({"--posterior", "full", "--draws", "400"}), 45, 0.06, 3001);
}

TEST_F(Killed, SampledFitsGoOnToTheSameBytes) {
    expect_survival(fit({"--engine", "monte-carlo", "--iterations", "300"}), 60, 0.06, 3002);
    Command rival = fit({"--engine", "monte-carlo", "--iterations", "200"});
    rival.arguments.front() = "relative-entropy";
    expect_survival(rival, 40, 0.06, 3003);
}

/// After every kill the files hold what was drawn: as much as before or more, up to a draw that was cut.
TEST_F(Killed, DrawsInFilesSurvive) {
    const Command command = fit({"--posterior", "full", "--draws", "400", "--draws-file", "draws.csv"});
    const auto names = [] {
        std::vector<std::string> all;
        for (int chain = 1; chain <= 4; ++chain) all.push_back("draws_" + std::to_string(chain) + ".csv");
        return all;
    }();
    ASSERT_EQ(end_of(start(command)), 0) << said();
    std::vector<std::string> expected;
    for (const std::string& name : names) {
        expected.push_back(read_text(at(name)));
        EXPECT_EQ(std::count(expected.back().begin(), expected.back().end(), '\n'), 3 + 100);
        fs::remove(at(name));
    }
    const auto draws = read_json(at("out"))["posterior"]["draws"];
    std::istringstream lines(expected[1]);
    std::string line;
    for (int k = 0; k < 4; ++k) std::getline(lines, line);
    EXPECT_TRUE(line.starts_with("2,1," + draws[0][100].dump())) << line;
    const std::string result_of_all = result();
    remove_result();

    std::vector<std::size_t> sizes(4, 0);
    expect_survival(command, result_of_all, kills_or(30), 0.06, 3004, [&] {
        const bool done = fs::exists(at("out"));
        for (std::size_t k = 0; k < names.size(); ++k) {
            const std::string now = fs::exists(at(names[k])) ? read_text(at(names[k])) : "";
            EXPECT_TRUE(expected[k].starts_with(now)) << names[k];
            EXPECT_GE(now.size(), sizes[k]) << names[k];
            sizes[k] = now.size();
            if (!done) continue;
            EXPECT_EQ(now, expected[k]);
            fs::remove(at(names[k]));
            sizes[k] = 0;
        }
    });
    // Files of other work are replaced.
    ASSERT_EQ(end_of(start(command.with({"--seed", "7"}))), 0) << said();
    const std::string other = read_text(at(names[0]));
    EXPECT_NE(other, expected[0]);
    EXPECT_EQ(other.find('#', 1), other.find('\n') + 1);
    EXPECT_EQ(std::count(other.begin(), other.end(), '\n'), 3 + 100);
}

TEST_F(Killed, HierarchiesGoOn) { expect_survival(hierarchy(), kills_or(8), 0.06, 3005); }

TEST_F(Killed, StudiesGoOn) {
    const std::vector<std::string> small{"--range",      "1",   "--strength", "1",  "--sites", "16",
                                         "--field-step", "4.5", "--draws",    "100"};
    expect_survival(study("sweep", small).with({"--samples", "20"}), kills_or(3), 0.2, 3006);
    expect_survival(study("data-size", small).with({"--data-sets", "1"}), kills_or(3), 0.1, 3007);
    expect_survival(study("levels", small).with({"--data-sets", "1"}), kills_or(3), 0.1, 3008);
    expect_survival(study("flow", {"--sites", "48", "--samples", "50", "--data-sets", "5", "--draws", "25"}),
                    kills_or(3), 0.06, 3009);
    expect_survival(
        study("models", {"--sites", "8", "--range", "1", "--strength", "1", "--field-step", "9", "--samples",
                         "10", "--data-sets", "1", "--pair-range", "1", "--draws", "50"}),
        kills_or(3), 0.1, 3016);
}

/// The smallest study of maps takes seconds: with PREDCG_KILLS and --gtest_also_run_disabled_tests.
TEST_F(Killed, DISABLED_StudyOfMapsGoesOn) {
    expect_survival(study("maps", {"--sites", "10", "--banded-sites", "12", "--data-sets", "1", "--most-data",
                                   "50", "--samples", "20", "--posteriors", "1", "--draws", "50"}),
                    kills_or(3), 0.3, 3017);
}

TEST_F(Killed, MoleculesGoOn) {
    expect_survival(states(), kills_or(4), 0.2, 3010);
    expect_survival(pair(), kills_or(4), 0.3, 3011);
}

TEST_F(Killed, ChecksOfLiquidsGoOn) {
    const Command check = pair_check();
    const std::string expected = undisturbed(check);
    expect_contains(expected, "each draw had chains of its own");
    expect_survival(check, expected, kills_or(4), 0.2, 3015, [] {});
    expect_to_stop_in_good_order(check, [&] { EXPECT_FALSE(fs::exists(at("out"))); });
    remove_inputs();
    fs::remove(at("said"));
    EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST_F(Killed, CalibrationsGoOn) {
    const auto calibrate = [](const std::string& what, const std::string& repetitions) {
        return Command{{"calibrate", what, "--sites", "6", "--samples", "5", repetitions, "40", "--draws",
                        "100", "--posterior", "laplace-joint", "--out", "out"}};
    };
    expect_survival(calibrate("sbc", "--replicates"), kills_or(4), 0.06, 3013);
    expect_survival(calibrate("coverage", "--data-sets"), kills_or(4), 0.06, 3014);
}

TEST_F(Killed, StopsWithWhatThereIsAndGoesOn) {
    expect_to_stop_in_good_order(fit({"--posterior", "full", "--draws", "20000"}),
                                 [&] { EXPECT_TRUE(read_json(at("out")).contains("status")); });
}

TEST_F(Killed, LongCommandsStopInGoodOrder) {
    expect_to_stop_in_good_order(hierarchy());
    expect_to_stop_in_good_order(
        study("flow", {"--sites", "48", "--samples", "50", "--data-sets", "40", "--draws", "25"}));
    expect_to_stop_in_good_order(states());
    expect_to_stop_in_good_order(pair());
}

TEST_F(Killed, EndsInTime) {
    const std::string fit =
        "fit --data " + data_file("A") +
        " --field 0.3 --linear --posterior full --draws 1000000 --max-time 0.5 --out o.json";
    const Outcome outcome = run(fit);
    EXPECT_EQ(outcome.code, 3);
    expect_contains(outcome.err, "stopped; the result is what there was");
    const Json result = read_json(at("o.json"));
    EXPECT_EQ(result["status"], "converged");
    EXPECT_LT(result["posterior"]["draws"][0].size(), 1'000'000U);
    EXPECT_TRUE(fs::exists(at("o.json.checkpoint")));
}

TEST_F(Killed, CheckpointsOfOtherWorkAreRefused) {
    const std::string fit =
        "fit --data " + data_file("A") + " --field 0.3 --linear --posterior full --draws ";
    EXPECT_EQ(run(fit + "1000000 --max-time 0.3 --checkpoint c --out o.json").code, 3);
    const std::string kept = read_text(at("c"));
    expect_refused(fit + "400 --checkpoint c --out o.json", {"--checkpoint: value 'c'", "--draws 1000000"});
    for (const std::size_t place : {std::size_t{3}, std::size_t{30}, kept.size() - 1}) {
        std::string damaged = kept;
        damaged[place] = static_cast<char>(damaged[place] ^ 1);
        write("d", damaged);
        expect_refused(fit + "1000000 --checkpoint d --out o.json", {"--checkpoint: value 'd'"});
    }
    expect_refused(fit + "400 --checkpoint o.json --out o.json", {"--checkpoint", "it is the result"});
    expect_refused(fit + "400 --checkpoint no/where --out o.json", {"--checkpoint: value 'no/where'"});
    // Nobody asked for this one: it is in the way, and the work begins anew.
    fs::rename(at("c"), at("p.json.checkpoint"));
    const Outcome anew = run(fit + "400 --out p.json");
    EXPECT_EQ(anew.code, 0) << anew.err;
    expect_contains(anew.err, "the work begins anew");
    EXPECT_FALSE(fs::exists(at("p.json.checkpoint")));
}

// Names of files that are not there yet, and of files that nobody asked to replace.
TEST_F(Killed, NothingElseTakesTheCheckpointsPlace) {
    const std::string fit = "fit --data " + data_file("A") + " --field 0.3 ";
    expect_refused(fit + "--out new.json --checkpoint new.json", {"--checkpoint", "it is the result"});
    expect_refused(fit + "--out new.json --checkpoint ./new.json", {"--checkpoint", "it is the result"});
    write("r.json.checkpoint", read_text(data_file("A")));
    expect_refused("fit --data r.json.checkpoint --field 0.3 --out r.json",
                   {"--out", "its checkpoint 'r.json.checkpoint' is what is read"});
    expect_refused(fit + "--out r.json", {"--out", "its checkpoint 'r.json.checkpoint' is there, and no"});
    expect_refused(fit + "--out o.json --posterior full --checkpoint d_1.csv --draws-file ./d.csv",
                   {"--draws-file", "d_1.csv"});
    expect_refused("generate --sampler heat-bath --report ./g.csv --out g.csv", {"--report", "another file"});
}

// A link that leads nowhere yet: the checkpoint is made where it leads, and the link stays.
TEST_F(Killed, CheckpointsMayBeBehindLinks) {
    fs::create_directory(at("kept"));
    fs::create_symlink("kept/c", at("link"));
    const std::string fit = "fit --data " + data_file("A") + " --field 0.3 --out o.json --checkpoint ";
    EXPECT_EQ(run(fit + "link --every 0 --max-time 1e-6").code, 3);
    EXPECT_TRUE(fs::is_regular_file(at("kept/c")));
    const Outcome again = run(fit + "link");
    EXPECT_EQ(again.code, 0);
    expect_contains(again.err, "goes on from 'kept/c'");
    EXPECT_TRUE(fs::is_symlink(at("link")));
    EXPECT_FALSE(fs::exists(at("kept/c")));
    fs::create_symlink("no/where", at("lost"));
    expect_refused(fit + "lost", {"--checkpoint: value 'no/where'", "No such file"});
    fs::create_symlink("round", at("round"));
    const Outcome round = run(fit + "round");
    EXPECT_EQ(round.code, 2);
    expect_contains(round.err, "--checkpoint: value 'round' (it is a symbolic link that leads nowhere but");
}

// A pipe with a name is read once: nobody waits for a second writer.
TEST_F(Killed, APipeIsReadOnce) {
    ASSERT_EQ(mkfifo(at("pipe").c_str(), 0600), 0);
    const std::string command = "cat '" + data_file("A") + "' >'" + at("pipe").string() + "' &";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const Outcome outcome = run("fit --data pipe --field 0.3 --out o.json");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(fs::exists(at("o.json")));
}

}  // namespace kill_test
