// expect: predcg: memory for a moment holds types that need no destructor
#include <predcg/core/scratch.hpp>

#include <string>

#ifdef PREDCG_TWIN
using Text = const char*;
#else
using Text = std::string;
#endif

void work() { const predcg::detail::Scratch<Text> texts(3); }
