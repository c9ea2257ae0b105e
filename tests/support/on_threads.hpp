#pragma once
#include <predcg/core/parallel.hpp>

namespace support {

/// While it lives the library's loops use so many threads.
class OnThreads {
public:
    explicit OnThreads(predcg::Index threads) { predcg::set_threads(threads); }
    ~OnThreads() { predcg::set_threads(0); }
    OnThreads(const OnThreads&) = delete;
    OnThreads& operator=(const OnThreads&) = delete;
};

}  // namespace support
