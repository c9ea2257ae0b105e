#pragma once
// Whether chains that were read from bytes can be those of an engine: before anything indexes by them.
#include <predcg/concepts/configuration_space.hpp>
#include <predcg/core/bytes.hpp>
#include <predcg/core/real_coordinates.hpp>

#include <algorithm>
#include <iterator>
#include <type_traits>

namespace predcg::detail {

/// Looks at a kernel's state, member by member: vectors are empty or as long as there are coordinates, whole
/// numbers are not negative.
struct KernelStateCheck {
    Index coordinates = 0;
    bool sound = true;

    template <class... T>
    void operator()(const T&... values) {
        (look(values), ...);
    }

private:
    template <class T>
    void look(const T& value) {
        if constexpr (std::is_integral_v<T>)
            sound = sound && value >= T{};
        else if constexpr (StoredMatrix<T>)
            sound = sound && (value.size() == 0 || value.size() == coordinates);
        else if constexpr (!StoredNumber<T> && StoredByMembers<T>)
            Stored<T>::members(value, *this);
    }
};

/// X is as many bytes as another configuration of its space, and has letters of its alphabet.
template <class Space>
bool is_alike(const configuration_t<Space>& X, const configuration_t<Space>& example, const Space& space) {
    ByteWriter own, other;
    own(X);
    other(example);
    if (own.bytes.size() != other.bytes.size()) return false;
    if constexpr (FiniteSpace<Space>) {
        const auto& letters = space.values();
        for (Index i = 0; i < space.size(); ++i)
            if (std::find(std::begin(letters), std::end(letters), X[static_cast<std::size_t>(i)]) ==
                std::end(letters))
                return false;
    }
    return true;
}

/// Whether an engine's state that was read can be its own in a space: number, sizes and letters of chains. Of
/// states of another kind nothing is known.
template <class Engine, class State, class Space>
[[gnu::cold]] bool can_be_state([[maybe_unused]] const Engine& engine, [[maybe_unused]] const State& state,
                                [[maybe_unused]] const Space& space) {
    if constexpr (requires { state.chains, state.replicas, engine.settings().chains; }) {
        const auto& r = state.replicas;
        const Index chains = engine.settings().chains;
        if (r.empty() && (r.count != 0 || r.blocks != 0)) return false;
        if (!state.chains.empty() && (!r.empty() || std::ssize(state.chains) != chains)) return false;
        if (!r.empty()) {
            using Places = typename std::remove_cvref_t<decltype(r.letters)>::value_type;
            if (r.count != chains || r.blocks != (chains + Places::lanes - 1) / Places::lanes ||
                std::ssize(r.letters) != r.blocks * space.size())
                return false;
            Index letters = 0;
            if constexpr (FiniteSpace<Space>) letters = static_cast<Index>(std::ranges::size(space.values()));
            for (const Places& of_site : r.letters)
                for (Index lane = 0; lane < Places::lanes; ++lane)
                    if (of_site[lane] < 0 || of_site[lane] >= letters) return false;
        }
        auto stream = make_stream(0, Purpose::blank);
        const configuration_t<Space> example = space.random(stream);
        for (const auto& chain : state.chains) {
            KernelStateCheck check;
            if constexpr (RealConfiguration<configuration_t<Space>>)
                RealCoordinates<configuration_t<Space>>::each(chain.X,
                                                              [&](const auto&) { ++check.coordinates; });
            if (!is_alike(chain.X, example, space)) return false;
            check(chain.kernel);
            if (!check.sound) return false;
        }
    }
    return true;
}

}  // namespace predcg::detail
