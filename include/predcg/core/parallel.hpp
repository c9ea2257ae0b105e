#pragma once
// Loops on several threads, and the one setting of how many.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#ifdef __linux__
#include <sched.h>
#endif
#if __has_include(<pthread.h>)
#include <pthread.h>
#endif

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <limits>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>

namespace predcg {

/// Of set_threads and PREDCG_THREADS.
inline constexpr Index most_threads = 4096;

namespace detail {

/// What set_threads was given; 0: nothing.
inline std::atomic<Index>& given_threads() {
    static std::atomic<Index> given{0};
    return given;
}

/// Processors that the process may use: those of its affinity, where the system tells it.
[[gnu::cold]] inline Index usable_processors() {
#ifdef __linux__
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable) == 0) return CPU_COUNT(&usable);
#endif
    return std::max<Index>(1, static_cast<Index>(std::thread::hardware_concurrency()));
}

/// What text says, or all processors that the process may use where there is none.
[[gnu::cold]] inline Index default_threads(const char* text) {
    if (text == nullptr || *text == '\0') return usable_processors();
    const std::string_view number(text);
    Index threads = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), threads);
    if (error != std::errc{} || end != number.data() + number.size() || threads < 1 || threads > most_threads)
        throw ArgumentError("threads", "environment variable PREDCG_THREADS", text,
                            "a whole number from 1 to " + to_text(most_threads));
    return threads;
}

/// A loop that is at work: its items are taken one by one, by whoever has time.
class Loop {
public:
    using Body = void (*)(void* context, Index k);
    Loop(Index count, Index most, Body body, void* context)
        : count_(count), most_(most), body_(body), context_(context), parent_(innermost()) {}

    /// Items as long as there are any. After an exception no more is begun.
    void work() {
        const Loop* const outer = std::exchange(innermost(), this);
        while (!failed_ && take_one()) {
        }
        innermost() = outer;
    }

    /// Whether it began within an item of the other.
    bool is_within(const Loop& other) const {
        for (const Loop* loop = parent_; loop; loop = loop->parent_)
            if (loop == &other) return true;
        return false;
    }
    bool wants_help() const { return !failed_ && next_ < count_ && inside < most_; }
    void rethrow() const {
        if (error_) std::rethrow_exception(error_);
    }

    std::atomic<Index> inside{1};  ///< threads at work on it; changed under the pool's lock
    Loop* before = nullptr;        ///< in the pool, the one that began before it; changed under its lock

private:
    /// Of this thread: the loop whose item it is in.
    static const Loop*& innermost() {
        static thread_local const Loop* loop = nullptr;
        return loop;
    }

    bool take_one() {
        const Index k = next_++;
        if (k >= count_) return false;
        try {
            body_(context_, k);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (!error_ || k < error_at_) {
                error_ = std::current_exception();
                error_at_ = k;
            }
            failed_ = true;
        }
        return true;
    }

    Index count_, most_;
    Body body_;
    void* context_;
    const Loop* parent_;
    std::atomic<Index> next_{0};
    std::atomic<bool> failed_{false};
    std::mutex mutex_{};
    std::exception_ptr error_{};
    Index error_at_ = 0;
};

/// Waits for what is to come soon, for the time that falling asleep and waking up take: tens of microseconds.
/// Loops of a fit follow each other in less.
template <class Done>
void wait_awake(Done&& done) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::microseconds(50);
    while (!done() && Clock::now() < end) std::this_thread::yield();
}

/// Threads that wait for loops. A loop's own thread works on it, too, and would finish it without help, so
/// that loops within loops come to an end. A pool is never destroyed: at the end of the process its threads
/// are asleep. A child that the process forks, not within an item of a loop, gets a pool of its own.
class ThreadPool {
public:
    static ThreadPool& of_process() {
#if __has_include(<pthread.h>)
        // The lock is free in the child, whatever other threads were doing.
        [[maybe_unused]] static const int forks =
            pthread_atfork([] { current()->mutex_.lock(); }, [] { current()->mutex_.unlock(); },
                           [] {
                               current()->mutex_.unlock();
                               current() = new ThreadPool;
                           });
#endif
        return *current();
    }

    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    /// At most `threads` at work at the same time, the caller one of them.
    void run(Loop& loop, Index threads) {
        {
            const std::lock_guard lock(mutex_);
            while (workers_ < threads - 1 && add_worker()) {
            }
            active_ = threads - 1;
            loop.before = latest_;
            latest_ = &loop;
            ++begun_;
        }
        changed_.notify_all();
        loop.work();
        std::unique_lock lock(mutex_);
        leave(loop);
        // The last items are others': until they are done there is time for the loops within them, and for no
        // other, which might take long or want a lock that this thread holds.
        while (loop.inside > 0)
            if (!help(lock, [&](const Loop& other) { return other.is_within(loop); }))
                wait(lock, [&, seen = begun_.load()] { return loop.inside == 0 || begun_ != seen; });
        Loop** at = &latest_;
        while (*at != &loop) at = &(*at)->before;
        *at = loop.before;
    }

private:
    ThreadPool() = default;
    static ThreadPool*& current() {
        static ThreadPool* pool = new ThreadPool;
        return pool;
    }

    /// False where the system gives no more threads: there are fewer then.
    bool add_worker() {
        try {
            std::thread([this, at = workers_] { serve(at); }).detach();
            ++workers_;
            return true;
        } catch (const std::system_error&) {
            return false;
        }
    }

    [[noreturn]] void serve(Index at) {
        std::unique_lock lock(mutex_);
        while (true)
            if (at >= active_ || !help(lock, [](const Loop&) { return true; }))
                wait(lock, [&, seen = begun_.load()] { return begun_ != seen; });
    }

    /// Works on the latest of these loops that wants it: on the innermost, for which others wait.
    template <class Which>
    bool help(std::unique_lock<std::mutex>& lock, Which&& which) {
        for (Loop* at = latest_; at; at = at->before) {
            Loop& loop = *at;
            if (!loop.wants_help() || !which(loop)) continue;
            ++loop.inside;
            lock.unlock();
            loop.work();
            lock.lock();
            leave(loop);
            return true;
        }
        return false;
    }

    void leave(Loop& loop) {
        if (--loop.inside == 0) changed_.notify_all();
    }

    /// Until it is so; awake at first.
    template <class Done>
    void wait(std::unique_lock<std::mutex>& lock, Done&& done) {
        lock.unlock();
        wait_awake(done);
        lock.lock();
        changed_.wait(lock, done);
    }

    std::mutex mutex_{};
    std::condition_variable changed_{};  ///< loops that began or ended
    Index workers_ = 0;
    Loop* latest_ = nullptr;           ///< the loop that began last, and so on to the first
    std::atomic<unsigned> begun_ = 0;  ///< loops so far
    Index active_ = 0;                 ///< workers that may take part
};

}  // namespace detail

/// Threads that the library's loops may use: those of set_threads, else of the environment variable
/// PREDCG_THREADS, else all processors that the process may use (its affinity, on Linux; a share of
/// processor time that a container grants is not seen). Variable and processors are looked up once. No result
/// depends on it. Throws ArgumentError where PREDCG_THREADS is not a whole number from 1 to 4096.
inline Index threads() {
    if (const Index given = detail::given_threads(); given > 0) return given;
    static const Index by_default = detail::default_threads(std::getenv("PREDCG_THREADS"));
    return by_default;
}

/// Sets threads() for the whole process; 0 takes back what was set. May be called while loops are at work:
/// those that begin afterwards follow it. Throws ArgumentError outside 0..4096.
inline void set_threads(Index threads) {
    require_range(threads, 0, most_threads, "set_threads", "threads");
    detail::given_threads() = threads;
}

/// Calls f(k) for k = 0..count-1 on up to threads() threads; each takes the next k that is left. Every loop
/// of the process shares one pool of threads, loops within loops too: those that have nothing left to do help
/// where there is something. f must write only to what belongs to k; whoever sums up does so afterwards, in
/// the order of k, so that results do not depend on the number of threads. After an exception no more is
/// begun; of several, that of the smallest k is thrown again.
///
/// To begin and end a loop on several threads costs a few us, and tens after a pause (docs/benchmarks.md):
/// worth it for items of 20 us and more.
template <class F>
void parallel_for(Index count, F&& f) {
    const Index available = count > 1 ? threads() : 1;
    if (available == 1) {
        for (Index k = 0; k < count; ++k) f(k);
        return;
    }
    using Function = std::remove_reference_t<F>;
    detail::Loop loop(
        count, std::min(available, count),
        [](void* context, Index k) { (*static_cast<Function*>(context))(k); },
        const_cast<void*>(static_cast<const volatile void*>(&f)));
    detail::ThreadPool::of_process().run(loop, available);
    loop.rethrow();
}

}  // namespace predcg
