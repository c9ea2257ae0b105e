#pragma once
// Runs a program in a temporary directory.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cli_test {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Outcome {
    int code = -1;
    std::string out, err;
};

std::string read_text(const fs::path& path);
/// Without the checksum of the values, so that they can be changed.
Json read_json(const fs::path& path);
/// Columns of a CSV with a header line, as text.
std::map<std::string, std::vector<std::string>> read_table(const fs::path& path);
std::vector<double> numbers(const std::vector<std::string>& texts);
/// So many digits after the point.
std::string fixed(double value, int digits);
/// Twelve frames of a small liquid without attraction: 27 particles near a lattice, as GROMACS' GRO.
std::string lattice_frames();
/// The options that describe level and terms of a reference model.
std::string options_of_terms(const Json& model);

/// A directory of its own for each test.
class Program : public testing::Test {
protected:
    /// predcg-ising, or another program.
    explicit Program(std::string program = PREDCG_ISING_PROGRAM);
    ~Program() override;

    struct Surroundings {
        std::string environment{};     ///< assignments or commands before the program
        std::string standard_error{};  ///< a file to use in place of our own
    };
    /// Runs `<program> <arguments>` by the shell, in directory().
    Outcome run(const std::string& arguments, const Surroundings& surroundings) const;
    Outcome run(const std::string& arguments) const { return run(arguments, {}); }
    /// Runs it and expects that it succeeds without a word on standard error.
    Outcome run_well(const std::string& arguments) const;
    static void expect_contains(const std::string& text, const std::string& part) {
        EXPECT_NE(text.find(part), std::string::npos) << part;
    }
    /// Expects exit code 2, a message that contains all of `parts`, and no file made or changed.
    void expect_refused(const std::string& arguments, const std::vector<std::string>& parts) const;

    void write(const std::string& name, const std::string& text) const;
    static bool has_gnuplot() { return std::system("command -v gnuplot >/dev/null 2>&1") == 0; }
    /// Names of all files here, hidden ones too, but for what run() makes itself.
    std::vector<std::string> files() const;
    fs::path at(const std::string& name) const { return directory_ / name; }
    const fs::path& directory() const { return directory_; }

    static std::string data_file(const std::string& set);

private:
    std::string program_;
    fs::path directory_, streams_;
};

/// Runs predcg-molecule.
class MoleculeProgram : public Program {
protected:
    MoleculeProgram() : Program(PREDCG_MOLECULE_PROGRAM) {}

    /// The examples' trajectory of decane and its structure, as options.
    static std::string decane() { return example("decane"); }
    static std::string water() { return example("water"); }
    static std::string example_file(const std::string& name) {
        return std::string(PREDCG_EXAMPLE_DATA) + "/" + name;
    }

private:
    static std::string example(const std::string& name) {
        return " --trajectory " + example_file(name + ".xtc") + " --structure " + example_file(name + ".gro");
    }
};

}  // namespace cli_test
