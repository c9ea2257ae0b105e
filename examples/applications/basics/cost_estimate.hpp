#pragma once
// What a command takes, told before any work.
#include <predcg/core/cost.hpp>

#include <string>
#include <utility>
#include <vector>

namespace cli {

/// A part of a command's work.
struct PartOfWork {
    std::string name;      ///< "the posterior"
    predcg::Cost cost{};   ///< on one core; bytes beside those that the command holds all the time
    std::string advice{};  ///< what makes it less
    bool on_all_threads = true;

    double seconds() const { return 1e-9 * cost.operations; }  ///< of processors
};

/// All parts, one after the other.
struct CostEstimate {
    double held = 0.0;  ///< bytes, all the time: the program and its data
    std::vector<PartOfWork> parts{};

    /// Parts that cost nothing are left out.
    void add(PartOfWork part) {
        if (part.cost.operations > 0.0 || part.cost.bytes > 0.0) parts.push_back(std::move(part));
    }
    void add(const CostEstimate& other, double times = 1.0) {
        held = held > other.held ? held : other.held;
        for (PartOfWork part : other.parts) {
            part.cost.operations *= times;
            parts.push_back(std::move(part));
        }
    }

    /// All parts, so many times, as one.
    PartOfWork as_one(std::string name, double times, std::string advice) const {
        PartOfWork all{std::move(name), {}, std::move(advice)};
        for (const PartOfWork& part : parts) all.cost += part.cost;
        all.cost.operations *= times;
        return all;
    }

    /// Seconds of processors.
    double processor_seconds() const {
        double sum = 0.0;
        for (const PartOfWork& part : parts) sum += part.seconds();
        return sum;
    }
    /// Seconds by the clock, on so many threads.
    double seconds(double threads) const {
        double sum = 0.0;
        for (const PartOfWork& part : parts) sum += part.seconds() / (part.on_all_threads ? threads : 1.0);
        return sum;
    }
    double bytes() const {
        double most = 0.0;
        for (const PartOfWork& part : parts) most = most > part.cost.bytes ? most : part.cost.bytes;
        return held + most;
    }
};

}  // namespace cli
