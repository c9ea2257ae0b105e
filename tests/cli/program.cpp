#include "program.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/wait.h>
#include <utility>

namespace cli_test {

namespace {

fs::path new_directory() {
    std::string name = (fs::temp_directory_path() / "predcg-cli-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory " + name);
    return name;
}

/// One line of a CSV; a cell may stand in quotes.
std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> all(1);
    bool quoted = false;
    for (const char c : line) {
        if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            all.emplace_back();
        else
            all.back() += c;
    }
    return all;
}

}  // namespace

std::string read_text(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in) << path;
    return {std::istreambuf_iterator<char>(in), {}};
}

Json read_json(const fs::path& path) {
    Json json = Json::parse(read_text(path));
    if (json.is_object()) json.erase("checksum");
    return json;
}

std::string lattice_frames() {
    std::string text;
    unsigned state = 1;
    const auto jitter = [&] {
        state = state * 1664525u + 1013904223u;
        return 0.08 * (static_cast<double>(state >> 8) / 16777216.0 - 0.5);
    };
    for (int frame = 0; frame < 12; ++frame) {
        text += "lattice t= " + std::to_string(frame) + "\n   27\n";
        for (int i = 0; i < 27; ++i) {
            const double x = 0.4 * (i % 3) + 0.2 + jitter(), y = 0.4 * (i / 3 % 3) + 0.2 + jitter(),
                         z = 0.4 * (i / 9) + 0.2 + jitter();
            char line[80];
            std::snprintf(line, sizeof line, "%5dAR      AR%5d%8.3f%8.3f%8.3f\n", i + 1, i + 1, x, y, z);
            text += line;
        }
        text += "   1.20000   1.20000   1.20000\n";
    }
    return text;
}

std::map<std::string, std::vector<std::string>> read_table(const fs::path& path) {
    std::istringstream in(read_text(path));
    std::map<std::string, std::vector<std::string>> table;
    std::string line;
    std::getline(in, line);
    const auto names = cells(line);
    while (std::getline(in, line)) {
        const auto row = cells(line);
        EXPECT_EQ(row.size(), names.size()) << path << ": " << line;
        for (std::size_t k = 0; k < names.size() && k < row.size(); ++k) table[names[k]].push_back(row[k]);
    }
    return table;
}

std::vector<double> numbers(const std::vector<std::string>& texts) {
    std::vector<double> values;
    for (const auto& text : texts) values.push_back(std::stod(text));
    return values;
}

std::string fixed(double value, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string options_of_terms(const Json& model) {
    int pairs = 0;
    std::string options = " --level " + model["level"].dump();
    for (const std::string name : model["parameters"]) {
        if (name == "linear") options += " --linear";
        if (name.starts_with("pair_")) ++pairs;
        if (name.starts_with("triplet_")) options += std::string(" --triplet ") + name[8] + "," + name[10];
    }
    return options + " --pair-range " + std::to_string(pairs);
}

Program::Program(std::string program)
    : program_(std::move(program)), directory_(new_directory()), streams_(new_directory()) {}

Program::~Program() {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
    fs::remove_all(streams_, ignored);
}

Outcome Program::run(const std::string& arguments, const Surroundings& surroundings) const {
    const std::string out = (streams_ / "out").string(), own_err = (streams_ / "err").string();
    const std::string err = surroundings.standard_error.empty() ? own_err : surroundings.standard_error;
    const std::string command = "cd '" + directory_.string() + "' && " + surroundings.environment + " '" +
                                program_ + "' " + arguments + " >'" + out + "' 2>'" + err + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(out),
            err == own_err ? read_text(err) : ""};
}

Outcome Program::run_well(const std::string& arguments) const {
    Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << arguments << "\n" << outcome.err;
    EXPECT_EQ(outcome.err, "") << arguments;
    return outcome;
}

void Program::expect_refused(const std::string& arguments, const std::vector<std::string>& parts) const {
    std::map<std::string, std::string> before;
    for (const auto& name : files()) before[name] = fs::is_regular_file(at(name)) ? read_text(at(name)) : "";
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << arguments << "\n" << outcome.err;
    EXPECT_EQ(outcome.out, "") << arguments;
    for (const auto& part : parts)
        EXPECT_NE(outcome.err.find(part), std::string::npos)
            << arguments << "\n  says:    " << outcome.err << "  without: " << part;
    std::map<std::string, std::string> after;
    for (const auto& name : files()) after[name] = fs::is_regular_file(at(name)) ? read_text(at(name)) : "";
    EXPECT_EQ(before, after) << arguments;
}

void Program::write(const std::string& name, const std::string& text) const {
    std::ofstream(at(name), std::ios::binary) << text;
}

std::vector<std::string> Program::files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string Program::data_file(const std::string& set) {
    return std::string(PREDCG_TEST_DATA) + "/data_" + set + ".csv";
}

}  // namespace cli_test
