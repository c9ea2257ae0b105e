#pragma once
#include <predcg/chains/lanes.hpp>
#include <predcg/chains/shape.hpp>
#include <predcg/concepts/site_classes.hpp>
#include <predcg/core/scratch.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace predcg::detail {

/// Where the rows of chains that go side by side begin, for every lane and site of a stretch.
class RowBegins {
public:
    static constexpr Index block = 64;  // sites whose numbers stand together for each lane

    /// Of stretches of at most so many sites; the first is covered.
    explicit RowBegins(Index sites)
        : sites_(sites), begins_((sites + block - 1) / block * block * lane_count) {}

    /// The stretch is now that of so many sites from `first` on.
    void cover(Index first, Index sites) {
        first_ = first;
        sites_ = sites;
    }
    Index first() const { return first_; }
    Index behind() const { return first_ + sites_; }

    /// Of a lane: those of the stretch's sites from the k-th on, a multiple of `block`, stand one after the
    /// other there.
    std::uint32_t* of_block(Index lane, Index k) { return begins_.data() + k * lane_count + lane * block; }
    std::uint32_t& at(Index lane, Index site) {
        const Index k = site - first_;
        return of_block(lane, k / block * block)[k % block];
    }

    /// Lanes beyond the first so many have the last one's.
    void repeat_last(Index lanes) {
        for (Index lane = lanes; lane < lane_count; ++lane)
            for (Index k = 0; k < sites_; k += block)
                std::copy_n(of_block(lanes - 1, k), block, of_block(lane, k));
    }

    /// Calls f(begins) for every site of the stretch: begins[0], begins[block], ... are the lanes'.
    template <class F>
    void for_each_site(F&& f) const {
        for (Index k = 0; k < sites_; k += block) {
            const std::uint32_t* begins = begins_.data() + k * lane_count;
            for (const auto* const end = begins + std::min(block, sites_ - k); begins != end; ++begins)
                f(begins);
        }
    }

private:
    Index first_ = 0, sites_;
    Scratch<std::uint32_t> begins_;
};

/// Tables of the parts of a batch's chains: rows, one for every class of sites that was met, or one for every
/// site of a chain where parts know no classes.
class ClassRows {
public:
    /// Rows of so many numbers.
    explicit ClassRows(Index size)
        : shift_(static_cast<int>(std::bit_width(static_cast<std::size_t>(std::max<Index>(size, 1) - 1)))) {}

    /// Rows of parts that know no classes are not met again.
    template <class Part>
    void begin() {
        if constexpr (!ClassifiedSites<Part>) rows_ = 0;
    }

    /// Where in data() the rows of a part's sites begin, those of the stretch that `begins` covers. Rows of
    /// classes that were not met may be among them, which were_met() tells from a sum over all rows of one of
    /// their numbers; find_new makes them.
    template <class Part, class Make>
    void find(const Part& part, const ChainShape& shape, Make&& make, RowBegins& begins, Index lane) {
        if constexpr (ClassifiedSites<Part>)
            if ((shape.periodic || shape.width == 1) && find_known(part, begins, lane)) return;
        find_new(part, shape, make, begins, lane);
    }
    template <class Part, class Make>
    [[gnu::cold]] void find_new(const Part& part, const ChainShape& shape, Make& make, RowBegins& begins,
                                Index lane) {
        for_each_row(part, shape, begins.first(), begins.behind(), make,
                     [&](Index site, std::uint32_t row) { begins.at(lane, site) = row; });
    }

    /// Under any compiler's settings, which a NaN would not survive.
    static bool were_met(double sum) { return std::abs(sum) < 0.5 * not_met; }

    const double* data() const { return values_.data(); }

    template <class F>
    void for_each(F&& f) {
        if (begins_.size() == 0)
            for (Index k = 0; k < rows_; ++k) f(values_.data() + (k << shift_));
        for (const std::uint32_t begin : begins_)
            if (begin != unknown) f(values_.data() + begin);
    }

private:
    static constexpr std::uint32_t unknown = std::numeric_limits<std::uint32_t>::max();
    static constexpr double not_met = 1e300;
    static constexpr Index few = 4096;  // classes that have a row each, met or not

    /// The same where there are few classes. Nothing is called here but site_class, so that compilers look at
    /// several sites at once.
    template <class Part>
    bool find_known(const Part& part, RowBegins& begins, Index lane) const {
        const int shift = shift_;
        std::uint32_t all = 0;
        for (Index first = begins.first(); first < begins.behind(); first += RowBegins::block) {
            std::uint32_t* const to = begins.of_block(lane, first - begins.first());
            const Index count = std::min(RowBegins::block, begins.behind() - first);
            for (Index k = 0; k < count; ++k) {
                const auto key = static_cast<std::uint32_t>(part.site_class(first + k));
                all |= key;
                to[k] = key << shift;
            }
        }
        return all < static_cast<std::uint32_t>(known_);
    }

    /// Calls use(site, where the site's row begins) for first <= site < behind.
    template <class Part, class Make, class Use>
    void for_each_row(const Part& part, const ChainShape& shape, Index first, Index behind, Make& make,
                      Use&& use) {
        if constexpr (ClassifiedSites<Part>) {
            const Index cuts = shape.periodic ? 1 : shape.width;  // windows at an open end lose letters
            const Index keys = part.class_count() * cuts;
            if (begins_.size() < keys) make_room(keys);
            std::uint32_t* const begins = begins_.data();
            for (Index site = first; site < behind; ++site) {
                Index key = part.site_class(site);
                if (cuts > 1) key = key * cuts + shape.width - shape.window_length(site);
                if (!(key >= 0 && key < keys))
                    argument_error("ClassifiedSites", "site_class(" + to_text(site) + ")",
                                   to_text(part.site_class(site)), "0 to class_count() - 1");
                if (begins[key] == unknown) begins[key] = append(site, key < known_ ? key : rows_, make);
                use(site, begins[key]);
            }
        } else {
            for (Index site = first; site < behind; ++site) use(site, append(site, rows_, make));
        }
    }

    /// For more classes. Where they are few their rows are in their order.
    [[gnu::cold]] void make_room(Index keys) {
        const Index before = begins_.size();
        begins_.resize(keys, before);
        std::fill(begins_.begin() + before, begins_.end(), unknown);
        if (keys > few || known_ < rows_) return;
        rows_ = static_cast<Index>(std::bit_ceil(static_cast<std::size_t>(keys)));
        values_.resize(rows_ << shift_, known_ << shift_);
        std::fill(values_.begin() + (known_ << shift_), values_.end(), not_met);
        known_ = rows_;
    }

    template <class Make>
    [[gnu::cold]] std::uint32_t append(Index site, Index k, Make& make) {
        const Index begin = k << shift_, end = (k + 1) << shift_;
        if (k == rows_) {
            ++rows_;
            if (values_.size() < end) values_.resize(2 * end, begin);
        }
        std::fill(values_.begin() + begin, values_.begin() + end, 0.0);
        make(site, values_.data() + begin);
        return static_cast<std::uint32_t>(begin);
    }

    int shift_;  // a row has room for 2^shift_ numbers
    Index rows_ = 0;
    Index known_ = 0;  // classes whose rows are in their order, 2^k
    Scratch<double> values_;
    Scratch<std::uint32_t> begins_;  // of the classes' rows
};

}  // namespace predcg::detail
