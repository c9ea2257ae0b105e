// expect: predcg: with_autodiff needs energy(X, theta) to be for any scalar of theta and to return it
#include <predcg/models/ising/spin.hpp>
#include <predcg/structure/autodiff.hpp>

using namespace predcg;

struct Potential {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
    Index parameter_count() const { return 1; }
#ifdef PREDCG_TWIN
    template <class T>
    auto energy(const std::vector<ising::Spin>& X, const VectorOf<T>& theta) const {
#else
    double energy(const std::vector<ising::Spin>& X, const Vector& theta) const {
#endif
        return theta[0] * static_cast<double>(X[0]);
}
}
;

int main() { return static_cast<int>(with_autodiff(Potential{}).parameter_count()); }
