#include "reports/gnuplot.hpp"

#include "reports/palette.hpp"
#include "terminal/interrupt.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <regex>
#include <sys/wait.h>

namespace cli::study {

namespace {

constexpr const char* common = R"(
set encoding utf8
set datafile separator comma
set border 3 linewidth 1.2
set tics nomirror out scale 0.6
set grid linetype 1 linewidth 0.6 linecolor rgb grid
set key outside top left horizontal Left reverse samplen 1.5 spacing 1.3 maxrows 2 width -12
set pointsize 0.8
mu = '{/:Italic μ}'
theta = '{/:Italic θ}'
)";

std::string in_single_quotes(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

/// gnuplot fixes the strokes of symbols in an SVG, too thin for hollow ones.
void thicken_symbols(const ResultDirectory& directory, const std::string& file) {
    const std::regex symbol("(id='gpPt[0-9]+' stroke-width=')[0-9.]+'");
    const std::string svg = std::regex_replace(directory.read(file), symbol, "$010.40'");
    directory.write(file, svg);
}

/// Ctrl-C goes to what the shell runs, too, and while it runs only there.
bool shell(const std::string& command) {
    const int status = std::system(command.c_str());
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) {
        interrupt();
        stop_if_interrupted();
    }
    return status == 0;
}

}  // namespace

double tic_step(const std::vector<double>& values) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double span = values.empty() ? 0.0 : (*high - *low) / 4.0;
    if (!(span > 0.0) || !std::isfinite(span)) return 1.0;
    const double power = std::pow(10.0, std::floor(std::log10(span))), part = span / power;
    return power * (part < 1.5 ? 1.0 : part < 3.5 ? 2.0 : part < 7.5 ? 5.0 : 10.0);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

std::string script_of(const Figure& figure) {
    std::string script = "# Draws " + figure.name + ".svg and " + figure.name + ".png: gnuplot " +
                         figure.name + ".gp, in this directory.\n";
    for (const Colour& colour : palette) script += std::string(colour.name) + " = '" + colour.light + "'\n";
    const std::string width = std::to_string(figure.width), height = std::to_string(figure.height);
    script += common;
    script += "do for [format in 'svg png'] {\n"
              "if (format eq 'svg') {\n"
              "    set terminal svg linewidth 1.4 size " +
              width + "," + height +
              " enhanced font 'sans-serif,15'\n"
              "} else {\n"
              "    set terminal pngcairo size 2*" +
              width + ",2*" + height +
              " enhanced font 'Sans,11.25' fontscale 2 linewidth 2.4 pointscale 2.6\n"
              "}\n"
              "set output '" +
              figure.name + ".' . format\n";
    return script + figure.commands + "unset output\n}\n";
}

bool has_gnuplot() { return shell("command -v gnuplot >/dev/null 2>&1"); }

std::string draw(const ResultDirectory& directory, const std::vector<Figure>& figures) {
    std::string names, by_hand;
    for (const Figure& figure : figures) {
        directory.write(figure.name + ".gp", script_of(figure));
        names += " " + figure.name + ".gp";
    }
    by_hand = "To draw them later: gnuplot" + names + ", in " + directory.path().string() + ".";
    if (!has_gnuplot()) return "gnuplot was not found, so there are no figures. " + by_hand;
    const std::string log = "gnuplot.log";
    bool drawn = shell("cd -- " + in_single_quotes(directory.staging().string()) + " && for f in" + names +
                       "; do gnuplot -d \"$f\" || exit 1; done >" + log + " 2>&1");
    for (const Figure& figure : figures)
        drawn = drawn && directory.has(figure.name + ".svg") && directory.has(figure.name + ".png");
    const std::string said = directory.read(log);
    std::error_code ignored;
    std::filesystem::remove(directory.staging() / log, ignored);
    if (drawn)
        for (const Figure& figure : figures) thicken_symbols(directory, figure.name + ".svg");
    return drawn ? "" : "gnuplot failed, so figures are missing: " + said + "\n" + by_hand;
}

}  // namespace cli::study
