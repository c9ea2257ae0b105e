#pragma once
// Runs of LAMMPS' program `lmp`, where it is installed.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace support {

/// Why a test is skipped.
inline constexpr const char* no_lammps =
    "lmp was not found (Debian: package lammps; sh cmake/setup.sh --molecules)";

/// A folder with the files of a run, deleted with the object.
class LammpsRun {
public:
    explicit LammpsRun(const std::string& name)
        : folder_(std::filesystem::temp_directory_path() /
                  ("predcg_" + name + "_" + std::to_string(reinterpret_cast<std::size_t>(this)))) {
        std::filesystem::create_directories(folder_);
    }
    LammpsRun(const LammpsRun&) = delete;
    LammpsRun& operator=(const LammpsRun&) = delete;
    ~LammpsRun() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    /// Is `lmp` in the path?
    static bool installed() { return std::system("command -v lmp > /dev/null 2>&1") == 0; }

    std::string path(const std::string& file) const { return (folder_ / file).string(); }

    void write(const std::string& file, const std::string& text) const {
        std::ofstream(folder_ / file) << text;
    }

    std::string read(const std::string& file) const {
        std::ifstream in(folder_ / file);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }

    /// Runs the input; true if LAMMPS ends well. What it says is in log.lammps, what goes wrong in
    /// screen.txt.
    bool run(const std::string& input) const {
        write("in.lammps", input);
        const std::string command = "cd '" + folder_.string() +
                                    "' && OMP_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 "
                                    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 lmp -in in.lammps > screen.txt 2>&1";
        return std::system(command.c_str()) == 0;
    }

    /// The rows of numbers below the thermo headings of the log, all runs one after the other.
    std::vector<std::vector<double>> thermo() const {
        std::istringstream log(read("log.lammps"));
        std::vector<std::vector<double>> rows;
        bool inside = false;
        for (std::string line; std::getline(log, line);) {
            if (line.rfind("Step ", 0) == 0 || line.rfind("   Step", 0) == 0) {
                inside = true;
            } else if (line.rfind("Loop time", 0) == 0) {
                inside = false;
            } else if (inside) {
                std::istringstream words(line);
                std::vector<double> row;
                for (double x = 0.0; words >> x;) row.push_back(x);
                if (!row.empty()) rows.push_back(std::move(row));
            }
        }
        return rows;
    }

private:
    std::filesystem::path folder_;
};

}  // namespace support
