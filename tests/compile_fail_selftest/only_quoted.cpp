// expect: wanted message
#ifdef PREDCG_TWIN
constexpr bool holds = true;
#else
constexpr bool holds = false;
#endif
static_assert(holds, "another message");  // the wanted message stands only in the source line of the error
