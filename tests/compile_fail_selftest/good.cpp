// expect: [fixture]; "wanted" message
// expect: static
#ifdef PREDCG_TWIN
constexpr bool holds = true;
#else
constexpr bool holds = false;
#endif
static_assert(holds, R"([fixture]; "wanted" message)");
