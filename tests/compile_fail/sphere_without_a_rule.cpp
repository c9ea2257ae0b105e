// expect: predcg: there are rules of 8, 24, 48 and 90 vectors
#include <predcg/models/vectors/sphere.hpp>

#ifdef PREDCG_TWIN
const auto vectors = predcg::vectors::sphere_vectors<24>();
#else
const auto vectors = predcg::vectors::sphere_vectors<12>();
#endif
