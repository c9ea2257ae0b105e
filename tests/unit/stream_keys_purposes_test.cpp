// Every purpose of random streams has words, one use, and a test that listens to it.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace stream_keys_purposes_test {
namespace {

namespace fs = std::filesystem;

const fs::path root = fs::path(PREDCG_TEST_DATA).parent_path().parent_path();

std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

/// Purposes by name, with their words.
std::map<std::string, std::string> documented() {
    std::map<std::string, std::string> words;
    const std::string text = text_of(root / "include/predcg/core/random.hpp");
    const auto first = text.find("enum class Purpose");
    std::istringstream lines(text.substr(first, text.find("};", first) - first));
    std::string line;
    std::getline(lines, line);
    static const std::regex entry("    (\\w+) = \\d+, +///< (.+)");
    for (std::smatch match; std::getline(lines, line);)
        if (std::regex_match(line, match, entry))
            EXPECT_TRUE(words.emplace(match[1], match[2]).second) << line;
        else
            ADD_FAILURE() << "without a number and words: " << line;
    return words;
}

/// How often each is named in the files below a folder whose names match.
std::map<std::string, int> named_in(const fs::path& folder, const std::string& names) {
    static const std::regex name("Purpose::(\\w+)");
    std::map<std::string, int> counts;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        if (!std::regex_match(entry.path().filename().string(), std::regex(names))) continue;
        const std::string text = text_of(entry.path());
        for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at)
            ++counts[(*at)[1]];
    }
    return counts;
}

// A second use of a purpose is a decision: it has an entry here, with what keeps the two apart.
TEST(Purposes, HaveOneUseEach) {
    const std::map<std::string, int> several{
        {"check", 4},      // a fine potential, a coarse one, a map, by index; what a StreamKey has of itself
        {"blank", 7},      // read by nobody
        {"latent", 2},     // of a state and of the call that makes it
        {"coarse", 3},     // the same, and p_c of fits by reweighting, which are no others' fits
        {"hierarchy", 3},  // by number of the level; ways to the next level exclude each other
        {"posterior",
         2},  // of chains; in iteration 1, of the points that full_posterior's jumps are fitted to
    };
    std::map<std::string, int> expected;
    for (const auto& [name, words] : documented())
        expected[name] = several.contains(name) ? several.at(name) : 1;
    auto found = named_in("include/predcg", ".+\\.hpp");
    for (const auto& [name, count] : expected) found.try_emplace(name, 0);
    EXPECT_EQ(found, expected);
    // Data of the command generate, of its chains, and of coverage: seeds as of the library's generate.
    for (const char* folder : {"examples/applications", "examples/predcg-molecule"})
        EXPECT_TRUE(named_in(folder, ".+").empty()) << folder;
    EXPECT_EQ(named_in("examples/predcg-ising", ".+"), (std::map<std::string, int>{{"generate", 3}}));
}

TEST(Purposes, AreListenedToAndInTheTableOfUses) {
    const auto heard = named_in("tests/unit", "stream_keys_.+");
    const std::string table = text_of(root / "docs/numerics.md");
    for (const auto& [name, words] : documented()) {
        EXPECT_TRUE(heard.contains(name)) << name << ": " << words;
        EXPECT_NE(table.find("`" + name + "`"), std::string::npos) << name << ": " << words;
    }
}

}  // namespace
}  // namespace stream_keys_purposes_test
