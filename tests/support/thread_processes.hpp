#pragma once
// Processes that are threads, connected by a communicator of the tests' own.
#include <predcg/core/processes.hpp>

#include <barrier>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

namespace support {

class ThreadCommunicator {
public:
    ThreadCommunicator(std::ptrdiff_t rank, std::ptrdiff_t size)
        : rank_(rank), meeting_(std::make_shared<Meeting>(size)) {}
    ThreadCommunicator of_rank(std::ptrdiff_t rank) const {
        ThreadCommunicator other = *this;
        other.rank_ = rank;
        return other;
    }

    std::ptrdiff_t rank() const { return rank_; }
    std::ptrdiff_t size() const { return std::ssize(meeting_->given); }
    void sum(std::span<std::int64_t> numbers) const {
        meeting_->given[static_cast<std::size_t>(rank_)] = numbers;
        meeting_->barrier.arrive_and_wait();
        std::vector<std::int64_t> sums(numbers.size());
        bool equal = true;
        for (const auto& of_other : meeting_->given) {
            equal = equal && of_other.size() == numbers.size();
            for (std::size_t k = 0; equal && k < sums.size(); ++k) sums[k] += of_other[k];
        }
        meeting_->barrier.arrive_and_wait();
        if (!equal) throw std::logic_error("processes call sum with different lengths");
        std::copy(sums.begin(), sums.end(), numbers.begin());
    }

private:
    struct Meeting {
        explicit Meeting(std::ptrdiff_t size) : barrier(size), given(static_cast<std::size_t>(size)) {}
        std::barrier<> barrier;
        std::vector<std::span<std::int64_t>> given;
    };
    std::ptrdiff_t rank_;
    std::shared_ptr<Meeting> meeting_;
};

/// What f(processes) returns in each of so many processes, by rank.
template <class F>
auto in_processes(std::ptrdiff_t size, F&& f) {
    using Result = std::invoke_result_t<F&, const predcg::Processes&>;
    std::vector<Result> results(static_cast<std::size_t>(size));
    const ThreadCommunicator first(0, size);
    {
        std::vector<std::jthread> threads;
        for (std::ptrdiff_t rank = 0; rank < size; ++rank)
            threads.emplace_back([&, rank] {
                results[static_cast<std::size_t>(rank)] = f(predcg::Processes(first.of_rank(rank)));
            });
    }
    return results;
}

}  // namespace support
