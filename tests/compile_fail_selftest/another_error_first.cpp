// expect: wanted message
#ifdef PREDCG_TWIN
constexpr bool holds = true;
#else
constexpr bool holds = false;
#endif
static_assert(holds, "another message");
static_assert(holds, "wanted message");
