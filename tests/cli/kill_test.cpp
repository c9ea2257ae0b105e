// Work that is killed or stopped at any moment, and called again, gives the bytes of work that was not.
#include "program.hpp"

#include <predcg/core/random.hpp>

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "test_seed.hpp"

namespace kill_test {
using namespace cli_test;
using namespace predcg;
using namespace std::chrono_literals;

class Killed : public Program {
protected:
    /// Starts the program, with its words in the file "said".
    pid_t start(const std::vector<std::string>& arguments) const {
        const pid_t child = ::fork();
        if (child != 0) return child;
        std::vector<char*> words{const_cast<char*>(PREDCG_ISING_PROGRAM)};
        for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
        words.push_back(nullptr);
        const int said = ::open((directory() / "said").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
        if (::chdir(directory().c_str()) != 0 || said < 0) ::_exit(126);
        ::dup2(said, 1);
        ::dup2(said, 2);
        ::execv(PREDCG_ISING_PROGRAM, words.data());
        ::_exit(127);
    }
    /// Its exit code, or -1 where a signal ended it.
    static int end_of(pid_t child) {
        int status = 0;
        ::waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    /// Or for ten minutes, where there will be none.
    void wait_for_checkpoint() const {
        for (int k = 0; k < 600'000 && !fs::exists(at("out.json.checkpoint")); ++k)
            std::this_thread::sleep_for(1ms);
    }
    std::string said() const { return read_text(at("said")); }

    /// The result without a disturbance.
    std::string undisturbed(const std::vector<std::string>& arguments) const {
        EXPECT_EQ(end_of(start(arguments)), 0) << said();
        std::string bytes = read_text(at("out.json"));
        fs::remove(at("out.json"));
        return bytes;
    }

    /// Kills the program `kills` times, at any moment, and compares what it writes when it ends.
    void expect_survival(const std::vector<std::string>& arguments, int kills, std::uint64_t seed) const {
        const std::string expected = undisturbed(arguments);
        Philox4x32 rng = make_stream(test_seed() + seed, Purpose::check);
        std::vector<std::string> saving = arguments;
        saving.insert(saving.end(), {"--every", "0"});
        int resumed = 0;
        for (int killed = 0; killed < kills;) {
            const pid_t child = start(saving);
            if (killed == 0) wait_for_checkpoint();
            std::this_thread::sleep_for(std::chrono::duration<double>(0.06 * uniform(rng)));
            ::kill(child, SIGKILL);
            const int code = end_of(child);
            resumed += said().find("goes on from") != std::string::npos;
            if (code < 0) {
                ++killed;
                continue;
            }
            ASSERT_EQ(code, 0) << said();
            ASSERT_EQ(read_text(at("out.json")), expected) << "after " << killed << " kills";
            EXPECT_FALSE(fs::exists(at("out.json.checkpoint")));
            fs::remove(at("out.json"));
        }
        ASSERT_EQ(end_of(start(saving)), 0) << said();
        EXPECT_EQ(read_text(at("out.json")), expected) << "after all kills";
        EXPECT_GT(resumed, 0) << "no checkpoint was ever found";
        fs::remove(at("out.json"));
        fs::remove(at("said"));
        EXPECT_EQ(files(), std::vector<std::string>{});
    }
};

TEST_F(Killed, FitsAndPosteriorsGoOnToTheSameBytes) {
    expect_survival({"fit", "--data", data_file("A"), "--field", "0.3", "--linear", "--posterior", "full",
                     "--draws", "400", "--out", "out.json"},
                    70, 3001);
}

TEST_F(Killed, SampledFitsGoOnToTheSameBytes) {
    expect_survival({"fit", "--data", data_file("A"), "--field", "0.3", "--linear", "--engine", "monte-carlo",
                     "--iterations", "300", "--out", "out.json"},
                    70, 3002);
    expect_survival({"relative-entropy", "--data", data_file("A"), "--field", "0.3", "--linear", "--engine",
                     "monte-carlo", "--iterations", "200", "--out", "out.json"},
                    60, 3003);
}

TEST_F(Killed, StopsWithWhatThereIsAndGoesOn) {
    const std::vector<std::string> fit{"fit",     "--data",   data_file("A"), "--field",
                                       "0.3",     "--linear", "--posterior",  "full",
                                       "--draws", "20000",    "--out",        "out.json"};
    const std::string expected = undisturbed(fit);
    for (const int signal : {SIGINT, SIGTERM}) {
        std::vector<std::string> saving = fit;
        saving.insert(saving.end(), {"--every", "0.02"});
        const pid_t child = start(saving);
        wait_for_checkpoint();
        ::kill(child, signal);
        ASSERT_EQ(end_of(child), 3) << said();
        expect_contains(said(), "the same command goes on from 'out.json.checkpoint'");
        EXPECT_TRUE(read_json(at("out.json")).contains("status"));
        ASSERT_EQ(end_of(start(fit)), 0) << said();
        EXPECT_EQ(read_text(at("out.json")), expected);
        EXPECT_FALSE(fs::exists(at("out.json.checkpoint")));
    }
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

}  // namespace kill_test
