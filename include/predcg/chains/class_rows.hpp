#pragma once
#include <predcg/chains/lanes.hpp>
#include <predcg/chains/shape.hpp>
#include <predcg/concepts/site_classes.hpp>
#include <predcg/core/scratch.hpp>

#include <algorithm>
#include <cstdint>

namespace predcg::detail {

/// Tables of the parts of a batch's chains: rows, one for every class of sites that was met, or one for every
/// site of a chain where parts know no classes.
class ClassRows {
public:
    /// Rows of so many numbers.
    explicit ClassRows(Index size) : size_(size) {}

    /// Rows of parts that know no classes are not met again.
    template <class Part>
    void begin() {
        if constexpr (!ClassifiedSites<Part>) rows_ = 0;
    }

    /// Calls visit(site, k, row k) for every site of a part; make(site, row) fills a row that is new.
    template <class Part, class Make, class Visit>
    void visit(const Part& part, const ChainShape& shape, Make&& make, Visit&& visit) {
        for_each_place(part, shape, make,
                       [&](Index site, Index place) { visit(site, place, values_.data() + place * size_); });
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
    /// The same where all classes were met, else false. Nothing is called here, and nothing is written that
    /// could be a size: the loop keeps what it knows in registers.
    template <class Part>
    bool find_known(const Part& part, Index sites, std::uint32_t* begins) const {
        const Index* places = places_.data();
        const auto known = static_cast<std::size_t>(places_.size());
        const Index size = size_;
        Index all = 0;  // negative where a place is
        for (Index site = 0; site < sites; ++site) {
            const auto key = static_cast<std::size_t>(Index(part.site_class(site)));
            const Index place = key < known ? places[key] : -1;
            all |= place;
            begins[site * lane_count] = static_cast<std::uint32_t>(place * size);
        }
        return all >= 0;
    }

    template <class Part, class Make>
    [[gnu::noinline, gnu::cold]] void find_new(const Part& part, const ChainShape& shape, Make& make,
                                               std::uint32_t* begins) {
        for_each_place(part, shape, make, [begins, size = size_](Index site, Index place) {
            begins[site * lane_count] = static_cast<std::uint32_t>(place * size);
        });
    }

    template <class Part, class Make, class Use>
    void for_each_place(const Part& part, const ChainShape& shape, Make& make, Use&& use) {
        if constexpr (ClassifiedSites<Part>) {
            const Index cuts = shape.periodic ? 1 : shape.width;  // windows at an open end lose letters
            const Index keys = part.class_count() * cuts;
            if (const Index before = places_.size(); before < keys) {
                places_.resize(keys, before);
                std::fill(places_.begin() + before, places_.end(), -1);
            }
            Index* places = places_.data();
            const Index known = places_.size();
            for (Index site = 0; site < shape.sites; ++site) {
                Index key = part.site_class(site);
                if (cuts > 1) key = key * cuts + shape.width - shape.window_length(site);
                if (!(key >= 0 && key < known))
                    argument_error("ClassifiedSites", "site_class(" + to_text(site) + ")",
                                   to_text(part.site_class(site)), "0 to class_count() - 1");
                Index place = places[key];
                if (place < 0) place = places[key] = append(site, make);
                use(site, place);
            }
        } else {
            for (Index site = 0; site < shape.sites; ++site) use(site, append(site, make));
        }
    }

    template <class Make>
    [[gnu::noinline, gnu::cold]] Index append(Index site, Make& make) {
        const Index begin = size_ * rows_;
        if (values_.size() < begin + size_) values_.resize(2 * (begin + size_), begin);
        std::fill_n(values_.begin() + begin, size_, 0.0);
        make(site, values_.data() + begin);
        return rows_++;
    }

    Index size_, rows_ = 0;
    Scratch<double> values_;
    Scratch<Index> places_;  // of the classes; -1: not met
};

}  // namespace predcg::detail
