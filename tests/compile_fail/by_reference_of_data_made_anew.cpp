// expect: predcg: by_reference(map) keeps the addresses of the data, but this range makes its
// configurations anew
#include <predcg/learning/by_reference.hpp>
#include <predcg/learning/prepared_data.hpp>
#include <tiny_models.hpp>

#include <cstddef>

using namespace predcg;

/// Frames that are made when they are looked at.
struct Trajectory {
    struct iterator {
        using value_type = tiny::Spins;
        using difference_type = std::ptrdiff_t;
        Index frame = 0;
        tiny::Spins operator*() const { return tiny::Spins(2, frame % 2 == 0 ? 1 : -1); }
        iterator& operator++() { return ++frame, *this; }
        void operator++(int) { ++frame; }
        bool operator==(const iterator&) const = default;
    };
    iterator begin() const { return {}; }
    iterator end() const { return {5}; }
};

void prepare(const Trajectory& trajectory) {
#ifdef PREDCG_TWIN
    const auto map = tiny::Noise{};
#else
    const auto map = by_reference(tiny::Noise{});
#endif
    (void)prepare_data(map, trajectory, 1.0);
}
