#ifdef PREDCG_TWIN
constexpr bool holds = true;
#else
constexpr bool holds = false;
#endif
// expect: too late: the expected text stands at the top
static_assert(holds, "too late: the expected text stands at the top");
