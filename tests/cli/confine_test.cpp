// What a program cannot do while it works, and which files it opens.
#include "program.hpp"

#include <regex>
#include <set>
#include <sstream>

namespace confine_test {
using namespace cli_test;

class Confined : public Program {
protected:
    void SetUp() override {
        const std::string said = run("--version").out;
        filters_ = said.find("seccomp") != std::string::npos;
        landlock_ = said.find("Landlock") != std::string::npos;
    }
    /// Runs it with tests/cli/fault/escape.cpp inside.
    Outcome escape(const std::string& arguments, const std::string& environment = "") const {
        return run(arguments,
                   {.environment = "LD_PRELOAD='" + std::string(PREDCG_ESCAPE_PRELOAD) + "' " + environment});
    }
    /// What was tried so often, with this end.
    static int count(const std::string& said, const std::string& line) {
        int times = 0;
        std::istringstream lines(said);
        for (std::string one; std::getline(lines, one);) times += one == line ? 1 : 0;
        return times;
    }

    bool filters_ = false, landlock_ = false;
};

TEST_F(Confined, ItHasNoConnectionsAndStartsNothing) {
    if (!filters_) GTEST_SKIP() << "no seccomp here";
    const Outcome outcome =
        escape("generate --sites 8 --samples 5 --threads 2 --out x.csv", "PREDCG_START=1");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(read_text(at("x.csv")).size() > 10, true);  // no other program took its place
    for (const char* line : {"program", "thread"}) EXPECT_EQ(count(outcome.err, line), 1) << outcome.err;
    for (const char* what : {"socket", "memory", "signal", "fork", "exec"})
        EXPECT_EQ(count(outcome.err, what + std::string(": Operation not permitted")), 2)
            << what << outcome.err;
}

TEST_F(Confined, ItReadsAndWritesWhatItWasTold) {
    if (!landlock_) GTEST_SKIP() << "no Landlock here";
    ASSERT_EQ(run("generate --sites 8 --samples 20 --out x.csv").code, 0);
    fs::create_directories(at("other"));
    fs::create_directories(at("in"));
    fs::rename(at("x.csv"), at("in/x.csv"));
    write("other/mine.txt", "mine");
    fs::create_directories(at("results"));
    const std::string read = "PREDCG_READ='" + at("other/mine.txt").string() + "'",
                      make = " PREDCG_WRITE='" + at("other/new.txt").string() + "'";
    const std::string fit = "fit --data in/x.csv --out results/fit.json";
    const Outcome outcome = escape(fit, read + make);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(fs::exists(at("results/fit.json")));
    EXPECT_EQ(count(outcome.err, "read: Permission denied"), 2) << outcome.err;
    EXPECT_EQ(count(outcome.err, "write: Permission denied"), 2) << outcome.err;
    EXPECT_FALSE(fs::exists(at("other/new.txt")));
    // Its input cannot be written, and can be read; what --out names can be both.
    const Outcome input = escape(fit, "PREDCG_READ='" + at("in/x.csv").string() + "' PREDCG_WRITE='" +
                                          at("in/x.csv").string() + "'");
    EXPECT_EQ(count(input.err, "read: done"), 2) << input.err;
    EXPECT_EQ(count(input.err, "write: Permission denied"), 2) << input.err;
}

TEST_F(Confined, CalibrationsDrawWithoutConnections) {
    if (!filters_ || !landlock_) GTEST_SKIP() << "no seccomp or no Landlock here";
    fs::create_directories(at("other"));
    fs::create_directories(at("in"));
    const Outcome outcome =
        escape("calibrate coverage --sites 4 --data-sets 1 --samples 3 --draws 100 --posterior "
               "laplace-joint --out in/r",
               "PREDCG_WRITE='" + at("other/new.txt").string() + "'");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(count(outcome.err, "socket: Operation not permitted"), 2) << outcome.err;
    EXPECT_EQ(count(outcome.err, "memory: Operation not permitted"), 2) << outcome.err;
    EXPECT_EQ(count(outcome.err, "fork: done"), 2) << outcome.err;
    if (at("other/new.txt").string().starts_with(fs::temp_directory_path().string()))
        return;  // may be written
    EXPECT_EQ(count(outcome.err, "write: Permission denied"), 2) << outcome.err;
}

TEST_F(Confined, OutputsOfEveryKindAreWritten) {
    for (const char* out : {"x.csv", "deep/x.csv", "/dev/null", "-", "/dev/stdout"}) {
        fs::create_directories(at("deep"));
        const Outcome outcome = run(std::string("generate --sites 4 --samples 2 --out ") + out);
        EXPECT_EQ(outcome.code, 0) << out << outcome.err;
    }
    fs::create_symlink(at("deep/x.csv"), at("link.csv"));
    EXPECT_EQ(run("generate --sites 4 --samples 3 --out link.csv").code, 0);
    EXPECT_TRUE(fs::is_symlink(at("link.csv")));
    fs::create_directories(at("kept"));
    const Outcome fit =
        run("fit --data deep/x.csv --checkpoint kept/c --every 0 --max-time 1e-6 --out fit.json");
    EXPECT_EQ(fit.code, 3) << fit.err;
    EXPECT_TRUE(fs::exists(at("kept/c")));
    EXPECT_EQ(run("fit --data deep/x.csv --checkpoint kept/c --every 0 --out fit.json").code, 0);
    EXPECT_EQ(run("fit --data - --out fit.json </dev/null").code, 2);
    EXPECT_EQ(run("fit --data /dev/stdin --out fit.json <deep/x.csv").code, 0);
}

TEST_F(Confined, AFitFileNamesNoFileToOpen) {
    if (std::system("strace -f -e trace=none true >/dev/null 2>&1") != 0) GTEST_SKIP() << "no strace here";
    ASSERT_EQ(run("generate --sites 8 --samples 20 --out x.csv").code, 0);
    ASSERT_EQ(run("fit --data x.csv --out fit.json").code, 0);
    // Words that read like paths, wherever the file may have words.
    Json json = read_json(at("fit.json"));
    const std::string secret = at("secret.txt").string();
    write("secret.txt", "1,1,1,1,1,1,1,1\n");
    for (const char* key : {"data", "path", "include", "$ref", "checkpoint", "file"}) json[key] = secret;
    json["version"] = secret;
    json["model"]["file"] = secret;
    write("bad.json", json.dump());
    for (const std::string command :
         {"predict --fit bad.json --out p.json", "sample --fit bad.json --out s.csv"}) {
        const Outcome outcome = run(command, {.environment = "strace -f -e trace=%file -o trace.txt"});
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        std::set<std::string> foreign;
        const std::regex opened("(open|openat|openat2)\\([^\"]*\"([^\"]*)\"");
        const std::string trace = read_text(at("trace.txt"));
        EXPECT_NE(trace.find("bad.json"), std::string::npos);
        EXPECT_EQ(trace.find("secret"), std::string::npos);
        for (std::sregex_iterator match(trace.begin(), trace.end(), opened), end; match != end; ++match) {
            const std::string path = (*match)[2];
            const bool system =
                std::regex_search(path, std::regex("^/(usr|lib|lib64|etc|proc|sys|dev)(/|$)"));
            if (!system && path.find("bad.json") == std::string::npos && path != "." &&
                path != at("").string() && path.find(".tmp") == std::string::npos &&
                path.find("p.json") == std::string::npos && path.find("s.csv") == std::string::npos &&
                path != directory().string())
                foreign.insert(path);
        }
        EXPECT_TRUE(foreign.empty()) << command << " opens " << *foreign.begin();
    }
}

}  // namespace confine_test
