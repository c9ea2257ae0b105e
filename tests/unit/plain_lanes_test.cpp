// The tests of chains side by side once more, by plain loops in the place of the compiler's vector types.
#define PREDCG_PLAIN_LANES
#include "philox_test.cpp"
#include "replicas_test.cpp"
