#pragma once
// A section of a LAMMPS table, read back.
#include <sstream>
#include <string>
#include <vector>

namespace support {

struct LammpsTable {
    std::string name{}, spacing{};
    long points = 0;
    double first = 0.0, last = 0.0, first_slope = 0.0, last_slope = 0.0;
    std::vector<double> r{}, energy{}, force{};
};

/// The section that begins after comments; `points` is -1 if it is not of the form expected.
inline LammpsTable read_lammps_table(const std::string& text) {
    std::istringstream in(text);
    LammpsTable table;
    std::string line, word;
    do std::getline(in, line);
    while (in && (line.empty() || line[0] == '#'));
    table.name = line;
    in >> word >> table.points >> table.spacing >> table.first >> table.last >> line >> table.first_slope >>
        table.last_slope;
    if (word != "N" || line != "FPRIME") table.points = -1;
    long number = 0;
    double r = 0.0, e = 0.0, f = 0.0;
    while (in >> number >> r >> e >> f) {
        if (number != static_cast<long>(table.r.size()) + 1) table.points = -1;
        table.r.push_back(r);
        table.energy.push_back(e);
        table.force.push_back(f);
    }
    return table;
}

}  // namespace support
