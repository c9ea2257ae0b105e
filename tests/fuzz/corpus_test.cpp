// The files of corpus/, among them all that once were found to break a reader, without libFuzzer.
#include "targets.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace fuzz_corpus_test {

namespace fs = std::filesystem;

TEST(FuzzCorpus, KeepsTheProperties) {
    for (const fuzz::Target& target : fuzz::targets()) {
        int files = 0;
        for (const auto& entry : fs::directory_iterator(fs::path(PREDCG_FUZZ_CORPUS) / target.name)) {
            SCOPED_TRACE(entry.path().string());
            std::ifstream in(entry.path(), std::ios::binary);
            const std::string bytes{std::istreambuf_iterator<char>(in), {}};
            EXPECT_NO_THROW(target.run(bytes));
            ++files;
        }
        EXPECT_GT(files, 0) << target.name;
    }
}

TEST(FuzzCorpus, HasAFolderForEachTargetOnly) {
    std::set<std::string> names, folders;
    for (const fuzz::Target& target : fuzz::targets()) names.insert(target.name);
    for (const auto& entry : fs::directory_iterator(PREDCG_FUZZ_CORPUS))
        folders.insert(entry.path().filename().string());
    EXPECT_EQ(folders, names);
}

}  // namespace fuzz_corpus_test
