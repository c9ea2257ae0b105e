// Pair potentials as tables for LAMMPS and GROMACS: one that is known, and one of another program.
#include <predcg/models/pair/pair_tables.hpp>

#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

using namespace predcg;

int main() {
    // ---- known
    const pair::LennardJones argon(0.99, 0.34, 0.9);  // kJ/mol, nm
    std::ostringstream file;                          // or std::ofstream("argon.table")
    const pair::TableReport report = pair::write_lammps_table(file, argon, "ARGON");
    std::printf("core below %.3f nm; splines err by %.1e kJ/mol, lines by %.1e\n", report.core,
                report.spline.energy, report.linear.energy);
    // ---- head
    std::istringstream lines(file.str());
    std::string line;
    for (int i = 0; i < 8 && std::getline(lines, line); ++i) std::puts(line.c_str());
    // ---- other
    std::istringstream votca(  // r, u and a flag; as VOTCA leaves it, u ends with a slope
        "0.25 9.0 o\n0.28 -1.0 i\n0.32 -0.6 i\n0.40 0.3 i\n0.50 -0.2 i\n0.70 0.1 i\n0.90 0.0 i\n");
    const pair::Tabulated table(read_columns(votca));
    try {
        pair::write_lammps_table(file, table, "WATER");
    } catch (const ArgumentError& error) {
        std::printf("%s is %s\n", error.argument().c_str(), error.value().c_str());
    }
    const pair::Switched ended(table, 0.8);  // u as it was up to 0.8 nm, 0 at 0.9
    pair::write_lammps_table(file, ended, "WATER");
    pair::write_gromacs_table(file, ended);
    // ---- end
    return 0;
}
