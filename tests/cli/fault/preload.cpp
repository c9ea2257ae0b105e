// Preloaded into a program: at the PREDCG_FAULT_AT-th of the system calls that write, make, name or remove a
// file, and before it is done, the program is killed. Where PREDCG_FAULT_THREADS names a file no thread
// starts, and the file is made when one was refused.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace {

std::atomic<long> calls{0};

void count() {
    static const char* const at = std::getenv("PREDCG_FAULT_AT");
    if (at != nullptr && ++calls == std::atol(at)) ::kill(::getpid(), SIGKILL);
}

template <class F>
F* next(const char* name) {
    return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

bool makes(int flags) { return (flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0; }

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
    count();
    return next<ssize_t(int, const void*, size_t)>("write")(file, bytes, size);
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t place) {
    count();
    return next<ssize_t(int, const void*, size_t, off_t)>("pwrite")(file, bytes, size, place);
}
int pthread_create(pthread_t* thread, const pthread_attr_t* how, void* (*run)(void*), void* with) {
    using Create = int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
    if (const char* const told = std::getenv("PREDCG_FAULT_THREADS")) {
        const int file = next<int(const char*, int, ...)>("open")(told, O_CREAT | O_WRONLY, 0600);
        if (file >= 0) ::close(file);
        return EAGAIN;
    }
    return next<Create>("pthread_create")(thread, how, run, with);
}
int fsync(int file) {
    count();
    return next<int(int)>("fsync")(file);
}
int open(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = makes(flags) ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (makes(flags)) count();
    return next<int(const char*, int, ...)>("open")(path, flags, mode);
}
int rename(const char* from, const char* to) {
    count();
    return next<int(const char*, const char*)>("rename")(from, to);
}
int renameat2(int a, const char* from, int b, const char* to, unsigned flags) {
    count();
    return next<int(int, const char*, int, const char*, unsigned)>("renameat2")(a, from, b, to, flags);
}
int linkat(int a, const char* from, int b, const char* to, int flags) {
    count();
    return next<int(int, const char*, int, const char*, int)>("linkat")(a, from, b, to, flags);
}
int unlink(const char* path) {
    count();
    return next<int(const char*)>("unlink")(path);
}
int unlinkat(int directory, const char* path, int flags) {
    count();
    return next<int(int, const char*, int)>("unlinkat")(directory, path, flags);
}
int remove(const char* path) {
    count();
    return next<int(const char*)>("remove")(path);
}
int mkdir(const char* path, mode_t mode) {
    count();
    return next<int(const char*, mode_t)>("mkdir")(path, mode);
}
int rmdir(const char* path) {
    count();
    return next<int(const char*)>("rmdir")(path);
}
int fchmod(int file, mode_t mode) {
    count();
    return next<int(int, mode_t)>("fchmod")(file, mode);
}
}
