#include <predcg/version.hpp>

#include <iostream>

int main() { std::cout << "predcg " << predcg::version_string << '\n'; }
