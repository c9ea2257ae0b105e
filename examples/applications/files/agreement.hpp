#pragma once
// What the parts of a result file say of each other. A schema looks at one value; these look at several.
#include "files/json.hpp"

#include <predcg/learning/estimate.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace cli {

/// A value of a file, and its place there. Everything that is required throws InputError with that place
/// ("posterior.names[1]"), what stands there and what is allowed.
class Part {
public:
    explicit Part(const Json& value, std::string place = {}) : value_(&value), place_(std::move(place)) {}

    const Json& value() const { return *value_; }
    const std::string& place() const { return place_; }
    bool has(const std::string& key) const { return value_->is_object() && value_->contains(key); }

    /// The value of a key, which is required.
    Part at(const std::string& key) const;
    /// An element that there is.
    Part at(std::size_t k) const;

    void require(bool holds, const std::string& allowed) const;
    /// These texts in this order.
    void require_names(const std::vector<std::string>& names) const;
    /// An object with these keys and no others.
    void require_keys(const std::vector<std::string>& names) const;
    /// The same, with a finite number for each.
    void require_numbers(const std::vector<std::string>& names) const;
    /// A list of so many, as `of` has.
    void require_size(std::size_t size, const std::string& of) const;
    /// This integer, as `of` says.
    void require_count(predcg::Index count, const std::string& of) const;
    /// This number but for rounding, 10^-9 of it, as `of` says.
    void require_number(double expected, const std::string& of) const;
    /// A number, or numbers, in these bounds but for rounding, 10^-9; null is not known.
    void require_within(double least, double most) const;

private:
    const Json* value_;
    std::string place_;
};

/// A posterior of these parameters (moments_json): their names; sizes; sd^2 the diagonal of a symmetric
/// covariance with no correlation above 1. The rest is what draws_json adds: rows of equal length, at least
/// 4 draws of a chain, or none of a posterior that is not reliable; mean and sd those of the draws, where
/// the posterior is not a normal at the mode, whose mean is the estimate with the draws about it.
void require_posterior(const Part& posterior, const predcg::Estimate& fit);
/// The moments alone.
void require_moments(const Part& posterior, const std::vector<std::string>& names);

}  // namespace cli
