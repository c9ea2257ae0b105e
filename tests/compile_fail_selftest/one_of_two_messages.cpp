// expect: wanted message
// expect: second wanted text
#ifdef PREDCG_TWIN
constexpr bool holds = true;
#else
constexpr bool holds = false;
#endif
static_assert(holds, "wanted message");
