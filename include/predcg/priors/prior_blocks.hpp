#pragma once
// Block priors of any types, one after the other.
#include <predcg/concepts/prior.hpp>
#include <predcg/core/linalg.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace predcg {

/// Independent priors of the parts of one block: the first coordinates belong to the first part, and so on.
/// Parts are of any types, and as many as are added. Bounds of their supports are not handed on.
class PriorBlocks {
    struct Part {
        virtual ~Part() = default;
        virtual double log_density(const Vector& z) const = 0;
        virtual Vector gradient(const Vector& z) const = 0;
        virtual Matrix hessian(const Vector& z) const = 0;
        virtual bool proper() const = 0;
    };
    template <BlockPrior P>
    struct PartOf final : Part {
        explicit PartOf(P of) : prior(std::move(of)) {}
        double log_density(const Vector& z) const override { return prior.log_density(z); }
        Vector gradient(const Vector& z) const override { return prior.gradient(z); }
        Matrix hessian(const Vector& z) const override { return prior.hessian(z); }
        bool proper() const override { return prior.proper(); }
        P prior;
    };

public:
    /// Appends the prior of the next `count` coordinates.
    template <BlockPrior P>
    void add(P prior, Index count) {
        parts_.push_back({std::make_shared<PartOf<P>>(std::move(prior)), count});
    }

    double log_density(const Vector& z) const {
        double sum = 0.0;
        each(z, [&](const Part& part, const Vector& own, Index) { sum += part.log_density(own); });
        return sum;
    }
    Vector gradient(const Vector& z) const {
        Vector all = z;
        each(z, [&](const Part& part, const Vector& own, Index at) {
            const Vector slope = part.gradient(own);
            for (Index k = 0; k < slope.size(); ++k) all[at + k] = slope[k];
        });
        return all;
    }
    Matrix hessian(const Vector& z) const {
        Matrix all = Matrix::Zero(z.size(), z.size());
        each(z, [&](const Part& part, const Vector& own, Index at) {
            const Matrix curvature = part.hessian(own);
            for (Index l = 0; l < own.size(); ++l)
                for (Index k = 0; k < own.size(); ++k) all(at + k, at + l) = curvature(k, l);
        });
        return all;
    }
    bool proper() const {
        return std::ranges::all_of(parts_, [](const auto& part) { return part.first->proper(); });
    }

private:
    /// f(part, its coordinates, where they begin).
    template <class F>
    void each(const Vector& z, F&& f) const {
        Index at = 0;
        for (const auto& [part, count] : parts_) {
            f(*part, linalg::part(z, at, count), at);
            at += count;
        }
    }

    std::vector<std::pair<std::shared_ptr<const Part>, Index>> parts_;
};

}  // namespace predcg
