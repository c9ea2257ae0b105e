#include "reports/html.hpp"

#include "basics/numbers.hpp"
#include "files/result_directory.hpp"
#include "reports/palette.hpp"

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace cli::study {

namespace {

constexpr const char* style = R"(
:root { --page: #ffffff; --ink: #1c1c1c; --soft: #5c5c5c; --line: #d8d8d8; --card: #fafafa; --link: #0b5394;
        color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --page: #16181b; --ink: #e6e6e6; --soft: #a5a5a5; --line: #3d4148; --card: #1d2024; --link: #8ab8ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.2rem 1rem 3rem; max-width: 68rem; background: var(--page); color: var(--ink);
       font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .2rem 0 .6rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .6rem; }
p, ul { max-width: 46rem; }
li { margin-bottom: .3rem; }
a { color: var(--link); }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .9em; overflow-wrap: anywhere; }
.figures { columns: 27rem 2; column-gap: 1rem; }
figure { margin: 0 0 1rem; padding: .8rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card);
         break-inside: avoid; }
figure h3 { font-size: 1rem; margin: 0 0 .4rem; }
figure svg { display: block; width: 100%; max-width: 34rem; height: auto; margin: 0 auto; }
figcaption { font-size: .92rem; margin-top: .5rem; }
figcaption p { margin: .3rem 0; }
.files, .note { color: var(--soft); font-size: .85rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
thead th { border-bottom: 2px solid var(--line); font-weight: 600; vertical-align: bottom; }
.conclusions { font-size: .95rem; }
.conclusions th, .conclusions td { text-align: left; white-space: normal; vertical-align: top; padding: .4rem .6rem; }
.conclusions td:nth-child(3) { font-size: .9em; }
.verdict { white-space: nowrap; }
section { border-top: 2px solid var(--line); margin-top: 2.5rem; }
.settings th { font-weight: 400; text-align: left; color: var(--soft); vertical-align: top; }
.settings td { text-align: left; white-space: normal; }
@media (max-width: 44rem) { .conclusions thead { display: none; }
  .conclusions tr, .conclusions td { display: block; padding: .1rem 0; border: 0; }
  .conclusions tr { border-bottom: 1px solid var(--line); padding: .5rem 0; } .conclusions td:first-child { font-weight: 600; } }
@media (max-width: 30rem) { body { padding: .8rem .6rem 2rem; } figure { padding: .6rem .4rem; }
  ul { padding-left: 1.2rem; } }
@media print { body { max-width: none; font-size: 10pt; } a { color: inherit; } .scroll { overflow: visible; }
  .scroll table { font-size: 6.5pt; } th, td { padding: .15rem .3rem; } tr { break-inside: avoid; } .files { display: none; } }
)";

/// Parts of a colour as gnuplot writes them into an SVG.
std::string svg_colour(const std::string& hex) {
    const auto part = [&](std::size_t at) {
        return static_cast<int>(std::strtol(hex.substr(at, 2).c_str(), nullptr, 16));
    };
    char text[32];
    std::snprintf(text, sizeof text, "rgb(%3d, %3d, %3d)", part(1), part(3), part(5));
    return text;
}

/// CSS that shows a colour of the SVG as another one.
std::string recolour(const std::string& from, const std::string& to) {
    std::string css;
    for (const std::string property : {"stroke", "color", "fill"})
        css += "  figure svg [" + property + "=\"" + from + "\"] { " + property + ": " + to + "; }\n";
    return css;
}

/// On a dark page the palette's dark colours take the place of those in the SVG.
std::string dark_figures() {
    std::string css = "@media screen and (prefers-color-scheme: dark) {\n";
    for (const Colour& colour : palette) css += recolour(svg_colour(colour.light), colour.dark);
    return css + recolour("black", "var(--ink)") + recolour("white", "var(--card)") + "}\n";
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

/// gnuplot's SVG as an element of the page: without prolog and size, with names of its own.
std::string inlined(std::string svg, const HtmlFigure& figure) {
    svg.erase(0, svg.find("<svg"));
    const auto size = svg.find("width="), view = svg.find("viewBox=");
    if (size < view && view != std::string::npos) svg.erase(size, view - size);
    const auto title = svg.find("<title>"), title_end = svg.find("</title>");
    if (title < title_end && title_end != std::string::npos) svg.erase(title, title_end + 8 - title);
    for (const std::string start : {"id='", "id=\"", "href='#"})
        replace_all(svg, start, start + figure.name + "-");
    svg.insert(4, " role=\"img\" aria-label=\"" + escaped(figure.description) + "\"");
    return svg;
}

/// Text as a data: URI.
std::string data_uri(const std::string& text) {
    std::string uri = "data:text/plain;charset=utf-8,";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || std::strchr("-_.~,:=+()*/;", c) != nullptr) {
            uri += c;
            continue;
        }
        char code[4];
        std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(byte));
        uri += code;
    }
    return uri;
}

std::string link(const std::string& file, const std::string& text, const FigureFiles& files) {
    const std::string start = files.embedded ? "<a download=\"" + escaped(file) + "\" href=\"" +
                                                   data_uri(read_file(files.directory / file))
                                             : "<a href=\"" + escaped(file);
    return start + "\">" + escaped(text) + "</a>";
}

}  // namespace

std::string escaped(const std::string& text) {
    std::string html;
    for (const char c : text)
        html += c == '&'   ? "&amp;"
                : c == '<' ? "&lt;"
                : c == '>' ? "&gt;"
                : c == '"' ? "&quot;"
                           : std::string(1, c);
    return html;
}

std::string html_number(double value, int digits) {
    const std::string text = fixed(value, digits);
    return text[0] == '-' ? "&minus;" + text.substr(1) : text;
}

std::string percent(double fraction, int digits) { return html_number(100.0 * fraction, digits) + " %"; }

std::string html_of(const HtmlTable& table) {
    std::string html = "<div class=\"scroll\"><table>\n<thead><tr>";
    for (const auto& column : table.columns) html += "<th scope=\"col\">" + column + "</th>";
    html += "</tr></thead>\n<tbody>\n";
    for (const auto& row : table.rows) {
        html += "<tr>";
        for (const auto& cell : row) html += "<td>" + cell + "</td>";
        html += "</tr>\n";
    }
    return html + "</tbody></table></div>\n";
}

std::string settings_table(const std::vector<std::pair<std::string, std::string>>& settings) {
    std::string html = "<table class=\"settings\">\n";
    for (const auto& [name, value] : settings)
        html += "<tr><th scope=\"row\">" + escaped(name) + "</th><td>" + escaped(value) + "</td></tr>\n";
    return html + "</table>\n";
}

std::string html_of(const HtmlFigure& figure, const FigureFiles& files) {
    const std::string svg = figure.name + ".svg", png = figure.name + ".png", script = figure.name + ".gp";
    const bool drawn = has_file(files.directory / svg) && has_file(files.directory / png);
    std::string html = "<figure id=\"" + figure.name + "\">\n<h3>" + figure.title + "</h3>\n";
    html += drawn ? inlined(read_file(files.directory / svg), figure)
                  : "<p class=\"note\">Not drawn: gnuplot was missing or failed. Run <code>gnuplot " +
                        escaped(script) + "</code> in this directory.</p>";
    html += "<figcaption>" + figure.caption + "<p class=\"files\">Data: ";
    for (const auto& file : figure.files) html += link(file, file, files) + " &middot; ";
    if (drawn && !files.embedded)
        html += link(svg, "SVG", files) + " &middot; " + link(png, "PNG", files) + " &middot; ";
    return html + link(script, "gnuplot script", files) + "</p></figcaption>\n</figure>\n";
}

std::string page(const std::string& title, const std::string& body) {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
           escaped(title) + "</title>\n<style>" + style + dark_figures() + "</style>\n</head>\n<body>\n<h1>" +
           escaped(title) + "</h1>\n" + body + "</body>\n</html>\n";
}

}  // namespace cli::study
