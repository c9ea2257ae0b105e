#include "program/confine.hpp"

#include "files/output_file.hpp"
#include "files/whole_file.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PREDCG_PROGRAM_IS_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define PREDCG_PROGRAM_IS_SANITIZED
#endif
#endif

#if defined(__linux__) && !defined(PREDCG_PROGRAM_IS_SANITIZED) &&                                           \
    (defined(__x86_64__) || defined(__aarch64__))
#define PREDCG_PROGRAM_CAN_BE_CONFINED
#endif

#ifdef PREDCG_PROGRAM_CAN_BE_CONFINED

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

namespace cli {

namespace fs = std::filesystem;

namespace {

#ifdef __x86_64__
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#else
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#endif

/// Connections, other processes, and the system's state.
const std::vector<long> refused_calls{
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_perf_event_open,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_capset,
    SYS_open_by_handle_at,
    SYS_mknodat,
    SYS_fchown,
    SYS_fchownat,
#ifdef SYS_mknod
    SYS_mknod,
#endif
#ifdef SYS_chown
    SYS_chown,
    SYS_lchown,
#endif
#ifdef SYS_iopl
    SYS_iopl,
    SYS_ioperm,
#endif
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_fsopen
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_move_mount,
    SYS_open_tree,
#endif
#ifdef SYS_mount_setattr
    SYS_mount_setattr,
#endif
#ifdef SYS_bpf
    SYS_bpf,
#endif
#ifdef SYS_userfaultfd
    SYS_userfaultfd,
#endif
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
#endif
#ifdef SYS_pidfd_open
    SYS_pidfd_open,
#endif
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
#endif
};

/// Signals, but for those that are allowed to itself.
const std::vector<long> signals_by_other_ways{
    SYS_tkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
#ifdef SYS_pidfd_send_signal
    SYS_pidfd_send_signal,
#endif
};

/// The user; gnuplot gives up rights that it does not have.
const std::vector<long> calls_of_users{SYS_setuid,    SYS_setgid,    SYS_setreuid, SYS_setregid,
                                       SYS_setresuid, SYS_setresgid, SYS_setgroups};

constexpr auto field(std::size_t offset) { return static_cast<std::uint32_t>(offset); }

/// A program for the kernel, which looks at the number of every system call.
class Filter {
public:
    explicit Filter(Needs needs) {
        load(field(offsetof(seccomp_data, arch)));
        unless_equal(architecture, SECCOMP_RET_ERRNO | EPERM);
        load(number_);
#ifdef __x86_64__
        constexpr std::uint32_t other_table = 0x40000000;  // x32
        add(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, other_table, 0, 1));
        give(SECCOMP_RET_ERRNO | EPERM);
#endif
        for (const long call : refused_calls) if_call(call, SECCOMP_RET_ERRNO | EPERM);
        if (needs == Needs::files) {
            for (const long call : calls_of_users) if_call(call, SECCOMP_RET_ERRNO | EPERM);
            if_call(SYS_execve, SECCOMP_RET_ERRNO | EPERM);
            if_call(SYS_execveat, SECCOMP_RET_ERRNO | EPERM);
#ifdef SYS_fork
            if_call(SYS_fork, SECCOMP_RET_ERRNO | EPERM);
            if_call(SYS_vfork, SECCOMP_RET_ERRNO | EPERM);
#endif
#ifdef SYS_clone3
            if_call(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);  // its flags cannot be seen: libraries use clone
#endif
            // clone: threads alone.
            add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(SYS_clone), 0, 4));
            load(field(offsetof(seccomp_data, args[0])));
            add(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, static_cast<std::uint32_t>(CLONE_THREAD), 1, 0));
            give(SECCOMP_RET_ERRNO | EPERM);
            load(number_);
            // Signals: to itself alone.
            for (const long call : {SYS_kill, SYS_tgkill}) {
                add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4));
                load(field(offsetof(seccomp_data, args[0])));
                add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(::getpid()), 1, 0));
                give(SECCOMP_RET_ERRNO | EPERM);
                load(number_);
            }
            for (const long call : signals_by_other_ways) if_call(call, SECCOMP_RET_ERRNO | EPERM);
        }
        give(SECCOMP_RET_ALLOW);
    }

    bool install() {
        const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
        return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
    }

private:
    void add(sock_filter instruction) { code_.push_back(instruction); }
    void load(std::uint32_t at) { add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at)); }
    void give(std::uint32_t verdict) { add(BPF_STMT(BPF_RET | BPF_K, verdict)); }
    void if_call(long call, std::uint32_t verdict) {
        add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
        give(verdict);
    }
    void unless_equal(std::uint32_t value, std::uint32_t verdict) {
        add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0));
        give(verdict);
    }

    static constexpr std::uint32_t number_ = offsetof(seccomp_data, nr);
    std::vector<sock_filter> code_;
};

#if defined(LANDLOCK_CREATE_RULESET_VERSION) && defined(SYS_landlock_create_ruleset)

/// The version of the kernel's Landlock, 0: none.
long landlock_version() {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : version;
}

constexpr std::uint64_t execute = LANDLOCK_ACCESS_FS_EXECUTE, read_file = LANDLOCK_ACCESS_FS_READ_FILE,
                        read_directory = LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t reading = read_file | read_directory;

/// Rights to change files that this version knows.
std::uint64_t writing(long version) {
    std::uint64_t rights = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                           LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                           LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                           LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                           LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
    constexpr std::uint64_t refer = std::uint64_t{1} << 13, truncate = std::uint64_t{1} << 14;
    if (version >= 2) rights |= refer;
    if (version >= 3) rights |= truncate;
    return rights;
}

/// Which files may be opened for what.
class FileRights {
public:
    FileRights(long version, std::uint64_t handled) : handled_(handled) {
        landlock_ruleset_attr attributes{};
        attributes.handled_access_fs = handled;
        // Older kernels know the first member alone.
        rules_ = version < 1 ? -1
                             : static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes,
                                                          sizeof attributes.handled_access_fs, 0));
    }
    FileRights(const FileRights&) = delete;
    FileRights& operator=(const FileRights&) = delete;
    ~FileRights() {
        if (rules_ >= 0) ::close(rules_);
    }

    /// What is not there needs no rights.
    void allow(const fs::path& path, std::uint64_t rights) {
        const int file = ::open(path.c_str(), O_PATH | O_CLOEXEC);
        if (file < 0) return;
        struct stat status = {};
        constexpr std::uint64_t of_files =
            LANDLOCK_ACCESS_FS_WRITE_FILE | execute | read_file | std::uint64_t{1} << 14;
        if (::fstat(file, &status) == 0 && !S_ISDIR(status.st_mode)) rights &= of_files;
        landlock_path_beneath_attr rule{};
        rule.allowed_access = rights & handled_;
        rule.parent_fd = file;
        // Refused for pipes, which no rules concern.
        if (rule.allowed_access != 0)
            (void)::syscall(SYS_landlock_add_rule, rules_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
        ::close(file);
    }

    bool enforce() const { return rules_ >= 0 && ::syscall(SYS_landlock_restrict_self, rules_, 0) == 0; }

private:
    int rules_;
    std::uint64_t handled_;
};

bool is_written(const std::string& option) {
    for (const char* name : {"--out", "--checkpoint", "--report", "--draws-file"})
        if (option == name) return true;
    return false;
}

void confine_files(const CLI::App& command, Needs needs) {
    const long version = landlock_version();
    if (version == 0) return;
    const std::uint64_t write = writing(version);
    FileRights rights(version, write | (needs == Needs::files ? reading | execute : 0));
    for (const CLI::Option* option : command.get_options())
        for (const std::string& value : option->results()) {
            rights.allow(value, reading);
            if (!is_written(option->get_name()) || value.empty() || descriptor_named(value)) continue;
            std::error_code error;
            const fs::path target = fs::weakly_canonical(fs::absolute(behind_links(value), error), error);
            rights.allow(target, reading | write);
            // What is kept beside a link stands where the link does.
            const fs::path named = fs::absolute(value, error).parent_path();
            if (fs::is_symlink(value, error)) rights.allow(named, reading | write);
            const fs::path last = target.has_filename() ? target : target.parent_path();
            if (!fs::exists(target, error) || fs::is_regular_file(target, error) ||
                fs::is_directory(target, error))
                rights.allow(last.parent_path(), reading | write);
        }
    for (const char* device : {"/dev/null", "/dev/tty", "/dev/full"}) rights.allow(device, reading | write);
    for (const char* system : {"/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/dev/zero",
                               "/dev/random", "/dev/urandom", "/proc/self", "/proc/meminfo", "/proc/cpuinfo",
                               "/sys/fs/cgroup", "/sys/devices/system"})
        rights.allow(system, reading);
    std::error_code error;
    if (needs == Needs::programs) rights.allow(fs::temp_directory_path(error), write);
    (void)rights.enforce();
}

#else

long landlock_version() { return 0; }
void confine_files(const CLI::App&, Needs) {}

#endif

}  // namespace

void confine(const CLI::App& command, Needs needs) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return;
    confine_files(command, needs);
    (void)Filter(needs).install();
}

std::string confinement() {
    // Asks for a filter without one: EFAULT where there are filters.
    const bool filters = ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr, 0, 0) != 0 && errno == EFAULT;
    const long version = landlock_version();
    if (!filters && version == 0) return "none, the kernel has neither seccomp filters nor Landlock";
    return std::string(filters ? "system calls by seccomp" : "") + (filters && version > 0 ? ", " : "") +
           (version > 0 ? "files by Landlock" : "");
}

}  // namespace cli

#else

namespace cli {

void confine(const CLI::App&, Needs) {}

std::string confinement() {
#ifdef PREDCG_PROGRAM_IS_SANITIZED
    return "none, built with a sanitizer";
#else
    return "none on this system";
#endif
}

}  // namespace cli

#endif
