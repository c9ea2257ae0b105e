// expect: predcg: a dual number has one direction or more and derivatives of order 1 or 2
#include <predcg/core/dual.hpp>

#ifdef PREDCG_TWIN
const predcg::DualNumber<3, 2> number = 1.5;
#else
const predcg::DualNumber<3, 3> number = 1.5;
#endif
