#pragma once
// The tables a transfer matrix works on: window weights and statistics as arrays over window codes.
#include <predcg/chains/shape.hpp>
#include <predcg/core/linalg.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Window weights exp(log_weight - largest of the site), and what was taken out.
///
/// A message's entries differ by no more than the weights along the way by which states are reached. Where
/// that could exceed the range of a double, `balanced` gives weights that it cannot exceed.
class WeightTables {
public:
    template <class T>
    WeightTables(const ChainShape& shape, const T& target, const char* function)
        : shape_(shape), translation_invariant_(is_translation_invariant(target)),
          weights_(Matrix::Constant(shape.codes(), shape.table_count(translation_invariant_), impossible)) {
        const Index width = Window(target.window()).width;
        tabulate(shape, target.space(), translation_invariant_,
                 [&](Index t, Index code, auto window, Index site) {
                     const double value = target.local_log_density(site, narrow(window, width));
                     weights_(code, t) = value;
                     forbidden_ |= value == impossible;
                 });
        exponentiate(function, static_cast<double>(forbidden_ ? shape.sites : shape.width));
    }

    const double* at(Index site) const {
        return weights_.data() + weights_.rows() * shape_.table_of(site, translation_invariant_);
    }
    double log_shift() const { return log_shift_; }
    /// Largest difference of log weights that are possible at the same site.
    double spread() const { return spread_; }
    /// A window is forbidden.
    bool forbidden() const { return forbidden_; }

    /// The weights to use for paths from a start: these, or, kept in `storage`, balanced ones: every weight
    /// times that of the best way on from its end, over that of the best way on from its beginning. They
    /// multiply to the same path weights, but for log_shift; none exceeds 1, and from every state that leads
    /// on one of them is 1: what underflows then is small against the sum.
    bool may_need_balance() const { return logs_.size() > 0; }
    /// The log weights of a site, where weights may have to be balanced.
    const double* logs_at(Index site) const {
        return logs_.data() + logs_.rows() * shape_.table_of(site, translation_invariant_);
    }
    const WeightTables& balanced(Index start, std::optional<WeightTables>& storage) const {
        return logs_.size() == 0 ? *this : balance(start, storage);
    }

    /// These are balanced.
    bool is_balanced() const { return initial_.size() > 0; }

    /// Weight of a state before the first window.
    double initial_weight(Index state, Index start) const {
        return is_balanced() ? initial_[state] : !shape_.periodic || state == start ? 1.0 : 0.0;
    }
    void initial_message(Index start, double* message) const {
        for (Index s = 0; s < shape_.states; ++s) message[s] = initial_weight(s, start);
    }

private:
    static constexpr double impossible = -std::numeric_limits<double>::infinity();

    [[gnu::cold]] const WeightTables& balance(Index start, std::optional<WeightTables>& storage) const {
        const Index n = shape_.sites, states = shape_.states;
        storage = *this;
        storage->logs_.resize(0, 0);
        storage->translation_invariant_ = false;
        storage->weights_ = Matrix::Zero(shape_.codes(), n);
        Vector onward = Vector::Constant(states, impossible), best(states);  // log weights of the best way on
        onward[shape_.periodic ? start : 0] = 0.0;
        for (Index i = n - 1; i >= 0; --i) {
            const double* log_weight = logs_at(i);
            best.setConstant(impossible);
            for_each_window(shape_, [&](Index code, Index s, Index next) {
                best[s] = std::max(best[s], log_weight[code] + onward[next]);
            });
            for_each_window(shape_, [&](Index code, Index s, Index next) {
                if (best[s] > impossible)
                    storage->weights_(code, i) = std::exp(log_weight[code] + onward[next] - best[s]);
            });
            onward = best;
        }
        storage->log_shift_ =
            shape_.periodic ? onward[start] : *std::max_element(onward.data(), onward.data() + states);
        storage->initial_ = Vector::Zero(states);
        for (Index s = 0; s < states; ++s)
            if (onward[s] > impossible && (!shape_.periodic || s == start))
                storage->initial_[s] = std::exp(onward[s] - storage->log_shift_);
        return *storage;
    }

    /// exp(log weight - largest of the table); forbidden windows become 0. States are reached from each
    /// other in `steps` windows.
    void exponentiate(const char* function, double steps) {
        Vector tops(weights_.cols());
        for (Index t = 0; t < weights_.cols(); ++t) {
            double top = impossible, least = -impossible;
            for (const double value :
                 std::span(linalg::column(weights_, t), static_cast<std::size_t>(weights_.rows()))) {
                if (!(value < -impossible))
                    fail(function, "the log weight of a window is " + to_text(value));  // NaN or infinite
                top = std::max(top, value);
                if (value > impossible) least = std::min(least, value);
            }
            if (top == impossible) fail(function, "every window at a site is forbidden (log weight -inf)");
            spread_ = std::max(spread_, top - least);
            tops[t] = top;
        }
        if (steps * spread_ > 600.0) logs_ = weights_;  // 745 is -log of the least double
        for (Index t = 0; t < weights_.cols(); ++t)
            for (double& value :
                 std::span(linalg::column(weights_, t), static_cast<std::size_t>(weights_.rows())))
                value = std::exp(value - tops[t]);
        for (Index i = 0; i < shape_.sites; ++i)
            log_shift_ += tops[shape_.table_of(i, translation_invariant_)];
    }

    [[noreturn, gnu::cold]] static void fail(const char* function, const std::string& what) {
        throw NumericalError(std::string(function) + ": " + what);
    }

    ChainShape shape_;
    bool translation_invariant_, forbidden_ = false;
    Matrix weights_, logs_;  // logs_ only where weights may have to be balanced
    Vector initial_;         // of balanced weights
    double log_shift_ = 0.0, spread_ = 0.0;
};

struct ChainProblem {
    ChainShape shape;
    WeightTables weights;
};

/// Values of a statistic for every window; columns are codes, a block of columns a table.
class StatisticTables {
public:
    template <class Space, class S>
    StatisticTables(const ChainShape& shape, const Space& space, const S& statistic)
        : shape_(shape), translation_invariant_(is_translation_invariant(statistic)),
          values_(Matrix::Zero(statistic.size(), shape.codes() * shape.table_count(translation_invariant_))) {
        if (values_.size() == 0) return;
        const Index width = Window(statistic.window()).width;
        tabulate(shape, space, translation_invariant_, [&](Index t, Index code, auto window, Index site) {
            const auto value = statistic.local(site, narrow(window, width));
            double* column = values_.data() + values_.rows() * (t * shape.codes() + code);
            for (Index k = 0; k < values_.rows(); ++k) {
                column[k] = value[k];
                finite_ = finite_ && std::isfinite(column[k]);
            }
        });
    }

    /// The same values, columns, at all sites: one for every code.
    StatisticTables(const ChainShape& shape, const Matrix& of_codes)
        : shape_(shape), values_(of_codes.rows(), shape.codes() * shape.table_count(true)) {
        for (Index k = 0; k < values_.size(); ++k) values_.data()[k] = of_codes.data()[k % of_codes.size()];
    }

    /// Whether the statistic is a number at all windows.
    bool all_finite() const { return finite_; }
    /// The same with 0 at windows that are forbidden, where it may be anything.
    StatisticTables without_forbidden(const WeightTables& weights) const {
        StatisticTables other = *this;
        const Index size = values_.rows(), codes = shape_.codes();
        other.translation_invariant_ = false;
        other.values_.resize(size, codes * shape_.sites);
        for (Index site = 0; site < shape_.sites; ++site)
            for (Index code = 0; code < codes; ++code)
                for (Index k = 0; k < size; ++k)
                    other.values_(k, site * codes + code) =
                        weights.at(site)[code] > 0.0 ? at(site)[code * size + k] : 0.0;
        return other;
    }

    /// Tables, and which one a site uses.
    Index count() const { return shape_.table_count(translation_invariant_); }
    Index table_of(Index site) const { return shape_.table_of(site, translation_invariant_); }

    /// Column-major d x codes block of a site.
    const double* at(Index site) const { return of_table(table_of(site)); }
    const double* of_table(Index table) const {
        return values_.data() + values_.rows() * shape_.codes() * table;
    }

    /// Adds what the statistic is at a window, times its probability; windows are counted table after table.
    void add(Index window, double probability, double* sums) const {
        if (probability == 0.0) return;
        const double* value = linalg::column(values_, window);
        for (Index k = 0; k < values_.rows(); ++k) sums[k] += probability * value[k];
    }

private:
    ChainShape shape_;
    bool translation_invariant_ = true, finite_ = true;
    Matrix values_;
};

/// Messages of one run, all n+1 of them, each scaled by the forward sums.
struct Messages {
    Matrix forward, backward;  // states x (sites+1)
    Vector scale;              // forward sum taken out at each site
    double end = 0.0;          // forward weight of the final state
    double log_weight = -std::numeric_limits<double>::infinity();
};

/// One step of the forward recursion; returns the sum that was divided out (0: no path is left).
inline double forward_step(const ChainShape& shape, const double* weight, const double* from, double* to) {
    std::fill(to, to + shape.states, 0.0);
    for_each_window(shape, [&](Index code, Index s, Index next) { to[next] += from[s] * weight[code]; });
    double sum = 0.0;
    for (Index s = 0; s < shape.states; ++s) sum += to[s];
    if (sum > 0.0)
        for (Index s = 0; s < shape.states; ++s) to[s] /= sum;
    return sum;
}

inline Index final_state(const ChainShape& shape, Index start) { return shape.periodic ? start : 0; }

/// Forward and backward messages from a start, with balanced weights. P(window code at i) is
/// forward(s, i) w_i(code) backward(next, i+1) / (scale_i end).
inline Messages run_messages(const ChainShape& shape, const WeightTables& weights, Index start) {
    Messages m{Matrix(shape.states, shape.sites + 1), Matrix::Zero(shape.states, shape.sites + 1),
               Vector(shape.sites), 0.0, -std::numeric_limits<double>::infinity()};
    weights.initial_message(start, linalg::column(m.forward, 0));
    double log_weight = weights.log_shift();
    for (Index i = 0; i < shape.sites; ++i) {
        m.scale[i] = forward_step(shape, weights.at(i), linalg::column(m.forward, i),
                                  linalg::column(m.forward, i + 1));
        if (m.scale[i] == 0.0) return m;
        log_weight += std::log(m.scale[i]);
    }
    m.end = m.forward(final_state(shape, start), shape.sites);
    m.log_weight = log_weight + std::log(m.end);
    m.backward(final_state(shape, start), shape.sites) = 1.0;
    for (Index i = shape.sites - 1; i >= 0; --i) {
        const double* weight = weights.at(i);
        double* to = linalg::column(m.backward, i);
        const double* from = linalg::column(m.backward, i + 1);
        for_each_window(shape, [&](Index code, Index s, Index next) { to[s] += weight[code] * from[next]; });
        for (Index s = 0; s < shape.states; ++s) to[s] /= m.scale[i];
    }
    return m;
}

}  // namespace predcg::detail
