#pragma once
// Types that meet the concepts, to derive from: a derived type that hides one member misses one requirement.
#include <predcg/core/quadratic_form.hpp>
#include <predcg/core/random.hpp>
#include <predcg/core/window.hpp>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace good {

using predcg::Index;
using predcg::Matrix;
using predcg::QuadraticForm;
using predcg::Vector;
using predcg::Window;

using Word = std::vector<char>;

struct Space {
    using configuration_type = Word;
    Index size() const { return 3; }
    Word random(predcg::Philox4x32&) const { return Word(3, 'a'); }
};

struct Finite : Space {
    const std::array<char, 2>& values() const { return letters; }
    std::array<char, 2> letters{'a', 'b'};
};

struct Real {
    using configuration_type = Vector;
    Index size() const { return 3; }
    Vector random(predcg::Philox4x32&) const { return Vector::Zero(3); }
};

/// Something that is no number, no vector and no matrix.
using Text = std::string;

/// A range with random access, but without size.
struct Endless {
    struct Never {
        friend bool operator==(const char*, Never) { return false; }
    };
    const char* begin() const { return nullptr; }
    Never end() const { return {}; }
};

/// Not copyable, and nothing else wrong.
template <class T>
struct MoveOnly : T {
    std::unique_ptr<int> resource;
};

}  // namespace good
