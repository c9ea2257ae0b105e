// XTC files: against positions read by another library, and frames written bit by bit.
#include <predcg/trajectories/trajectory.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "close.hpp"
#include "read_all.hpp"
#include "reference.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "xtc_writer.hpp"

namespace trajectories_xtc_test {
using namespace predcg;
using support::thrown;
using support::XtcSites;
using support::XtcWriter;

namespace {

std::string path_of(const std::string& file) { return std::string(PREDCG_EXAMPLE_DATA) + "/" + file; }

void expect_reference(const std::string& name, Index frames) {
    const reference::Json expected = reference::load("xtc")[name];
    Index count = 0, compared = 0;
    for (const Frame& frame : Trajectory(path_of(name + ".xtc"))) {
        ASSERT_EQ(frame.positions.size(), expected["atoms"].get<std::size_t>());
        for (std::size_t k = 0; k < 3; ++k)
            EXPECT_EQ(frame.box.edges[k][k], expected["box_nm"][k].get<double>());
        EXPECT_TRUE(frame.box.is_orthorhombic());
        const std::string key = std::to_string(count);
        if (count == 0) {
            EXPECT_EQ(frame.time, expected["time_ps"][0].get<double>());
        }
        if (count + 1 == expected["frames"].get<Index>()) {
            EXPECT_EQ(frame.time, expected["time_ps"][1].get<double>());
        }
        if (expected["first_three_atoms_nm"].contains(key)) {
            for (std::size_t i = 0; i < 3; ++i)
                for (std::size_t c = 0; c < 3; ++c)
                    EXPECT_EQ(frame.positions[i][c],
                              expected["first_three_atoms_nm"][key][i][c].get<double>());
        }
        if (expected["sum_of_coordinates_nm"].contains(key)) {
            double sum = 0.0;
            for (const Point& x : frame.positions) sum += x[0] + x[1] + x[2];
            support::expect_close(sum, expected["sum_of_coordinates_nm"][key].get<double>(), 1e-12, key);
            ++compared;
        }
        ++count;
    }
    EXPECT_EQ(count, frames);
    EXPECT_GE(compared, 3);
}

TEST(Xtc, PositionsOfAnotherReader) {
    expect_reference("decane", 501);
    expect_reference("water", 101);
}

/// What is written comes back: bit for bit, as floats.
void expect_written(const XtcSites& x, int magic, int bits, std::mt19937_64& rng, bool runs = true) {
    XtcWriter writer;
    support::XtcHead head;
    head.magic = magic;
    head.step = 7;
    head.time = 2.5f;
    head.box = {3.0f, 0.0f, 0.0f, 0.5f, 4.0f, 0.0f, 0.25f, 0.125f, 5.0f};
    writer.packed(head, x, rng, bits, runs);
    writer.packed(head, x, rng, bits, runs);
    std::istringstream in(writer.bytes);
    Trajectory trajectory(in, TrajectoryFormat::xtc);
    Frame frame;
    for (int repeat = 0; repeat < 2; ++repeat) {
        ASSERT_NO_THROW(ASSERT_TRUE(trajectory.next(frame)));
        EXPECT_EQ(frame.step, 7);
        EXPECT_EQ(frame.time, 2.5);
        EXPECT_EQ(frame.box.edges[2], (Point{0.25, 0.125, 5.0}));
        ASSERT_EQ(frame.positions.size(), x.size());
        for (std::size_t i = 0; i < x.size(); ++i)
            for (std::size_t c = 0; c < 3; ++c)
                ASSERT_EQ(frame.positions[i][c], double(float(x[i][c]) * 0.001f)) << i << " of " << x.size();
    }
    EXPECT_FALSE(trajectory.next(frame));
}

TEST(Xtc, WhatIsWrittenComesBack) {
    auto rng = test_rng(1201);
    // range of positions, steps from one to the next, bits of a small difference
    struct Case {
        std::int64_t range, step;
        int bits;
    };
    for (const Case& one : {Case{20, 3, 9}, Case{3000, 40, 20}, Case{100000, 20000, 44},
                            Case{16000000, 90, 22}, Case{16000000, 4000000, 71}, Case{2000000000, 5000, 37},
                            Case{4000000000, 8000000, 69}, Case{1, 0, 9}})
        for (int repeat = 0; repeat < 20; ++repeat) {
            SCOPED_TRACE(std::to_string(one.range) + " " + std::to_string(repeat));
            XtcSites x(10 + rng() % 60);
            std::array<std::int64_t, 3> at{};
            for (auto& site : x)
                for (std::size_t c = 0; c < 3; ++c) {
                    const auto size = static_cast<std::uint64_t>(2 * one.step + 1);
                    if (rng() % 8 == 0)
                        at[c] = static_cast<std::int64_t>(rng() % static_cast<std::uint64_t>(one.range));
                    at[c] += static_cast<std::int64_t>(rng() % size) - one.step;
                    at[c] = std::clamp<std::int64_t>(at[c], 0, one.range - 1);
                    site[c] = static_cast<std::int32_t>(at[c] - one.range / 2);
                }
            expect_written(x, repeat % 2 ? 1995 : 2023, one.bits, rng, repeat % 5 != 0);
        }
}

TEST(Xtc, NineAtomsAreNotPacked) {
    for (const int magic : {1995, 2023})
        for (const std::size_t atoms : {0u, 1u, 9u}) {
            XtcWriter writer;
            std::vector<std::array<float, 3>> x(atoms);
            for (std::size_t i = 0; i < atoms; ++i) x[i] = {0.1f * float(i), -1.0f, 1e-3f};
            support::XtcHead head;
            head.magic = magic;
            writer.plain(head, x);
            std::istringstream in(writer.bytes);
            Index frames = 0;
            for (const Frame& frame : Trajectory(in, TrajectoryFormat::xtc)) {
                ++frames;
                ASSERT_EQ(frame.positions.size(), atoms);
                for (std::size_t i = 0; i < atoms; ++i)
                    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(frame.positions[i][c], double(x[i][c]));
            }
            EXPECT_EQ(frames, 1);
        }
}

TEST(Xtc, CutAnywhereIsAnErrorWithItsPlace) {
    const std::string bytes = support::file_bytes(path_of("decane.xtc"));
    std::vector<std::size_t> ends{0};  // of whole frames
    for (int frames = 1; frames <= 3; ++frames) ends.push_back(support::first_frames(bytes, frames).size());
    for (std::size_t cut = 0; cut < ends[2]; ++cut) {
        const auto whole =
            static_cast<Index>(std::upper_bound(ends.begin(), ends.end(), cut) - ends.begin()) - 1;
        const auto read = [&] { return support::read_all(TrajectoryFormat::xtc, bytes.substr(0, cut)); };
        const auto outcome = read();
        EXPECT_EQ(outcome.frames, whole) << cut;
        EXPECT_EQ(outcome.error, ends[static_cast<std::size_t>(whole)] != cut) << cut;
    }
    std::istringstream in(bytes.substr(0, ends[1] + 100));
    Trajectory trajectory(in, TrajectoryFormat::xtc);
    Frame frame;
    ASSERT_TRUE(trajectory.next(frame));
    const auto error = thrown<TrajectoryError>([&] { trajectory.next(frame); });
    EXPECT_EQ(error.frame(), 1);
    EXPECT_EQ(error.byte(), ends[1] + 92);
    EXPECT_EQ(error.argument(),
              "packed positions (frame 1, byte " + std::to_string(ends[1] + 92) + " of the stream)");
    EXPECT_EQ(error.value(), "cut short");

    std::string damaged = bytes.substr(0, ends[3]);
    damaged[ends[1]] = 'x';  // in the first number of the second frame; the third is whole
    std::istringstream again(damaged);
    Trajectory rest(again, TrajectoryFormat::xtc);
    ASSERT_TRUE(rest.next(frame));
    EXPECT_EQ(thrown<TrajectoryError>([&] { rest.next(frame); }).byte(), ends[1]);
    EXPECT_FALSE(rest.next(frame)) << "after an error it is at its end";
}

// Coordinates of a box of more than 2^24 steps are packed one by one: a position in it, and beyond it.
TEST(Xtc, PositionsBeyondTheBoxOfTheFrameAreRefused) {
    auto rng = test_rng(1404);
    support::XtcSites sites(10, {0, 0, 0});
    sites[5] = {40'000'000, 7, 7};
    support::XtcWriter writer;
    writer.packed({}, sites, rng, 12, false);
    const auto read = [](const std::string& bytes) {
        std::istringstream in(bytes);
        Trajectory trajectory(in, TrajectoryFormat::xtc);
        Frame frame;
        trajectory.next(frame);
        return frame.positions[5][0];
    };
    EXPECT_NEAR(read(writer.bytes), 40'000.0, 0.01);
    std::string damaged = writer.bytes;
    damaged.replace(72, 4, std::string("\x02\x06\xcc\x80", 4));  // 34,000,000, of as many bits
    EXPECT_EQ(thrown<TrajectoryError>([&] { read(damaged); }).value(),
              "a position out of range, or cut short");
}

TEST(Xtc, LimitsComeBeforeMemory) {
    XtcWriter atoms;
    atoms.head({}, 2'000'000'000);
    const auto read = [](const std::string& bytes, const ReadSettings& settings = {}) {
        std::istringstream in(bytes);
        Trajectory trajectory(in, TrajectoryFormat::xtc, settings);
        Frame frame;
        trajectory.next(frame);
    };
    EXPECT_EQ(thrown<TrajectoryError>([&] { read(atoms.bytes); }).allowed(),
              "0 to 10000000, ReadSettings::most_atoms");
    const std::string decane = support::file_bytes(path_of("decane.xtc"));
    EXPECT_EQ(thrown<TrajectoryError>([&] { read(decane, {.most_atoms = 9}); }).byte(), 4u);
    EXPECT_EQ(thrown<TrajectoryError>([&] { read(decane, {.most_bytes = 40}); }).allowed(),
              "0 to 40, ReadSettings::most_bytes");
    EXPECT_NO_THROW(read(decane, {.most_atoms = 10, .most_bytes = 41}));
    EXPECT_THROW(read(decane, {.most_atoms = -1}), ArgumentError);
    for (const double unit : {-0.1, std::numeric_limits<double>::infinity(), std::nan("")}) {
        EXPECT_EQ(thrown<ArgumentError>([&] { read(decane, {.length_in_nm = unit}); }).argument(),
                  "length_in_nm");
        EXPECT_EQ(thrown<ArgumentError>([&] { read(decane, {.step_in_ps = unit}); }).argument(),
                  "step_in_ps");
    }
    // Ten million atoms in 40 bytes.
    std::string many = decane;
    for (const std::size_t at : {4u, 52u}) many.replace(at, 4, std::string("\x00\x98\x96\x80", 4));
    EXPECT_EQ(thrown<TrajectoryError>([&] { read(many); }).value(), "41");
    std::string coarse = decane;  // of precision 0, and -1000
    coarse.replace(56, 4, std::string(4, '\0'));
    EXPECT_EQ(thrown<TrajectoryError>([&] { read(coarse); }).byte(), 56u);
    coarse.replace(56, 4, std::string("\xc4\x7a\0\0", 4));
    EXPECT_EQ(thrown<TrajectoryError>([&] { read(coarse); }).value(), "-1000");
    std::string trr = decane;
    trr[3] = static_cast<char>(1993 & 0xff);
    EXPECT_EQ(thrown<TrajectoryError>([&] { read(trr); }).value(), "1993");
}

TEST(Trajectory, IsARangeThatGoesOn) {
    Trajectory decane(path_of("decane.xtc"));
    static_assert(InputRange<Trajectory>);
    for (const Frame& frame : decane)
        if (frame.time >= 100.0) break;
    const Trajectory::Iterator next = decane.begin();
    EXPECT_EQ(next->time, 120.0);
    Trajectory moved = std::move(decane);
    Frame frame;
    ASSERT_TRUE(moved.next(frame));
    EXPECT_EQ(frame.time, 140.0);
    EXPECT_EQ(next->time, 120.0) << "the iterator's frame is another, and lives on";
    EXPECT_TRUE(Trajectory::Iterator() == std::default_sentinel);
}

TEST(Trajectory, FilesAreKnownByTheirNames) {
    EXPECT_EQ(trajectory_format("a.b/water.xtc"), TrajectoryFormat::xtc);
    EXPECT_EQ(trajectory_format("water.gro"), TrajectoryFormat::gro);
    EXPECT_EQ(trajectory_format("water.extxyz"), TrajectoryFormat::extended_xyz);
    EXPECT_EQ(trajectory_format("water.xyz"), TrajectoryFormat::extended_xyz);
    EXPECT_EQ(trajectory_format("dump.lammpstrj"), TrajectoryFormat::lammps_dump);
    for (const char* name : {"water", "water.trr", "folder.xtc/water", ""})
        EXPECT_THROW(trajectory_format(name), ArgumentError) << name;
    EXPECT_EQ(thrown<ArgumentError>([] { Trajectory("/nowhere/water.xtc"); }).argument(), "path");
}

}  // namespace
}  // namespace trajectories_xtc_test
