// info: what a file of frames holds.
#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/reading.hpp"
#include "files/output_file.hpp"
#include "io/info_json.hpp"
#include "program/long_work.hpp"
#include "program/options.hpp"

#include <predcg/core/error.hpp>

#include <cmath>
#include <memory>

namespace cli::molecules {

namespace {

struct InfoOptions {
    TrajectoryFile file;
    std::string structure, out;
    LongWorkOptions long_work;
};

std::string range_text(double from, double to) {
    return from == to ? brief(from) : brief(from) + " to " + brief(to);
}

std::string times_text(const TrajectoryInfo& info) {
    if (info.frames == 0 || std::isnan(info.first_time)) return "not known";
    const std::string times = range_text(info.first_time, info.last_time) + " ps";
    return std::isnan(info.longest_step)
               ? times
               : times + ", " + range_text(info.shortest_step, info.longest_step) + " ps apart";
}

std::string box_text(const TrajectoryInfo& info) {
    std::string text;
    for (std::size_t k = 0; k < 3; ++k)
        text += (k == 0 ? "" : " x ") + (info.longest_edges[k] > 0.0
                                             ? range_text(info.shortest_edges[k], info.longest_edges[k])
                                             : std::string("none"));
    return text + " nm" + (info.orthorhombic ? "" : ", triclinic");
}

std::string kind_text(const MoleculeKind& kind) {
    constexpr std::size_t most = 12;
    std::string text = std::to_string(kind.count) + " of " + std::to_string(kind.atoms()) +
                       (kind.atoms() == 1 ? " atom:" : " atoms:");
    for (std::size_t i = 0; i < std::min(most, kind.names.size()); ++i) text += " " + kind.names[i];
    return text + (kind.names.size() > most ? " .." : "");
}

void print_info(const TrajectoryInfo& info) {
    print_line("format", word_for(formats, info.format));
    print_line("frames", std::to_string(info.frames));
    if (info.frames == 0) return;
    print_line("times", times_text(info));
    print_line("atoms", info.fewest_atoms == info.most_atoms
                            ? std::to_string(info.most_atoms)
                            : std::to_string(info.fewest_atoms) + " to " + std::to_string(info.most_atoms));
    print_line("box", box_text(info));
    if (!info.structure) return print_line("molecules", "not known; --structure FILE.gro says them");
    constexpr std::size_t most = 20;
    const auto& kinds = info.structure->kinds;
    for (std::size_t k = 0; k < std::min(most, kinds.size()); ++k)
        print_line(k == 0 ? "molecules" : "", kind_text(kinds[k]));
    if (kinds.size() > most) print_line("", std::to_string(kinds.size() - most) + " kinds more");
}

void run_info(const InfoOptions& options) {
    std::optional<OutputFile> out;
    if (!options.out.empty())
        out.emplace(options.out,
                    std::initializer_list<std::filesystem::path>{options.file.path, options.structure});
    std::optional<Structure> structure;
    if (!options.structure.empty()) structure = read_structure(options.structure);
    LongWork work(options.long_work, {}, {});
    TrajectoryInfo info = [&] {
        try {
            return info_of(options.file, work.stop());
        } catch (const predcg::Stopped&) {
            work.end_without_result();
        }
    }();
    if (structure) {
        if (info.frames > 0 && (structure->atoms != info.fewest_atoms || structure->atoms != info.most_atoms))
            throw InputError(
                "--structure",
                in_quotes(options.structure) + " of " + std::to_string(structure->atoms) + " atoms",
                "a structure of the " + std::to_string(info.most_atoms) + " atoms of the frames");
        info.structure = structure;
    }
    if (out) out->commit(json_of(info));
    print_info(info);
    work.end();
}

}  // namespace

Command add_info(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("info", "What a file of frames holds: times, atoms, box, molecules");
    const auto options = std::make_shared<InfoOptions>();
    sub->add_option("FILE", options->file.path, "A file of frames: XTC, GRO, XYZ or a dump of LAMMPS")
        ->type_name("")
        ->required();
    add_structure(*sub, options->structure);
    add_format(*sub, options->file);
    add_max_time(*sub, options->long_work);
    sub->add_option("--out", options->out, "Where to write the same as JSON; - for standard output")
        ->type_name("FILE.json");
    sub->footer("All frames are read: a file that is damaged or ends within a frame is found out.\n\n"
                "Examples:\n"
                "    predcg-molecule info water.xtc --structure water.gro\n"
                "  a dump of LAMMPS in Angstrom, 1 fs a step:\n"
                "    predcg-molecule info run.lammpstrj --length-in-nm 0.1 --step-in-ps 0.001");
    return {sub, [options] { run_info(*options); }};
}

}  // namespace cli::molecules
