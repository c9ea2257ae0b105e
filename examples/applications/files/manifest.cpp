#include "files/manifest.hpp"

#include "basics/errors.hpp"
#include "files/schema.hpp"

#include <predcg/core/bytes.hpp>
#include <predcg/version.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <limits>

namespace cli::study {

std::string hash_of(std::string_view bytes) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx",
                  static_cast<unsigned long long>(predcg::detail::checksum_of(bytes)));
    return text;
}

bool is_plain_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos &&
           name.find('\0') == name.npos;
}

std::string manifest_text(const Manifest& manifest) {
    auto files = Schema::Json::object();
    for (const auto& [name, file] : manifest.files)
        files[name] = {{"bytes", file.bytes}, {"fnv1a64", file.hash}};
    const Schema::Json json{{"predcg", std::string(predcg::version_string)},
                            {"missing", manifest.missing},
                            {"files", std::move(files)}};
    return json.dump(1) + "\n";
}

std::optional<Manifest> manifest_from(const std::string& text) {
    static const Schema schema = Schema::object(
        {Schema::optional("missing", Schema::text()),
         {"files",
          Schema::map(Schema::object({{"bytes", Schema::integer(0, std::numeric_limits<std::int64_t>::max())},
                                      {"fnv1a64", Schema::text()}}))}});
    try {
        const Schema::Json json = parsed(text);
        schema.check(json);
        Manifest manifest{json.value("missing", std::string()), {}};
        for (const auto& [name, file] : json.at("files").items()) {
            if (!is_plain_name(name)) return {};
            manifest.files[name] = {file.at("bytes").get<std::uint64_t>(),
                                    file.at("fnv1a64").get<std::string>()};
        }
        return manifest;
    } catch (const InputError&) {
        return {};
    }
}

}  // namespace cli::study
