#pragma once
// A study's report as data: written as a page of its own, kept as report.json, and shown again among others.
#include "reports/gnuplot.hpp"
#include "reports/html.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cli::study {

enum class Verdict { confirmed, in_part, contradicted };
/// A symbol and a word, HTML.
std::string html_of(Verdict verdict);

/// What the source concludes, and what the numbers say to it.
struct Conclusion {
    std::string claim;  ///< HTML, a sentence without its full stop
    Verdict verdict = Verdict::confirmed;
    std::string evidence;  ///< HTML, sentences with the numbers that decided
    std::string figure;    ///< name of the one that shows it
};

/// What the source leaves open, and what the numbers answer.
struct Answer {
    std::string question;  ///< HTML, the source's words
    std::string answer;    ///< HTML, sentences
    std::string figure;    ///< name of the one that shows it
};

using SettingRows = std::vector<std::pair<std::string, std::string>>;

struct Report {
    std::string title{};                ///< plain text
    std::string lead{};                 ///< HTML, paragraphs above the figures
    std::vector<HtmlFigure> figures{};  ///< their captions without conclusions and answers
    std::vector<Conclusion> conclusions{};
    std::vector<Answer> answers{};
    std::string details{};   ///< HTML, sections below the figures
    SettingRows settings{};  ///< plain text
    std::string command{};   ///< that repeats it
    double seconds = 0.0;
};

/// Draws the figures, and writes report.html and report.json. Returns what went wrong with the figures, for
/// the user; empty if nothing did.
std::string write_report(Report report, const std::vector<Figure>& figures,
                         const std::function<double()>& seconds, const ResultDirectory& directory);

/// The text of report.json.
std::string report_text(const Report& report);
/// From such a text. Throws InputError for another one: other types, or names of files that are paths.
Report read_report(const std::string& json);

/// Lead, figures with captions and verdicts, details, settings. Headings begin at <h2>.
std::string body_of(const Report& report, const FigureFiles& files);

}  // namespace cli::study
