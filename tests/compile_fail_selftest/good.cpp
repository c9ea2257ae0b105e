// expect: [fixture]; the (wanted) message *
// expect: static
#ifdef PREDCG_TWIN
constexpr bool holds = true;
#else
constexpr bool holds = false;
#endif
static_assert(holds, "[fixture]; the (wanted) message *");
