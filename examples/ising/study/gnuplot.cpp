#include "study/gnuplot.hpp"

#include "study/palette.hpp"

#include <cstdlib>

namespace cli::study {

namespace {

constexpr const char* common = R"(
set encoding utf8
set datafile separator comma
set border 3 linewidth 1.2
set tics nomirror out scale 0.6
set grid linetype 1 linewidth 1 linecolor rgb grid
set key outside top left horizontal Left reverse samplen 1.5 width 1 spacing 1.3
set pointsize 0.8
mu = '{/:Italic μ}'
theta = '{/:Italic θ}'
)";

std::string in_single_quotes(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

bool shell(const std::string& command) { return std::system(command.c_str()) == 0; }

}  // namespace

std::string script_of(const Figure& figure) {
    std::string script = "# Draws " + figure.name + ".svg and " + figure.name + ".png: gnuplot " +
                         figure.name + ".gp, in this directory.\n";
    for (const Colour& colour : palette) script += std::string(colour.name) + " = '" + colour.light + "'\n";
    const std::string width = std::to_string(figure.width), height = std::to_string(figure.height);
    script += common;
    script += "do for [format in 'svg png'] {\n"
              "if (format eq 'svg') {\n"
              "    set terminal svg size " +
              width + "," + height +
              " enhanced font 'sans-serif,14'\n"
              "} else {\n"
              "    set terminal pngcairo size 2*" +
              width + ",2*" + height +
              " enhanced font 'Sans,10.5' fontscale 2 linewidth 2 pointscale 2\n"
              "}\n"
              "set output '" +
              figure.name + ".' . format\n";
    return script + figure.commands + "unset output\n}\n";
}

std::string draw(const ResultDirectory& directory, const std::vector<Figure>& figures) {
    std::string names, by_hand;
    for (const Figure& figure : figures) {
        directory.write(figure.name + ".gp", script_of(figure));
        names += " " + figure.name + ".gp";
    }
    by_hand = "To draw them later: gnuplot" + names + ", in " + directory.path().string() + ".";
    if (!shell("command -v gnuplot >/dev/null 2>&1"))
        return "gnuplot was not found, so there are no figures. " + by_hand;
    const std::string log = "gnuplot.log";
    bool drawn = shell("cd -- " + in_single_quotes(directory.staging().string()) + " && for f in" + names +
                       "; do gnuplot \"$f\" || exit 1; done >" + log + " 2>&1");
    for (const Figure& figure : figures)
        drawn = drawn && directory.has(figure.name + ".svg") && directory.has(figure.name + ".png");
    const std::string said = directory.read(log);
    std::error_code ignored;
    std::filesystem::remove(directory.staging() / log, ignored);
    return drawn ? "" : "gnuplot failed, so figures are missing: " + said + "\n" + by_hand;
}

}  // namespace cli::study
