// expect: wanted message
static_assert(false, "wanted message");
