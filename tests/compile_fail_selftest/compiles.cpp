// expect: wanted message
#ifdef PREDCG_TWIN
int twin();
#endif
static_assert(true, "wanted message");
