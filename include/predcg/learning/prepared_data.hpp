#pragma once
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/checkpoint_place.hpp>
#include <predcg/core/error.hpp>
#include <predcg/engines/batch.hpp>
#include <predcg/learning/data_sizes.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// Data as a map prepared them. Data whose prepared forms are equal have the same q(X|x): they are kept
/// once, with their number as weight (prepared forms that can be ordered or have hash(); others are kept one
/// by one).
template <class Form>
struct PreparedData {
    std::vector<Form> forms;  ///< Distinct prepared data, map.prepare(x).
    std::vector<double> weights;
    std::vector<Index> all;  ///< 0..forms.size()-1: the batch of everything
    double count = 0.0;      ///< sum of weights
    double beta = 0.0;       ///< inverse temperature of the samples
    /// Where the data are a part of those that several processes hold (learning/spread_data.hpp); `count` is
    /// that of all of them.
    std::shared_ptr<const SpreadSums> spread{};
};

namespace detail {

template <class Form>
concept HashedForm = std::equality_comparable<Form> && requires(const Form form) {
    { form.hash() } -> std::convertible_to<std::uint64_t>;
};

/// Where forms stand that were met before. No two are taken for equal.
template <class Form>
class KnownForms {
public:
    std::size_t find_or_add(const std::vector<Form>& forms) { return forms.size() - 1; }
};

/// By their order.
template <class Form>
    requires(!HashedForm<Form> && std::totally_ordered<Form>)
class KnownForms<Form> {
public:
    /// The place of a form that equals the last, which is remembered if there is none before.
    std::size_t find_or_add(const std::vector<Form>& forms) {
        forms_ = &forms;
        const std::size_t last = forms.size() - 1, at = *places_.insert(last).first;
        return forms[at] == forms[last] ? at : last;  // NaN has no place in an order
    }

private:
    struct Before {
        const KnownForms* known;
        bool operator()(std::size_t a, std::size_t b) const {
            return (*known->forms_)[a] < (*known->forms_)[b];
        }
    };
    const std::vector<Form>* forms_ = nullptr;
    std::set<std::size_t, Before> places_{Before{this}};
};

/// By their hash().
template <HashedForm Form>
class KnownForms<Form> {
public:
    std::size_t find_or_add(const std::vector<Form>& forms) {
        const std::size_t last = forms.size() - 1;
        if (last >= empty) return last;   // more than fit: kept one by one
        if (slots_.size() <= 2 * last) {  // at most half are taken
            slots_.assign(std::max<std::size_t>(16, 2 * slots_.size()), empty);
            for (std::size_t k = 0; k < last; ++k) *slot_of(forms, k) = static_cast<std::uint32_t>(k);
        }
        std::uint32_t* const slot = slot_of(forms, last);
        if (*slot == empty) *slot = static_cast<std::uint32_t>(last);
        return *slot;
    }

private:
    static constexpr auto empty = std::numeric_limits<std::uint32_t>::max();

    /// Of an equal form, or the first that is free.
    std::uint32_t* slot_of(const std::vector<Form>& forms, std::size_t k) {
        std::size_t at = forms[k].hash() % slots_.size();  // a power of two
        while (slots_[at] != empty && !(forms[slots_[at]] == forms[k])) at = (at + 1) % slots_.size();
        return &slots_[at];
    }

    std::vector<std::uint32_t> slots_;
};

/// prepare_data with form_of(x) in the place of map.prepare(x).
template <class Form, InputRange Data, class FormOf>
[[gnu::cold]] PreparedData<Form> prepare_by(const FormOf& form_of, const Data& data, double beta,
                                            std::span<const double> weights) {
    if constexpr (RefersToData<Form> && !std::same_as<std::iter_value_t<iterator_of<const Data>>, Form>)
        static_assert(std::is_lvalue_reference_v<decltype(*std::begin(data))>,
                      "predcg: by_reference(map) keeps the addresses of the data, but this range makes its "
                      "configurations anew; use the map itself");
    require_positive(beta, "prepare_data", "beta");
    for (const double w : weights)
        require(std::isfinite(w) && w >= 0.0, "prepare_data", "weight", w, "a finite number >= 0");
    PreparedData<Form> prepared;
    prepared.beta = beta;
    const auto append = [&](Form form, double weight) {
        prepared.forms.push_back(std::move(form));
        prepared.weights.push_back(weight);
        prepared.all.push_back(static_cast<Index>(prepared.all.size()));
    };
    if constexpr (requires { std::size(data); }) {  // a vector that grows would hold them twice
        prepared.forms.reserve(std::size(data));
        prepared.weights.reserve(std::size(data));
        prepared.all.reserve(std::size(data));
    }
    KnownForms<Form> known;
    std::size_t read = 0;
    for (const auto& x : data) {
        if (!weights.empty() && read == weights.size()) {
            ++read;  // more data than weights: refused below
            break;
        }
        const double weight = weights.empty() ? 1.0 : weights[read];
        ++read;
        if (weight == 0.0) continue;
        prepared.count += weight;
        append(form_of(x), weight);
        const std::size_t at = known.find_or_add(prepared.forms);
        if (at + 1 == prepared.forms.size()) continue;
        prepared.weights[at] += weight;
        prepared.forms.pop_back();
        prepared.weights.pop_back();
        prepared.all.pop_back();
    }
    if (!weights.empty())
        require_equal(static_cast<Index>(read), static_cast<Index>(weights.size()), "prepare_data",
                      "number of data", "the number of weights");
    require(prepared.count > 0.0, "prepare_data", "number of data", prepared.count, "at least one");
    if (2 * prepared.forms.size() < prepared.forms.capacity()) {  // many were equal
        prepared.forms.shrink_to_fit();
        prepared.weights.shrink_to_fit();
        prepared.all.shrink_to_fit();
    }
    return prepared;
}
}  // namespace detail

/// Prepares any range of configurations; `weights` are one a datum, or absent for 1 each. Throws
/// ArgumentError for an empty range, beta that is not a number > 0, weights that are not finite or < 0 or
/// not as many as the data, or whatever the map refuses. Sizes are not looked at: a learner's prepare does
/// that.
template <LatentMap M, InputRange Data>
PreparedData<prepared_t<M>> prepare_data(const M& map, const Data& data, double beta,
                                         std::span<const double> weights = {}) {
    const auto form_of = [&](const auto& x) -> decltype(auto) { return detail::prepare(map, x); };
    return detail::prepare_by<prepared_t<M>>(form_of, data, beta, weights);
}
/// Not of a temporary range, where prepared data refer to its elements (by_reference).
template <LatentMap M, InputRange Data>
    requires detail::Dangles<prepared_t<M>, Data>
PreparedData<prepared_t<M>> prepare_data(const M&, const Data&&, double, std::span<const double> = {}) {
    (void)detail::RefusedTemporary<prepared_t<M>, Data>{};
    return {};
}

namespace detail {

/// Throws ArgumentError for data that are spread over processes, where all of them are needed.
template <class Form>
void require_here(const PreparedData<Form>& data, const char* function) {
    require(!data.spread, function, "data", "spread over processes", "all in this process");
}

/// f(k) for k < count on the threads; one after the other where the data are spread over processes, as f then
/// waits for the others.
template <class Form, class F>
void for_each(const PreparedData<Form>& data, Index count, F&& f) {
    if (!data.spread) return parallel_for(count, f);
    for (Index k = 0; k < count; ++k) f(k);
}

/// Whether work is to stop, in this process or in another that holds a part of the data.
template <class Form>
bool stops(const PreparedData<Form>& data, const std::stop_token& stop) {
    return data.spread ? data.spread->any(stop.stop_requested()) : stop.stop_requested();
}

/// A store of which the first process has the only one: what it has is read by all, and it keeps what all of
/// them have.
class StoreOfFirst final : public CheckpointStore {
public:
    StoreOfFirst(std::shared_ptr<const SpreadSums> spread, std::shared_ptr<CheckpointStore> own)
        : spread_(std::move(spread)), own_(spread_->is_first() ? std::move(own) : nullptr) {}

    std::optional<std::string> saved(const std::string& name) const override {
        std::string bytes = spread_->gather(own_ ? own_->saved(name).value_or("") : "").front();
        return bytes.empty() ? std::nullopt : std::optional(std::move(bytes));
    }
    bool is_due(const std::string& name) override { return own_ && own_->is_due(name); }
    void put(const std::string& name, std::string bytes) override {
        if (own_) own_->put(name, std::move(bytes));
    }
    void drop(const std::string& name) override {
        if (own_) own_->drop(name);
    }

private:
    std::shared_ptr<const SpreadSums> spread_;
    std::shared_ptr<CheckpointStore> own_;
};

/// Where work whose values are the same in all processes keeps them: where the data are spread over
/// processes, in the checkpoint of the first. To restore is collective.
[[gnu::cold]] inline CheckpointPlace shared_place(const CheckpointPlace& place,
                                                  const std::shared_ptr<const SpreadSums>& spread) {
    if (!spread) return place;
    if (!spread->any(spread->is_first() && place)) return {};
    return CheckpointPlace(std::make_shared<StoreOfFirst>(spread, place.store()), place.name());
}

/// What the processes have for their data, one value a datum, in the data's order: all of it in the first
/// process, to be kept, and nothing in the others. Collective. Throws ArgumentError for values that cannot be
/// saved.
template <class T>
[[gnu::cold]] std::vector<T> gathered(const SpreadSums& spread, const std::vector<T>& own) {
    BasicByteWriter<UnknownTypes::throw_error> write;
    write(own);
    std::vector<T> all;
    for (const std::string& bytes : spread.gather(write.bytes)) {
        if (!spread.is_first()) break;
        BasicByteReader<UnknownTypes::throw_error> read(bytes, "Checkpoint");
        std::vector<T> part;
        read(part);
        std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
}

/// Leaves of values that were kept, one a datum, those of this process's data. Throws ArgumentError, in all
/// processes, where they are not as many as the data.
template <class Form, class T>
[[gnu::cold]] void keep_own(const PreparedData<Form>& data, std::vector<T>& all) {
    const Index own = std::ssize(data.forms);
    require_equal(std::ssize(all), data.spread ? data.spread->count() : own, "Checkpoint", "number of data",
                  "that of the checkpoint");
    if (!data.spread) return;
    const auto first = all.begin() + data.spread->first();
    all = std::vector<T>(std::make_move_iterator(first), std::make_move_iterator(first + own));
}

/// Data that carry the inverse temperature at which they were sampled: a public datum `beta`.
template <class Data>
concept CarriesBeta = requires(const Data data) {
    { data.beta } -> std::convertible_to<double>;
};

/// The inverse temperature that data carry (generate() sets it), or the one that is given. Throws
/// ArgumentError where neither is there, or both differ.
template <class Range>
double beta_of(const Range& configurations, const std::optional<double>& given, const char* function) {
    static_assert(
        !requires { configurations.beta; } || CarriesBeta<Range>,
        "predcg: beta of the data would be passed over: it is a public double");
    if constexpr (CarriesBeta<Range>) {
        const double beta = configurations.beta;
        if (given)
            require(*given == beta, function, "settings.beta", *given,
                    "absent, or " + to_text(beta) + " as in the data");
        return beta;
    } else {
        if (!given)
            throw ArgumentError(function, "settings.beta", "absent",
                                "the inverse temperature at which the data were sampled");
        return *given;
    }
}

/// Data as they are, where they are prepared already; else prepared. Throws ArgumentError for data of another
/// inverse temperature.
template <class Learner>
const typename Learner::Data& as_prepared(const Learner&, const typename Learner::Data& data, double beta) {
    require(data.beta == beta, "prepared data", "beta", data.beta,
            "that of the fit or of the call, " + to_text(beta));
    return data;
}
template <class Learner, InputRange Range>
typename Learner::Data as_prepared(const Learner& learner, const Range& configurations, double beta) {
    return learner.prepare(configurations, beta);
}

/// The learning problem of any data: owns those that it had to prepare.
template <class Learner, class AnyData>
auto problem_of(const Learner& learner, const AnyData& data, double beta) {
    return learner.problem(as_prepared(learner, data, beta));
}
}  // namespace detail

}  // namespace predcg
