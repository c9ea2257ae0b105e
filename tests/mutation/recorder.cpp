// Linked into every test program that holds mutants: wakes the mutant that PREDCG_MUTANT names, and, where
// PREDCG_MUTANTS_REACHED names a file, appends a line for each test: its name, its milliseconds of processor
// time, the mutants it asked for.
#include "mutants.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace predcg_mutants {

constexpr int most = 1 << 16;

int awake = 0;
static unsigned char before_start[most];
unsigned char* reached = before_start;

// Before the initialisers of other files, which may run mutated code.
__attribute__((constructor(101))) static void wake() {
    if (const char* id = std::getenv("PREDCG_MUTANT")) awake = std::atoi(id);
    void* shared = mmap(nullptr, most, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared != MAP_FAILED) reached = static_cast<unsigned char*>(shared);
}

class Recorder : public testing::EmptyTestEventListener {
public:
    explicit Recorder(const char* path) : path_(path) {}

    // What a suite prepares for all its tests is counted to its first; what initialisers do, to every test.
    void OnTestProgramStart(const testing::UnitTest&) override { std::memcpy(before_start, reached, most); }
    void OnTestStart(const testing::TestInfo&) override { start_ = std::clock(); }
    void OnTestEnd(const testing::TestInfo& test) override {
        std::FILE* out = std::fopen(path_, "a");
        if (!out) std::abort();
        std::fprintf(
            out, "%s.%s %lld", test.test_suite_name(), test.name(),
            static_cast<long long>(1000.0 * static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC));
        if (test.result()->Failed()) std::fprintf(out, " failed");
        for (int id = 0; id < most; ++id)
            if (reached[id]) std::fprintf(out, " %d", id);
        std::fprintf(out, "\n");
        std::fclose(out);
        std::memcpy(reached, before_start, most);
    }

private:
    const char* path_;
    std::clock_t start_ = 0;
};

static const bool listening = [] {
    if (const char* path = std::getenv("PREDCG_MUTANTS_REACHED"))
        testing::UnitTest::GetInstance()->listeners().Append(new Recorder(path));
    return true;
}();

}  // namespace predcg_mutants
