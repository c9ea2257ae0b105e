// libFuzzer's -malloc_limit_mb for the program without sanitizers, which are what tells it of memory
// elsewhere: what a reader takes at once is looked at here.
#include "targets.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// glibc's own
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* __libc_calloc(std::size_t count, std::size_t size);
extern "C" void* __libc_realloc(void* memory, std::size_t size);

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments);

namespace {

std::size_t most = SIZE_MAX;

void look_at(std::size_t size) {
    if (!fuzz::reading || size <= most) return;
    fuzz::reading = false;
    std::fprintf(stderr, "a reader takes %zu bytes at once\n", size);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
    constexpr std::string_view name = "-malloc_limit_mb=";
    for (int k = 1; k < *count; ++k)
        if (const std::string_view argument = (*arguments)[k]; argument.starts_with(name))
            most = std::strtoul((*arguments)[k] + name.size(), nullptr, 10) << 20;
    return 0;
}

extern "C" void* malloc(std::size_t size) {
    look_at(size);
    return __libc_malloc(size);
}

extern "C" void* calloc(std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    look_at(__builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes);
    return __libc_calloc(count, size);
}

extern "C" void* realloc(void* memory, std::size_t size) {
    look_at(size);
    return __libc_realloc(memory, size);
}
