#pragma once
// For must-not-compile tests of members in another form than asked for.

/// A type of a member as it is asked for, in the twin, and as it is not.
#ifdef PREDCG_TWIN
template <class Right, class Wrong>
using Form = Right;
#else
template <class Right, class Wrong>
using Form = Wrong;
#endif
