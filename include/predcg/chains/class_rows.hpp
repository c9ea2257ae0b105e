#pragma once
#include <predcg/chains/shape.hpp>
#include <predcg/concepts/site_classes.hpp>

#include <algorithm>
#include <vector>

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
        if constexpr (ClassifiedSites<Part>) {
            const Index cuts = shape.periodic ? 1 : shape.width;  // windows at an open end lose letters
            const auto keys = static_cast<std::size_t>(part.class_count() * cuts);
            if (places_.size() < keys) places_.resize(keys, -1);
            for (Index site = 0; site < shape.sites; ++site) {
                Index key = part.site_class(site);
                if (cuts > 1) key = key * cuts + shape.width - shape.window_length(site);
                if (static_cast<std::size_t>(key) >= places_.size())
                    argument_error("ClassifiedSites", "site_class(" + to_text(site) + ")",
                                   to_text(part.site_class(site)), "0 to class_count() - 1");
                Index place = places_[static_cast<std::size_t>(key)];
                if (place < 0) place = places_[static_cast<std::size_t>(key)] = append(site, make);
                visit(site, place, values_.data() + place * size_);
            }
        } else {
            for (Index site = 0; site < shape.sites; ++site) {
                const Index place = append(site, make);
                visit(site, place, values_.data() + place * size_);
            }
        }
    }

    const double* row(Index k) const { return values_.data() + k * size_; }

    template <class F>
    void for_each(F&& f) {
        for (Index k = 0; k < rows_; ++k) f(values_.data() + k * size_);
    }

private:
    template <class Make>
    [[gnu::noinline, gnu::cold]] Index append(Index site, Make& make) {
        const Index begin = size_ * rows_;
        if (std::ssize(values_) < begin + size_)
            values_.resize(static_cast<std::size_t>(2 * (begin + size_)));
        std::fill_n(values_.begin() + begin, size_, 0.0);
        make(site, values_.data() + begin);
        return rows_++;
    }

    Index size_, rows_ = 0;
    std::vector<double> values_;
    std::vector<Index> places_;  // of the classes; -1: not met
};

}  // namespace predcg::detail
