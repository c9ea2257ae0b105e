#pragma once
// Several processes by MPI: needs the CMake target predcg::mpi.
#include <predcg/core/processes.hpp>
#include <predcg/learning/spread_data.hpp>

// MPI's old C++ binding is not used.
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1
#endif
#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace predcg::mpi {

/// The processes of an MPI communicator (concept predcg::Communicator). MPI must be initialised, and stay so
/// while this is used.
class Communicator {
public:
    /// Uses a communicator of MPI, which is not freed.
    explicit Communicator(MPI_Comm communicator = MPI_COMM_WORLD) : communicator_(communicator) {}

    Index rank() const {
        int rank = 0;
        check(MPI_Comm_rank(communicator_, &rank));
        return rank;
    }
    /// Number of processes.
    Index size() const {
        int size = 1;
        check(MPI_Comm_size(communicator_, &size));
        return size;
    }
    void sum(std::span<std::int64_t> numbers) const {
        constexpr std::size_t most = 1 << 24;  // of a call, as MPI counts in int
        for (std::size_t first = 0; first < numbers.size(); first += most)
            check(MPI_Allreduce(MPI_IN_PLACE, numbers.data() + first,
                                static_cast<int>(std::min(most, numbers.size() - first)), MPI_INT64_T,
                                MPI_SUM, communicator_));
    }

private:
    /// For communicators whose errors return (MPI_ERRORS_RETURN).
    static void check(int status) {
        if (status != MPI_SUCCESS)
            throw std::runtime_error("predcg::mpi: MPI reports error " + to_text(status));
    }

    MPI_Comm communicator_;
};

/// A program's main part under MPI: initialises MPI, calls f(processes), which returns the exit code, and
/// finalises. An exception that leaves f is printed with the process's rank. Then, as where f returns another
/// code than 0, all processes are ended (MPI_Abort): where one fails none waits for ever. The library's loops
/// call MPI from the thread that called f (MPI_THREAD_FUNNELED).
template <class F>
int run(int& argc, char**& argv, F&& f) {
    int provided = 0;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    const Processes processes{Communicator()};
    int code = 1;
    try {
        code = std::forward<F>(f)(processes);
    } catch (...) {
        const std::string what = predcg::detail::described(std::current_exception()).first;
        std::fprintf(stderr, "process %lld of %lld: %s\n", static_cast<long long>(processes.rank()),
                     static_cast<long long>(processes.size()), what.c_str());
        std::fflush(nullptr);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    if (code != 0) {
        std::fflush(nullptr);
        MPI_Abort(MPI_COMM_WORLD, code);
    }
    MPI_Finalize();
    return code;
}

}  // namespace predcg::mpi
