// The whole files that fuzzing begins with: their frames are read.
#include <gtest/gtest.h>

#include "read_all.hpp"

#include <string>

namespace trajectories_corpus_test {
namespace {

struct WholeFile {
    predcg::TrajectoryFormat format;
    const char* name;
    predcg::Index frames;
};

TEST(TrajectoriesOfTheCorpus, AreReadWhole) {
    using enum predcg::TrajectoryFormat;
    for (const WholeFile& file :
         {WholeFile{xtc, "xtc/decane.xtc", 7}, WholeFile{xtc, "xtc/water.xtc", 1},
          WholeFile{xtc, "xtc/plain.xtc", 2}, WholeFile{xtc, "xtc/packed.xtc", 2},
          WholeFile{xtc, "xtc/wide.xtc", 2}, WholeFile{gro, "gro/decane.gro", 2},
          WholeFile{extended_xyz, "xyz/water.xyz", 2}, WholeFile{lammps_dump, "lammps/dump.lammpstrj", 2}}) {
        const auto outcome = support::read_all(
            file.format, support::file_bytes(std::string(PREDCG_TEST_DATA) + "/../fuzz/corpus/" + file.name));
        EXPECT_FALSE(outcome.error) << file.name;
        EXPECT_EQ(outcome.frames, file.frames) << file.name;
    }
}

}  // namespace
}  // namespace trajectories_corpus_test
