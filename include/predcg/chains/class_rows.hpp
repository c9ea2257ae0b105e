#pragma once
#include <predcg/chains/lanes.hpp>
#include <predcg/chains/shape.hpp>
#include <predcg/concepts/site_classes.hpp>
#include <predcg/core/scratch.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace predcg::detail {

/// Tables of the parts of a batch's chains: rows, one for every class of sites that was met, or one for every
/// site of a chain where parts know no classes.
class ClassRows {
public:
    /// Rows of so many numbers.
    explicit ClassRows(Index size) : size_(std::max<Index>(size, 1)) {}

    /// Rows of parts that know no classes are not met again.
    template <class Part>
    void begin() {
        if constexpr (!ClassifiedSites<Part>) rows_ = 0;
    }

    /// Calls visit(site, k, row k) for every site of a part; make(site, row) fills a row that is new.
    template <class Part, class Make, class Visit>
    void visit(const Part& part, const ChainShape& shape, Make&& make, Visit&& visit) {
        for_each_row(part, shape, make, [&](Index site, Index begin) {
            visit(site, begin / size_, values_.data() + begin);
        });
    }

    /// Where in data() the rows of a part's sites begin: into begins[0], begins[lane_count], ...
    template <class Part, class Make>
    void find(const Part& part, const ChainShape& shape, Make&& make, std::uint32_t* begins) {
        if constexpr (ClassifiedSites<Part>)
            if ((shape.periodic || shape.width == 1) && find_known(part, shape.sites, begins)) return;
        find_new(part, shape, make, begins);
    }

    const double* data() const { return values_.data(); }
    const double* row(Index k) const { return values_.data() + k * size_; }

    template <class F>
    void for_each(F&& f) {
        for (Index k = 0; k < rows_; ++k) f(values_.data() + k * size_);
    }

private:
    /// The same where all classes were met, else false. Nothing is called here but site_class, so that the
    /// loops keep what they know in registers, the first of several sites at once.
    template <class Part>
    bool find_known(const Part& part, Index sites, std::uint32_t* begins) const {
        constexpr Index most = 64;
        const std::uint32_t* const rows = begins_.data();
        const auto known = static_cast<std::uint32_t>(begins_.size());
        std::uint32_t all = 0;
        for (Index first = 0; first < sites; first += most) {
            const Index count = std::min(most, sites - first);
            std::uint32_t keys[most], seen = 0;
            for (Index k = 0; k < count; ++k) {
                keys[k] = static_cast<std::uint32_t>(part.site_class(first + k));
                seen |= keys[k];
            }
            if (seen >= known) return false;  // a power of two
            for (Index k = 0; k < count; ++k, begins += lane_count) {
                const std::uint32_t row = rows[keys[k]];
                all |= row;
                *begins = row;
            }
        }
        return (all & unknown) == 0;
    }

    template <class Part, class Make>
    [[gnu::noinline, gnu::cold]] void find_new(const Part& part, const ChainShape& shape, Make& make,
                                               std::uint32_t* begins) {
        for_each_row(part, shape, make,
                     [begins](Index site, std::uint32_t row) { begins[site * lane_count] = row; });
    }

    /// Calls use(site, where the site's row begins).
    template <class Part, class Make, class Use>
    void for_each_row(const Part& part, const ChainShape& shape, Make& make, Use&& use) {
        if constexpr (ClassifiedSites<Part>) {
            const Index cuts = shape.periodic ? 1 : shape.width;  // windows at an open end lose letters
            const Index keys = part.class_count() * cuts;
            if (const Index before = begins_.size(); before < keys) {
                begins_.resize(static_cast<Index>(std::bit_ceil(static_cast<std::size_t>(keys))), before);
                std::fill(begins_.begin() + before, begins_.end(), unknown);
            }
            std::uint32_t* const begins = begins_.data();
            for (Index site = 0; site < shape.sites; ++site) {
                Index key = part.site_class(site);
                if (cuts > 1) key = key * cuts + shape.width - shape.window_length(site);
                if (!(key >= 0 && key < keys))
                    argument_error("ClassifiedSites", "site_class(" + to_text(site) + ")",
                                   to_text(part.site_class(site)), "0 to class_count() - 1");
                std::uint32_t begin = begins[key];
                if (begin == unknown) begin = begins[key] = append(site, make);
                use(site, begin);
            }
        } else {
            for (Index site = 0; site < shape.sites; ++site) use(site, append(site, make));
        }
    }

    template <class Make>
    [[gnu::noinline, gnu::cold]] std::uint32_t append(Index site, Make& make) {
        const Index begin = size_ * rows_;
        if (values_.size() < begin + size_) values_.resize(2 * (begin + size_), begin);
        std::fill_n(values_.begin() + begin, size_, 0.0);
        make(site, values_.data() + begin);
        ++rows_;
        return static_cast<std::uint32_t>(begin);
    }

    static constexpr std::uint32_t unknown = std::uint32_t{1} << 31;
    Index size_, rows_ = 0;
    Scratch<double> values_;
    Scratch<std::uint32_t> begins_;  // of the classes' rows, 2^k of them
};

}  // namespace predcg::detail
