#include "studies/all_report.hpp"

#include "basics/numbers.hpp"

namespace cli::study {

namespace {

/// What the source concludes, the verdicts, and where to look.
std::string conclusions_of(const AllReport& all) {
    std::string html = "<table class=\"conclusions\">\n<thead><tr><th scope=\"col\">The source "
                       "concludes</th><th scope=\"col\">Verdict</th><th scope=\"col\">Numbers</th>"
                       "</tr></thead>\n<tbody>\n";
    for (const PartReport& part : all.parts)
        for (const Conclusion& c : part.report.conclusions)
            html += "<tr><td>" + c.claim + "</td><td>" + html_of(c.verdict) + "</td><td>" + c.evidence +
                    " <a href=\"#" + c.figure + "\">Figure</a></td></tr>\n";
    return html + "</tbody></table>\n";
}

/// What the source leaves open, and what was found.
std::string answers_of(const AllReport& all) {
    std::string rows;
    for (const PartReport& part : all.parts)
        for (const Answer& a : part.report.answers)
            rows += "<tr><td>" + a.question + "</td><td>" + a.answer + " <a href=\"#" + a.figure +
                    "\">Figure</a></td></tr>\n";
    if (rows.empty()) return {};
    return "<table class=\"conclusions\">\n<thead><tr><th scope=\"col\">The source leaves open</th><th "
           "scope=\"col\">What was found</th></tr></thead>\n<tbody>\n" +
           rows + "</tbody></table>\n";
}

std::string counted(const AllReport& all) {
    std::size_t count[3]{};
    for (const PartReport& part : all.parts)
        for (const Conclusion& c : part.report.conclusions) ++count[static_cast<int>(c.verdict)];
    return std::to_string(count[0]) + " of " + std::to_string(count[0] + count[1] + count[2]) +
           " conclusions are confirmed, " + std::to_string(count[1]) + " in part, " +
           std::to_string(count[2]) + " contradicted.";
}

}  // namespace

std::string all_page(const AllReport& all) {
    double seconds = 0.0;
    std::string contents;
    for (const PartReport& part : all.parts) {
        seconds += part.report.seconds;
        contents += "<li><a href=\"#" + part.name + "\">" + escaped(part.report.title) + "</a></li>\n";
    }
    std::string body =
        "<p>The experiments of M. Sch&ouml;berl, N. Zabaras and P.-S. Koutsourelakis, <cite>Predictive "
        "coarse-graining</cite> (2015; <a href=\"https://doi.org/10.1016/j.jcp.2016.10.073\">J. Comput. "
        "Phys. "
        "333, 2017</a>), done again, and what its outlook asks for. Every verdict and every answer is "
        "computed "
        "from the numbers below. " +
        counted(all) + "</p>\n";
    if (all.missing > 0)
        body += "<p><strong>Not finished: " + std::to_string(all.missing) + " of " +
                std::to_string(all.parts.size() + all.missing) +
                " experiments. The same command again goes on.</strong></p>\n";
    body += conclusions_of(all) + answers_of(all);
    body += "<p>Experiments, " + fixed(seconds / 60.0, 1) + " min in all:</p>\n<ul>\n" + contents + "</ul>\n";
    for (const PartReport& part : all.parts)
        body += "<section id=\"" + part.name + "\">\n<h2>" + escaped(part.report.title) + "</h2>\n" +
                body_of(part.report, {part.directory, true}) + "</section>\n";
    return page("Predictive coarse-graining of Ising chains", body);
}

}  // namespace cli::study
