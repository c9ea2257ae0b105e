// Where results go, what happens to them on failure, help, and progress.
#include "program.hpp"

#include <predcg/version.hpp>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace output_test {

namespace fs = std::filesystem;
using cli_test::read_text;

namespace {

class Output : public cli_test::Program {};
class Help : public cli_test::Program {};
class ProgressLine : public cli_test::Program {};

TEST_F(Output, IsRenamedIntoPlaceNotWrittenOver) {
    write("data.csv", "earlier");
    fs::create_hard_link(at("data.csv"), at("link.csv"));
    run_well("generate --samples 2 --out data.csv");
    EXPECT_EQ(read_text(at("link.csv")), "earlier");
    EXPECT_NE(read_text(at("data.csv")), "earlier");
    EXPECT_EQ(files(), (std::vector<std::string>{"data.csv", "link.csv"}));
}

TEST_F(Output, FollowsSymbolicLinks) {
    write("target.csv", "earlier");
    fs::create_symlink("target.csv", at("data.csv"));
    run_well("generate --samples 2 --out data.csv");
    EXPECT_TRUE(fs::is_symlink(at("data.csv")));
    EXPECT_NE(read_text(at("target.csv")), "earlier");
    // To where nothing is yet, and round.
    fs::remove(at("target.csv"));
    run_well("generate --samples 2 --out data.csv");
    EXPECT_TRUE(fs::is_symlink(at("data.csv")));
    EXPECT_TRUE(fs::is_regular_file(at("target.csv")));
    fs::create_symlink("round", at("round"));
    const auto round = run("generate --samples 2 --out round");
    EXPECT_EQ(round.code, 2);
    expect_contains(round.err, "--out: value 'round' (its symbolic links lead nowhere but round)");
}

TEST_F(Output, MayBeAPipe) {
    run_well("generate --samples 2 --out data.csv");
    ASSERT_EQ(mkfifo(at("pipe").c_str(), 0600), 0);
    const int reader = open(at("pipe").c_str(), O_RDONLY | O_NONBLOCK);
    ASSERT_GE(reader, 0);
    run_well("generate --samples 2 --out pipe");
    std::array<char, 4096> text{};
    const auto size = read(reader, text.data(), text.size());
    close(reader);
    EXPECT_EQ(std::string(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))),
              read_text(at("data.csv")));
    EXPECT_TRUE(fs::is_fifo(at("pipe")));
}

TEST_F(Output, FailedWriteIsAFailedRun) {
    write("data.csv", "earlier");
    // a file may not grow beyond one block, far less than a thousand samples need
    const Surroundings small_files{.environment = "ulimit -f 1 && trap '' XFSZ &&"};
    const auto outcome = run("generate --samples 1000 --out data.csv", small_files);
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    EXPECT_NE(outcome.err.find("cannot write 'data.csv'"), std::string::npos) << outcome.err;
    EXPECT_EQ(read_text(at("data.csv")), "earlier");
    EXPECT_EQ(files(), std::vector<std::string>{"data.csv"});
}

TEST_F(Output, TooLargeAFileIsAFailedRunWithoutTheShellsHelp) {
    const auto outcome = run("generate --samples 1000 --out data.csv", {.environment = "ulimit -f 1 &&"});
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST_F(Output, OfADashIsStandardOutput) {
    run_well("generate --samples 2 --out data.csv");
    for (const char* name : {"-", "/dev/stdout"}) {
        const auto outcome = run(std::string("generate --samples 2 --out ") + name);
        EXPECT_EQ(outcome.code, 0);
        EXPECT_EQ(outcome.out, read_text(at("data.csv"))) << "and nothing else";
        expect_contains(outcome.err, "2 samples of 32 sites");
    }
    EXPECT_EQ(files(), std::vector<std::string>{"data.csv"});
}

// What a shell makes of >(...): a descriptor of a pipe; and one of a log, which goes on.
TEST_F(Output, MayBeADescriptor) {
    run_well("generate --samples 2 --out data.csv");
    const std::string expected = read_text(at("data.csv"));
    const auto with = [](const std::string& redirection) {
        return Surroundings{.environment = "sh -c '" + redirection + "'"};
    };
    for (const char* name : {"/dev/fd/3", "/proc/self/fd/3"}) {
        const std::string command = std::string("generate --samples 2 --out ") + name;
        EXPECT_EQ(run(command, with("{ \"$0\" \"$@\" 3>&1 >/dev/null; } | cat >piped")).code, 0);
        EXPECT_EQ(read_text(at("piped")), expected) << name;
        write("log", "earlier\n");
        EXPECT_EQ(run(command, with("exec \"$0\" \"$@\" 3>>log")).code, 0);
        EXPECT_EQ(read_text(at("log")), "earlier\n" + expected) << name;
        fs::remove(at("piped"));
        fs::remove(at("log"));
    }
    expect_refused("generate --samples 2 --out /dev/fd/77", {"--out", "nothing is open there"});
    const auto own = run("fit --data data.csv --out /dev/fd/3", with("exec \"$0\" \"$@\" 3>>data.csv"));
    EXPECT_EQ(own.code, 2);
    expect_contains(own.err, "it is what is read");
    EXPECT_EQ(read_text(at("data.csv")), expected);
    EXPECT_EQ(files(), std::vector<std::string>{"data.csv"});
}

/// What leads to a descriptor, by whatever name, is written on where it is: a log keeps what it has.
TEST_F(Output, IsAddedToALog) {
    run_well("generate --samples 2 --out data.csv");
    const std::string expected = read_text(at("data.csv"));
    fs::create_symlink("/dev/stdout", at("so"));
    fs::create_symlink("so", at("so2"));
    const auto with = [](const std::string& redirection) {
        return Surroundings{.environment = "sh -c 'exec \"$0\" \"$@\" " + redirection + "'"};
    };
    const std::vector<std::pair<std::string, std::string>> ways{
        {"--out so", ">>log"},
        {"--out so2", ">>log"},
        {"--out /proc/thread-self/fd/1", ">>log"},
        {"--out /dev/fd/3", "3>>log"},
        {"--out /dev/stderr", "2>>log"},
        {"--out other.csv --sampler heat-bath --burn-in 1 --report /dev/stderr", "2>>log"},
        {"--out other.csv --report so", ">>log"}};
    for (const auto& [way, redirection] : ways) {
        write("log", "earlier\n");
        const auto outcome = run("generate --samples 2 " + way, with(redirection));
        EXPECT_EQ(outcome.code, 0) << way << outcome.err;
        const std::string log = read_text(at("log"));
        EXPECT_TRUE(log.starts_with("earlier\n")) << way << log;
        const bool is_report = way.find("--report") != std::string::npos;
        EXPECT_NE(log.find(is_report ? "\"sampler\"" : expected), std::string::npos) << way << log;
    }
    run("generate --samples 2 --out so", {.environment = "sh -c '\"$0\" \"$@\" 2>/dev/null | cat >piped'"});
    EXPECT_EQ(read_text(at("piped")), expected);
    expect_refused("generate --samples 2 --out /proc/1/fd/1", {"--out", "/proc/1/fd/1"});
}

TEST_F(Output, OfDrawsReplacesDrawsAlone) {
    run_well("generate --sites 8 --samples 10 --out data.csv");
    write("precious.txt", "mine");
    const std::string fit = "fit --data data.csv --posterior full --draws 25 --draws-file w.csv --out f.json";
    fs::create_symlink("precious.txt", at("w_2.csv"));
    expect_refused(fit, {"--draws-file", "'w_2.csv' is there, and a symbolic link"});
    fs::remove(at("w_2.csv"));
    write("w_3.csv", "a,b\n1,2\n");
    expect_refused(fit, {"--draws-file", "'w_3.csv' is there, and not a file of draws"});
    fs::remove(at("w_3.csv"));
    EXPECT_EQ(run(fit).code, 0);
    EXPECT_EQ(run(fit + " --seed 2").code, 0);
    EXPECT_TRUE(read_text(at("w_2.csv")).starts_with("# predcg-ising fit"));
    EXPECT_EQ(read_text(at("precious.txt")), "mine");
}

TEST_F(Output, SaysWhatWasWrittenWhereItFails) {
    const auto outcome = run("generate --samples 5 --out data.csv --report /dev/full");
    EXPECT_EQ(outcome.code, 1);
    expect_contains(outcome.err, "; 'data.csv' was written before");
    EXPECT_EQ(files(), std::vector<std::string>{"data.csv"});
    expect_refused("generate --samples 5 --out new.csv --report nowhere/r.json",
                   {"--report", "no directory 'nowhere'"});
    expect_refused("generate --samples 5 --out - --report /dev/stdout", {"--report", "another file"});
}

TEST_F(Output, KeepsTheModeOfWhatItReplaces) {
    write("data.csv", "earlier");
    fs::permissions(at("data.csv"), fs::perms{0640});
    run_well("generate --samples 2 --out data.csv");
    EXPECT_EQ(fs::status(at("data.csv")).permissions(), fs::perms{0640});
}

TEST_F(Output, IsRightWhereNothingCanBeSaidOfIt) {
    const auto with = [](const std::string& redirection) {
        return Surroundings{.environment = "sh -c 'exec \"$0\" \"$@\" " + redirection + "'"};
    };
    run_well("generate --samples 2 --out data.csv");
    const auto full = run("generate --samples 2 --out full.csv", with(">/dev/full"));
    EXPECT_EQ(full.code, 1);
    expect_contains(full.err, "the result was written");
    EXPECT_EQ(run("generate --samples 2 --out closed.csv", with(">&-")).code, 0);
    for (const char* name : {"full.csv", "closed.csv"})
        EXPECT_EQ(read_text(at(name)), read_text(at("data.csv"))) << name;
    const auto lost = run("generate --samples 2 --out -", with(">/dev/full"));
    EXPECT_EQ(lost.code, 1);
    expect_contains(lost.err, "cannot write");
}

TEST_F(Output, FailedRunLeavesEverythingAsItWas) {
    write("truth.json", "earlier");
    const auto outcome = run("truth --field 1e14 --beta 10 --out truth.json");
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    EXPECT_NE(outcome.err.find("nothing was written"), std::string::npos) << outcome.err;
    EXPECT_EQ(read_text(at("truth.json")), "earlier");
    EXPECT_EQ(files(), std::vector<std::string>{"truth.json"});
}

TEST_F(Output, KeepsTheModesOfADirectoryAndItsFiles) {
    const std::string command =
        "calibrate coverage --sites 6 --samples 5 --data-sets 2 --draws 100 --posterior laplace-joint --out ";
    fs::create_directory(at("private"));
    fs::permissions(at("private"), fs::perms{0700});
    ASSERT_EQ(run(command + "private").code, 0);
    EXPECT_EQ(fs::status(at("private")).permissions(), fs::perms{0700});
    fs::permissions(at("private"), fs::perms{0770});
    const std::vector<std::string> results{"report.html", "coverage.csv", "manifest.json"};
    for (const std::string& name : results) fs::permissions(at("private") / name, fs::perms{0600});
    ASSERT_EQ(run(command + "private --seed 2").code, 0);
    EXPECT_EQ(fs::status(at("private")).permissions(), fs::perms{0770});
    for (const std::string& name : results)
        EXPECT_EQ(fs::status(at("private") / name).permissions(), fs::perms{0600}) << name;
}

TEST_F(Output, FailedStudyLeavesNothing) {
    const auto outcome = run("study sweep --field-from 1e14 --field-to 1e14 --beta 10 --out sweep");
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST_F(Help, OfEverySubcommandHasDefaultsAndExamples) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> all{
        {"", {"generate", "truth", "fit", "study", "Exit codes"}},
        {"generate",
         {"--sites", "[32]", "--strength", "--range", "--exponent", "--normalisation", "slides|total",
          "--boundary", "--field", "energy", "--beta", "1/energy", "[0.3]", "--samples", "--seed"}},
        {"generate",
         {"--sampler", "exact|heat-bath|metropolis", "--burn-in", "[1000]", "--thinning", "[10]",
          "correlated"}},
        {"truth", {"--sites", "--beta", "correlation"}},
        {"fit",
         {"--data", "--level", "--linear", "--pair-range", "--triplet", "--field", "--beta", "--engine",
          "--optimizer", "--prior", "[weak]", "--iterations", "[200]", "--seed", "--boundary"}},
        {"fit",
         {"exact|monte-carlo", "newton|robbins-monro", "--latent-samples", "[50]", "--coarse-samples",
          "[200]", "--sampler", "heat-bath|metropolis", "null"}},
        {"study", {"sweep"}},
        {"study sweep",
         {"--field-from", "[-4.5]", "--field-to", "--field-step", "[0.6]", "--level", "[50]"}}};
    for (const auto& [command, parts] : all) {
        const std::string help = run_well(command + " --help").out;
        for (const auto& part : parts)
            EXPECT_NE(help.find(part), std::string::npos) << command << " without " << part;
        EXPECT_NE(help.find("Example"), std::string::npos) << command;
    }
}

TEST_F(Help, VersionIsTheLibrarys) {
    const std::string said = run_well("--version").out;
    EXPECT_TRUE(said.starts_with(PREDCG_VERSION_STRING "\nconfined: ")) << said;
}

/// A pseudo-terminal and what was written to it.
class Terminal {
public:
    Terminal() : control_(posix_openpt(O_RDWR | O_NOCTTY)) {
        if (control_ < 0 || grantpt(control_) != 0 || unlockpt(control_) != 0) return;
        name_ = ptsname(control_);
        other_ = open(name_.c_str(), O_RDWR | O_NOCTTY);  // keeps what was written after the program ends
    }
    ~Terminal() {
        close(other_);
        close(control_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    bool works() const { return other_ >= 0; }
    const std::string& name() const { return name_; }

    std::string written() const {
        std::string text;
        std::array<char, 4096> buffer;
        for (pollfd ready{control_, POLLIN, 0}; poll(&ready, 1, 200) > 0;) {
            const ssize_t count = read(control_, buffer.data(), buffer.size());
            if (count <= 0) break;
            text.append(buffer.data(), static_cast<std::size_t>(count));
        }
        return text;
    }

private:
    int control_, other_ = -1;
    std::string name_;
};

TEST_F(ProgressLine, IsShownOnATerminalAndWipedAtTheEnd) {
    const Terminal terminal;
    if (!terminal.works()) GTEST_SKIP() << "no pseudo-terminals here";
    run("study sweep --sites 8 --samples 5 --field-from 0.3 --field-to 1.5 --out sweep",
        {.standard_error = terminal.name()});
    const std::string shown = terminal.written();
    EXPECT_NE(shown.find(" of 11 fits"), std::string::npos) << shown;
    const std::string wiped = "\r\033[K";
    ASSERT_GE(shown.size(), wiped.size());
    EXPECT_EQ(shown.substr(shown.size() - wiped.size()), wiped);
}

TEST_F(ProgressLine, IsNotShownElsewhere) {
    run_well("study sweep --sites 8 --samples 5 --field-from 0.3 --field-to 1.5 --out sweep");
}

}  // namespace
}  // namespace output_test
