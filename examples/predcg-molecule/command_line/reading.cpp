#include "command_line/reading.hpp"

#include "program/options.hpp"

namespace cli::molecules {

void add_structure(CLI::App& app, std::string& path) {
    app.add_option("--structure", path,
                   "A file that says which molecule each atom belongs to: GRO, or a dump of LAMMPS with mol")
        ->type_name("FILE");
}

void add_format(CLI::App& app, TrajectoryFile& file) {
    std::string type;
    std::vector<std::string> words;
    for (const auto& [word, meaning] : formats) {
        words.push_back(word);
        type += (type.empty() ? "" : "|") + word;
    }
    app.add_option_function<std::string>(
           "--format",
           [&file, words](const std::string& text) {
               chosen("--format", text, words);
               for (const auto& [word, meaning] : formats)
                   if (word == text) file.format = meaning;
           },
           with_default("What the trajectory is written in", "as its name ends"))
        ->type_name(type);
    add_number(
        app, "--length-in-nm", file.length_in_nm,
        "nm of the file's unit of length; 0: the format's own, which a dump of LAMMPS does not always say",
        Sign::not_negative);
    add_number(app, "--step-in-ps", file.step_in_ps, "ps of a step, for files that say no times; 0: none",
               Sign::not_negative);
}

}  // namespace cli::molecules
