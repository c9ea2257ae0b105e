#pragma once
// Files that were valid, damaged at random, and what reading them may do: end, or throw TrajectoryError.
#include <predcg/core/random.hpp>
#include <predcg/trajectories/trajectory.hpp>

#include "xtc_writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace support {

struct ValidFile {
    predcg::TrajectoryFormat format;
    std::string bytes;
};

inline std::string file_bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The first frames of an XTC file of ten atoms and more.
inline std::string first_frames(const std::string& bytes, int frames) {
    std::size_t at = 0;
    for (; frames > 0 && at + 92 <= bytes.size(); --frames) {
        std::size_t count = 0;
        for (std::size_t k = 88; k < 92; ++k) count = count * 256 + static_cast<unsigned char>(bytes[at + k]);
        at += 92 + (count + 3) / 4 * 4;
    }
    return bytes.substr(0, at);
}

/// Small files of every kind that is read.
inline std::vector<ValidFile> valid_files(const std::string& folder) {
    using enum predcg::TrajectoryFormat;
    std::vector<ValidFile> files;
    files.push_back({xtc, first_frames(file_bytes(folder + "/decane.xtc"), 7)});
    files.push_back({xtc, first_frames(file_bytes(folder + "/water.xtc"), 1)});
    std::mt19937_64 rng(5);
    XtcWriter plain, packed, wide;
    plain.plain({}, {{0.1f, 0.2f, 0.3f}, {1.0f, -2.0f, 3.0f}});
    plain.plain({.magic = 2023}, {{0.1f, 0.2f, 0.3f}});
    files.push_back({xtc, plain.bytes});
    XtcSites near, far;
    for (int i = 0; i < 40; ++i) {
        const auto draw = [&](int range) {
            return static_cast<std::int32_t>(rng() % static_cast<std::uint64_t>(range));
        };
        near.push_back({draw(30), draw(30), draw(30)});
        far.push_back({draw(16000000), draw(16000000), draw(16000000)});
    }
    packed.packed({.magic = 2023}, near, rng, 15);
    packed.packed({}, near, rng, 12);
    files.push_back({xtc, packed.bytes});
    wide.packed({}, far, rng, 71);
    far[7][1] = -2000000000;
    wide.packed({}, far, rng, 68);
    files.push_back({xtc, wide.bytes});
    files.push_back(
        {gro, file_bytes(folder + "/decane.gro") +
                  "two, t= 1.5 step= 3\n    1\n    1ALK     C1    1   1.000   2.500   2.500 0.1 0.1 0.1\n"
                  " 1.0 2.0 3.0 0.0 0.0 0.1 0.0 0.2 0.3\n"});
    files.push_back(
        {extended_xyz,
         "3\nLattice=\"5 0 0 0 5.5 0 0.5 0 6\" Properties=species:S:1:pos:R:3:z:I:1 pbc=\"T T F\" "
         "e=-1.5 note='a b'\nO 0.1 0.2 0.3 8\nH 1e-1 +2.5 3. 1\nH 4.75 -1 0 1\n"
         "2\nplain\nC 0 0 0\nC 1 1 1\n"});
    files.push_back(
        {lammps_dump,
         "ITEM: UNITS\nreal\nITEM: TIMESTEP\n100\nITEM: NUMBER OF ATOMS\n3\nITEM: BOX BOUNDS pp pp ff\n"
         "-1.0 9.0\n0 8\n0 1e1\nITEM: ATOMS id type x y z mol\n3 1 1.5 2 3 1\n1 2 -4 5e0 6 1\n2 1 7 8 9 2\n"
         "ITEM: TIMESTEP\n200\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS xy xz yz pp pp pp\n"
         "0 9 1\n0 8 0.5\n0 10 -0.5\nITEM: ATOMS id xs ys zs element\n7 0.5 0.25 0.125 C\n"});
    return files;
}

/// One to four damages: bits, bytes, numbers, characters, pieces cut, doubled, moved, and the end.
template <class Rng>
std::string mutated(const std::vector<ValidFile>& files, std::size_t which, Rng& rng) {
    const auto below = [&](std::size_t count) {
        return static_cast<std::size_t>(predcg::uniform_index(rng, static_cast<predcg::Index>(count)));
    };
    static constexpr std::int32_t numbers[]{
        0, -1, 1, 9, 10, 72, 73, 8, 255, 1 << 16, 1 << 24, 0x7fffffff, -0x7fffffff, 0x7f800000, 648, 1995};
    static constexpr const char* words[]{"-1", "1e400",  "nan",        "99999999999999999999",
                                         "0",  "ITEM: ", "Lattice=\"", ":R:",
                                         "\n", "=",      "10000001",   " ",
                                         "\"", "e"};
    std::string bytes = files[which].bytes;
    for (std::size_t left = 1 + below(4); left > 0 && !bytes.empty(); --left) {
        const std::size_t at = below(bytes.size()),
                          length = 1 + below(std::min<std::size_t>(bytes.size() - at, 40));
        switch (below(10)) {
        case 0:
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
            break;
        case 1:
            bytes[at] = static_cast<char>(below(256));
            break;
        case 2: {  // a number of a binary file
            const std::size_t place = at / 4 * 4;
            if (place + 4 > bytes.size()) break;
            const auto value = static_cast<std::uint32_t>(numbers[below(std::size(numbers))]);
            for (std::size_t k = 0; k < 4; ++k)
                bytes[place + k] = static_cast<char>(static_cast<unsigned char>(value >> (24 - 8 * k)));
            break;
        }
        case 3:
            bytes.insert(at, words[below(std::size(words))]);
            break;
        case 4:
            bytes.resize(at);
            break;
        case 5:
            bytes.erase(at, length);
            break;
        case 6:
            bytes.insert(at, bytes.substr(at, length));
            break;
        case 7:
            bytes[at] = bytes[below(bytes.size())];
            break;
        case 8: {  // a piece of another file
            const std::string& other = files[below(files.size())].bytes;
            const std::size_t from = below(other.size());
            bytes.insert(at, other.substr(from, 1 + below(200)));
            break;
        }
        default: {  // of the head of a file all is looked at
            const std::size_t near = below(std::min<std::size_t>(bytes.size(), 100));
            bytes[near] = static_cast<char>(bytes[near] ^ (1 << below(8)));
        }
        }
    }
    return bytes;
}

}  // namespace support
