#pragma once
// What a program cannot do once its options are read: it has no more rights than its work needs.
#include <CLI/CLI.hpp>

#include <string>

namespace cli {

/// What a command needs beside files that are named on the command line.
enum class Needs {
    files,     ///< nothing
    programs,  ///< other programs, which draw figures
};

/// From now on this process, its threads and the programs that it starts
///   * make no connections, trace no processes and do not change the system: such system calls fail with
///     EPERM (seccomp), and, without Needs::programs, so do starting a program and a process;
///   * write only in the directories of --out, --checkpoint, --report and --draws-file (is_written in
///     confine.cpp), and to what these name (Landlock); with Needs::programs in the directory of temporary
///     files, too;
///   * without Needs::programs, read only files that options name, what is in those directories, and what the
///     system's libraries need (Landlock).
/// Files that are open stay as they are. Where the kernel has one of the two not, the other holds; nothing is
/// said. Not in programs that are built with sanitizers, which trace themselves.
void confine(const CLI::App& command, Needs needs);

/// What confine() does with this kernel and build, in words.
std::string confinement();

}  // namespace cli
