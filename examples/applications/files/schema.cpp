#include "files/schema.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/json.hpp"

#include <predcg/core/bytes.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

namespace cli {

namespace {

std::string checksum_of(const Schema::Json& json) {
    char text[24];
    std::snprintf(text, sizeof text, "%016llx",
                  static_cast<unsigned long long>(predcg::detail::checksum_of(json.dump())));
    return text;
}

constexpr int deepest = 32;
constexpr std::size_t most_keys = 4096;  // of an object, which is searched key by key
constexpr std::size_t most_values =
    60'000'000;  // of a file; a gibibyte holds as many doubles with their digits

}  // namespace

std::string shortened(const Schema::Json& value) {
    if (value.is_array()) return "a list of " + std::to_string(value.size());
    if (value.is_object()) return "an object";
    std::string text = value.dump(-1, ' ', false, Schema::Json::error_handler_t::replace);
    return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

Schema::Field::Field(std::string key, Schema schema, bool is_required)
    : name(std::move(key)), value(std::make_shared<const Schema>(std::move(schema))), required(is_required) {}

Schema Schema::number(double least, double most) {
    Schema s(Kind::number);
    s.least_ = least;
    s.most_ = most;
    return s;
}
Schema Schema::number_above(double bound, double most) {
    Schema s = number(bound, most);
    s.open_ = true;
    return s;
}
Schema Schema::number_or_null(double most) {
    Schema s = number(-most, most);
    s.kind_ = Kind::number_or_null;
    return s;
}
Schema Schema::integer(std::int64_t least, std::int64_t most) {
    Schema s(Kind::integer);
    s.least_integer_ = least;
    s.most_integer_ = most;
    return s;
}
Schema Schema::seed() { return Schema(Kind::seed); }
Schema Schema::boolean() { return Schema(Kind::boolean); }
Schema Schema::text() { return Schema(Kind::text); }
Schema Schema::word(std::vector<std::string> words) {
    Schema s(Kind::word);
    s.words_ = std::move(words);
    return s;
}
Schema Schema::list(Schema element, std::size_t most) {
    Schema s(Kind::list);
    s.element_ = std::make_shared<const Schema>(std::move(element));
    s.most_size_ = most;
    return s;
}
Schema Schema::pair(Schema element) {
    Schema s = list(std::move(element), 2);
    s.least_size_ = 2;
    return s;
}
Schema Schema::map(Schema value) {
    Schema s(Kind::map);
    s.element_ = std::make_shared<const Schema>(std::move(value));
    return s;
}
Schema Schema::object(std::vector<Field> fields) {
    Schema s(Kind::object);
    s.fields_ = std::move(fields);
    return s;
}

bool Schema::holds(const Json& value) const {
    switch (kind_) {
    case Kind::number_or_null:
        if (value.is_null()) return true;
        [[fallthrough]];
    case Kind::number: {
        if (!value.is_number()) return false;
        const auto x = value.get<double>();
        return std::isfinite(x) && (open_ ? x > least_ : x >= least_) && x <= most_;
    }
    case Kind::integer:
        if (value.is_number_unsigned())
            return value.get<std::uint64_t>() <=
                       static_cast<std::uint64_t>(std::max<std::int64_t>(most_integer_, 0)) &&
                   value.get<std::int64_t>() >= least_integer_;
        return value.is_number_integer() && value.get<std::int64_t>() >= least_integer_ &&
               value.get<std::int64_t>() <= most_integer_;
    case Kind::seed:
        return value.is_number_unsigned();
    case Kind::boolean:
        return value.is_boolean();
    case Kind::text:
        return value.is_string();
    case Kind::word:
        return value.is_string() &&
               std::find(words_.begin(), words_.end(), value.get_ref<const std::string&>()) != words_.end();
    case Kind::list:
        return value.is_array() && value.size() >= least_size_ && value.size() <= most_size_;
    case Kind::map:
    case Kind::object:
        return value.is_object();
    }
    return false;
}

std::string Schema::allowed() const {
    const auto range = [](const std::string& least, const std::string& most) {
        return "from " + least + " to " + most;
    };
    switch (kind_) {
    case Kind::number:
    case Kind::number_or_null:
        return "a number " +
               (open_ ? "above " + text_of(least_) + ", up to " + text_of(most_)
                      : range(text_of(least_), text_of(most_))) +
               (kind_ == Kind::number ? "" : ", or null");
    case Kind::integer:
        return "a whole number " + range(std::to_string(least_integer_), std::to_string(most_integer_));
    case Kind::seed:
        return "a whole number of 64 bits without a sign";
    case Kind::boolean:
        return "true or false";
    case Kind::text:
        return "a text";
    case Kind::word: {
        std::string text;
        for (const std::string& word : words_) text += (text.empty() ? "" : ", ") + in_quotes(word);
        return text;
    }
    case Kind::list:
        return least_size_ == most_size_ ? "a list of " + std::to_string(most_size_)
                                         : "a list of no more than " + std::to_string(most_size_);
    case Kind::map:
    case Kind::object:
        return "an object";
    }
    return {};
}

std::string Schema::Place::text() const {
    const std::string before = of == nullptr ? "" : of->text();
    if (key.data() == nullptr) return before + "[" + std::to_string(element) + "]";
    return before + (of == nullptr ? "" : ".") + std::string(key);
}

void Schema::check(const Json& value) const { check(value, nullptr); }

void Schema::check(const Json& value, const Place* place) const {
    if (!holds(value))
        throw InputError(place == nullptr ? "the file" : place->text(), shortened(value), allowed());
    if (kind_ == Kind::list)
        for (std::size_t k = 0; k < value.size(); ++k) {
            const Place here{place, {}, k};
            element_->check(value[k], &here);
        }
    if (kind_ == Kind::map)
        for (const auto& [name, one] : value.items()) {
            const Place here{place, name, 0};
            element_->check(one, &here);
        }
    for (const Field& field : fields_) {
        const Place here{place, field.name, 0};
        const auto at = value.find(field.name);
        if (at != value.end())
            field.value->check(*at, &here);
        else if (field.required)
            throw InputError(here.text(), "absent", field.value->allowed());
    }
}

std::string sealed(Schema::Json json, int format) {
    json["format"] = format;
    json["checksum"] = checksum_of(json);
    return json.dump(1) + "\n";
}

Json parsed(const std::string& text) {
    using Event = Json::parse_event_t;
    std::string wrong;                        // what ends reading
    std::vector<std::set<std::string>> keys;  // of the objects that are open
    std::size_t values = 0;
    Json json = Json::parse(
        text,
        [&](int depth, Event event, Json& value) {
            if (!wrong.empty()) return false;
            if (depth > deepest && event != Event::value)
                wrong = "nested deeper than " + std::to_string(deepest);
            else if (values += event == Event::value ? 1 : 4; values > most_values)  // lists take more memory
                wrong = "more than " + std::to_string(most_values) + " values";
            else if (event == Event::object_start)
                keys.emplace_back();
            else if (event == Event::object_end)
                keys.pop_back();
            else if (event == Event::key && !keys.back().insert(value.get<std::string>()).second)
                wrong = "the key " + in_quotes(value.get<std::string>()) + " twice in an object";
            else if (event == Event::key && keys.back().size() > most_keys)
                wrong = "an object of more than " + std::to_string(most_keys) + " keys";
            return wrong.empty();
        },
        false);
    if (!wrong.empty()) throw InputError("the file", wrong, "a result file");
    if (json.is_discarded()) throw InputError("the file", "no JSON, or cut short", "a whole result file");
    if (!json.is_object()) throw InputError("the file", shortened(json), "an object");
    return json;
}

Json unsealed(Json json, int format, const Schema& schema) {
    if (json.contains("format")) {
        if (json["format"] != format)
            throw InputError("format", shortened(json["format"]),
                             std::to_string(format) + ", what this version writes, or a file of version 0.1 "
                                                      "without a format");
    }
    if (json.contains("checksum")) {
        const Json found = json["checksum"];
        json.erase("checksum");
        if (const std::string expected = checksum_of(json); found != expected)
            throw InputError(
                "checksum", shortened(found),
                in_quotes(expected) +
                    ", that of the values: they were changed or damaged after "
                    "they were written (a file that is changed on purpose is read without the key checksum)");
    }
    schema.check(json);
    return json;
}

}  // namespace cli
