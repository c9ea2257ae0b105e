// Forms of inputs: NumPy's .npy, packed by gzip, by a pipe; what is damaged, cut or too much is refused in
// words.
#include "basics/errors.hpp"
#include "files/input.hpp"
#include "files/schema.hpp"
#include "io/data_io.hpp"
#include "program.hpp"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace inputs_test {

namespace {

namespace fs = std::filesystem;
using cli::Configurations;

/// The data of all files that NumPy and gzip wrote.
const Configurations expected{{1, -1, -1, 1}, {-1, 1, 1, 1}, {1, 1, -1, -1}};

std::string bytes_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
fs::path corpus(const std::string& name) { return fs::path(PREDCG_FUZZ_CORPUS) / name; }

std::unique_ptr<cli::InputBuffer> buffer(const std::string& bytes, std::uintmax_t most = 1'000'000) {
    return std::make_unique<cli::InputBuffer>(std::make_unique<std::stringbuf>(bytes, std::ios::in), "it",
                                              most);
}
Configurations data_of(const std::string& bytes) { return cli::configurations_from(*buffer(bytes), "it"); }

template <class Read>
std::string refusal(Read read) {
    try {
        read();
    } catch (const cli::InputError& error) {
        return error.what();
    }
    return "";
}
void expect_refused(const std::string& bytes, const std::vector<std::string>& parts) {
    const std::string words = refusal([&] { (void)data_of(bytes); });
    for (const std::string& part : parts) EXPECT_NE(words.find(part), std::string::npos) << words << part;
}

/// A file of NumPy's version 1.
std::string npy(const std::string& type, const std::string& shape, const std::string& numbers,
                const std::string& order = "False") {
    const std::string head =
        "{'descr': " + type + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
    std::string bytes = "\x93NUMPY";
    for (const std::size_t byte : {std::size_t{1}, std::size_t{0}, head.size() % 256, head.size() / 256})
        bytes += static_cast<char>(byte);
    return bytes + head + numbers;
}

TEST(Npy, HasTheDataOfItsArray) {
    int files = 0;
    for (const auto& entry : fs::directory_iterator(corpus("npy"))) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("spins_")) continue;
        ++files;
        EXPECT_EQ(data_of(bytes_of(entry.path())), expected) << name;
    }
    EXPECT_EQ(files, 28) << "7 types, both orders of bytes, C and Fortran order";
    EXPECT_EQ(data_of(bytes_of(corpus("npy/up_u8.npy"))), Configurations(2, {1, 1, 1}));
}

TEST(Npy, IsRefusedInWords) {
    expect_refused(npy("'|i1'", "(2, 2)", "\1\1\1"), {"it, the numbers", "cut short", "2 times 2"});
    expect_refused(npy("'|i1'", "(1, 2)", "\1\1\1"), {"after the last number"});
    expect_refused(npy("'|i1'", "(1, 2)", "\1\2"), {"it[0, 1]", "value 2", "-1 or +1"});
    expect_refused(npy("'|i1'", "(2, 1)", std::string("\1\0", 2)), {"it[1, 0]", "x = 2 b - 1", "bool"});
    expect_refused(npy("'|b1'", "(1, 2)", "\1\2"), {"it[0, 1]", "-1 or +1"});
    expect_refused(npy("'<f2'", "(1, 1)", "\xff\x7f"), {"it[0, 0]", "nan"});
    expect_refused(npy("'<f2'", "(1, 1)", "\x01\x3c"), {"it[0, 0]", "1.0009765625"});
    expect_refused(npy("'<i8'", "(4,)", ""), {"an array of 1 axes", "2: configurations, sites"});
    expect_refused(npy("'<i8'", "(0, 4)", ""), {"no samples"});
    expect_refused(npy("'<c8'", "(1, 1)", ""), {"the type '<c8'", "astype('int8')"});
    expect_refused(npy("[('a', '<i4')]", "(1, 1)", ""), {"an array of records"});
    expect_refused(npy("'<i8'", "(16777217, 1)", ""), {"16777217 times 1", "counts as 64"});
    expect_refused(npy("'<i8'", "(1, 1073741825)", ""), {"an axis of 1073741825", "2^30"});
    expect_refused(npy("'<i8'", "(1, 99999999999999999999)", ""), {"the head"});
    expect_refused(npy("'|i1'", "(4, 268435456)", "\1\1\1"), {"cut short"});  // takes no memory before
    expect_refused(npy("'|i1', 'descr': '|i1'", "(1, 1)", "\1"), {"'descr'", "each once"});
    expect_refused(npy("__import__('os')", "(1, 1)", "\1"), {"'__import__('os')"});
    expect_refused(std::string("\x93NUMPY\4\0", 8), {"version 4", "1 to 3"});
    expect_refused("\x93NUMPY\2" + std::string("\0\xff\xff\xff\xff", 5), {"a head of 4294967295 bytes"});
}

#if PREDCG_WITH_ZLIB
TEST(Gzip, IsUnpackedWhateverItsName) {
    for (const char* name : {"gzip/spins.csv.gz", "gzip/spins_in_two.csv.gz", "gzip/spins.npy.gz"})
        EXPECT_EQ(data_of(bytes_of(corpus(name))), expected) << name;
}

TEST(Gzip, CutOrChangedAnywhereIsRefused) {
    for (const char* name : {"gzip/spins.csv.gz", "gzip/spins.npy.gz"}) {
        const std::string whole = bytes_of(corpus(name));
        for (std::size_t size = 0; size < whole.size(); ++size)
            EXPECT_NE(refusal([&] { (void)data_of(whole.substr(0, size)); }), "") << name << " " << size;
        int refused = 0;
        for (std::size_t at = 0; at < whole.size(); ++at) {
            std::string changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ 1);
            const std::string words = refusal([&] { EXPECT_EQ(data_of(changed), expected) << at; });
            refused += words.empty() ? 0 : 1;
        }
        EXPECT_EQ(refused, std::ssize(whole) - 7) << "time, system and two flags that say nothing";
    }
    const std::string whole = bytes_of(corpus("gzip/spins.csv.gz"));
    expect_refused(whole.substr(0, whole.size() - 1), {"packed by gzip", "cut short, after 29 unpacked"});
    expect_refused(whole + "more", {"packed by gzip", "damaged: incorrect header check"});
    std::string crc = whole;
    crc[crc.size() - 5] ^= 1;
    expect_refused(crc, {"packed by gzip", "damaged: incorrect data check"});
}

TEST(Gzip, HasTheLimitsOfWhatIsUnpacked) {
    const std::string bytes = bytes_of(corpus("gzip/spins_in_two.csv.gz"));  // 29 bytes, packed in parts
    EXPECT_EQ(cli::configurations_from(*buffer(bytes, 29), "it"), expected);
    const std::string words = refusal([&] { (void)cli::configurations_from(*buffer(bytes, 28), "it"); });
    EXPECT_NE(words.find("more than 28 bytes when it is unpacked"), std::string::npos) << words;
}
#endif

TEST(ResultFiles, HaveNoKeyTwiceAndNotTooMany) {
    const auto words_of = [](const std::string& text) { return refusal([&] { (void)cli::parsed(text); }); };
    EXPECT_EQ(words_of(R"({"a": {"b": 1}, "c": [{"b": 1}, {"b": 2}]})"), "");
    EXPECT_NE(words_of(R"({"a": {"b": 1, "b": 2}})").find("the key 'b' twice"), std::string::npos);
    std::string many = "{", deep(100'000, '[');
    for (int k = 0; k < 4097; ++k) many += "\"" + std::to_string(k) + "\":0,";
    many.back() = '}';
    EXPECT_NE(words_of(many).find("more than 4096 keys"), std::string::npos);
    EXPECT_NE(words_of(R"({"a": )" + deep).find("nested deeper than 32"), std::string::npos);
    EXPECT_NE(words_of("{\"a\": \"\xff\"}").find("no JSON"), std::string::npos);
    EXPECT_NE(words_of(R"({"a": 1e999})").find("no JSON"), std::string::npos);
}

TEST(ResultFiles, SayWhereAValueIsWrong) {
    using cli::Schema;
    const Schema element = Schema::object({{"b", Schema::list(Schema::number(0.0, 1.0))}}),
                 schema = Schema::object({{"a", Schema::map(Schema::list(element))}});
    const auto words_of = [&](const std::string& text) {
        return refusal([&] { schema.check(cli::parsed(text)); });
    };
    EXPECT_EQ(words_of(R"({"a": {"x": [{"b": []}, {"b": [0, 0.5]}]}, "more": 7})"), "");
    EXPECT_EQ(words_of(R"({"a": {"x": [{"b": []}, {"b": [0, 2]}]}})"),
              "a.x[1].b[1]: value 2; allowed: a number from 0 to 1");
    EXPECT_EQ(words_of(R"({"a": {"x": [], "": [{}]}})"),
              "a.[0].b: value absent; allowed: a list of no more than 100000000");
    EXPECT_EQ(words_of(R"({"a": [1, 2]})"), "a: value a list of 2; allowed: an object");
}

class Inputs : public cli_test::Program {};

/// What comes by a pipe is read once, and nothing can go on with it.
TEST_F(Inputs, ComeByAPipe) {
    write("data.csv", "1,1,-1,1\n1,1,1,-1\n");
    run_well("fit --data data.csv --out file.json");
    const auto outcome = run("fit --data /dev/stdin --out pipe.json", {.environment = "cat data.csv |"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(cli_test::read_text(at("pipe.json")), cli_test::read_text(at("file.json")));
    const auto kept =
        run("fit --data /dev/stdin --checkpoint c --out new.json", {.environment = "cat data.csv |"});
    EXPECT_EQ(kept.code, 2);
    expect_contains(kept.err, "come by a pipe");
}

/// A pipe that nobody writes to holds nothing up.
TEST_F(Inputs, AreNoPipesWhereWorkIsKept) {
    write("data.csv", "1,1,-1,1\n1,1,1,-1\n");
    ASSERT_EQ(mkfifo(at("pipe").c_str(), 0600), 0);
    const Surroundings for_a_while{.environment = "timeout 20"};
    const auto outcome = run("fit --data data.csv --checkpoint pipe --out fit.json", for_a_while);
    EXPECT_EQ(outcome.code, 2);
    expect_contains(outcome.err, "--checkpoint: value 'pipe'");
    EXPECT_TRUE(fs::is_fifo(at("pipe")));
    fs::create_directory(at("results"));
    ASSERT_EQ(mkfifo(at("results/manifest.json").c_str(), 0600), 0);
    EXPECT_EQ(run("calibrate coverage --sites 6 --samples 5 --data-sets 2 --draws 100 --posterior "
                  "laplace-joint --out results",
                  for_a_while)
                  .code,
              0);
    EXPECT_TRUE(fs::is_regular_file(at("results/manifest.json")));
}

#if PREDCG_WITH_ZLIB
/// What is no JSON by its first byte is not unpacked to its end, which is damaged here.
TEST_F(Inputs, AreLookedAtBeforeTheyAreUnpacked) {
    write("zeros", std::string(2'000'000, '\0'));
    ASSERT_EQ(std::system(("gzip '" + at("zeros").string() + "'").c_str()), 0);
    fs::resize_file(at("zeros.gz"), fs::file_size(at("zeros.gz")) - 1);
    const auto outcome = run("predict --fit zeros.gz --out m.json");
    EXPECT_EQ(outcome.code, 2);
    expect_contains(outcome.err, "zeros.gz: the file: value no object of JSON, or empty");
}

TEST_F(Inputs, ArePacked) {
    write("data.csv", "1,1,-1,1\n1,1,1,-1\n");
    run_well("fit --data data.csv --out fit.json");
    run_well("predict --fit fit.json --out m.json");
    ASSERT_EQ(
        std::system(("gzip '" + at("data.csv").string() + "' '" + at("fit.json").string() + "'").c_str()), 0);
    fs::rename(at("data.csv.gz"), at("other.csv"));
    run_well("fit --data other.csv --out again.json");
    run_well("predict --fit fit.json.gz --out n.json");
    EXPECT_EQ(cli_test::read_text(at("n.json")), cli_test::read_text(at("m.json")));
    run_well("predict --fit again.json --out o.json");
    EXPECT_EQ(cli_test::read_text(at("o.json")), cli_test::read_text(at("m.json")));
}
#endif

}  // namespace

}  // namespace inputs_test
