// expect: predcg: to save this type its members must be known: specialise predcg::Stored for it
#include <predcg/core/bytes.hpp>

#include <vector>

class Walker {
public:
#ifdef PREDCG_TWIN
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.place_);
    }
#endif

private:
    std::vector<double> place_;
};

constexpr void check() { predcg::detail::require_stored<Walker>(); }
