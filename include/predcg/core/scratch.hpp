#pragma once
// Memory that is asked for again and again, for a short time.
#include <predcg/core/types.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace predcg::detail {

/// Blocks that a thread has given back, for whoever asks next: an iteration asks for the same sizes as the
/// one before. Blocks have 2^k bytes, from 2^6 to 2^22; what is larger comes from operator new and goes back.
class ScratchPool {
public:
    static constexpr std::size_t alignment = 64;

    [[gnu::cold]] static void* take(std::size_t bytes) {
        if (bytes == 0) return nullptr;
        const std::size_t kind = kind_of(bytes);
        if (kind >= kinds) return ::operator new(bytes, std::align_val_t(alignment));
        ScratchPool& pool = of_thread();
        Block*& first = pool.first_[kind];
        if (pool.closed_ || !first) return ::operator new(alignment << kind, std::align_val_t(alignment));
        Block* const block = first;
        first = block->next;
        return block;
    }

    /// After the thread's pool is gone, memory goes back at once.
    [[gnu::cold]] static void give(void* memory, std::size_t bytes) noexcept {
        if (bytes == 0) return;
        const std::size_t kind = kind_of(bytes);
        ScratchPool& pool = of_thread();
        if (kind >= kinds || pool.closed_) return ::operator delete(memory, std::align_val_t(alignment));
        pool.first_[kind] = ::new (memory) Block{pool.first_[kind]};
    }

private:
    /// Ends the pool when the thread ends. The pool itself has no destructor: what the thread does
    /// afterwards, in destructors of its other objects, finds it closed.
    struct Closer {
        ScratchPool& pool;
        ~Closer() {
            pool.closed_ = true;
            for (Block*& block : pool.first_)
                while (block)
                    ::operator delete(std::exchange(block, block->next), std::align_val_t(alignment));
        }
    };

    struct Block {
        Block* next;
    };
    static constexpr std::size_t kinds = 17;

    static std::size_t kind_of(std::size_t bytes) {
        return static_cast<std::size_t>(std::bit_width((bytes - 1) / alignment));
    }
    static ScratchPool& of_thread() {
        static thread_local ScratchPool pool;
        static thread_local const Closer closer{pool};
        return (void)closer, pool;
    }

    Block* first_[kinds] = {};
    bool closed_ = false;  // the thread ends
};

/// Numbers that a computation needs while it runs, in memory of the pool. They begin undefined.
template <class T>
class Scratch {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= ScratchPool::alignment,
                  "predcg: memory for a moment holds types that need no destructor, and no wider alignment "
                  "than a cache line's");

public:
    explicit Scratch(Index size = 0) : size_(size), data_(take(size)) {}
    Scratch(Index size, const T& value) : Scratch(size) { std::fill_n(data_, size, value); }
    ~Scratch() { ScratchPool::give(data_, bytes(size_)); }
    Scratch(const Scratch& other) : Scratch(other.size_) { std::copy_n(other.data_, size_, data_); }
    Scratch& operator=(const Scratch&) = delete;

    Index size() const { return size_; }
    T* data() { return data_; }
    const T* data() const { return data_; }
    T* begin() { return data_; }
    T* end() { return data_ + size_; }
    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }
    T& operator[](Index k) { return data_[k]; }
    const T& operator[](Index k) const { return data_[k]; }

    /// So many; where their number changes only the first `kept` are what they were.
    void resize(Index size, Index kept = 0) {
        if (size == size_) return;
        T* const other = take(size);
        std::copy_n(data_, kept, other);
        ScratchPool::give(data_, bytes(size_));
        data_ = other;
        size_ = size;
    }
    /// So many or more: what is there stays, what comes is undefined.
    void grow(Index size) {
        if (size > size_) resize(std::max(size, 2 * size_), size_);
    }
    void assign(Index size, const T& value) {
        resize(size);
        std::fill_n(data_, size, value);
    }

private:
    static std::size_t bytes(Index size) { return static_cast<std::size_t>(size) * sizeof(T); }
    static T* take(Index size) { return static_cast<T*>(ScratchPool::take(bytes(size))); }

    Index size_;
    T* data_;
};

}  // namespace predcg::detail
