#pragma once
#include "files/result_directory.hpp"

#include <string>
#include <vector>

namespace cli::study {

/// A figure: a gnuplot script <name>.gp that reads the CSV beside it and draws <name>.svg and <name>.png.
struct Figure {
    std::string name;
    int width = 480, height = 420;  ///< of the SVG; the PNG has twice the pixels
    std::string commands;           ///< settings and plot, with the colours of the palette as variables
};

/// A round distance of tics that puts four to eight on an axis with these values.
double tic_step(const std::vector<double>& values);

/// `text` with `to` wherever `from` stood, for commands that differ in a few words.
std::string replaced(std::string text, const std::string& from, const std::string& to);

std::string script_of(const Figure& figure);

/// True if there is a gnuplot to draw with.
bool has_gnuplot();

/// Writes the scripts and runs gnuplot on them. Returns an empty text if all figures were drawn, else why
/// not, for the user.
std::string draw(const ResultDirectory& directory, const std::vector<Figure>& figures);

}  // namespace cli::study
