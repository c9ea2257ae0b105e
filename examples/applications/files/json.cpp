#include "files/json.hpp"

#include <cmath>
#include <limits>

namespace cli {

using namespace predcg;

Json list_of(const Vector& v) { return std::vector<double>(v.begin(), v.end()); }

Json known(double value) { return std::isfinite(value) ? Json(value) : Json(); }
Json known(const std::optional<double>& value) { return value ? known(*value) : Json(); }

double value_of(const Json& json) {
    return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}
std::optional<double> known_value(const Json& json) {
    return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}
Vector vector_of(const Json& list) {
    const auto values = list.get<std::vector<double>>();
    return Eigen::Map<const Vector>(values.data(), static_cast<Index>(values.size()));
}
Vector values_of(const Json& object, const std::vector<std::string>& names) {
    Vector values(static_cast<Index>(names.size()));
    for (std::size_t k = 0; k < names.size(); ++k)
        values[static_cast<Index>(k)] = value_of(object.at(names[k]));
    return values;
}

Json named(const std::vector<std::string>& names, const Vector& values) {
    Json object = Json::object();
    for (std::size_t k = 0; k < names.size(); ++k) object[names[k]] = known(values[static_cast<Index>(k)]);
    return object;
}

}  // namespace cli
