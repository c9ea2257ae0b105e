#pragma once
// Switches of the mutants that mutate.py writes into a copy of the headers: one program holds them all, and
// the environment variable PREDCG_MUTANT says which one is awake.
#include <type_traits>

namespace predcg_mutants {

extern int awake;  ///< number of the mutant that is awake; 0: none
extern unsigned char*
    reached;  ///< by number, which mutants were asked for; shared with processes that are forked

/// Whether the mutant is awake. What the compiler evaluates is never mutated.
constexpr bool on(int id) {
    if (std::is_constant_evaluated()) return false;
    reached[id] = 1;
    return awake == id;
}

// Operators of two operands. Operands whose results have different types, like sums and differences of
// matrices, are left alone, and their mutants count as not reached.
#define PREDCG_MUTANTS_PAIR(name, op, other)                                                                 \
    template <class A, class B>                                                                              \
    constexpr auto name(int id, const A& a, const B& b) {                                                    \
        if constexpr (requires { a other b; }) {                                                             \
            if constexpr (std::is_same_v<decltype(a op b), decltype(a other b)>) {                           \
                if (on(id)) return a other b;                                                                \
            }                                                                                                \
        }                                                                                                    \
        return a op b;                                                                                       \
    }
PREDCG_MUTANTS_PAIR(plus_minus, +, -)
PREDCG_MUTANTS_PAIR(minus_plus, -, +)
PREDCG_MUTANTS_PAIR(times_divide, *, /)
PREDCG_MUTANTS_PAIR(divide_times, /, *)
PREDCG_MUTANTS_PAIR(less_lessequal, <, <=)
PREDCG_MUTANTS_PAIR(lessequal_less, <=, <)
PREDCG_MUTANTS_PAIR(greater_greaterequal, >, >=)
PREDCG_MUTANTS_PAIR(greaterequal_greater, >=, >)
PREDCG_MUTANTS_PAIR(equal_notequal, ==, !=)
PREDCG_MUTANTS_PAIR(notequal_equal, !=, ==)
#undef PREDCG_MUTANTS_PAIR

/// -a, or a.
template <class A>
constexpr auto negated(int id, const A& a) {
    if constexpr (std::is_same_v<decltype(-a), std::remove_cv_t<A>>) {
        if (on(id)) return a;
    }
    return -a;
}

/// A literal, or another of its type.
template <class A>
constexpr A literal(int id, A a, A other) {
    return on(id) ? other : a;
}

/// A number, or one more; a truth, or its contrary.
template <class A>
constexpr A shifted(int id, const A& a) {
    if constexpr (std::is_same_v<A, bool>) {
        if (on(id)) return !a;
    } else if constexpr (std::is_arithmetic_v<A>) {
        if (on(id)) return static_cast<A>(a + A(1));
    }
    return a;
}

}  // namespace predcg_mutants
