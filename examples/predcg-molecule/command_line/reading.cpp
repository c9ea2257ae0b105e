#include "command_line/reading.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "program/options.hpp"

namespace cli::molecules {

void check_credibility(double credibility) {
    if (!(credibility > 0.0 && credibility < 1.0))
        throw InputError("--credibility", text_of(credibility), "a number between 0 and 1");
}

void add_reading(CLI::App& app, ReadOptions& options) {
    app.add_option("--trajectory", options.trajectory.path, "Frames: XTC, GRO, XYZ or a dump of LAMMPS")
        ->type_name("FILE")
        ->required();
    add_structure(app, options.structure);
    add_integer(app, "--first", options.frames.first, "The first frame that is read, counted from 0", 0);
    add_integer(app, "--every", options.frames.every, "One frame of so many", 1);
    add_integer(app, "--frames", options.frames.most, "At most so many frames", 1, 10'000'000);
    add_format(app, options.trajectory);
}

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
