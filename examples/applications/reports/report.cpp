#include "reports/report.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/manifest.hpp"
#include "files/schema.hpp"

#include <Eigen/Core>
#include <boost/version.hpp>
#include <nlohmann/json.hpp>

#include <predcg/version.hpp>

namespace cli::study {

using Json = nlohmann::ordered_json;

namespace {

constexpr const char* words[]{"confirmed", "in part", "contradicted"};

Json json_of(const HtmlFigure& figure) {
    return {{"name", figure.name},
            {"title", figure.title},
            {"description", figure.description},
            {"caption", figure.caption},
            {"files", figure.files}};
}

Json json_of(const Conclusion& conclusion) {
    return {{"claim", conclusion.claim},
            {"verdict", words[static_cast<int>(conclusion.verdict)]},
            {"evidence", conclusion.evidence},
            {"figure", conclusion.figure}};
}

Json json_of(const Answer& answer) {
    return {{"question", answer.question}, {"answer", answer.answer}, {"figure", answer.figure}};
}

Json json_of(const Report& report) {
    Json json{{"title", report.title}, {"lead", report.lead}};
    json["figures"] = json["conclusions"] = json["answers"] = json["settings"] = Json::array();
    for (const auto& figure : report.figures) json["figures"].push_back(json_of(figure));
    for (const auto& conclusion : report.conclusions) json["conclusions"].push_back(json_of(conclusion));
    for (const auto& answer : report.answers) json["answers"].push_back(json_of(answer));
    json["details"] = report.details;
    for (const auto& [name, value] : report.settings) json["settings"].push_back({name, value});
    json["command"] = report.command;
    json["seconds"] = report.seconds;
    return json;
}

Verdict verdict_of(const std::string& word) {
    return word == words[0]   ? Verdict::confirmed
           : word == words[1] ? Verdict::in_part
                              : Verdict::contradicted;
}

std::string versions() {
#if defined(__clang__)
    const std::string compiler = "clang++ " __clang_version__;
#else
    const std::string compiler = "g++ " __VERSION__;
#endif
    return "predcg " + std::string(predcg::version_string) + "; " + compiler + "; Eigen " +
           std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
           std::to_string(EIGEN_MINOR_VERSION) + "; Boost " + std::to_string(BOOST_VERSION / 100000) + "." +
           std::to_string(BOOST_VERSION / 100 % 1000);
}

/// The figure with the verdicts and answers that are about it.
HtmlFigure judged(HtmlFigure figure, const Report& report) {
    for (const Conclusion& c : report.conclusions)
        if (c.figure == figure.name)
            figure.caption += "<p class=\"conclusion\">The source: <q>" + c.claim + "</q> " +
                              html_of(c.verdict) + ". " + c.evidence + "</p>";
    for (const Answer& a : report.answers)
        if (a.figure == figure.name)
            figure.caption += "<p class=\"conclusion\">The source leaves open: <q>" + a.question + "</q> " +
                              a.answer + "</p>";
    return figure;
}

}  // namespace

std::string html_of(Verdict verdict) {
    constexpr const char* symbols[]{"&#10003;", "&asymp;", "&#10007;"};
    const auto k = static_cast<int>(verdict);
    return std::string("<strong class=\"verdict\">") + symbols[k] + "&nbsp;" +
           (verdict == Verdict::in_part ? "confirmed in&nbsp;part" : words[k]) + "</strong>";
}

std::string write_report(Report report, const std::vector<Figure>& figures,
                         const std::function<double()>& seconds, const ResultDirectory& directory) {
    const std::string problem = draw(directory, figures);
    report.seconds = seconds();
    report.settings.emplace_back("versions", versions());
    report.settings.emplace_back("time taken", fixed(report.seconds, 1) + " s");
    directory.write("report.json", report_text(report));
    directory.write("report.html", page(report.title, body_of(report, {directory.staging()})));
    return problem;
}

std::string report_text(const Report& report) { return json_of(report).dump(1) + "\n"; }

Report read_report(const std::string& text) {
    const auto texts = [](std::initializer_list<const char*> names) {
        std::vector<Schema::Field> fields;
        for (const char* name : names) fields.emplace_back(name, Schema::text());
        return fields;
    };
    const auto objects = [](std::vector<Schema::Field> fields, Schema::Field last) {
        fields.push_back(std::move(last));
        return Schema::list(Schema::object(std::move(fields)));
    };
    static const Schema schema = Schema::object(
        {{"title", Schema::text()},
         {"lead", Schema::text()},
         {"figures", objects(texts({"name", "title", "description", "caption"}),
                             {"files", Schema::list(Schema::text())})},
         {"conclusions", objects(texts({"claim", "evidence", "figure"}),
                                 {"verdict", Schema::word({std::begin(words), std::end(words)})})},
         Schema::optional("answers", objects(texts({"question", "answer"}), {"figure", Schema::text()})),
         {"details", Schema::text()},
         {"settings", Schema::list(Schema::pair(Schema::text()))},
         {"command", Schema::text()},
         {"seconds", Schema::number(0.0)}});
    const Json json = parsed(text);
    schema.check(json);
    const auto plain = [](std::string name) {
        if (!is_plain_name(name)) throw InputError("figures", in_quotes(name), "names of files, no paths");
        return name;
    };
    Report report;
    report.title = json["title"];
    report.lead = json["lead"];
    report.details = json["details"];
    report.command = json["command"];
    report.seconds = json["seconds"];
    for (const auto& f : json["figures"]) {
        HtmlFigure figure{plain(f["name"]), f["title"], f["description"], f["caption"], {}};
        for (const auto& file : f["files"]) figure.files.push_back(plain(file));
        report.figures.push_back(std::move(figure));
    }
    for (const auto& c : json["conclusions"])
        report.conclusions.push_back({c["claim"], verdict_of(c["verdict"]), c["evidence"], c["figure"]});
    for (const auto& a : json.value("answers", Json::array()))
        report.answers.push_back({a["question"], a["answer"], a["figure"]});
    for (const auto& row : json["settings"]) report.settings.emplace_back(row[0], row[1]);
    return report;
}

std::string body_of(const Report& report, const FigureFiles& files) {
    std::string html = report.lead + "<div class=\"figures\">\n";
    for (const HtmlFigure& figure : report.figures) html += html_of(judged(figure, report), files);
    html += "</div>\n" + report.details;
    return html + "<h3>Settings</h3>\n" + settings_table(report.settings) + "<p>To repeat it: <code>" +
           escaped(report.command) + "</code></p>\n";
}

}  // namespace cli::study
