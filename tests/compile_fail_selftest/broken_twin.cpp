// expect: wanted message
#ifdef PREDCG_TWIN
constexpr undeclared_type holds = true;
#else
constexpr bool holds = false;
#endif
static_assert(holds, "wanted message");
