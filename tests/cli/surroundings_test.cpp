// The programs in surroundings that a shell, a service manager or a cron job may give them: the same bytes.
#include "german_locale.hpp"
#include "program.hpp"

#include <algorithm>

namespace surroundings_test {

namespace fs = std::filesystem;
using cli_test::Outcome;
using cli_test::read_text;

namespace {

/// Files below a directory, by their names in it.
std::map<std::string, std::string> files_below(const fs::path& directory) {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(directory))
        if (entry.is_regular_file()) {
            std::string text = read_text(entry.path());
            // reports say how long they took
            if (const auto at = text.find("time taken"); at != std::string::npos) text.resize(at);
            if (entry.path().filename() == "manifest.json") text.clear();  // the hash of such a report
            all[entry.path().lexically_relative(directory).string()] = text;
        }
    return all;
}

/// Names of files that are not in both with the same bytes.
std::string differences(const std::map<std::string, std::string>& a,
                        const std::map<std::string, std::string>& b) {
    std::string names;
    for (const auto& [name, text] : a)
        if (!b.contains(name) || b.at(name) != text) names += name + " ";
    for (const auto& [name, text] : b)
        if (!a.contains(name)) names += name + " ";
    return names;
}

/// Runs commands in plain surroundings and in others, each time in a directory of its own.
template <class Base>
class Surrounded : public Base {
protected:
    using typename Base::Program::Surroundings;

    /// What the commands write to `results`, and that they succeed. "OUT" in them is where results go.
    std::map<std::string, std::string> results_of(const std::vector<std::string>& commands,
                                                  const std::string& environment) {
        const fs::path out = this->at("results");
        fs::remove_all(out);
        fs::create_directory(out);
        for (std::string command : commands) {
            for (auto at = command.find("OUT"); at != std::string::npos; at = command.find("OUT"))
                command.replace(at, 3, out.string());
            const Outcome outcome = this->run(command, {.environment = environment});
            EXPECT_EQ(outcome.code, 0) << environment << " " << command << "\n" << outcome.err;
        }
        return files_below(out);
    }

    // Without gnuplot: drawing takes the longest, and is a test of its own.
    void expect_the_same(const std::vector<std::string>& commands) {
        const std::string nowhere = "PATH=/nowhere ";
        const auto with = [&](const std::string& redirections) {
            return nowhere + "/bin/sh -c 'exec \"$0\" \"$@\" " + redirections + "'";
        };
        const auto plain = results_of(commands, nowhere);
        ASSERT_GE(plain.size(), commands.size());
        for (const std::string& environment :
             {with("<&-"), with(">&-"), with("2>&-"), with("<&- >&- 2>&-"), "/usr/bin/env -i " + nowhere,
              "umask 077 && TZ=Pacific/Auckland " + nowhere,
              "mkdir gone && cd gone && rmdir ../gone && " + nowhere}) {
            const auto there = results_of(commands, environment);
            EXPECT_EQ(differences(there, plain), "") << environment;
        }
        const support::GermanLocale german;
        if (!german.is_there()) GTEST_SKIP() << "localedef cannot make de_DE.UTF-8 (Debian: locales)";
        const std::string locale =
            "LOCPATH='" + german.directory().string() + "' LC_ALL=" + support::GermanLocale::name + " ";
        ASSERT_EQ(std::system((locale + "locale decimal_point | grep -qx ,").c_str()), 0)
            << "the locale is in force";
        EXPECT_EQ(differences(results_of(commands, locale + nowhere), plain), "") << locale;
    }
};

class Surroundings : public Surrounded<cli_test::Program> {};
class MoleculeSurroundings : public Surrounded<cli_test::MoleculeProgram> {};

TEST_F(Surroundings, ChangeNothing) {
    expect_the_same({"generate --sites 8 --samples 20 --field 0.3 --out OUT/x.csv",
                     "fit --data OUT/x.csv --linear --posterior laplace-joint --out OUT/fit.json",
                     "predict --fit OUT/fit.json --sites 16 --out OUT/m.json",
                     "calibrate coverage --sites 8 --data-sets 2 --samples 5 --draws 100 "
                     "--posterior laplace-joint --out OUT/coverage"});
}

TEST_F(MoleculeSurroundings, ChangeNothing) {
    expect_the_same({"states fit" + decane() + " --temperature 400 --every 50 --out OUT/fit.json",
                     "states predict --fit OUT/fit.json --sites 20 --temperature 300 --out OUT/far.json"});
}

TEST_F(Surroundings, UmaskDecidesWhoMayReadResults) {
    const auto modes = [&](const std::string& mask) {
        fs::remove_all(at("r"));
        const std::string calibrate = "calibrate coverage --sites 8 --data-sets 2 --samples 5 --draws 100 "
                                      "--posterior laplace-joint --out r";
        EXPECT_EQ(
            run("generate --samples 2 --out x" + mask + ".csv", {.environment = "umask " + mask + " &&"})
                .code,
            0);
        EXPECT_EQ(run(calibrate, {.environment = "umask " + mask + " && PATH=/nowhere"}).code, 0);
        const auto mode = [&](const std::string& name) {
            return static_cast<int>(fs::status(at(name)).permissions());
        };
        return std::vector<int>{mode("x" + mask + ".csv"), mode("r"), mode("r/coverage.csv")};
    };
    EXPECT_EQ(modes("077"), (std::vector<int>{0600, 0700, 0600}));
    EXPECT_EQ(modes("002"), (std::vector<int>{0664, 0775, 0664}));
}

// A result for standard output is refused before any work where there is none; else it would be lost.
TEST_F(Surroundings, AClosedStandardOutputTakesNoResult) {
    for (const char* name : {"-", "/dev/stdout"}) {
        const Outcome closed = run(std::string("generate --samples 2 --out ") + name,
                                   {.environment = "sh -c 'exec \"$0\" \"$@\" >&-'"});
        EXPECT_EQ(closed.code, 2);
        expect_contains(closed.err, "standard output is closed");
    }
}

// Figures are drawn by the defaults, not by what a user has in ~/.gnuplot.
TEST_F(Surroundings, AUsersGnuplotSettingsChangeNoFigure) {
    if (!has_gnuplot()) GTEST_SKIP() << "no gnuplot";
    write(".gnuplot", "set border 0 linewidth 9\nset title 'mine'\n");
    const std::vector<std::string> sweep{
        "study sweep --sites 8 --samples 5 --field-from 0.3 --field-to 1.5 --out OUT/sweep"};
    const auto plain = results_of(sweep, "env -u HOME");
    const auto drawn = [](const auto& file) { return file.first.ends_with(".svg"); };
    EXPECT_TRUE(std::any_of(plain.begin(), plain.end(), drawn));
    EXPECT_EQ(differences(results_of(sweep, "HOME='" + directory().string() + "'"), plain), "");
}

}  // namespace
}  // namespace surroundings_test
