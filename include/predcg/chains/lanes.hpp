#pragma once
// The recursions of a transfer matrix for several chains of one shape at once, one a lane of an array. They
// know tables, not targets, so that they are compiled once.
#include <predcg/chains/tables.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace predcg::detail {

inline constexpr Index lane_count = 8;
/// A number for every lane. Eigen computes with the processor's vectors, whatever the optimisation level.
using Lanes = Eigen::Array<double, lane_count, 1>;

/// Messages of all starts are kept at all sites: beyond the processor's cache lanes do not pay.
inline bool lanes_pay(const ChainShape& shape) {
    return static_cast<double>(shape.states) * static_cast<double>(shape.starts()) *
               static_cast<double>(shape.sites) <=
           1e5;
}

/// Chains whose window weights are those of one table, common to all, times those of a lane, which may be
/// tables of narrower windows. Use: fill log_weight(), then start(), forward(), backward().
///
/// Messages of all starts of a ring are carried together, and scaled by their sum in every lane. Weights are
/// not balanced; lanes where the range of a double might not do are left out and named by is_alone(): with R
/// the largest ratio of messages' entries, exp(2 (width-1) spread), and T the change of their sum between
/// two scalings, nothing exceeds R T^2, and what falls below 1 / (R T) is small against the sum.
/// A template in its numbers, so that their Eigen expressions are compiled where it is used only.
template <class Numbers = Lanes>
class ChainLanes {
public:
    using Lanes = Numbers;

    /// `common` outlives this; `lane_shape` is the shape with the width of the lanes' own windows.
    ChainLanes(const ChainShape& shape, const WeightTables& common, const ChainShape& lane_shape)
        : shape_(shape), lane_shape_(lane_shape), common_(common),
          own_(size(shape.sites * lane_shape.codes()), Lanes::Zero().eval()), units_(size(shape.sites)),
          window_(size(shape.codes())), scale_(size(shape.sites)),
          forward_(size((shape.sites + 1) * block())), backward_(size(block())), next_(size(block())) {}

    /// Log weight of a lane's own window; those of windows cut by an open end are multiples of code_step().
    double& log_weight(Index site, Index code, Index lane) { return own(site)[code][lane]; }

    /// Makes weights of the log weights of the first `lanes` lanes.
    void start(Index lanes) {
        measure();
        double worst = 0.0;
        bool forbidden = common_.forbidden();
        for (Index lane = 0; lane < lane_count; ++lane) {
            if (lane < lanes) check(lane, worst, forbidden);
            if (lane >= lanes || alone_[size(lane)]) clear(lane);
        }
        period_ = std::max<Index>(1, static_cast<Index>(largest_change / (worst + letter_entropy())));
        for (Index i = 0; i < shape_.sites; ++i) {
            Lanes* weights = own(i);
            Lanes& unit = units_[size(i)];
            const Index step = lane_shape_.code_step(i);
            if (forbidden) {
                for (Index code = step; code < lane_shape_.codes(); code += step)
                    unit = unit.max(weights[code]);
                for (Index code = 0; code < lane_shape_.codes(); code += step)
                    weights[code] = (weights[code] > -infinity)
                                        .select((weights[code] - unit).exp(), Lanes::Zero().eval());
            } else {
                weights[0].setOnes();
                for (Index code = step; code < lane_shape_.codes(); code += step)
                    weights[code] = (weights[code] - unit).exp();
            }
        }
    }

    /// The lane must be computed by itself, with balanced weights; what this class says of it is void.
    bool is_alone(Index lane) const { return alone_[size(lane)]; }

    /// log Z of every lane; -infinity where all is forbidden.
    Lanes forward() {
        Lanes log_z = Lanes::Constant(common_.log_shift());
        for (const Lanes& unit : units_) log_z += unit;
        const Index starts = shape_.starts(), states = shape_.states, q = shape_.letters;
        for (Index s = 0; s < states; ++s)
            for (Index a = 0; a < starts; ++a)
                forward_[size(s * starts + a)].setConstant(!shape_.periodic || s == a ? 1.0 : 0.0);
        const Index stride = states / q, ends = std::min(q, states);  // next = middle ends + last
        for (Index i = 0; i < shape_.sites; ++i) {
            weigh(i);
            const Lanes* from = forward_.data() + i * block();
            Lanes* to = forward_.data() + (i + 1) * block();
            for (Index next = 0, middle = 0; next < states; ++middle)
                for (Index last = 0; last < ends; ++last, ++next)
                    for (Index a = 0; a < starts; ++a, ++to) {
                        Lanes sum = from[middle * starts + a] * window_[size(next)];
                        for (Index first = 1; first < q; ++first)
                            sum += from[(first * stride + middle) * starts + a] *
                                   window_[size(first * states + next)];
                        *to = sum;
                    }
            if (is_scaled(i)) log_z += scale(forward_.data() + (i + 1) * block(), scale_[size(i)]).log();
        }
        end_ = forward_[size(shape_.sites * block())];
        for (Index a = 1; a < starts; ++a) end_ += forward_[size(shape_.sites * block() + a * starts + a)];
        return log_z + end_.log();
    }

    /// After forward(): calls visit(site, marginals) for every site, from the last; marginals[code] is
    /// factor times the probability of the window.
    template <class F>
    void backward(const Lanes& factor, F&& visit) {
        const Index starts = shape_.starts(), states = shape_.states, q = shape_.letters;
        for (Lanes& message : backward_) message.setZero();
        for (Index a = 0; a < starts; ++a)
            backward_[size(a * starts + a)] =
                factor / (end_ > 0.0).select(end_, Lanes::Constant(infinity).eval());
        for (Index i = shape_.sites - 1; i >= 0; --i) {
            weigh(i);
            if (is_scaled(i))
                for (Lanes& weight : window_) weight *= scale_[size(i)];
            const Lanes* left = forward_.data() + i * block();
            const Lanes* right = backward_.data();
            Lanes* to = next_.data();
            Index code = 0, next = 0;
            for (Index s = 0; s < states; ++s, left += starts, to += starts)
                for (Index last = 0; last < q; ++last, ++code) {
                    const Lanes weight = window_[size(code)];
                    Lanes marginal = Lanes::Zero();
                    for (Index a = 0; a < starts; ++a) {
                        const Lanes way = weight * right[next * starts + a];
                        marginal += left[a] * way;
                        if (last == 0)
                            to[a] = way;
                        else
                            to[a] += way;
                    }
                    window_[size(code)] = marginal;
                    if (++next == states) next = 0;
                }
            backward_.swap(next_);
            visit(i, window_.data());
        }
    }

private:
    static constexpr double infinity = std::numeric_limits<double>::infinity();
    /// Of the log of a message between two scalings, and half as much of the log of their ratios; see above.
    static constexpr double largest_change = 150.0;

    static std::size_t size(Index n) { return static_cast<std::size_t>(n); }
    Index block() const { return shape_.states * shape_.starts(); }
    double letter_entropy() const { return std::log(static_cast<double>(shape_.letters)); }
    bool is_scaled(Index site) const { return (site + 1) % period_ == 0 && site + 1 < shape_.sites; }

    Lanes* own(Index site) { return own_.data() + site * lane_shape_.codes(); }
    const Lanes* own(Index site) const { return own_.data() + site * lane_shape_.codes(); }

    /// Units of log weights, spread, and a sum that is finite only if all of them are.
    void measure() {
        spread_.setZero();
        sum_.setZero();
        for (Index i = 0; i < shape_.sites; ++i) {
            const Lanes* logs = own(i);
            Lanes top = logs[0], least = logs[0];
            sum_ += units_[size(i)] = logs[0];
            const Index step = lane_shape_.code_step(i);
            for (Index code = step; code < lane_shape_.codes(); code += step) {
                top = top.max(logs[code]);
                least = least.min(logs[code]);
                sum_ += logs[code];
            }
            spread_ = spread_.max(top - least);
        }
    }

    /// Is the lane alone? If not, it takes part in what is worst.
    void check(Index lane, double& worst, bool& any_forbidden) {
        bool forbidden = false;
        double spread = std::isfinite(sum_[lane]) ? spread_[lane] : spread_with_forbidden(lane);
        if (!std::isfinite(sum_[lane])) forbidden = true;
        spread += common_.spread();
        const double reach = static_cast<double>(std::max<Index>(1, shape_.width - 1));
        const double length = static_cast<double>(shape_.sites);
        const bool alone =
            !(spread * reach <= largest_change) ||
            ((forbidden || common_.forbidden()) && length * (spread + letter_entropy()) > largest_change);
        alone_[size(lane)] = alone;
        if (alone) return;
        worst = std::max(worst, spread);
        any_forbidden |= forbidden;
    }

    /// Spread of the finite log weights; infinite if one is NaN or +infinity, or a site has none.
    double spread_with_forbidden(Index lane) const {
        double spread = 0.0;
        for (Index i = 0; i < shape_.sites; ++i) {
            double top = -infinity, least = infinity;
            for (Index code = 0; code < lane_shape_.codes(); code += lane_shape_.code_step(i)) {
                const double value = own(i)[code][lane];
                if (!(value < infinity)) return infinity;
                if (value == -infinity) continue;
                top = std::max(top, value);
                least = std::min(least, value);
            }
            if (top == -infinity) return infinity;
            spread = std::max(spread, top - least);
        }
        return spread;
    }

    void clear(Index lane) {
        for (Lanes& log : own_) log[lane] = 0.0;
        for (Lanes& unit : units_) unit[lane] = 0.0;
    }

    /// The weights of a site's windows.
    void weigh(Index site) {
        const double* common = common_.at(site);
        const Lanes* weights = own(site);
        const Index share = shape_.codes() / lane_shape_.codes();
        Lanes* window = window_.data();
        for (Index code = 0; code < lane_shape_.codes(); ++code)
            for (Index k = 0; k < share; ++k) *window++ = *common++ * weights[code];
    }

    /// Divides messages by their sum, keeps the inverse, returns the sum; lanes without a path are left.
    Lanes scale(Lanes* messages, Lanes& inverse) const {
        Lanes sum = messages[0];
        for (Index k = 1; k < block(); ++k) sum += messages[k];
        sum = (sum > 0.0).select(sum, Lanes::Ones().eval());
        inverse = 1.0 / sum;
        for (Index k = 0; k < block(); ++k) messages[k] *= inverse;
        return sum;
    }

    ChainShape shape_, lane_shape_;
    const WeightTables& common_;
    std::vector<Lanes> own_;    // log weights of the lanes' own windows, after start() weights
    std::vector<Lanes> units_;  // log weights that weights are relative to, one a site
    std::vector<Lanes> window_, scale_, forward_, backward_, next_;
    Lanes spread_, sum_, end_;
    std::array<bool, static_cast<std::size_t>(lane_count)> alone_{};
    Index period_ = 1;
};

}  // namespace predcg::detail
