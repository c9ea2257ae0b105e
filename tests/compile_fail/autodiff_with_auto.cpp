// expect: predcg: with_autodiff needs energy(X, theta) to declare its return type as the scalar of
#include <predcg/models/ising/spin.hpp>
#include <predcg/structure/autodiff.hpp>

using namespace predcg;

struct Potential {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
    Index parameter_count() const { return 1; }
    template <class T>
#ifdef PREDCG_TWIN
    T
#else
    auto
#endif
    energy(const std::vector<ising::Spin>& X, const VectorOf<T>& theta) const {
        return theta[0] * static_cast<double>(X[0]);
    }
};

int main() { return static_cast<int>(with_autodiff(Potential{}).parameter_count()); }
