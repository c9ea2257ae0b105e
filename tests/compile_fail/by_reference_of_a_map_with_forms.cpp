// expect: predcg: by_reference is for maps without prepare(x)
#include <predcg/learning/by_reference.hpp>
#include <tiny_models.hpp>

struct Counted : tiny::Noise {
#ifndef PREDCG_TWIN
    int prepare(const tiny::Spins& x) const { return x[0]; }
#endif
};

const auto map = predcg::by_reference(Counted{});
