// Readers of the library: trajectories, tables, checkpoints.
#include "library_targets.hpp"

#include "read_all.hpp"
#include "targets.hpp"

#include <predcg/core/checkpoint.hpp>
#include <predcg/tables/columns.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace fuzz {

namespace {

template <predcg::TrajectoryFormat format>
void read_trajectory(std::string_view bytes) {
    // The unit of a dump is known, or its own words say it.
    const double length = !bytes.empty() && bytes.back() % 2 != 0 ? 0.1 : 0.0;
    (void)support::read_all(format, std::string(bytes), {.length_in_nm = length});
}

/// What is read is written and read again, to equal numbers.
void read_table(std::string_view bytes) {
    std::istringstream in{std::string(bytes)};
    predcg::Columns columns;
    try {
        columns = predcg::read_columns(in, {.most_rows = 1000});
    } catch (const predcg::ArgumentError&) {
        return;
    }
    require(columns.x.allFinite() && columns.u.allFinite() && columns.f.allFinite(), "numbers are finite");
    require(std::adjacent_find(columns.x.begin(), columns.x.end(),
                               [](double a, double b) { return !(a < b); }) == columns.x.end(),
            "x increases");
    std::stringstream text;
    predcg::write_csv(text, columns);
    const predcg::Columns again = predcg::read_columns(text);
    require(again.x == columns.x && again.u == columns.u && again.f.size() == columns.f.size() &&
                (again.f.size() == 0 || again.f == columns.f),
            "a table that is written reads the same");
    try {
        (void)columns.curve();
    } catch (const predcg::ArgumentError&) {
    }
}

/// Values of all kinds that are saved.
struct Saved {
    predcg::Index integer = 0;
    double number = 0.0;
    bool flag = false;
    std::string text{};
    std::vector<double> numbers{};
    predcg::Vector vector{};
    std::optional<predcg::Matrix> matrix{};
    std::vector<std::string> names{};
    std::array<std::uint64_t, 2> words{};
    std::vector<std::vector<std::int8_t>> letters{};

    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.integer, self.number, self.flag, self.text, self.numbers, self.vector, self.matrix,
              self.names, self.words, self.letters);
    }
};

std::string bytes_of(const Saved& saved) {
    predcg::detail::ByteWriter write;
    write(saved);
    return write.bytes;
}

/// A checkpoint, and a part of one: what is read is written and read again, to equal bytes.
void resume_checkpoint(std::string_view bytes) {
    // Damage that the checksum finds, and what is behind it.
    std::ostringstream framed;
    predcg::detail::ByteFrame{{'p', 'c', 'g', 'w', 'o', 'r', 'k', '\n'}, 1}.write(framed, std::string(bytes),
                                                                                  "fuzz");
    for (const std::string& whole : {std::string(bytes), framed.str()}) {
        predcg::Checkpoint first("work"), second("work");
        try {
            first.resume(whole);
        } catch (const predcg::ArgumentError&) {
            continue;
        }
        second.resume(first.bytes());
        require(second.bytes() == first.bytes(), "a checkpoint that is written reads the same");
    }
    const auto store = std::make_shared<predcg::Checkpoint>("work");
    store->put("", std::string(bytes));
    Saved saved, again;
    try {
        (void)predcg::CheckpointPlace(store).restore(saved);
    } catch (const predcg::ArgumentError&) {
        return;
    }
    const std::string written = bytes_of(saved);
    store->put("", written);
    (void)predcg::CheckpointPlace(store).restore(again);
    require(bytes_of(again) == written, "a part that is kept is restored the same");
}

}  // namespace

const std::array<Target, 6> library_targets{
    {{"xtc", read_trajectory<predcg::TrajectoryFormat::xtc>},
     {"gro", read_trajectory<predcg::TrajectoryFormat::gro>},
     {"xyz", read_trajectory<predcg::TrajectoryFormat::extended_xyz>},
     {"lammps", read_trajectory<predcg::TrajectoryFormat::lammps_dump>},
     {"table", read_table},
     {"checkpoint", resume_checkpoint}}};

}  // namespace fuzz
